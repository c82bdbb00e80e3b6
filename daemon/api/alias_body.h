/* SPDX-License-Identifier: BSD-2-Clause */
/* What rollbacks of one alias and of many have in common. */
#ifndef ALIAS_BODY_H
#define ALIAS_BODY_H

#include "api/call.h"
#include "store/store_rollback.h"

/* A field of the body that is true or false; without it, it is false. */
bool body_bool(struct call *, const json_t *obj, const char *field, bool *out);
/* A moment that has passed, in Unix milliseconds. False after an answer 400. */
bool body_moment(struct call *, const json_t *obj, const char *field,
    int64_t *ms);
/*
 * "prefix" or "tag", at most one; "" for none. False after an answer 400.
 */
bool body_choice(struct call *, const json_t *obj,
    char prefix[NAME_MAX_LEN + 1], char tag[STORE_TAG_MAX + 1]);
/* Whether they are, NULL where one is not given. The same. */
bool choice_good(struct call *, const char *prefix, const char *tag);
/* "comment"; false after an answer 400. */
bool body_comment(struct call *, const json_t *obj, const char **comment);
/* Answers what the store refused. False: *refusal* says nothing. */
bool rollback_refuse(struct call *, const struct store_rollback_refusal *,
    enum store_status);

#endif
