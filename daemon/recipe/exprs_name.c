/* SPDX-License-Identifier: BSD-2-Clause */
/* What the names in expressions stand for, but for variables. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "recipe/areas.h"
#include "recipe/exprs.h"

static const char *const areas[] = { "x", "y", "width", "height" };

#define SUBJECT	"image.subject_area."

/* What follows *prefix* in *name*, or NULL. */
static const char *
behind(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	return (strncmp(name, prefix, n) == 0 ? name + n : NULL);
}

static bool
is_area(const char *name)
{
	static const char *const prefixes[] = { SUBJECT,
	    "image.face_detection.", "image.detection_face." };
	const char *field;

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if ((field = behind(name, prefixes[i])) != NULL)
			for (size_t j = 0; j < 4; j++)
				if (strcmp(field, areas[j]) == 0)
					return (true);
	return (false);
}

static bool
is_image(const char *name)
{
	static const char *const names[] = { "image.width", "image.height",
	    "image.format", "image.hash", "image.isAnimated",
	    "image.hasSubjectArea", "image.hasDetectionFace" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return (true);
	return (is_area(name));
}

/* Would make a picture depend on what its key does not know. */
static bool
is_refused(const char *name)
{
	return (strcmp(name, "image.entropy") == 0 ||
	    behind(name, "image.meta_user.") != NULL ||
	    behind(name, "request.headers.") != NULL);
}

bool
exprs_name_good(const char *name, char *why, size_t len)
{
	const char *option = behind(name, "options.");

	if (*name == '$' || is_image(name) || strcmp(name, SAVE_DATA) == 0 ||
	    (option != NULL &&
	    (strcmp(option, "format") == 0 || stackopt_find(option) >= 0)))
		return (true);
	(void)snprintf(why, len, is_refused(name) ?
	    "%.60s is not supported" : option != NULL ||
	    behind(name, "image.") != NULL ? "there is no %.60s" :
	    "\"%.60s\" is not a name; a text needs quotes", name);
	return (false);
}

/*--------------------------------------------------------------------*/

json_t *
exprs_to_json(const struct expr_value *v)
{
	switch (v->type) {
	case EXPR_BOOL:
		return (json_boolean(v->i));
	case EXPR_INT:
		return (json_integer(v->i));
	case EXPR_REAL:
		return (json_real(v->d));
	case EXPR_TEXT:
		return (json_string(v->p));
	default:
		return (json_null());
	}
}

struct expr_value
exprs_of_json(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return (expr_of_text(json_string_value(v)));
	case JSON_INTEGER:
		return (expr_of_int(json_integer_value(v)));
	case JSON_REAL:
		return (expr_of_real(json_real_value(v)));
	case JSON_TRUE:
	case JSON_FALSE:
		return (expr_of_bool(json_is_true(v)));
	default:
		return ((struct expr_value){ .type = EXPR_NULL });
	}
}

static void
subject_look(const struct recipe_image *image, struct exprs_subject *s)
{
	json_t *all = image->dynamic_metadata == NULL ? NULL :
	    json_loads(image->dynamic_metadata, 0, NULL);

	s->there = areas_get(all, AREA_SUBJECT, &s->area);
	s->looked = true;
	json_decref(all);
}

/* *field* NULL: whether there is one. */
static struct expr_value
subject_area(const struct recipe_image *image, struct exprs_subject *s,
    const char *field)
{
	struct area a;
	double v;

	if (!s->looked)
		subject_look(image, s);
	if (field == NULL)
		return (expr_of_bool(s->there));
	if (!s->there)
		return ((struct expr_value){ .type = EXPR_NULL });
	a = area_in_pixels(&s->area, image->width, image->height);
	v = *field == 'x' ? a.x : *field == 'y' ? a.y :
	    *field == 'w' ? a.w : a.h;
	return (v == floor(v) ? expr_of_int((int64_t)v) : expr_of_real(v));
}

struct expr_value
exprs_image(const struct recipe_image *image, struct exprs_subject *s,
    const char *name)
{
	const struct expr_value none = { .type = EXPR_NULL };

	if (image == NULL)
		return (none);
	if (strcmp(name, SAVE_DATA) == 0)
		return (image->save_data ? expr_of_text("on") : none);
	if (strcmp(name, "image.width") == 0)
		return (expr_of_int(image->width));
	if (strcmp(name, "image.height") == 0)
		return (expr_of_int(image->height));
	if (strcmp(name, "image.format") == 0)
		return (expr_of_text(strcmp(image->format, "jpg") == 0 ?
		    "jpeg" : image->format));
	if (strcmp(name, "image.hash") == 0)
		return (expr_of_text(image->hash));
	if (strcmp(name, "image.isAnimated") == 0)
		return (expr_of_bool(image->animated));
	if (strcmp(name, "image.hasSubjectArea") == 0)
		return (subject_area(image, s, NULL));
	if (strcmp(name, "image.hasDetectionFace") == 0)
		return (expr_of_bool(false));
	if (behind(name, SUBJECT) != NULL)
		return (subject_area(image, s, behind(name, SUBJECT)));
	return (none);
}

/* The text of option value *v*, in the room. */
static struct expr_value
option_text(const struct maker *m, const struct optspec *spec, double v,
    struct expr_room *room)
{
	char *to = room->text + room->used;
	const size_t left = sizeof room->text - room->used;
	const char *word = spec->values;
	int n;

	if (spec->type == OPT_STR)
		return (expr_of_text(recipe_text(m->r, v)));
	if (spec->type == OPT_COLOR)
		n = snprintf(to, left, "%06x", (unsigned)v);
	else {
		for (int i = (int)v; i > 0; i--)
			word += strcspn(word, "|") + 1;
		n = snprintf(to, left, "%.*s", (int)strcspn(word, "|"), word);
	}
	if (n < 0 || (size_t)n >= left)
		return (expr_of_text(""));
	room->used += (size_t)n + 1;
	return (expr_of_text(to));
}

static struct expr_value
format_text(struct url_span format, struct expr_room *room)
{
	char *to = room->text + room->used;
	const size_t left = sizeof room->text - room->used;
	const enum format f = format_find(format.p, format.len);

	if (f == FORMAT_MAX || left <= strlen(formats[f].ext))
		return (expr_of_text(""));
	room->used += (size_t)snprintf(to, left, "%s", formats[f].ext) + 1;
	return (expr_of_text(to));
}

struct expr_value
exprs_option(const struct maker *m, struct url_span format, const char *name,
    struct expr_room *room)
{
	const char *option = behind(name, "options.");
	const int i = option == NULL ? -1 : stackopt_find(option);
	const struct optspec *spec = &stackopts[i < 0 ? 0 : i];
	double v = i < 0 ? NAN : m->r->so[i];
	char err[8];

	if (i < 0)
		return (format_text(format, room));
	if (isnan(v) && spec->def == NULL)
		return ((struct expr_value){ .type = EXPR_NULL });
	if (isnan(v) && spec->type == OPT_STR)
		return (expr_of_text(spec->def));
	if (isnan(v) && opt_parse(spec, spec->def, "", &v, err,
	    sizeof err) != 0)
		v = 0;
	if (spec->type == OPT_BOOL)
		return (expr_of_bool(v != 0));
	if (spec->type == OPT_INT || spec->type == OPT_NUM)
		return (v == floor(v) ? expr_of_int((int64_t)v) :
		    expr_of_real(v));
	return (option_text(m, spec, v, room));
}
