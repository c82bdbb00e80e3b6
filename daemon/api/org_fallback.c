/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of an organization that say what is shown for what is missing. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/org.h"
#include "store/store_org.h"
#include "store/store_source.h"

#define MUST_IMAGE							\
	"must be the hash of a source image, 40 hex digits, or "	\
	"\"alias:NAME\"; \"\" is none"

/* Whether the organization has what *f* names. */
static bool
image_there(struct call *c, const struct store_fallback *f)
{
	const char *org = call_param(c, "organization");
	struct store_source s = { .size = 0 };
	struct hash_prefix p;
	struct hash hash;
	bool there;

	if (store_fallback_image(c->api->store, org, f, &hash) != STORE_OK)
		return (false);
	p = hash_prefix_whole(&hash);
	there = store_source_get(c->api->store, org, &p, false, &s) ==
	    STORE_OK;
	store_source_clear(&s);
	return (there);
}

static bool
image_good(struct call *c, const char *name, const json_t *v)
{
	json_t *o = json_pack("{s:O}", name, v);
	struct store_fallback f;
	bool read = store_fallback_read(o, &f) &&
	    (*f.alias == '\0' || name_is_alias(f.alias));

	json_decref(o);
	if (json_is_string(v) && json_string_length(v) == 0)
		return (true);
	if (!read)
		reply_error(c, 400, "%s: " MUST_IMAGE ".", name);
	else if (!image_there(c, &f))
		reply_error(c, 400, "%s: names no source image, or an alias "
		    "without one: \"%s\".", name, json_string_value(v));
	else
		return (true);
	return (false);
}

bool
org_is_fallback(const char *name)
{
	return (strcmp(name, "fallback_image") == 0 ||
	    strcmp(name, "fallback_status") == 0 ||
	    strcmp(name, "fallback_for") == 0);
}

bool
org_fallback_good(struct call *c, const char *name, const json_t *v)
{
	const char *text = json_string_value(v);

	if (v == NULL || json_is_null(v))
		return (true);
	if (strcmp(name, "fallback_image") == 0)
		return (image_good(c, name, v));
	if (strcmp(name, "fallback_status") == 0) {
		if (json_integer_value(v) == 404 ||
		    json_integer_value(v) == 200)
			return (true);
		reply_error(c, 400, "%s: must be 404 or 200.", name);
		return (false);
	}
	if (text != NULL && (strcmp(text, "alias") == 0 ||
	    strcmp(text, "all") == 0))
		return (true);
	reply_error(c, 400, "%s: must be \"alias\" or \"all\".", name);
	return (false);
}
