/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables for people, JSON for programs, a bar for long work. */
#include "config.h"

#include <langinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/trust_me.h"
#include "base/utf8.h"
#include "ctl.h"

#define COLUMNS_MAX	12

/*
 * To a terminal of another character set the bytes of UTF-8 would be other
 * characters, and C1 controls among them.
 */
void
ctl_defuse(char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	char *to = text;

	while (*p != '\0') {
		size_t n = utf8_len(p);

		if (n == 0 || *p < ' ' || *p == 0x7f || (n > 1 && !utf8) ||
		    (*p == 0xc2 && p[1] < 0xa0))
			*to++ = '?';
		else {
			(void)memmove(to, p, n);
			to += n;
		}
		p += n > 0 ? n : 1;
	}
	*to = '\0';
}

void
ctl_print_json(json_t *value)
{
	(void)json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	(void)putchar('\n');
	json_decref(value);
}

static void value_write(FILE *, const json_t *);

/* "resize(width=5)": what has a name is told by it. */
static void
object_write(FILE *f, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "name"));
	const char *before = name != NULL ? "(" : "", *key;
	bool open = false;
	json_t *v;

	if (name != NULL)
		(void)fputs(name, f);
	json_object_foreach(TRUST_ME(object), key, v) {
		if (json_string_value(v) == name && name != NULL)
			continue;
		if (json_is_object(v) && json_object_size(v) == 0)
			continue;
		(void)fprintf(f, "%s%s=", before, key);
		value_write(f, v);
		before = " ";
		open = true;
	}
	if (name != NULL && open)
		(void)fputc(')', f);
}

/* A value as people read it, without the signs of JSON. */
static void
value_write(FILE *f, const json_t *v)
{
	const json_t *item;
	char *text;
	size_t i;

	if (json_is_string(v))
		(void)fputs(json_string_value(v), f);
	else if (json_is_object(v))
		object_write(f, v);
	else if (json_is_array(v)) {
		json_array_foreach(v, i, item) {
			(void)fputs(i > 0 ? "," : "", f);
			value_write(f, item);
		}
	} else if (v != NULL && !json_is_null(v)) {
		text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
		(void)fputs(text != NULL ? text : "", f);
		free(text);
	}
}

static char *
cell(const json_t *object, const char *field)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return (NULL);
	value_write(f, json_object_get(object, field));
	if (fclose(f) != 0 || text == NULL)
		return (text);
	ctl_defuse(text);
	return (text);
}

/* The same for a table, in which an empty cell would hide its column. */
static char *
table_text(const json_t *object, const char *field)
{
	char *text = cell(object, field);

	if (text == NULL || *text != '\0')
		return (text);
	free(text);
	return (strdup("-"));
}

/* In characters, not bytes. */
static size_t
text_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return (n);
}

static void
table_widths(const json_t *items, ctl_columns columns, size_t *width)
{
	const json_t *o;
	size_t i, n;

	for (n = 0; n < COLUMNS_MAX && columns[n] != NULL; n++)
		width[n] = strlen(columns[n]);
	json_array_foreach(items, i, o)
		for (n = 0; n < COLUMNS_MAX && columns[n] != NULL; n++) {
			char *text = table_text(o, columns[n]);

			if (text != NULL && text_width(text) > width[n])
				width[n] = text_width(text);
			free(text);
		}
}

/* The last column has nothing behind it. */
static void
table_cell(const char *text, size_t width, bool last)
{
	size_t n = text_width(text);

	(void)printf("%s%*s%s", text, last || n > width ? 0 :
	    (int)(width - n + 2), "", last ? "\n" : "");
}

void
ctl_table(const struct ctl *ctl, const json_t *items, ctl_columns columns)
{
	size_t width[COLUMNS_MAX] = { 0 }, i, n;
	const json_t *o;

	if (ctl->json) {
		ctl_print_json(json_incref(TRUST_ME(items)));
		return;
	}
	table_widths(items, columns, width);
	for (n = 0; n < COLUMNS_MAX && columns[n] != NULL; n++)
		table_cell(columns[n], width[n], columns[n + 1] == NULL);
	json_array_foreach(items, i, o)
		for (n = 0; n < COLUMNS_MAX && columns[n] != NULL; n++) {
			char *text = table_text(o, columns[n]);

			table_cell(text != NULL ? text : "", width[n],
			    columns[n + 1] == NULL);
			free(text);
		}
}

static void
show_field(const json_t *object, const char *field)
{
	char *text = cell(object, field);

	if (text != NULL && *text != '\0')
		(void)printf("%-16s %s\n", field, text);
	free(text);
}

/* The items of an answer: a table below its fields, by the keys of the first. */
static void
show_items(const struct ctl *ctl, const json_t *items)
{
	const char *columns[COLUMNS_MAX + 1] = { NULL }, *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach(json_array_get(items, 0), key, value)
		if (n < COLUMNS_MAX)
			columns[n++] = key;
	(void)putchar('\n');
	ctl_table(ctl, items, columns);
}

int
ctl_show(const struct ctl *ctl, struct reply *r, ctl_columns columns)
{
	const json_t *items = NULL, *v;

	if (r->body != NULL && ctl->json)
		ctl_print_json(json_incref(r->body));
	else if (r->body != NULL)
		for (size_t n = 0; columns[n] != NULL; n++) {
			v = json_object_get(r->body, columns[n]);
			if (json_is_object(json_array_get(v, 0)) &&
			    strcmp(columns[n], "items") == 0) {
				items = v;
				continue;
			}
			show_field(r->body, columns[n]);
		}
	if (items != NULL)
		show_items(ctl, items);
	reply_clear(r);
	return (CTL_OK);
}

/*--------------------------------------------------------------------*/

#define BAR_WIDTH	30
#define LABEL_WIDTH	20
#define BAR_EVERY_MS	100

/* What the terminal has room for beside label and percentage, not to wrap. */
static int
bar_width(void)
{
	struct winsize w;
	int room = BAR_WIDTH;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		room = w.ws_col - (LABEL_WIDTH + 9);
	return (room < 0 ? 0 : room > BAR_WIDTH ? BAR_WIDTH : room);
}

static void
bar_label(const char *label)
{
	char *text = strdup(label), *end = text;
	size_t n = 0;

	if (text == NULL)
		return;
	ctl_defuse(text);
	for (; *end != '\0' && n < LABEL_WIDTH; n++)
		end += utf8_len((unsigned char *)end);
	*end = '\0';
	(void)fprintf(stderr, "\r%s%*s", text, (int)(LABEL_WIDTH - n), "");
	free(text);
}

void
ctl_progress(void *arg, size_t done, size_t total)
{
	struct ctl_bar *bar = arg;
	long long now = clock_us() / 1000;
	int width, full;

	if (!isatty(STDERR_FILENO) || total == 0 ||
	    now - bar->shown_ms < BAR_EVERY_MS)
		return;
	bar->shown_ms = now;
	width = bar_width();
	full = (int)(width * (double)done / (double)total);
	bar_label(bar->label);
	if (width > 0)
		(void)fprintf(stderr, " [%.*s%*s]", full,
		    "##############################", width - full, "");
	(void)fprintf(stderr, " %3d%%",
	    (int)(100.0 * (double)done / (double)total));
}

void
ctl_progress_end(struct ctl_bar *bar)
{
	if (bar->shown_ms != 0)
		(void)fprintf(stderr, "\r\033[K");
	bar->shown_ms = 0;
}
