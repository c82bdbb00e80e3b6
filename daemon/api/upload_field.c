/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/dynamic.h"
#include "api/json.h"
#include "api/metadata.h"
#include "api/upload_field.h"
#include "base/trust_me.h"

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
	m->user = metadata_normalize(v, false, err, err_len);
	return (m->user != NULL);
}

static bool
is_object(const json_t *v, char *err, size_t err_len)
{
	if (!json_is_object(v))
		(void)snprintf(err, err_len, "must be a JSON object");
	return (json_is_object(v));
}

static bool
field_options(struct upload_meta *m, const json_t *v, char *err,
    size_t err_len)
{
	const char *name;
	json_t *o;

	if (!is_object(v, err, err_len))
		return (false);
	json_object_foreach(TRUST_ME(v), name, o) {
		if (strcmp(name, "visual_binaryhash") == 0 && json_is_false(o))
			continue;
		if (strcmp(name, "protected") != 0 || !json_is_boolean(o)) {
			(void)snprintf(err, err_len, "%.60s: %s", name,
			    strcmp(name, "protected") == 0 ?
			    "must be true or false" :
			    "unknown option of an upload");
			return (false);
		}
		m->protected = json_is_true(o);
	}
	return (true);
}

/* Each object once, whether they come together or one by one. */
static bool
field_dynamic(struct upload_meta *m, const json_t *v, char *err,
    size_t err_len)
{
	const char *name;
	json_t *o, *normal;

	if (!is_object(v, err, err_len))
		return (false);
	if (m->dynamic == NULL)
		m->dynamic = json_object();
	json_object_foreach(TRUST_ME(v), name, o) {
		if (json_object_get(m->dynamic, name) != NULL) {
			(void)snprintf(err, err_len, "%s: given more than once",
			    name);
			return (false);
		}
		normal = dynamic_object(name, o, 0, 0, err, err_len);
		if (normal == NULL)
			return (false);
		(void)json_object_set_new(m->dynamic, name, normal);
	}
	return (m->dynamic != NULL);
}

static const struct field {
	const char	*name;
	bool		(*take)(struct upload_meta *, const json_t *, char *,
			    size_t);
	const char	*refuse;
} fields[] = {
	{ "meta_user", field_user, NULL },
	{ "options", field_options, NULL },
	{ "meta_dynamic", field_dynamic, NULL },
	{ "meta_static", NULL, "descriptions are not made by this server" },
};

#define N_FIELDS	(sizeof fields / sizeof *fields)

/* What clients send along that changes nothing here. */
static const char *const spare[] = {
	"optimize_source",		/* rokka.js, the C# client */
	"fileName", "name",		/* the C# client */
	"_charset_",			/* a browser's form */
};
#define BIT(f)		(1U << ((f) - fields))

static const struct field *
field_find(const char *name, size_t len)
{
	for (size_t i = 0; i < N_FIELDS; i++)
		if (strlen(fields[i].name) == len &&
		    memcmp(fields[i].name, name, len) == 0)
			return (&fields[i]);
	return (NULL);
}

static bool
field_spare(const char *name)
{
	for (size_t i = 0; i < sizeof spare / sizeof *spare; i++)
		if (strcmp(spare[i], name) == 0)
			return (true);
	return (false);
}

/* Of "[0][version]", a value of "[0]", the part "[version]"; or "". */
static const char *
field_part(const struct field *f, const char *brackets)
{
	const char *p = strstr(brackets, "]["), *end = strchr(brackets, '\0');

	return (f->take == field_dynamic && p != NULL && end[-1] == ']' ?
	    p + 1 : end);
}

/*
 * Which file "name[3]" is of, without *part*, or "name", or "name[]", the next;
 * -1: none.
 */
static long
field_index(const struct upload_meta *metas, const struct field *f,
    const char *brackets, const char *part)
{
	char *end;
	long i = 0;

	if (*brackets == '\0')
		return (0);
	if (strcmp(brackets, "[]") == 0) {
		while (i < UPLOAD_FILES && (metas[i].given & BIT(f)) != 0)
			i++;
		return (i < UPLOAD_FILES ? i : -1);
	}
	if (!isdigit((unsigned char)brackets[1]))
		return (-1);
	i = strtol(brackets + 1, &end, 10);
	return (i < UPLOAD_FILES && *end == ']' && end + 1 == part ? i :
	    -1);
}

/* The value of a field, or of the *part* of one as if it were all of it. */
static json_t *
field_value(const char *part, const char *text, size_t len, char *err,
    size_t err_len)
{
	json_t *v = json_map(field_json(text, len, err, err_len)), *whole;

	if (v == NULL || *part == '\0')
		return (v);
	whole = json_pack("{s%:o}", part + 1, strlen(part) - 2, v);
	if (whole == NULL)
		(void)snprintf(err, err_len, "its name is not valid");
	return (whole);
}

static bool
field_take(const struct field *f, struct upload_meta *m, const char *part,
    const char *text, size_t len, char *err, size_t err_len)
{
	json_t *v;
	bool good;

	/* Each object of dynamic metadata may come in a field of its own. */
	if ((m->given & BIT(f)) != 0 && f->take != field_dynamic) {
		(void)snprintf(err, err_len, "is given more than once");
		return (false);
	}
	v = field_value(part, text, len, err, err_len);
	good = v != NULL && f->take(m, v, err, err_len);
	m->given |= BIT(f);
	json_decref(v);
	return (good);
}

bool
upload_field(struct upload_meta metas[UPLOAD_FILES], const char *name,
    const char *text, size_t len, char *err, size_t err_len)
{
	size_t n = strcspn(name, "[");
	const struct field *f = field_find(name, n);
	const char *part;
	char why[256];
	long at;

	if (f == NULL && field_spare(name))
		return (true);
	if (f == NULL) {
		(void)snprintf(err, err_len, "%.60s: unknown field of an "
		    "upload; meta_user[0] and options[0] are of the "
		    "first file.", name);
		return (false);
	}
	part = field_part(f, name + n);
	at = field_index(metas, f, name + n, part);
	if (f->refuse != NULL)
		(void)snprintf(why, sizeof why, "%s", f->refuse);
	else if (at < 0)
		(void)snprintf(why, sizeof why, "the index must be a number "
		    "below %d", UPLOAD_FILES);
	else if (field_take(f, &metas[at], part, text, len, why,
	    sizeof why))
		return (true);
	(void)snprintf(err, err_len, "%.60s: %s.", name, why);
	return (false);
}

bool
upload_fields_used(const struct upload_meta metas[UPLOAD_FILES], unsigned n,
    char *err, size_t err_len)
{
	for (; n < UPLOAD_FILES; n++)
		for (const struct field *f = fields; f < fields + N_FIELDS; f++)
			if ((metas[n].given & BIT(f)) != 0) {
				(void)snprintf(err, err_len, "%s[%u]: there is "
				    "no such file.", f->name, n);
				return (false);
			}
	return (true);
}

void
upload_meta_clear(struct upload_meta *m)
{
	json_decref(m->user);
	json_decref(m->dynamic);
}
