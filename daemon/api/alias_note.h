/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes with a change of an alias: a comment, a description, tags. */
#ifndef ALIAS_NOTE_H
#define ALIAS_NOTE_H

#include <jansson.h>

#include "store/store_alias.h"

/*
 * Reads what *obj* has of "comment", "description" and "tags"; *note* then points
 * into *obj*, whose tags become a text. NULL, or a sentence without its full stop.
 */
const char *alias_note_read(json_t *obj, struct store_alias_note *note);
/* The same of the comment alone. */
const char *alias_comment_read(const json_t *obj, const char **comment);
/* Whether it may be a tag. */
bool alias_tag_good(const char *tag);
/* Tags as the store has them, as an array; a new reference. NULL gives []. */
json_t *alias_tags_json(const char *tags);

#endif
