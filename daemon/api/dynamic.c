/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/dynamic.h"
#include "base/trust_me.h"
#include "recipe/areas.h"
#include "recipe/optable.h"

#define TEXT_MAX	255

/* What the service has besides; the first is what it takes money for. */
static const struct {
	const char	*name;
	int		status;
	const char	*why;
} refused[] = {
	{ "detection_face", 403, "faces are not detected by this server; set "
	    "a subject_area" },
	{ "detection_eyemouth", 403, "faces are not detected by this server; "
	    "set a subject_area" },
	{ "linked", 400, "is of videos, which this server does not take" },
};

int
dynamic_refused(const char *name, char *err, size_t err_len)
{
	if (areas_is_object(name) || strcmp(name, "version") == 0)
		return (0);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strcmp(refused[i].name, name) == 0) {
			(void)snprintf(err, err_len, "%s: %s", name,
			    refused[i].why);
			return (refused[i].status);
		}
	(void)snprintf(err, err_len, "%.60s: unknown dynamic metadata; "
	    "there are subject_area, crop_area, multi_areas and version", name);
	return (400);
}

/* 2.0 is 2, and no more digits count than a recipe has. */
static json_t *
area_number(const json_t *v)
{
	double d = v == NULL ? 1 : opt_round(json_number_value(v));

	return (d == floor(d) ? json_integer((json_int_t)d) : json_real(d));
}

/* One that areas_check() has found good. */
static json_t *
area_normal(const json_t *in)
{
	static const char *const sides[] = { "x", "y", "width", "height" };
	json_t *out = json_object();

	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
		(void)json_object_set_new(out, sides[i],
		    area_number(json_object_get(in, sides[i])));
	if (json_is_true(json_object_get(in, "percentage")))
		(void)json_object_set_new(out, "percentage", json_true());
	return (out);
}

static json_t *
areas_normal(const json_t *in)
{
	json_t *out = json_object(), *named, *kinds, *v;
	const char *name, *kind;

	json_object_foreach(TRUST_ME(in), name, kinds) {
		named = json_object();
		json_object_foreach(kinds, kind, v)
			(void)json_object_set_new(named, kind, area_normal(v));
		(void)json_object_set_new(out, name, named);
	}
	return (out);
}

static json_t *
version_normal(const json_t *in, char *err, size_t err_len)
{
	const json_t *text = json_object_get(in, "text");
	size_t len = json_string_length(text);

	if (json_object_size(in) == 1 && len > 0 && len <= TEXT_MAX)
		return (json_deep_copy(in));
	(void)snprintf(err, err_len, "version: must be an object with a text "
	    "of 1 to %d bytes", TEXT_MAX);
	return (NULL);
}

json_t *
dynamic_object(const char *name, const json_t *in, int64_t width,
    int64_t height, char *err, size_t err_len)
{
	if (dynamic_refused(name, err, err_len) != 0)
		return (NULL);
	if (strcmp(name, "version") == 0)
		return (version_normal(in, err, err_len));
	if (areas_check(name, in, width, height, err, err_len) != 0)
		return (NULL);
	return (strcmp(name, "multi_areas") == 0 ? areas_normal(in) :
	    area_normal(in));
}

bool
dynamic_fit(const json_t *objects, int64_t width, int64_t height,
    char *err, size_t err_len)
{
	const char *name;
	json_t *v;

	json_object_foreach(TRUST_ME(objects), name, v)
		if (areas_is_object(name) && areas_check(name, v, width,
		    height, err, err_len) != 0)
			return (false);
	return (true);
}
