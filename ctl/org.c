/* SPDX-License-Identifier: BSD-2-Clause */
/* Organizations and their keys; the first ones by the local socket. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns org_columns = {
	"name", "display_name", "billing_email", "created", "options", NULL
};

static ctl_columns key_columns = {
	"id", "api_key", "comment", "roles", "created", "expires", "accessed",
	"allowed_ips", NULL
};

static void
org_path(char *buf, size_t size, const char *name)
{
	(void)snprintf(buf, size, "/organizations/");
	client_escape(buf, size, name);
}

static int
org_create(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];
	json_t *body = argc > 1 ? json_pack("{s:s}", "display_name", argv[1]) :
	    json_object();

	org_path(path, sizeof path, argv[0]);
	return (ctl_send(ctl, "PUT", path, body, argv[0], org_columns));
}

static int
org_get(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	org_path(path, sizeof path, argv[0]);
	return (ctl_call(ctl, "GET", path, NULL, argv[0], org_columns));
}

static int
org_list(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return (ctl_list(ctl, "/organizations", "limit=1000", org_columns));
}

/* OPTION=VALUE; a value that is no JSON is a string. False after a message. */
static bool
option_add(json_t *body, const char *word)
{
	const char *equal = strchr(word, '=');
	json_t *v;

	if (equal == NULL) {
		ctl_complain(word, "must be OPTION=VALUE");
		return (false);
	}
	v = json_loads(equal + 1, JSON_DECODE_ANY, NULL);
	if (v == NULL)
		v = json_string(equal + 1);
	if (json_object_setn_new(body, word, (size_t)(equal - word), v) == 0)
		return (true);
	ctl_complain(word, "is not UTF-8");
	return (false);
}

static int
org_set(struct ctl *ctl, int argc, char **argv)
{
	json_t *body = json_object();
	char path[1024];

	for (int i = 0; i < argc; i++)
		if (!option_add(body, argv[i])) {
			json_decref(body);
			return (CTL_USAGE);
		}
	ctl_path(ctl, path, sizeof path, "organizations");
	client_append(path, sizeof path, "/options");
	return (ctl_send(ctl, "PUT", path, body, "options", org_columns));
}

static void
option_path(const struct ctl *ctl, char *buf, size_t size, const char *name)
{
	ctl_path(ctl, buf, size, "organizations");
	client_append(buf, size, "/options/");
	client_escape(buf, size, name);
}

static int
org_unset(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, option_path));
}

static void
key_path(const struct ctl *ctl, char *buf, size_t size)
{
	ctl_path(ctl, buf, size, "organizations");
	client_append(buf, size, "/keys");
}

static int
key_create(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	(void)argv;
	key_path(ctl, path, sizeof path);
	return (ctl_send(ctl, "POST", path, json_pack("{s:s, s:o, s:s?, s:o*}",
	    "comment", ctl->comment != NULL ? ctl->comment : "", "roles",
	    ctl_words(ctl->role != NULL ? ctl->role : "write"), "expires",
	    ctl->expires, "allowed_ips", ctl_allowed(ctl)), "key",
	    key_columns));
}

static int
key_list(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];
	struct reply r;

	(void)argc;
	(void)argv;
	key_path(ctl, path, sizeof path);
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail("keys", &r));
	ctl_table(ctl, json_object_get(r.body, "items"), key_columns);
	reply_clear(&r);
	return (CTL_OK);
}

static void
key_one_path(const struct ctl *ctl, char *buf, size_t size, const char *id)
{
	key_path(ctl, buf, size);
	client_append(buf, size, "/");
	client_escape(buf, size, id);
}

static int
key_edit(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	key_one_path(ctl, path, sizeof path, argv[0]);
	return (ctl_edit_key(ctl, path, argv[0], key_columns));
}

static ctl_columns link_columns = { "link", "expires", NULL };

static int
key_link(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	key_one_path(ctl, path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/links");
	return (ctl_send(ctl, "POST", path, json_object(), argv[0],
	    link_columns));
}

static int
key_revoke(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, key_one_path));
}

const struct command org_commands[] = {
	{ "org", "create", "NAME [TITLE]", "create an organization; local "
	    "socket only", 1, 2, false, org_create },
	{ "org", "list", "", "list all organizations; local socket only", 0, 0,
	    false, org_list },
	{ "org", "get", "NAME", "show an organization and its options", 1, 1,
	    false, org_get },
	{ "org", "set", "OPTION=VALUE...", "set options of the organization", 1,
	    -1, true, org_set },
	{ "org", "unset", "OPTION...", "return options to their defaults", 1,
	    -1, true, org_unset },
	{ "key", "create", "", "create a key, shown once; --role, --comment, "
	    "--expires, --allow", 0, 0, true, key_create },
	{ "key", "list", "", "list keys, without their secrets", 0, 0, true,
	    key_list },
	{ "key", "edit", "ID", "change --comment, --expires DATE|never, "
	    "--allow", 1, 1, true, key_edit },
	{ "key", "link", "ID", "print a link that opens the dashboard once", 1,
	    1, true, key_link },
	{ "key", "revoke", "ID", "end a key at once", 1, 1, true, key_revoke },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
