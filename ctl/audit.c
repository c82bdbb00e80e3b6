/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit log: the newest at a glance, and all of it as JSON lines. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "save.h"

static ctl_columns audit_columns = {
	"at", "action", "object", "key", "from", "before", "after", NULL
};

/* The path, and *query*: the times given, with a "&" behind each. */
static void
audit_path(const struct ctl *ctl, char *path, char *query, size_t size)
{
	const char *const times[][2] = {
		{ "from=", ctl->from }, { "to=", ctl->to }
	};

	ctl_path(ctl, path, size, "organizations");
	client_append(path, size, "/audit");
	*query = '\0';
	for (size_t i = 0; i < 2; i++)
		if (times[i][1] != NULL) {
			client_append(query, size, times[i][0]);
			client_escape(query, size, times[i][1]);
			client_append(query, size, "&");
		}
}

static int
audit_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048], query[2048];
	struct reply r;

	(void)argc;
	(void)argv;
	audit_path(ctl, path, query, sizeof path);
	client_append(path, sizeof path, "?");
	client_append(path, sizeof path, query);
	client_append(path, sizeof path, "limit=100");
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail("audit log", &r));
	ctl_table(ctl, json_object_get(r.body, "items"), audit_columns);
	reply_clear(&r);
	return (CTL_OK);
}

static int
export_page(void *f, const json_t *items)
{
	const json_t *o;
	size_t i;

	json_array_foreach(items, i, o) {
		(void)json_dumpf(o, f, JSON_COMPACT);
		(void)fputc('\n', f);
	}
	return (ferror(f) ? CTL_INPUT : CTL_OK);
}

static int
audit_export(struct ctl *ctl, int argc, char **argv)
{
	char path[2048], query[2048];
	struct save to = { .f = stdout };
	bool file = argc > 0 && strcmp(argv[0], "-") != 0;
	int rc;

	audit_path(ctl, path, query, sizeof path);
	client_append(query, sizeof query, "order=asc&limit=1000");
	if (file && !save_open(&to, argv[0])) {
		ctl_complain(argv[0], "cannot be written");
		return (CTL_INPUT);
	}
	rc = ctl_pages(ctl, path, query, export_page, to.f);
	if (file && !save_close(&to, rc == CTL_OK) && rc == CTL_OK)
		rc = CTL_INPUT;
	if (rc == CTL_INPUT && file)
		ctl_complain(argv[0], "cannot be written");
	return (rc);
}

const struct command audit_commands[] = {
	{ "audit", "list", "", "list the latest changes; --from, --to DATE", 0,
	    0, true, audit_list },
	{ "audit", "export", "[FILE]", "write all changes as JSON lines, "
	    "oldest first; --from, --to DATE", 0, 1, true, audit_export },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
