/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Import and export of aliases by the million. An import goes in batches, each
 * one transaction of the server's: what ends it early leaves whole batches. A
 * row that the server refuses is taken out of its batch and told.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "rows.h"
#include "save.h"

#define BATCH		1000
#define TOLD_MAX	20	/* refused rows told one by one */

struct import {
	struct ctl	*ctl;
	char		path[1024];
	struct row	rows[BATCH];
	size_t		n;
	unsigned long	done, refused;
};

static const char no_format[] = "unknown format: give --format csv or "
    "--format jsonl";

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static void
import_refuse(struct import *im, const struct row *r, const char *why)
{
	if (im->refused++ < TOLD_MAX)
		(void)fprintf(stderr, "monikerctl: line %lu: %s\n", r->line,
		    why);
}

static json_t *
import_body(const struct import *im)
{
	json_t *list = json_array();

	for (size_t i = 0; i < im->n; i++)
		(void)json_array_append_new(list, im->rows[i].hash[0] == '\0' ?
		    json_pack("{s:s, s:n}", "alias", im->rows[i].alias,
		    "hash") :
		    json_pack("{s:s, s:s}", "alias", im->rows[i].alias, "hash",
		    im->rows[i].hash));
	return (json_pack("{s:o}", "changes", list));
}

/*
 * A batch that the server refused is sent again without the row, so that of
 * its sentence "nothing was changed" would not be true.
 */
static void
import_left_out(struct import *im, const struct row *r, const char *why)
{
	static const char whole[] = "; nothing was changed";
	const char *end = strstr(why, whole);
	char text[512];

	(void)snprintf(text, sizeof text, "%.*s; this row was left out",
	    (int)(end != NULL ? (size_t)(end - why) : strlen(why)), why);
	import_refuse(im, r, text);
}

/* The server names the row that it refuses: "changes[17]: alias ...". */
static bool
import_drop(struct import *im, const struct reply *r)
{
	char *end;
	unsigned long i;

	if (r->status < 400 || r->status >= 500 || r->status == 429 ||
	    strncmp(r->error, "changes[", 8) != 0)
		return (false);
	i = strtoul(r->error + 8, &end, 10);
	if (*end != ']' || i >= im->n)
		return (false);
	import_left_out(im, &im->rows[i], strlen(end) > 3 ? end + 3 :
	    r->error);
	im->n--;
	(void)memmove(&im->rows[i], &im->rows[i + 1],
	    (im->n - i) * sizeof im->rows[0]);
	return (true);
}

static int
import_flush(struct import *im)
{
	struct reply r;
	json_t *body;
	bool ok;

	while (im->n > 0) {
		body = import_body(im);
		ok = client_call(im->ctl->client, "POST", im->path, body, &r);
		json_decref(body);
		if (ok) {
			im->done += im->n;
			im->n = 0;
		} else if (!import_drop(im, &r))
			return (ctl_fail("import", &r));
		reply_clear(&r);
	}
	return (CTL_OK);
}

static int
import_rows(struct import *im, FILE *f, enum row_format format,
    struct ctl_bar *bar, size_t total)
{
	struct row row = { .line = 0 };
	const char *why;
	int got, rc = CTL_OK;

	while (rc == CTL_OK && !interrupted &&
	    (got = rows_read(f, format, &row, &why)) != 0) {
		if (got < 0) {
			import_refuse(im, &row, why);
			continue;
		}
		im->rows[im->n++] = row;
		if (im->n == BATCH) {
			rc = import_flush(im);
			ctl_progress(bar, (size_t)ftello(f), total);
		}
	}
	if (rc == CTL_OK && ferror(f)) {
		ctl_complain(bar->label, strerror(errno));
		rc = CTL_INPUT;
	}
	return (rc == CTL_OK ? import_flush(im) : rc);
}

/* For people on standard error; for programs on standard output, too. */
static void
import_sum(const struct import *im)
{
	(void)fprintf(stderr, "%lu imported, %lu refused%s%s\n", im->done,
	    im->refused, interrupted ? ", interrupted" : "",
	    im->refused > 0 ? "; mend the refused rows and import the file "
	    "again" : "");
	if (im->ctl->json)
		(void)printf("{\"imported\": %lu, \"refused\": %lu, "
		    "\"interrupted\": %s}\n", im->done, im->refused,
		    interrupted ? "true" : "false");
}

static int
alias_import(struct ctl *ctl, int argc, char **argv)
{
	/* The second one kills, should the server hang. */
	const struct sigaction sa = {
		.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND
	};
	struct ctl_bar bar = { .label = argv[0] };
	struct import *im = calloc(1, sizeof *im);
	int format = rows_format(ctl->format, argv[0]), rc;
	bool piped = strcmp(argv[0], "-") == 0;
	FILE *f = piped ? stdin : fopen(argv[0], "re");
	struct stat st = { .st_size = 0 };

	(void)argc;
	if (im == NULL || f == NULL || format < 0) {
		rc = format < 0 ? CTL_USAGE : CTL_INPUT;
		ctl_complain(argv[0], format < 0 ? no_format :
		    strerror(errno));
		if (f != NULL && !piped)
			(void)fclose(f);
		free(im);
		return (rc);
	}
	(void)fstat(fileno(f), &st);
	(void)sigaction(SIGINT, &sa, NULL);
	im->ctl = ctl;
	ctl_path(ctl, im->path, sizeof im->path, "sourceimages");
	client_append(im->path, sizeof im->path, "/alias");
	rc = import_rows(im, f, (enum row_format)format, &bar,
	    (size_t)st.st_size);
	ctl_progress_end(&bar);
	import_sum(im);
	if (rc == CTL_OK && (im->refused > 0 || interrupted))
		rc = CTL_PARTLY;
	if (!piped)
		(void)fclose(f);
	free(im);
	return (rc);
}

/*--------------------------------------------------------------------*/

struct export {
	FILE		*f;
	int		format;
	unsigned long	n;
};

static int
export_page(void *arg, const json_t *items)
{
	struct export *e = arg;
	const json_t *o;
	struct row row;
	size_t i;

	json_array_foreach(items, i, o) {
		const char *alias = json_string_value(json_object_get(o,
		    "alias"));
		const char *hash = json_string_value(json_object_get(o,
		    "hash"));

		if (alias == NULL || hash == NULL)
			continue;
		(void)snprintf(row.alias, sizeof row.alias, "%s", alias);
		(void)snprintf(row.hash, sizeof row.hash, "%s", hash);
		rows_write(e->f, (enum row_format)e->format, &row);
		e->n++;
	}
	return (ferror(e->f) ? CTL_INPUT : CTL_OK);
}

static int
alias_export(struct ctl *ctl, int argc, char **argv)
{
	const char *file = argc > 0 ? argv[0] : "-";
	struct export e = { stdout, rows_format(ctl->format, file), 0 };
	bool named = strcmp(file, "-") != 0;
	struct save out;
	char path[1024];
	int rc;

	if (e.format < 0) {
		ctl_complain(file, no_format);
		return (CTL_USAGE);
	}
	if (named && !save_open(&out, file)) {
		ctl_complain(file, strerror(errno));
		return (CTL_INPUT);
	}
	if (named)
		e.f = out.f;
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, "/alias");
	rows_begin(e.f, (enum row_format)e.format);
	rc = ctl_pages(ctl, path, "limit=1000", export_page, &e);
	if (named && !save_close(&out, rc == CTL_OK) && rc == CTL_OK)
		rc = CTL_INPUT;
	if (rc == CTL_INPUT)
		ctl_complain(file, "cannot be written");
	if (rc == CTL_OK)
		(void)fprintf(stderr, "%lu exported\n", e.n);
	return (rc);
}

const struct command transfer_commands[] = {
	{ "alias", "import", "FILE|-", "set aliases from CSV or JSON lines; "
	    "--format", 1, 1, true, alias_import },
	{ "alias", "export", "[FILE]", "write all aliases as CSV or JSON "
	    "lines; --format", 0, 1, true, alias_export },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
