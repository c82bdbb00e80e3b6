/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AUTH_H
#define AUTH_H

#include "api/call.h"

/*
 * Finds out whose key the call carries and whether it may: the route's rights
 * and, where the route names one, the organization. False after an answer.
 */
bool call_authorize(struct call *);

/*
 * What the rights are of a second key that the call carries, one of *org*.
 * False after an answer: it is not good.
 */
bool call_other_key(struct call *, const char *key, const char *org,
    unsigned *rights);

#endif
