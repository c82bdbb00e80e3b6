/* SPDX-License-Identifier: BSD-2-Clause */
/* How the daemon does, from its metrics: once, or live. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

/*
 * A line of the view: the sum of all samples whose name begins with *metric*
 * and whose labels hold *label*.
 */
static const struct figure {
	const char	*title, *metric, *label;
	bool		rate;		/* per second, in the live view */
} figures[] = {
	{ "pictures", "moniker_http_requests_total", "route=\"picture\"",
	    true },
	{ "API calls", "moniker_http_requests_total", "route=\"/", true },
	{ "refused (4xx)", "moniker_http_requests_total", "code=\"4", true },
	{ "failed (5xx)", "moniker_http_requests_total", "code=\"5", true },
	{ "renders", "moniker_renders_total", "", true },
	{ "renders joined", "moniker_renders_joined_total", "", true },
	{ "renders waiting", "moniker_render_queue_length", "", false },
	{ "workers busy", "moniker_render_busy_workers", "", false },
	{ "workers", "moniker_render_workers", "", false },
	{ "worker crashes", "moniker_render_crashes_total", "", false },
	{ "aliases in the map", "moniker_map_records", "kind=\"alias\"",
	    false },
	{ "map generation", "moniker_map_generation", "", false },
	{ "heartbeat age, s", "moniker_map_heartbeat_age_seconds", "", false },
	{ "Varnishes up", "moniker_purge_target_up", "", false },
	{ "bans pending", "moniker_purge_pending_bans", "", false },
	{ "oldest ban, s", "moniker_purge_lag_seconds", "", false },
};
#define N_FIGURES	(sizeof figures / sizeof *figures)

static double
sample_sum(const char *text, const struct figure *f)
{
	size_t n = strlen(f->metric);
	double sum = 0;

	while (*text != '\0') {
		const char *end = text + strcspn(text, "\n");
		const char *value = end;

		while (value > text && value[-1] != ' ')
			value--;
		if (strncmp(text, f->metric, n) == 0 &&
		    (text[n] == '{' || text[n] == ' ') &&
		    (*f->label == '\0' || memmem(text, (size_t)(end - text),
		    f->label, strlen(f->label)) != NULL))
			sum += strtod(value, NULL);
		text = *end == '\0' ? end : end + 1;
	}
	return (sum);
}

static int
status_read(struct ctl *ctl, double *values)
{
	struct reply r;
	char *text = client_text(ctl->client, "/metrics", &r);

	if (text == NULL)
		return (ctl_fail("metrics (by the local socket)", &r));
	for (size_t i = 0; i < N_FIGURES; i++)
		values[i] = sample_sum(text, &figures[i]);
	free(text);
	return (CTL_OK);
}

static int
status_show(struct ctl *ctl, int argc, char **argv)
{
	double values[N_FIGURES];
	json_t *o;
	int rc = status_read(ctl, values);

	(void)argc;
	(void)argv;
	if (rc != CTL_OK)
		return (rc);
	if (!ctl->json) {
		for (size_t i = 0; i < N_FIGURES; i++)
			(void)printf("%-20s %12.10g\n", figures[i].title,
			    values[i]);
		return (CTL_OK);
	}
	o = json_object();
	for (size_t i = 0; i < N_FIGURES; i++)
		(void)json_object_set_new(o, figures[i].title,
		    json_real(values[i]));
	(void)json_dumpf(o, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(o);
	return (CTL_OK);
}

/* COUNT times, a second apart; 0 is until it is interrupted. */
static int
status_top(struct ctl *ctl, int argc, char **argv)
{
	static const struct timespec second = { 1, 0 };
	double now[N_FIGURES], before[N_FIGURES];
	long left = argc > 0 ? atol(argv[0]) : 0;
	int rc = status_read(ctl, before);

	for (long n = 0; rc == CTL_OK && (left == 0 || n < left); n++) {
		(void)nanosleep(&second, NULL);
		rc = status_read(ctl, now);
		if (rc != CTL_OK)
			break;
		if (isatty(STDOUT_FILENO))
			(void)printf("\033[H\033[J");
		for (size_t i = 0; i < N_FIGURES; i++)
			(void)printf("%-20s %12.10g%s\n", figures[i].title,
			    figures[i].rate ? now[i] - before[i] : now[i],
			    figures[i].rate ? " /s" : "");
		(void)fflush(stdout);
		(void)memcpy(before, now, sizeof before);
	}
	return (rc);
}

static ctl_columns backup_columns = { "to", "images", NULL };

/* The daemon writes it, so the folder is one of its machine. */
static int
backup_create(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (ctl_call(ctl, "POST", "/backup", json_pack("{s:s}", "to",
	    argv[0]), argv[0], backup_columns));
}

const struct command status_commands[] = {
	{ "status", "show", "", "of the daemon, by the local socket", 0, 0,
	    false, status_show },
	{ "status", "top", "[COUNT]", "the same, live", 0, 1, false,
	    status_top },
	{ "backup", "create", "FOLDER", "all data, while in use; local", 1, 1,
	    false, backup_create },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
