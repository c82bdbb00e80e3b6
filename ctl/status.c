/* SPDX-License-Identifier: BSD-2-Clause */
/* How the daemon does, from its metrics: once, or live. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

enum of_samples { SUM, RATE, LARGEST };

/*
 * A line of the view, of all samples whose name begins with *metric* and whose
 * labels hold *label*: their sum, per second in the live view for a RATE, or
 * the largest.
 */
static const struct figure {
	const char	*title, *metric, *label;
	enum of_samples	of;
} figures[] = {
	{ "pictures", "moniker_http_requests_total", "route=\"picture\"",
	    RATE },
	{ "API calls", "moniker_http_requests_total", "route=\"/", RATE },
	{ "refused (4xx)", "moniker_http_requests_total", "code=\"4", RATE },
	{ "failed (5xx)", "moniker_http_requests_total", "code=\"5", RATE },
	{ "renders", "moniker_renders_total", "", RATE },
	{ "renders joined", "moniker_renders_joined_total", "", RATE },
	{ "renders waiting", "moniker_render_queue_length", "", SUM },
	{ "workers busy", "moniker_render_busy_workers", "", SUM },
	{ "workers", "moniker_render_workers", "", SUM },
	{ "worker crashes", "moniker_render_crashes_total", "", SUM },
	{ "aliases in the map", "moniker_map_records", "kind=\"alias\"",
	    SUM },
	{ "map generation", "moniker_map_generation", "", SUM },
	{ "heartbeat age, s", "moniker_map_heartbeat_age_seconds", "", SUM },
	{ "Varnishes up", "moniker_purge_target_up", "", SUM },
	{ "bans pending", "moniker_purge_pending_bans", "", SUM },
	{ "oldest ban, s", "moniker_purge_lag_seconds", "", LARGEST },
};
#define N_FIGURES	(sizeof figures / sizeof *figures)

static double
figure_value(const char *text, const struct figure *f)
{
	size_t n = strlen(f->metric);
	double all = 0, one;

	while (*text != '\0') {
		const char *end = text + strcspn(text, "\n");
		const char *value = end;

		while (value > text && value[-1] != ' ')
			value--;
		if (strncmp(text, f->metric, n) == 0 &&
		    (text[n] == '{' || text[n] == ' ') &&
		    (*f->label == '\0' || memmem(text, (size_t)(end - text),
		    f->label, strlen(f->label)) != NULL)) {
			one = strtod(value, NULL);
			if (f->of != LARGEST)
				all += one;
			else if (one > all)
				all = one;
		}
		text = *end == '\0' ? end : end + 1;
	}
	return (all);
}

struct status {
	char		*text;		/* the metrics; freed by who reads */
	double		values[N_FIGURES];
};

static int
status_read(struct ctl *ctl, struct status *s)
{
	struct reply r;

	s->text = client_text(ctl->client, "/metrics", &r);
	if (s->text == NULL)
		return (ctl_fail("metrics (local socket)", &r));
	for (size_t i = 0; i < N_FIGURES; i++)
		s->values[i] = figure_value(s->text, &figures[i]);
	return (CTL_OK);
}

/* The target's value, where *label* is {target="v1"} or the like. */
static double
target_value(const char *text, const char *metric, const char *label)
{
	const struct figure f = { NULL, metric, label, SUM };

	return (figure_value(text, &f));
}

/* A line for each Varnish, or other target of purges. */
static void
targets_print(const char *text)
{
	static const char up[] = "\nmoniker_purge_target_up{target=";
	const char *at = text;
	char label[128];

	while ((at = strstr(at, up)) != NULL) {
		const char *name = at + sizeof up - 1;
		int n = (int)strcspn(name, "}");

		(void)snprintf(label, sizeof label, "target=%.*s", n, name);
		(void)printf("%-20.*s %12s %.10g pending, oldest %.10g s\n",
		    n - 2, name + 1, target_value(text,
		    "moniker_purge_target_up", label) > 0 ? "up" : "DOWN",
		    target_value(text, "moniker_purge_pending_bans", label),
		    target_value(text, "moniker_purge_lag_seconds", label));
		at = name;
	}
}

/* The title as a name for programs: "refused (4xx)" is "refused_4xx". */
static void
figure_key(const struct figure *f, char *key, size_t size)
{
	size_t n = 0;

	for (const char *p = f->title; *p != '\0' && n + 2 < size; p++) {
		if (!isalnum((unsigned char)*p))
			continue;
		if (n > 0 && !isalnum((unsigned char)p[-1]))
			key[n++] = '_';
		key[n++] = (char)tolower((unsigned char)*p);
	}
	key[n] = '\0';
}

static void
figures_print(const double *now, const double *before)
{
	for (size_t i = 0; i < N_FIGURES; i++) {
		bool rate = before != NULL && figures[i].of == RATE;

		(void)printf("%-20s %12.10g%s\n", figures[i].title,
		    rate ? now[i] - before[i] : now[i], rate ? " /s" : "");
	}
}

static void
figures_json(const double *values)
{
	json_t *o = json_object();
	char key[64];

	for (size_t i = 0; i < N_FIGURES; i++) {
		figure_key(&figures[i], key, sizeof key);
		(void)json_object_set_new(o, key, json_real(values[i]));
	}
	ctl_print_json(o);
}

static int
status_show(struct ctl *ctl, int argc, char **argv)
{
	struct status now;
	int rc = status_read(ctl, &now);

	(void)argc;
	(void)argv;
	if (rc != CTL_OK)
		return (rc);
	if (ctl->json)
		figures_json(now.values);
	else {
		figures_print(now.values, NULL);
		targets_print(now.text);
	}
	free(now.text);
	return (CTL_OK);
}

/* COUNT times, a second apart; without it until it is interrupted. */
static int
status_top(struct ctl *ctl, int argc, char **argv)
{
	static const struct timespec second = { 1, 0 };
	struct status now = { 0 }, before = { 0 };
	char *end = NULL;
	long left = argc > 0 ? strtol(argv[0], &end, 10) : 0;
	int rc;

	if (end != NULL && (*end != '\0' || left < 1)) {
		(void)fprintf(stderr, "monikerctl: %s: COUNT must be a number "
		    "from 1\n", argv[0]);
		return (CTL_USAGE);
	}
	rc = status_read(ctl, &before);
	for (long n = 0; rc == CTL_OK && (end == NULL || n < left); n++) {
		(void)nanosleep(&second, NULL);
		free(before.text);
		before.text = NULL;
		if ((rc = status_read(ctl, &now)) != CTL_OK)
			break;
		if (isatty(STDOUT_FILENO))
			(void)printf("\033[H\033[J");
		figures_print(now.values, before.values);
		targets_print(now.text);
		if (fflush(stdout) != 0)
			rc = CTL_INPUT;
		before = now;
	}
	free(before.text);
	return (rc);
}

static ctl_columns backup_columns = { "to", "images", NULL };

/* The daemon writes it, so the folder is one of its machine. */
static int
backup_create(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (ctl_send(ctl, "POST", "/backup", json_pack("{s:s}", "to",
	    argv[0]), argv[0], backup_columns));
}

const struct command status_commands[] = {
	{ "status", "show", "", "show traffic, workers, map and Varnishes", 0,
	    0, false, status_show },
	{ "status", "top", "[COUNT]", "the same, every second", 0, 1, false,
	    status_top },
	{ "backup", "create", "FOLDER", "copy all data while in use; local "
	    "socket only", 1, 1, false, backup_create },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
