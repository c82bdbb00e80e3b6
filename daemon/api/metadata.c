/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/metadata.h"
#include "base/trust_me.h"

#define FIELD_MAX	54

static bool
is_string(const json_t *v)
{
	return (json_is_string(v));
}

static bool
is_integer(const json_t *v)
{
	return (json_is_integer(v));
}

static bool
is_number(const json_t *v)
{
	return (json_is_number(v) && isfinite(json_number_value(v)));
}

static bool
is_date(const json_t *v)
{
	return (json_is_string(v) && json_date_ms(json_string_value(v)) != -1);
}

static bool
is_latlon(const json_t *v)
{
	double lat, lon;
	int n = 0;

	/* No blank, hex or nan, which sscanf() takes. */
	return (json_is_string(v) && strspn(json_string_value(v),
	    "+-.,0123456789") == json_string_length(v) &&
	    sscanf(json_string_value(v), "%lf,%lf%n", &lat, &lon, &n) == 2 &&
	    (size_t)n == json_string_length(v) && fabs(lat) <= 90 &&
	    fabs(lon) <= 180);
}

static bool
is_strings(const json_t *v)
{
	size_t i;
	json_t *item;

	if (!json_is_array(v))
		return (false);
	json_array_foreach(v, i, item)
		if (!json_is_string(item))
			return (false);
	return (true);
}

static bool
is_bool(const json_t *v)
{
	return (json_is_boolean(v));
}

static const struct metadata_type {
	const char	*name;
	bool		(*good)(const json_t *);
	const char	*what;
} types[] = {
	{ "str", is_string, "a text" },
	{ "text", is_string, "a text" },
	{ "int", is_integer, "a whole number" },
	{ "double", is_number, "a number" },
	{ "date", is_date, "a date as 2019-12-10T11:13:24Z" },
	{ "latlon", is_latlon, "a text as \"47.38,8.52\"" },
	{ "bool", is_bool, "true or false" },
	{ "array", is_strings, "an array of texts" },
	{ "array_text", is_strings, "an array of texts" },
};
#define N_TYPES	(sizeof types / sizeof *types)

static const struct metadata_type *
metadata_type(const char *name, const char **field)
{
	const char *colon = strchr(name, ':');

	*field = name;
	if (colon == NULL)
		return (&types[0]);
	for (size_t i = 0; i < N_TYPES; i++) {
		size_t n = strlen(types[i].name);

		if ((size_t)(colon - name) == n &&
		    memcmp(name, types[i].name, n) == 0) {
			*field = colon + 1;
			return (&types[i]);
		}
	}
	return (NULL);
}

bool
metadata_name(const char *name, const char **plain, char *err, size_t err_len)
{
	const char *field;
	const struct metadata_type *t = metadata_type(name, &field);
	size_t n;

	if (t == NULL) {
		(void)snprintf(err, err_len, "%.80s: unknown type of user "
		    "metadata", name);
		return (false);
	}
	n = strspn(field, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (field[n] != '\0' || n < 1 || n > FIELD_MAX) {
		(void)snprintf(err, err_len, "%.80s: the name of a field must "
		    "be 1 to %d of a-z, 0-9 and _", name, FIELD_MAX);
		return (false);
	}
	*plain = t == &types[0] ? field : name;
	return (true);
}

static bool
metadata_value(const char *name, const json_t *v, bool nulls, char *err,
    size_t err_len)
{
	const char *field;
	const struct metadata_type *t = metadata_type(name, &field);

	if ((nulls && json_is_null(v)) || t->good(v))
		return (true);
	(void)snprintf(err, err_len, "%.80s: must be %s", name, t->what);
	return (false);
}

json_t *
metadata_normalize(const json_t *in, bool nulls, char *err, size_t err_len)
{
	json_t *out = json_object(), *v;
	const char *name, *plain;

	if (!json_is_object(in)) {
		(void)snprintf(err, err_len, "must be a JSON object");
		json_decref(out);
		return (NULL);
	}
	json_object_foreach(TRUST_ME(in), name, v) {
		if (!metadata_name(name, &plain, err, err_len) ||
		    !metadata_value(name, v, nulls, err, err_len)) {
			json_decref(out);
			return (NULL);
		}
		/* "a" and "str:a" are one. */
		if (json_object_get(out, plain) != NULL) {
			(void)snprintf(err, err_len, "%.80s: given more than once",
			    name);
			json_decref(out);
			return (NULL);
		}
		(void)json_object_set(out, plain, v);
	}
	return (out);
}
