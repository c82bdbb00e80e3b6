/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns alias_columns = {
	"alias", "hash", "created", "updated", "description", "tags", NULL
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
	return (ctl_send(ctl, "PUT", path, json_pack(
	    "{s:s, s:s*, s:s*, s:o*}", "hash", argv[1], "comment",
	    ctl->comment, "description", ctl->description, "tags",
	    ctl->tag != NULL ? ctl_words(ctl->tag) : NULL), argv[0],
	    alias_columns));
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
	if (ctl->tag != NULL) {
		client_append(query, sizeof query, "&tag=");
		client_escape(query, sizeof query, ctl->tag);
	}
	return (ctl_list(ctl, path, query, alias_columns));
}

static ctl_columns past_columns = {
	"hash", "from", "to", "by", "by_comment", "comment", "deleted", NULL
};

static int
alias_history(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	alias_path(ctl, path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/history");
	return (ctl_list(ctl, path, "limit=1000", past_columns));
}

static ctl_columns back_columns = {
	"alias", "hash", "rolled_back_from", "updated", NULL
};

/* "3" changes, to a moment, or to the image of a hash. */
static int
alias_rollback(struct ctl *ctl, int argc, char **argv)
{
	const char *to = argc > 1 ? argv[1] : "1";
	bool steps = strlen(to) < 5 && strspn(to, "0123456789") == strlen(to);
	bool at = strpbrk(to, "-:") != NULL;
	char path[2048];
	int n = 0;

	if (steps)
		(void)sscanf(to, "%d", &n);
	alias_path(ctl, path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/rollback");
	return (ctl_send(ctl, "POST", path, json_pack(
	    "{s:o*, s:s*, s:s*, s:s*, s:b}", "steps",
	    steps ? json_integer(n) : NULL, "at", at ? to : NULL, "to",
	    steps || at ? NULL : to, "comment", ctl->comment, "restore",
	    (int)ctl->restore), argv[0], back_columns));
}

static ctl_columns all_columns = { "total", "dryRun", "items", NULL };

static int
alias_rollback_all(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, "/rollback");
	return (ctl_send(ctl, "POST", path, json_pack(
	    "{s:s, s:s*, s:s*, s:s*, s:b, s:b}", "at", argv[0], "prefix",
	    ctl->prefix, "tag", ctl->tag, "comment", ctl->comment, "restore",
	    (int)ctl->restore, "dryRun", (int)ctl->dry_run), argv[0],
	    all_columns));
}

static ctl_columns repoint_columns = {
	"total", "hash", "dryRun", "deletedPrevious", "changed", NULL
};

static int
alias_repoint(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, "/");
	client_escape(path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/aliases");
	return (ctl_send(ctl, "POST", path, json_pack(
	    "{s:s, s:s*, s:s*, s:s*, s:b, s:b}", "hash", argv[1], "prefix",
	    ctl->prefix, "tag", ctl->tag, "comment", ctl->comment,
	    "deletePrevious", (int)ctl->replace, "dryRun",
	    (int)ctl->dry_run), argv[0], repoint_columns));
}

const struct command alias_commands[] = {
	{ "alias", "set", "NAME HASH", "point an alias at a source image; "
	    "--overwrite, --comment, --description, --tag", 2, 2, true,
	    alias_set },
	{ "alias", "get", "NAME", "show what it points at", 1, 1, true,
	    alias_get },
	{ "alias", "list", "[HASH]", "list all, or those of an image; "
	    "--prefix, --tag", 0, 1, true, alias_list },
	{ "alias", "history", "NAME", "show what it pointed at before", 1, 1,
	    true, alias_history },
	{ "alias", "rollback", "NAME [CHANGES|HASH|TIME]", "point it back; "
	    "--restore, --comment", 1, 2, true, alias_rollback },
	{ "alias", "rollback-all", "TIME", "point back all that changed since; "
	    "--prefix, --tag, --dry-run, --restore", 1, 1, true,
	    alias_rollback_all },
	{ "alias", "repoint", "HASH HASH", "move all aliases of an image to "
	    "another; --prefix, --tag, --dry-run, --replace", 2, 2, true,
	    alias_repoint },
	{ "alias", "rm", "NAME...", "delete aliases", 1, -1, true, alias_rm },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
