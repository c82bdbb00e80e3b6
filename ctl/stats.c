/* SPDX-License-Identifier: BSD-2-Clause */
/* What an organization had and was sent, a line a day. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns stats_columns = {
	"day", "stored_bytes", "files", "sent_bytes", NULL
};

static json_t *
stats_value(const json_t *body, const char *list, size_t i)
{
	return (json_object_get(json_array_get(json_object_get(body, list), i),
	    "value"));
}

/* The API has a list for each figure, all of the same days. */
static json_t *
stats_rows(const json_t *body)
{
	const json_t *files = json_object_get(body, "number_of_files");
	json_t *rows = json_array();
	const char *day;

	for (size_t i = 0; i < json_array_size(files); i++) {
		day = json_string_value(json_object_get(json_array_get(files,
		    i), "timestamp"));
		(void)json_array_append_new(rows, json_pack(
		    "{s:s%, s:O?, s:O?, s:O?}", "day", day != NULL ? day : "",
		    day != NULL ? strcspn(day, "T") : 0, "stored_bytes",
		    stats_value(body, "space_in_bytes", i), "files",
		    stats_value(body, "number_of_files", i), "sent_bytes",
		    stats_value(body, "bytes_downloaded", i)));
	}
	return (rows);
}

static void
stats_append(char *path, size_t size, const char *name, const char *day)
{
	if (day == NULL)
		return;
	client_append(path, size, name);
	client_escape(path, size, day);
}

static int
stats_show(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];
	struct reply r;
	json_t *rows;

	(void)argc;
	(void)argv;
	ctl_path(ctl, path, sizeof path, "stats");
	client_append(path, sizeof path, "?");
	stats_append(path, sizeof path, "&from=", ctl->from);
	stats_append(path, sizeof path, "&to=", ctl->to);
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail("stats", &r));
	rows = stats_rows(r.body);
	ctl_table(ctl, rows, stats_columns);
	json_decref(rows);
	reply_clear(&r);
	return (CTL_OK);
}

const struct command stats_commands[] = {
	{ "stats", "show", "", "show figures by day; --from, --to DAY", 0, 0,
	    true, stats_show },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
