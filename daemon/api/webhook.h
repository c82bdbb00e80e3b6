/* SPDX-License-Identifier: BSD-2-Clause */
/* Webhooks of an organization. */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "api/call.h"
#include "store/store_hook.h"

/* Without its secret; a new reference. */
json_t *webhook_json(const struct store_hook *);
/* The number in the path, or -1 after an answer. */
int64_t webhook_number(struct call *, const char *param, const char *what);
/* Finds the webhook of the path; false after an answer. */
bool webhook_find(struct call *, struct store_hook *);

/*
 * webhook_body.c: what a body says, into *op, which tells what it set; a new one
 * must have a URL. False after an answer.
 */
bool webhook_read(struct call *, bool is_new, struct store_hook_change *op);

#endif
