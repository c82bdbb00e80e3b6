/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables for people, JSON for programs, a bar for long work. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

#define COLUMNS_MAX	12

/* What would move a terminal's cursor, the C1 set of UTF-8 too: "?" for it. */
static void
defuse(char *text)
{
	unsigned char *p = (unsigned char *)text;

	for (; *p != '\0'; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = '?';
}

static char *
cell(const json_t *object, const char *field)
{
	const json_t *v = json_object_get(object, field);
	char *text;

	if (v == NULL || json_is_null(v))
		return (strdup(""));
	text = json_is_string(v) ? strdup(json_string_value(v)) :
	    json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text != NULL)
		defuse(text);
	return (text);
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
			char *text = cell(o, columns[n]);

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
		(void)json_dumpf(items, stdout, JSON_INDENT(2));
		(void)putchar('\n');
		return;
	}
	table_widths(items, columns, width);
	for (n = 0; n < COLUMNS_MAX && columns[n] != NULL; n++)
		table_cell(columns[n], width[n], columns[n + 1] == NULL);
	json_array_foreach(items, i, o)
		for (n = 0; n < COLUMNS_MAX && columns[n] != NULL; n++) {
			char *text = cell(o, columns[n]);

			table_cell(text != NULL ? text : "", width[n],
			    columns[n + 1] == NULL);
			free(text);
		}
}

int
ctl_show(const struct ctl *ctl, struct reply *r, ctl_columns columns)
{
	if (r->body != NULL && ctl->json) {
		(void)json_dumpf(r->body, stdout, JSON_INDENT(2) |
		    JSON_ENCODE_ANY);
		(void)putchar('\n');
	} else if (r->body != NULL)
		for (size_t n = 0; columns[n] != NULL; n++) {
			char *text = cell(r->body, columns[n]);

			if (text != NULL && *text != '\0')
				(void)printf("%-16s %s\n", columns[n], text);
			free(text);
		}
	reply_clear(r);
	return (CTL_OK);
}

/*--------------------------------------------------------------------*/

#define BAR_WIDTH	30
#define BAR_EVERY_MS	100

static long long
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec * 1000LL + ts.tv_nsec / 1000000);
}

void
ctl_progress(void *arg, size_t done, size_t total)
{
	struct ctl_bar *bar = arg;
	long long now = now_ms();
	int full;

	if (!isatty(STDERR_FILENO) || total == 0 ||
	    now - bar->shown_ms < BAR_EVERY_MS)
		return;
	bar->shown_ms = now;
	full = (int)(BAR_WIDTH * (double)done / (double)total);
	(void)fprintf(stderr, "\r%-20.20s [%.*s%*s] %3d%%", bar->label, full,
	    "##############################", BAR_WIDTH - full, "",
	    (int)(100.0 * (double)done / (double)total));
}

void
ctl_progress_end(struct ctl_bar *bar)
{
	if (bar->shown_ms != 0)
		(void)fprintf(stderr, "\r\033[K");
	bar->shown_ms = 0;
}
