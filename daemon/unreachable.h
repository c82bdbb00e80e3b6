/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef UNREACHABLE_H
#define UNREACHABLE_H

struct store;

/* Warns of an organization whose host names are the API's. */
void unreachable_warn(struct store *);

#endif
