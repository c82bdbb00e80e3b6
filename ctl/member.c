/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys as the members of an organization, whose roles can be changed. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns member_columns = {
	"user_id", "api_key", "comment", "roles", "active", "created",
	"last_access", NULL
};

static void
member_path(const struct ctl *ctl, char *buf, size_t size)
{
	ctl_path(ctl, buf, size, "organizations");
	client_append(buf, size, "/memberships");
}

static void
member_one_path(const struct ctl *ctl, char *buf, size_t size, const char *id)
{
	member_path(ctl, buf, size);
	client_append(buf, size, "/");
	client_escape(buf, size, id);
}

static int
member_add(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	(void)argv;
	member_path(ctl, path, sizeof path);
	return (ctl_send(ctl, "POST", path, json_pack("{s:s*, s:o, s:{s:s*, "
	    "s:o*}}", "comment", ctl->comment, "roles",
	    ctl_words(ctl->role != NULL ? ctl->role : "write"), "api_key",
	    "expires", ctl->expires, "allowed_ips", ctl_allowed(ctl)),
	    "member", member_columns));
}

static int
member_list(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];
	struct reply r;

	(void)argc;
	(void)argv;
	member_path(ctl, path, sizeof path);
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail("members", &r));
	ctl_table(ctl, json_object_get(r.body, "items"), member_columns);
	reply_clear(&r);
	return (CTL_OK);
}

static int
member_get(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	member_one_path(ctl, path, sizeof path, argv[0]);
	return (ctl_call(ctl, "GET", path, NULL, argv[0], member_columns));
}

/* What is as it was is answered without a body: nothing is shown. */
static int
member_edit(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	if (ctl->role == NULL) {
		ctl_complain(argv[0], "name the roles with --role");
		return (CTL_USAGE);
	}
	member_one_path(ctl, path, sizeof path, argv[0]);
	return (ctl_send(ctl, "PUT", path, json_pack("{s:s*, s:o}", "comment",
	    ctl->comment, "roles", ctl_words(ctl->role)), argv[0],
	    member_columns));
}

static int
member_rm(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, member_one_path));
}

const struct command member_commands[] = {
	{ "member", "add", "", "create a key, as key create does", 0, 0, true,
	    member_add },
	{ "member", "list", "", "list keys with their roles and last use", 0, 0,
	    true, member_list },
	{ "member", "get", "ID", "show one of them", 1, 1, true, member_get },
	{ "member", "edit", "ID", "change --role, --comment", 1, 1, true,
	    member_edit },
	{ "member", "rm", "ID", "delete one, except the last admin", 1, 1, true,
	    member_rm },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
