/* SPDX-License-Identifier: BSD-2-Clause */
/* Header values of the form "word; name=value; name="value"". */
#ifndef HTTP_DISPOSITION_H
#define HTTP_DISPOSITION_H

#include <stddef.h>

/* Ends the word and gives the first parameter's place; NULL: malformed. */
char *param_begin(char *value);

/*
 * Takes the next parameter off *p*, in place: *name* and *value* (unquoted)
 * are NUL-terminated inside the buffer. Returns 1, 0 at the end of the value,
 * or -1 when it is malformed.
 */
int param_next(char **p, char **name, char **value);

/*
 * Decodes "UTF-8''%41..." (RFC 8187) in place. Returns the text, or NULL for
 * another charset or a broken escape.
 */
char *param_extended(char *value);

/* Whether *s* is UTF-8 without control characters. */
int param_is_text(const char *s);

#endif
