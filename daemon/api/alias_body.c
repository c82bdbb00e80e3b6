/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/alias_note.h"
#include "api/alias_body.h"
#include "base/clock.h"

bool
body_bool(struct call *c, const json_t *obj, const char *field, bool *out)
{
	const json_t *v = json_object_get(obj, field);

	*out = json_is_true(v);
	if (v == NULL || json_is_boolean(v))
		return (true);
	reply_error(c, 400, "%s: must be true or false.", field);
	return (false);
}

bool
body_moment(struct call *c, const json_t *obj, const char *field, int64_t *ms)
{
	const char *date = json_string_value(json_object_get(obj, field));

	*ms = date != NULL && strlen(date) <= 64 ? json_date_ms(date) : -1;
	if (*ms >= 0 && *ms <= clock_wall_ms())
		return (true);
	reply_error(c, 400, "%s: must be a date and time that has passed, as "
	    "2026-12-10T11:13:24+00:00.", field);
	return (false);
}

bool
choice_good(struct call *c, const char *prefix, const char *tag)
{
	if (prefix != NULL && !name_is_alias(prefix))
		reply_error(c, 400, "prefix: must be 1 to %d letters, digits "
		    "or underscores.", NAME_MAX_LEN);
	else if (tag != NULL && !alias_tag_good(tag))
		reply_error(c, 400, "tag: must be 1 to %d lower-case letters, "
		    "digits, and _ . -", STORE_TAG_MAX);
	else if (prefix != NULL && tag != NULL)
		reply_error(c, 400, "prefix, tag: only one of them may be "
		    "given.");
	else
		return (true);
	return (false);
}

bool
body_choice(struct call *c, const json_t *obj, char prefix[NAME_MAX_LEN + 1],
    char tag[STORE_TAG_MAX + 1])
{
	const json_t *p = json_object_get(obj, "prefix");
	const json_t *t = json_object_get(obj, "tag");
	/* Anything but a string becomes "", which is refused. */
	const char *prefix_text = p == NULL ? NULL : json_is_string(p) ?
	    json_string_value(p) : "";
	const char *tag_text = t == NULL ? NULL : json_is_string(t) ?
	    json_string_value(t) : "";

	*prefix = *tag = '\0';
	if (!choice_good(c, prefix_text, tag_text))
		return (false);
	if (prefix_text != NULL)
		text_copy(prefix, NAME_MAX_LEN + 1, prefix_text);
	if (tag_text != NULL)
		text_copy(tag, STORE_TAG_MAX + 1, tag_text);
	return (true);
}

bool
body_comment(struct call *c, const json_t *obj, const char **comment)
{
	const char *why = alias_comment_read(obj, comment);

	if (why != NULL)
		reply_error(c, 400, "%s.", why);
	return (why == NULL);
}

bool
rollback_refuse(struct call *c, const struct store_rollback_refusal *r,
    enum store_status st)
{
	char hex[HASH_HEX + 1];

	hash_to_hex(&r->image, hex);
	if (st != STORE_PRECONDITION)
		return (false);
	switch (r->why) {
	case ROLLBACK_DELETED:
		reply_error(c, 409, "The image \"%s\" was deleted; restore it "
		    "first, or say \"restore\": true.", hex);
		return (true);
	case ROLLBACK_GONE:
		reply_error(c, 409, "The image \"%s\" was deleted and removed "
		    "for good; upload it again.", hex);
		return (true);
	case ROLLBACK_FORGOTTEN:
		reply_error(c, 409, "at: the history of %s%s%s does not go "
		    "back so far, so that what was then is not known.",
		    *r->alias != '\0' ? "\"" : "the organization's aliases",
		    r->alias, *r->alias != '\0' ? "\"" : "");
		return (true);
	case ROLLBACK_MANY:
		reply_error(c, 400, "More aliases than may change at once "
		    "would; select fewer by prefix or tag.");
		return (true);
	default:
		return (false);
	}
}
