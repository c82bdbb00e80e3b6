/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns alias_columns = {
	"alias", "hash", "created", "updated", NULL
};

static void
alias_path(const struct ctl *ctl, char *buf, size_t size, const char *name)
{
	ctl_path(ctl, buf, size, "sourceimages");
	(void)snprintf(buf + strlen(buf), size - strlen(buf), "/alias/");
	client_escape(buf, size, name);
}

static int
alias_set(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];
	struct reply r;
	json_t *body = json_pack("{s:s}", "hash", argv[1]);
	bool ok;

	(void)argc;
	alias_path(ctl, path, sizeof path, argv[0]);
	if (ctl->overwrite)
		(void)strcat(path, "?overwrite=true");
	ok = client_call(ctl->client, "PUT", path, body, &r);
	json_decref(body);
	return (ok ? ctl_show(ctl, &r, alias_columns) : ctl_fail(argv[0], &r));
}

static int
alias_get(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];
	struct reply r;

	(void)argc;
	alias_path(ctl, path, sizeof path, argv[0]);
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail(argv[0], &r));
	return (ctl_show(ctl, &r, alias_columns));
}

static int
alias_rm(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];
	struct reply r;
	int rc = CTL_OK, e;

	for (int i = 0; i < argc; i++) {
		alias_path(ctl, path, sizeof path, argv[i]);
		if (client_call(ctl->client, "DELETE", path, NULL, &r))
			reply_clear(&r);
		else {
			e = ctl_fail(argv[i], &r);
			rc = argc == 1 ? e : CTL_PARTLY;
		}
	}
	return (rc);
}

static int
alias_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048], query[1024] = "limit=1000";

	ctl_path(ctl, path, sizeof path, "sourceimages");
	if (argc > 0) {
		(void)strcat(path, "/");
		client_escape(path, sizeof path, argv[0]);
		(void)strcat(path, "/aliases");
	} else
		(void)strcat(path, "/alias");
	if (ctl->prefix != NULL) {
		(void)strcat(query, "&prefix=");
		client_escape(query, sizeof query, ctl->prefix);
	}
	return (ctl_list(ctl, path, query, alias_columns));
}

static ctl_columns past_columns = { "hash", "from", "to", NULL };

static int
alias_history(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	alias_path(ctl, path, sizeof path, argv[0]);
	(void)strcat(path, "/history");
	return (ctl_list(ctl, path, "limit=1000", past_columns));
}

const struct command alias_commands[] = {
	{ "alias", "set", "NAME HASH", "name a source image; --overwrite", 2,
	    2, true, alias_set },
	{ "alias", "get", "NAME", "what the alias points at", 1, 1, true,
	    alias_get },
	{ "alias", "list", "[HASH]", "all, or those of an image; --prefix", 0,
	    1, true, alias_list },
	{ "alias", "history", "NAME", "what it pointed at before", 1, 1, true,
	    alias_history },
	{ "alias", "rm", "NAME...", "delete aliases", 1, -1, true, alias_rm },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
