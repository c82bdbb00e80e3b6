/* SPDX-License-Identifier: BSD-2-Clause */
/* Purges that were accepted, and what became of them. */
#ifndef PURGE_REPORT_H
#define PURGE_REPORT_H

#include <stdint.h>

#include "api/call.h"

#define PURGE_WAIT_MAX	60	/* seconds of ?wait= */

/*
 * Answers 200 with purge *id* of the call's organization, after *wait* seconds
 * at most, when all have acknowledged it. *extra* (taken over, or NULL) goes
 * into the answer.
 */
void purge_report(struct call *, int64_t id, unsigned wait, json_t *extra);

#endif
