/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that sends a body holds a connection for as long as it takes. All
 * keys of an organization together may hold only a part of the connections, so
 * that the others get in.
 */
#ifndef SENDING_H
#define SENDING_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct sending;

/* False, after an answer 503: enough bodies of the organization are coming. */
bool sending_allowed(struct call *);
/* The body of this call counts from now on, until sending_over(). */
void sending_begin(struct call *);
void sending_over(struct call *);

#endif
