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
	client_append(buf, size, "/alias/");
	client_escape(buf, size, name);
}

static int
alias_set(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	alias_path(ctl, path, sizeof path, argv[0]);
	if (ctl->overwrite)
		client_append(path, sizeof path, "?overwrite=true");
	return (ctl_send(ctl, "PUT", path, json_pack("{s:s}", "hash", argv[1]),
	    argv[0], alias_columns));
}

static int
alias_get(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	alias_path(ctl, path, sizeof path, argv[0]);
	return (ctl_call(ctl, "GET", path, NULL, argv[0], alias_columns));
}

static int
alias_rm(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, alias_path));
}

static int
alias_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048], query[1024] = "limit=1000";

	ctl_path(ctl, path, sizeof path, "sourceimages");
	if (argc > 0) {
		client_append(path, sizeof path, "/");
		client_escape(path, sizeof path, argv[0]);
		client_append(path, sizeof path, "/aliases");
	} else
		client_append(path, sizeof path, "/alias");
	if (ctl->prefix != NULL) {
		client_append(query, sizeof query, "&prefix=");
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
	client_append(path, sizeof path, "/history");
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
