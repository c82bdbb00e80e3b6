/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of aliases at a time, and sets of them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static ctl_columns plan_columns = {
	"id", "alias", "set", "hash", "at", "until", "state", "reason", NULL
};
static ctl_columns set_columns = {
	"set", "total", "state", "at", "until", "comment", "reason", NULL
};
static ctl_columns set_item_columns = {
	"set", "total", "state", "at", "until", "comment", "reason", "items",
	NULL
};

static void
plan_path(const struct ctl *ctl, char *buf, size_t size, const char *alias)
{
	ctl_path(ctl, buf, size, "sourceimages");
	client_append(buf, size, "/alias/");
	client_escape(buf, size, alias);
	client_append(buf, size, "/schedule");
}

static void
set_path(const struct ctl *ctl, char *buf, size_t size, const char *set)
{
	ctl_path(ctl, buf, size, "sourceimages");
	client_append(buf, size, "/sets/");
	client_escape(buf, size, set);
}

/* A hash, or for "-" null. */
static json_t *
plan_hash(const char *text)
{
	return (strcmp(text, "-") == 0 ? json_null() : json_string(text));
}

static int
plan_add(struct ctl *ctl, int argc, char **argv)
{
	json_t *body = json_pack("{s:s, s:o}", "at", argv[2], "hash",
	    plan_hash(argv[1]));
	char path[2048];

	plan_path(ctl, path, sizeof path, argv[0]);
	if (argc > 3)
		(void)json_object_set_new(body, "until", json_string(argv[3]));
	if (ctl->comment != NULL)
		(void)json_object_set_new(body, "comment",
		    json_string(ctl->comment));
	return (ctl_send(ctl, "PUT", path, body, argv[0], plan_columns));
}

static int
plan_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	if (argc > 0)
		plan_path(ctl, path, sizeof path, argv[0]);
	else {
		ctl_path(ctl, path, sizeof path, "sourceimages");
		client_append(path, sizeof path, "/schedule");
	}
	return (ctl_list(ctl, path, "limit=1000", plan_columns));
}

static int
plan_rm(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];
	struct reply r;

	(void)argc;
	plan_path(ctl, path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/");
	client_escape(path, sizeof path, argv[1]);
	if (!client_call(ctl->client, "DELETE", path, NULL, &r))
		return (ctl_fail(argv[1], &r));
	reply_clear(&r);
	if (ctl->json)
		ctl_print_json(json_pack("{s:[s]}", "deleted", argv[1]));
	return (CTL_OK);
}

static int
set_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	(void)argv;
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, "/sets");
	return (ctl_list(ctl, path, "limit=1000", set_columns));
}

static int
set_get(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	set_path(ctl, path, sizeof path, argv[0]);
	return (ctl_call(ctl, "GET", path, NULL, argv[0], set_item_columns));
}

/* ALIAS=HASH, or ALIAS=- */
static int
set_put(struct ctl *ctl, int argc, char **argv)
{
	json_t *items = json_array(), *body;
	char path[2048], *hash;
	int i;

	for (i = 1; i < argc; i++) {
		hash = strchr(argv[i], '=');
		if (hash == NULL) {
			ctl_complain(argv[i], "must be ALIAS=HASH, or ALIAS=- "
			    "to delete");
			json_decref(items);
			return (CTL_USAGE);
		}
		*hash++ = '\0';
		(void)json_array_append_new(items, json_pack("{s:s, s:o}",
		    "alias", argv[i], "hash", plan_hash(hash)));
	}
	body = json_pack("{s:o}", "items", items);
	if (ctl->comment != NULL)
		(void)json_object_set_new(body, "comment",
		    json_string(ctl->comment));
	set_path(ctl, path, sizeof path, argv[0]);
	return (ctl_send(ctl, "PUT", path, body, argv[0], set_columns));
}

static int
set_publish(struct ctl *ctl, int argc, char **argv)
{
	json_t *body = json_object();
	char path[2048];

	if (argc > 1)
		(void)json_object_set_new(body, "at", json_string(argv[1]));
	if (argc > 2)
		(void)json_object_set_new(body, "until", json_string(argv[2]));
	set_path(ctl, path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/publish");
	return (ctl_send(ctl, "POST", path, body, argv[0], set_columns));
}

static int
set_withdraw(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	set_path(ctl, path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/withdraw");
	return (ctl_call(ctl, "POST", path, NULL, argv[0], set_columns));
}

/* Of a set, or of a moment. */
static int
preview(struct ctl *ctl, const char *field, int argc, char **argv)
{
	static ctl_columns columns = { "path", "query", "expires", NULL };
	json_t *body = json_pack("{s:s}", field, argv[0]);
	char path[2048], *end;
	long seconds;

	if (argc > 1) {
		seconds = strtol(argv[1], &end, 10);
		if (*argv[1] == '\0' || *end != '\0') {
			ctl_complain(argv[1], "must be a number of seconds");
			json_decref(body);
			return (CTL_USAGE);
		}
		(void)json_object_set_new(body, "expires_in",
		    json_integer(seconds));
	}
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, "/preview");
	return (ctl_send(ctl, "POST", path, body, argv[0], columns));
}

static int
plan_preview(struct ctl *ctl, int argc, char **argv)
{
	return (preview(ctl, "at", argc, argv));
}

static int
set_preview(struct ctl *ctl, int argc, char **argv)
{
	return (preview(ctl, "set", argc, argv));
}

static int
set_rm(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, set_path));
}

const struct command plan_commands[] = {
	{ "plan", "add", "NAME HASH AT [UNTIL]", "change an alias at a time; "
	    "- as HASH deletes it; --comment", 3, 4, true, plan_add },
	{ "plan", "list", "[NAME]", "list planned and past changes", 0, 1, true,
	    plan_list },
	{ "plan", "preview", "AT [SECONDS]", "print an address that shows all as "
	    "it will be", 1, 2, true, plan_preview },
	{ "plan", "rm", "NAME ID", "delete a planned change", 2, 2, true,
	    plan_rm },
	{ "set", "list", "", "list sets of changes", 0, 0, true, set_list },
	{ "set", "get", "SET", "show a set, its changes and its state", 1, 1,
	    true, set_get },
	{ "set", "put", "SET ALIAS=HASH...", "prepare changes; --comment", 2,
	    -1, true, set_put },
	{ "set", "publish", "SET [AT [UNTIL]]", "make all changes of a set at "
	    "once", 1, 3, true, set_publish },
	{ "set", "preview", "SET [SECONDS]", "print an address that shows a set "
	    "before it is live", 1, 2, true, set_preview },
	{ "set", "withdraw", "SET", "take all of them back at once", 1, 1, true,
	    set_withdraw },
	{ "set", "rm", "SET...", "delete sets; aliases stay", 1, -1, true,
	    set_rm },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
