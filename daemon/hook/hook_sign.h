/* SPDX-License-Identifier: BSD-2-Clause */
/* The headers of a webhook, as the specification Standard Webhooks has them. */
#ifndef HOOK_SIGN_H
#define HOOK_SIGN_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes "webhook-id", "webhook-timestamp" and "webhook-signature", a line each,
 * the last with a signature by each secret; *old* may be "". 0, or -1 if one is no
 * secret or *size* is too small.
 */
int hook_sign(char *out, size_t size, const char *id, int64_t now_s,
    const char *body, const char *secret, const char *old);

#endif
