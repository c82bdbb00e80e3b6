/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hosted service's calls that this server does not have: who makes one is
 * told which feature is missing.
 */
#ifndef ABSENT_H
#define ABSENT_H

#include <stdbool.h>

#include "api/call.h"

/* True after an answer, when the call is one of them. */
bool absent_refused(struct call *);

#endif
