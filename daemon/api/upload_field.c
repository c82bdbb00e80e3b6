/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/metadata.h"
#include "api/upload_field.h"

/* rokka.js encodes twice: a JSON text that holds the JSON (fact 5). */
static json_t *
field_json(const char *text, size_t len, char *err, size_t err_len)
{
	json_t *v = json_strict(text, len, err, err_len), *inner;

	if (!json_is_string(v))
		return (v);
	inner = json_strict(json_string_value(v), json_string_length(v), err,
	    err_len);
	json_decref(v);
	return (inner);
}

static bool
field_user(struct upload_meta *m, const json_t *v, char *err, size_t err_len)
{
	json_decref(m->user);
	m->user = metadata_normalize(v, false, err, err_len);
	return (m->user != NULL);
}

static bool
field_options(struct upload_meta *m, const json_t *v, char *err,
    size_t err_len)
{
	const char *name;
	json_t *o;

	if (!json_is_object(v)) {
		(void)snprintf(err, err_len, "must be a JSON object");
		return (false);
	}
	json_object_foreach((json_t *)(uintptr_t)v, name, o) {
		if (strcmp(name, "visual_binaryhash") == 0 && json_is_false(o))
			continue;
		if (strcmp(name, "protected") != 0 || !json_is_boolean(o)) {
			(void)snprintf(err, err_len, "%.60s: %s", name,
			    strcmp(name, "protected") == 0 ?
			    "must be true or false" :
			    "there is no such option of an upload");
			return (false);
		}
		m->has_protected = true;
		m->protected = json_is_true(o);
	}
	return (true);
}

static const struct field {
	const char	*name;
	bool		(*take)(struct upload_meta *, const json_t *, char *,
			    size_t);
	const char	*refuse;
} fields[] = {
	{ "meta_user", field_user, NULL },
	{ "options", field_options, NULL },
	{ "meta_dynamic", NULL, "dynamic metadata is not supported" },
	{ "meta_static", NULL, "descriptions are not made by this server" },
	{ "url", NULL, "remote images are not fetched by this server: upload "
	    "the file itself" },
};

/* The index of "name[3]", "name[3][x]", "name[]" or "name"; -1: none. */
static long
field_index(const char *brackets)
{
	char *end;
	long i;

	if (*brackets == '\0' || strncmp(brackets, "[]", 2) == 0)
		return (0);
	i = isdigit((unsigned char)brackets[1]) ?
	    strtol(brackets + 1, &end, 10) : -1;
	return (i >= 0 && i < UPLOAD_FILES && *end == ']' ? i : -1);
}

static bool
field_take(const struct field *f, struct upload_meta *m, const char *text,
    size_t len, char *err, size_t err_len)
{
	json_t *v = json_map(field_json(text, len, err, err_len));
	bool good = v != NULL && f->take(m, v, err, err_len);

	json_decref(v);
	return (good);
}

bool
upload_field(struct upload_meta metas[UPLOAD_FILES], const char *name,
    const char *text, size_t len, char *err, size_t err_len)
{
	size_t n = strcspn(name, "["), i;
	char why[256];
	long at;

	for (i = 0; i < sizeof fields / sizeof *fields; i++)
		if (strlen(fields[i].name) == n &&
		    memcmp(fields[i].name, name, n) == 0)
			break;
	if (i == sizeof fields / sizeof *fields)
		return (true);
	at = field_index(name + n);
	if (fields[i].refuse != NULL)
		(void)snprintf(why, sizeof why, "%s", fields[i].refuse);
	else if (at < 0)
		(void)snprintf(why, sizeof why, "the index must be a number "
		    "below %d", UPLOAD_FILES);
	else if (field_take(&fields[i], &metas[at], text, len, why,
	    sizeof why))
		return (true);
	(void)snprintf(err, err_len, "%.60s: %s.", name, why);
	return (false);
}
