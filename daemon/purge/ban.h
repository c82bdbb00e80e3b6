/* SPDX-License-Identifier: BSD-2-Clause */
/* A row of the outbox as a command of the Varnish CLI. */
#ifndef BAN_H
#define BAN_H

#include <stddef.h>

struct store_ban;

#define BAN_TEXT_MAX	1024

/*
 * Writes "obj.http.x-moniker-org == O && obj.http.x-moniker-source == H", as
 * after the word "ban". The CLI has quotes and escapes; nothing of ours needs
 * them, so whatever could be taken for one is refused: -1, and *out* is "".
 */
int ban_expression(const struct store_ban *, char *out, size_t out_len);

#endif
