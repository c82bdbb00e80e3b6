/* SPDX-License-Identifier: BSD-2-Clause */
/* What a call was given: fields of its body, query parameters, names. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/call.h"

const json_t *
body_object(struct call *c)
{
	if (c->body == NULL)
		reply_error(c, 400, "The body is empty, but must be a JSON "
		    "object.");
	else if (!json_is_object(c->body))
		reply_error(c, 400, "The body must be a JSON object.");
	else
		return (c->body);
	return (NULL);
}

bool
body_flag(struct call *c, const char *name, bool *flag)
{
	*flag = json_is_true(c->body);
	if (json_is_boolean(c->body))
		return (true);
	reply_error(c, 400, "%s: the body must be true or false.", name);
	return (false);
}

bool
body_only(struct call *c, const json_t *obj, const char *const *fields)
{
	const char *key = json_other(obj, fields);

	if (key != NULL) {
		reply_error(c, 400, "%s: unknown field.", key);
		return (false);
	}
	return (true);
}

const char *
body_text_or(struct call *c, const json_t *obj, const char *field, size_t max,
    const char *otherwise)
{
	const json_t *v = json_object_get(obj, field);

	if (v == NULL || (json_is_null(v) && otherwise != NULL))
		return (otherwise);
	if (!json_is_string(v))
		reply_error(c, 400, "%s: must be a string.", field);
	else if (json_string_length(v) > max ||
	    json_string_length(v) != strlen(json_string_value(v)))
		reply_error(c, 400, "%s: must be at most %zu bytes without a "
		    "NUL.", field, max);
	else
		return (json_string_value(v));
	return (NULL);
}

const char *
body_text(struct call *c, const json_t *obj, const char *field, size_t max)
{
	const char *v;

	if (json_object_get(obj, field) == NULL) {
		reply_error(c, 400, "%s: the field is missing.", field);
		return (NULL);
	}
	v = body_text_or(c, obj, field, max, NULL);
	if (v == NULL || *v != '\0')
		return (v);
	reply_error(c, 400, "%s: must not be empty.", field);
	return (NULL);
}

bool
body_expires(struct call *c, const json_t *obj, const char *field,
    int64_t *ms)
{
	const json_t *v = json_object_get(obj, field);
	const char *date = json_string_value(v);

	*ms = 0;
	if (v == NULL || json_is_null(v))
		return (true);
	if (date != NULL && strlen(date) <= 64)
		*ms = json_date_ms(date);
	if (*ms > (int64_t)time(NULL) * 1000)
		return (true);
	reply_error(c, 400, "%s: must be a date and time in the "
	    "future, such as 2029-12-10T11:13:24Z, or null for none.", field);
	return (false);
}

bool
body_date(struct call *c, const json_t *obj, const char *field,
    unsigned years, int64_t *ms)
{
	const json_t *v = json_object_get(obj, field);
	const char *date = json_string_value(v);
	const int64_t now = (int64_t)time(NULL);
	int64_t at = -1;

	*ms = 0;
	if (v == NULL || json_is_null(v))
		return (true);
	if (date != NULL && strlen(date) <= 64)
		at = json_date_ms(date);
	if (at > now * 1000 && at / 1000 <= now + years * 31556952) {
		*ms = (at + 999) / 1000 * 1000;
		return (true);
	}
	reply_error(c, 400, "%s: must be a date and time within the next %u "
	    "years, such as 2029-12-10T11:13:24Z.", field, years);
	return (false);
}

bool
body_hash(struct call *c, const json_t *obj, const char *field,
    struct hash_prefix *hash)
{
	const char *text = body_text(c, obj, field, 4 * HASH_HEX);

	if (text == NULL)
		return (false);
	if (hash_prefix_from_hex(hash, text, strlen(text)))
		return (true);
	reply_error(c, 400, "%s: must be %d to %d lower-case hex digits.",
	    field, HASH_SHORT_MIN, HASH_HEX);
	return (false);
}
