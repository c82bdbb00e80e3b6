/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/metadata.h"
#include "api/source_term.h"

#define USER	"user:"
#define DYNAMIC	"dynamic:"
#define STATIC	"static:"

bool
search_refuse(struct search_take *x, const char *fmt, ...)
{
	char why[300];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	(void)snprintf(x->err, x->err_len, "%.80s: %s.", x->name, why);
	return (false);
}

static bool
starts(const char *text, const char *with)
{
	return (strncmp(text, with, strlen(with)) == 0);
}

bool
term_is(const char *name)
{
	return (strcmp(name, STORE_TERM_NAME) == 0 || starts(name, USER) ||
	    starts(name, DYNAMIC) || starts(name, STATIC));
}

static const struct {
	const char	*type;
	enum term_kind	kind;
} kinds[] = {
	{ "str:", TERM_TEXT }, { "text:", TERM_WORDS }, { "int:", TERM_INT },
	{ "double:", TERM_DOUBLE }, { "date:", TERM_DATE },
	{ "latlon:", TERM_PLACE }, { "array:", TERM_ARRAY },
	{ "array_text:", TERM_WORDS }, { "bool:", TERM_BOOL },
};
#define N_KINDS	(sizeof kinds / sizeof *kinds)

/* The kind in "type:..."; N_KINDS if it is unknown. */
static size_t
kind_of(const char *typed)
{
	size_t i = 0;

	while (i < N_KINDS && !starts(typed, kinds[i].type))
		i++;
	return (i);
}

static bool
take_user(struct search_take *x, const char *name, char term[STORE_TERM],
    enum term_kind *kind)
{
	const char *plain;
	char err[200];
	size_t i;

	if (!metadata_name(name, &plain, err, sizeof err))
		return (search_refuse(x, "%s; it is user:TYPE:NAME", err));
	i = kind_of(plain);
	*kind = i < N_KINDS ? kinds[i].kind : TERM_TEXT;
	(void)snprintf(term, STORE_TERM, USER "%s%s",
	    i < N_KINDS ? "" : "str:", plain);
	return (true);
}

static const char *const dynamic_fields[] = {
	"version:text", "subject_area:x", "subject_area:y",
	"subject_area:width", "subject_area:height", "crop_area:x",
	"crop_area:y", "crop_area:width", "crop_area:height"
};

static bool
take_dynamic(struct search_take *x, const char *name, char term[STORE_TERM],
    enum term_kind *kind)
{
	const size_t n = sizeof dynamic_fields / sizeof *dynamic_fields;
	size_t i = 0, k = kind_of(name);
	const char *field = strchr(name, ':');

	while (field != NULL && i < n &&
	    strcmp(dynamic_fields[i], field + 1) != 0)
		i++;
	if (field == NULL || i == n || k == N_KINDS ||
	    (i == 0 ? kinds[k].kind != TERM_TEXT :
	    kinds[k].kind != TERM_INT && kinds[k].kind != TERM_DOUBLE))
		return (search_refuse(x, "of dynamic metadata there are "
		    "dynamic:str:version:text, and dynamic:int:AREA:PART with "
		    "subject_area or crop_area and x, y, width or height"));
	*kind = kinds[k].kind;
	(void)snprintf(term, STORE_TERM, DYNAMIC "%s", name);
	return (true);
}

bool
term_take(struct search_take *x, const char *name, char term[STORE_TERM],
    enum term_kind *kind)
{
	if (starts(name, USER))
		return (take_user(x, name + strlen(USER), term, kind));
	if (starts(name, DYNAMIC))
		return (take_dynamic(x, name + strlen(DYNAMIC), term, kind));
	if (starts(name, STATIC))
		return (search_refuse(x, "static metadata cannot be searched; "
		    "size, width, height, format and mimetype can"));
	*kind = TERM_WORDS;
	(void)snprintf(term, STORE_TERM, "%s", name);
	return (true);
}
