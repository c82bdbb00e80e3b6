/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/json.h"
#include "base/date.h"
#include "base/trust_me.h"

/* A pass over the bytes before jansson sees them. */
struct json_scan {
	unsigned	depth;
	bool		in_string, escaped;
	char		last;		/* not blank, outside strings */
	char		*comma;		/* where it is, when that is one */
};

static void
json_scan_string(struct json_scan *s, char c)
{
	if (s->escaped)
		s->escaped = false;
	else if (c == '\\')
		s->escaped = true;
	else if (c == '"')
		s->in_string = false;
}

static void
json_scan_token(struct json_scan *s, char *p)
{
	if (*p == '{' || *p == '[')
		s->depth++;
	else if (*p == '}' || *p == ']') {
		if (s->depth > 0)
			s->depth--;
		/* Only behind a value: "[,]" and "[1,,]" stay wrong. */
		if (s->comma != NULL)
			*s->comma = ' ';
	}
	s->in_string = *p == '"';
	s->comma = *p == ',' && strchr("[{:,", s->last) == NULL ? p : NULL;
	s->last = *p;
}

/* Drops commas before closing brackets. False: nested too deep. */
static bool
json_prepare(char *text, size_t len)
{
	static const char blank[] = { ' ', '\t', '\r', '\n' };
	struct json_scan s = { .last = '[' };

	for (size_t i = 0; i < len && s.depth <= JSON_DEPTH; i++)
		if (s.in_string)
			json_scan_string(&s, text[i]);
		else if (memchr(blank, text[i], sizeof blank) == NULL)
			json_scan_token(&s, text + i);
	return (s.depth <= JSON_DEPTH);
}

json_t *
json_strict(const char *text, size_t len, char *err, size_t err_len)
{
	char *copy = malloc(len + 1);
	json_error_t e;
	json_t *v = NULL;

	if (copy == NULL) {
		(void)snprintf(err, err_len, "out of memory");
		return (NULL);
	}
	(void)memcpy(copy, text, len);
	copy[len] = '\0';
	if (!json_prepare(copy, len))
		(void)snprintf(err, err_len, "nested deeper than %d levels",
		    JSON_DEPTH);
	else if ((v = json_loadb(copy, len, JSON_REJECT_DUPLICATES |
	    JSON_DECODE_ANY, &e)) == NULL)
		(void)snprintf(err, err_len, "%s (line %d, column %d)", e.text,
		    e.line, e.column);
	free(copy);
	return (v);
}

json_t *
json_map(json_t *v)
{
	if (!json_is_array(v) || json_array_size(v) != 0)
		return (v);
	json_decref(v);
	return (json_object());
}

const char *
json_other(const json_t *obj, const char *const *names)
{
	const char *key;
	json_t *v;

	json_object_foreach(TRUST_ME(obj), key, v) {
		const char *const *n = names;

		(void)v;
		while (*n != NULL && strcmp(*n, key) != 0)
			n++;
		if (*n == NULL)
			return (key);
	}
	return (NULL);
}

json_t *
json_clean_string(const char *text)
{
	char *copy = strdup(text);
	json_t *v;

	if (copy == NULL)
		return (NULL);
	for (char *p = copy; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	v = json_string(copy);
	if (v == NULL) {
		for (char *p = copy; *p != '\0'; p++)
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		v = json_string(copy);
	}
	free(copy);
	return (v);
}

json_t *
json_date_or_null(int64_t ms)
{
	return (ms != 0 ? json_date(ms) : json_null());
}

/* *rest* stands behind the seconds. */
static json_t *
json_date_with(int64_t ms, const char *rest)
{
	char buf[DATE_SIZE];

	return (date_text(ms, buf) ? json_sprintf("%s%s", buf, rest) :
	    json_null());
}

json_t *
json_date(int64_t ms)
{
	return (json_date_with(ms, "+00:00"));
}

json_t *
json_instant(int64_t ms)
{
	char rest[16];

	(void)snprintf(rest, sizeof rest, ".%03u+00:00",
	    (unsigned)(ms % 1000));
	return (json_date_with(ms, rest));
}

int64_t
json_date_ms(const char *s)
{
	return (date_ms(s));
}
