/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON from outside: what jansson takes, and a few things that it does not. */
#ifndef JSON_H
#define JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Levels of arrays and objects that a text may have. */
#define JSON_DEPTH	32

/*
 * Parses one value of any type: UTF-8, without duplicate fields, at most
 * JSON_DEPTH deep. A comma before a closing bracket is allowed, since rokka's
 * manual has one in its example of an alias. NULL and a sentence in *err*.
 */
json_t *json_strict(const char *text, size_t len, char *err, size_t err_len);

/*
 * *v*, which is taken over; for the empty array, as PHP writes an empty map, an
 * empty object.
 */
json_t *json_map(json_t *v);

/* The first name in *obj* that is not in the NULL-terminated list; or NULL. */
const char *json_other(const json_t *obj, const char *const *names);

/*
 * A string of *text*, which may hold anything: what is no UTF-8 and control
 * characters become "?".
 */
json_t *json_clean_string(const char *text);

/* "2019-12-10T11:13:24+00:00" of unix milliseconds; a new reference. */
json_t *json_date(int64_t ms);
/* The same with milliseconds: "2019-12-10T11:13:24.007+00:00". */
json_t *json_instant(int64_t ms);
/* As json_date(), or null for 0. */
json_t *json_date_or_null(int64_t ms);
/* The reverse, also of "2019-12-10T11:13:24.000Z"; -1 if it is invalid. */
int64_t json_date_ms(const char *);

#endif
