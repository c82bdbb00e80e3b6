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

static int
key_revoke(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, key_one_path));
}

const struct command org_commands[] = {
	{ "org", "create", "NAME [TITLE]", "by the local socket", 1, 2, false,
	    org_create },
	{ "org", "list", "", "all of them, by the local socket", 0, 0, false,
	    org_list },
	{ "org", "get", "NAME", "what is known of it", 1, 1, false, org_get },
	{ "key", "create", "", "shown once; --role, --expires, --allow", 0, 0, true,
	    key_create },
	{ "key", "list", "", "without the secrets", 0, 0, true, key_list },
	{ "key", "edit", "ID", "--comment, --expires DATE|never, --allow", 1, 1,
	    true, key_edit },
	{ "key", "revoke", "ID", "at once", 1, 1, true, key_revoke },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
