/* SPDX-License-Identifier: BSD-2-Clause */
/* What a source image is found by, read from its row. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "terms.h"

static void
term_clear(void *term)
{
	struct term *t = term;

	g_free(t->text);
}

GArray *
terms_new(void)
{
	GArray *a = g_array_new(FALSE, TRUE, sizeof(struct term));

	g_array_set_clear_func(a, term_clear);
	return (a);
}

bool
term_is_facet(const char *field)
{

	return (strncmp(field, "user:str:", 9) == 0 ||
	    strncmp(field, "user:array:", 11) == 0);
}

static struct term *
terms_add(GArray *a, const char *field, enum store_value type)
{
	struct term *t;

	if (a->len == STORE_TERMS_MAX)
		return (NULL);
	g_array_set_size(a, a->len + 1);
	t = &g_array_index(a, struct term, a->len - 1);
	(void)snprintf(t->field, sizeof t->field, "%s", field);
	t->type = type;
	t->facet = term_is_facet(field);
	return (t);
}

static void
terms_add_int(GArray *a, const char *field, int64_t i)
{
	struct term *t = terms_add(a, field, VALUE_INT);

	if (t != NULL)
		t->i = i;
}

static void
terms_add_real(GArray *a, const char *field, double r)
{
	struct term *t = terms_add(a, field, VALUE_REAL);

	if (t != NULL)
		t->r = r;
}

/* The longest start of *text* of whole characters that fits. */
static size_t
text_fit(const char *text, size_t len)
{

	if (len <= TERM_TEXT_MAX)
		return (len);
	len = TERM_TEXT_MAX;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return (len);
}

static void
terms_add_text(GArray *a, const char *field, const char *text)
{
	size_t len = strlen(text), fit = text_fit(text, len);
	struct term *t = terms_add(a, field, VALUE_TEXT);

	if (t != NULL)
		t->text = g_strdup_printf("%.*s%s", (int)fit, text,
		    fit < len ? "…" : "");
}

static void
terms_add_words(GArray *a, const char *field, const char *text)
{
	char **words = store_words(text, true);

	for (char **w = words; *w != NULL; w++)
		terms_add_text(a, field, *w);
	store_words_free(words);
}

/* "47.38,8.52"; the two numbers are fields of their own, for boxes. */
static void
terms_add_place(GArray *a, const char *field, const char *text)
{
	char part[STORE_TERM + 8];
	double lat, lon;

	if (sscanf(text, "%lf,%lf", &lat, &lon) != 2)
		return;
	(void)snprintf(part, sizeof part, "%.80s" STORE_TERM_LAT, field);
	terms_add_real(a, part, lat);
	(void)snprintf(part, sizeof part, "%.80s" STORE_TERM_LON, field);
	terms_add_real(a, part, lon);
}

static void
terms_add_each(GArray *a, const char *field, json_t *list,
    void (*add)(GArray *, const char *, const char *))
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_is_string(v))
			add(a, field, json_string_value(v));
}

/* A value of *type*; one of another kind, from an older version, is left. */
static void
terms_add_typed(GArray *a, const char *field, const char *type, json_t *v)
{
	const char *text = json_string_value(v);

	if (strcmp(type, "int") == 0 && json_is_integer(v))
		terms_add_int(a, field, json_integer_value(v));
	else if (strcmp(type, "bool") == 0 && json_is_boolean(v))
		terms_add_int(a, field, json_is_true(v));
	else if (strcmp(type, "double") == 0 && json_is_number(v))
		terms_add_real(a, field, json_number_value(v));
	else if (strcmp(type, "array") == 0)
		terms_add_each(a, field, v, terms_add_text);
	else if (strcmp(type, "array_text") == 0)
		terms_add_each(a, field, v, terms_add_words);
	else if (text == NULL)
		return;
	else if (strcmp(type, "date") == 0 && date_ms(text) != -1)
		terms_add_int(a, field, date_ms(text));
	else if (strcmp(type, "latlon") == 0)
		terms_add_place(a, field, text);
	else if (strcmp(type, "text") == 0)
		terms_add_words(a, field, text);
	else if (strcmp(type, "str") == 0)
		terms_add_text(a, field, text);
}

/* A text of words has many values. */
static bool
type_is_words(const char *type)
{

	return (strcmp(type, "text") == 0 || strcmp(type, "array_text") == 0);
}

/* "price" is "str:price". */
static void
terms_add_user(GArray *a, const char *name, json_t *v, bool words)
{
	const char *colon = strchr(name, ':');
	char type[16], field[STORE_TERM];

	(void)snprintf(type, sizeof type, "%.*s",
	    colon != NULL ? (int)(colon - name) : 3,
	    colon != NULL ? name : "str");
	if (type_is_words(type) != words)
		return;
	(void)snprintf(field, sizeof field, "user:%s:%.64s", type,
	    colon != NULL ? colon + 1 : name);
	terms_add_typed(a, field, type, v);
}

static void
terms_of_user(GArray *a, json_t *all, bool words)
{
	const char *name;
	json_t *v;

	json_object_foreach(all, name, v)
		terms_add_user(a, name, v, words);
}

static void
terms_of_dynamic(GArray *a, const char *text)
{
	char field[STORE_TERM];
	const char *group, *name, *type;
	json_t *all, *one, *v;

	if (strcmp(text, "{}") == 0)
		return;
	all = json_loads(text, 0, NULL);
	json_object_foreach(all, group, one)
		json_object_foreach(one, name, v) {
			type = json_is_string(v) ? "str" :
			    json_is_integer(v) ? "int" :
			    json_is_boolean(v) ? "bool" : "double";
			(void)snprintf(field, sizeof field,
			    "dynamic:%s:%.30s:%.30s", type, group, name);
			terms_add_typed(a, field, type, v);
		}
	json_decref(all);
}

int
term_compare(const void *one, const void *other)
{
	const struct term *a = one, *b = other;
	int c = strcmp(a->field, b->field);

	if (c != 0)
		return (c);
	if (a->type != b->type)
		return (a->type < b->type ? -1 : 1);
	if (a->type == VALUE_TEXT)
		return (strcmp(a->text, b->text));
	if (a->type == VALUE_INT)
		return (a->i < b->i ? -1 : a->i > b->i);
	return (a->r < b->r ? -1 : a->r > b->r);
}

GArray *
terms_of(const struct term_image *m)
{
	GArray *a = terms_new();
	json_t *user = NULL;

	if (m->gone)
		return (a);
	/* Most images have none. */
	if (strcmp(m->user, "{}") != 0)
		user = json_loads(m->user, 0, NULL);
	/* Words last: there may be too many. */
	terms_of_user(a, user, false);
	terms_of_dynamic(a, m->dynamic);
	terms_add_words(a, STORE_TERM_NAME, m->name);
	terms_of_user(a, user, true);
	json_decref(user);
	g_array_sort(a, term_compare);
	for (guint i = a->len; i > 1; i--)
		if (term_compare(&g_array_index(a, struct term, i - 1),
		    &g_array_index(a, struct term, i - 2)) == 0)
			g_array_remove_index(a, i - 1);
	return (a);
}

GArray *
terms_to_sort(const struct term_image *m)
{
	GArray *a = terms_new();
	json_t *user = NULL;

	if (strcmp(m->user, "{}") != 0)
		user = json_loads(m->user, 0, NULL);
	terms_of_user(a, user, false);
	terms_of_dynamic(a, m->dynamic);
	json_decref(user);
	qsort(a->data, a->len, sizeof(struct term), term_compare);
	return (a);
}

/*
 * Folded, so that "Zürich" and "ZÜRICH" are one; *plain* gives the spelling without
 * accents, too. By no locale: all machines shall find the same.
 */
char **
store_words(const char *text, bool plain)
{
	char **ascii, **words, **all;
	guint n, more;

	words = g_str_tokenize_and_fold(text, "C", &ascii);
	if (!plain) {
		g_strfreev(ascii);
		return (words);
	}
	n = g_strv_length(words);
	more = g_strv_length(ascii);
	all = g_renew(char *, words, n + more + 1);
	memcpy(all + n, ascii, (more + 1) * sizeof *ascii);
	g_free(ascii);
	return (all);
}

void
store_words_free(char **words)
{

	g_strfreev(words);
}
