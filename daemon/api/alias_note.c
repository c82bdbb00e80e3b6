/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alias_note.h"

#define STRING_(x)	#x
#define STRING(x)	STRING_(x)
#define TAG_CHARS	"abcdefghijklmnopqrstuvwxyz0123456789_.-"

/* At most *max* characters, none of them a control character. */
static bool
text_good(const json_t *v, size_t max)
{
	const char *p = json_string_value(v);
	size_t chars = 0;

	if (p == NULL)
		return (false);
	for (size_t n = json_string_length(v); n > 0; n--, p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return (false);
		/* jansson takes UTF-8 only: all but what continues one. */
		chars += ((unsigned char)*p & 0xc0) != 0x80;
	}
	return (chars <= max);
}

const char *
alias_comment_read(const json_t *obj, const char **comment)
{
	const json_t *v = json_object_get(obj, "comment");

	*comment = NULL;
	if (v == NULL || json_is_null(v))
		return (NULL);
	if (!text_good(v, STORE_COMMENT_MAX))
		return ("comment: must be a text of at most "
		    STRING(STORE_COMMENT_MAX) " characters, without control "
		    "characters");
	if (*json_string_value(v) != '\0')
		*comment = json_string_value(v);
	return (NULL);
}

static const char *
description_read(const json_t *obj, const char **description)
{
	const json_t *v = json_object_get(obj, "description");

	*description = json_is_null(v) ? "" : json_string_value(v);
	if (v == NULL || json_is_null(v) ||
	    text_good(v, STORE_DESCRIPTION_MAX))
		return (NULL);
	return ("description: must be a text of at most "
	    STRING(STORE_DESCRIPTION_MAX) " characters, without control "
	    "characters, or null for none");
}

bool
alias_tag_good(const char *tag)
{
	size_t n = strlen(tag);

	return (n > 0 && n <= STORE_TAG_MAX && strspn(tag, TAG_CHARS) == n);
}

static int
tag_compare(const void *a, const void *b)
{
	return (strcmp(*(const char *const *)a, *(const char *const *)b));
}

/* In order, each once, between commas; NULL: one of them is not a tag. */
static json_t *
tags_text(const json_t *list)
{
	char text[STORE_TAGS_MAX * (STORE_TAG_MAX + 1) + 1] = "";
	const char *tags[STORE_TAGS_MAX] = { NULL };
	size_t n = json_array_size(list), len = 0;

	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);

		tags[i] = json_string_value(v);
		if (tags[i] == NULL || !alias_tag_good(tags[i]) ||
		    strlen(tags[i]) != json_string_length(v))
			return (NULL);
	}
	qsort(tags, n, sizeof *tags, tag_compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(tags[i], tags[i - 1]) != 0)
			len += (size_t)snprintf(text + len, sizeof text - len,
			    "%s%s", len > 0 ? "," : "", tags[i]);
	return (json_string(text));
}

static const char *
tags_read(json_t *obj, const char **tags)
{
	json_t *v = json_object_get(obj, "tags"), *text = NULL;

	*tags = json_is_null(v) ? "" : NULL;
	if (v == NULL || json_is_null(v))
		return (NULL);
	if (json_is_array(v) && json_array_size(v) <= STORE_TAGS_MAX)
		text = tags_text(v);
	if (text == NULL)
		return ("tags: must be an array of at most "
		    STRING(STORE_TAGS_MAX) " texts of 1 to "
		    STRING(STORE_TAG_MAX) " lower-case letters, digits, and _ "
		    ". -, or null for none");
	*tags = json_string_value(text);
	return (json_object_set_new(obj, "tags", text) == 0 ? NULL :
	    "tags: the server has no memory for them");
}

const char *
alias_note_read(json_t *obj, struct store_alias_note *note)
{
	const char *why = alias_comment_read(obj, &note->comment);

	if (why == NULL)
		why = description_read(obj, &note->description);
	if (why == NULL)
		why = tags_read(obj, &note->tags);
	return (why);
}

json_t *
alias_tags_json(const char *tags)
{
	json_t *list = json_array();
	size_t n;

	for (; tags != NULL && *tags != '\0'; tags += tags[0] == ',') {
		n = strcspn(tags, ",");
		(void)json_array_append_new(list, json_stringn(tags, n));
		tags += n;
	}
	return (list);
}
