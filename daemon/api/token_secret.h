/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What signs tokens: token.key in the data folder, for the daemon's user alone.
 * It is kept outside the database, so that a backup does not contain it.
 */
#ifndef TOKEN_SECRET_H
#define TOKEN_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "api/token.h"

/*
 * Reads it, or makes one. If it cannot be kept, tokens end with this process;
 * the log says so.
 */
void token_secret_load(const char *dir, uint8_t secret[TOKEN_SECRET]);
/*
 * Makes and keeps another one, which ends all earlier tokens. 0; or -1 and a
 * sentence, and nothing has changed.
 */
int token_secret_change(const char *dir, uint8_t secret[TOKEN_SECRET],
    char *err, size_t err_len);

#endif
