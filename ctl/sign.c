/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing keys, and their rotation. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns sign_columns = {
	"id", "key", "created", "expires", "accessed", NULL
};

static void
sign_path(const struct ctl *ctl, char *buf, size_t size)
{
	ctl_path(ctl, buf, size, "organizations");
	client_append(buf, size, "/signing_keys");
}

static int
sign_create(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	(void)argv;
	sign_path(ctl, path, sizeof path);
	return (ctl_send(ctl, "POST", path, json_pack("{s:s?}", "expires",
	    ctl->expires), "signing key", sign_columns));
}

static int
sign_list(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];
	struct reply r;

	(void)argc;
	(void)argv;
	sign_path(ctl, path, sizeof path);
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail("signing keys", &r));
	ctl_table(ctl, json_object_get(r.body, "items"), sign_columns);
	reply_clear(&r);
	return (CTL_OK);
}

static void
sign_one_path(const struct ctl *ctl, char *buf, size_t size, const char *id)
{
	sign_path(ctl, buf, size);
	client_append(buf, size, "/");
	client_escape(buf, size, id);
}

static int
sign_edit(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	sign_one_path(ctl, path, sizeof path, argv[0]);
	return (ctl_edit_key(ctl, path, argv[0], sign_columns));
}

static int
sign_revoke(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, sign_one_path));
}

const struct command sign_commands[] = {
	{ "signkey", "create", "", "create a key, which signs from now on; "
	    "--expires DATE", 0, 0, true, sign_create },
	{ "signkey", "list", "", "list the keys; the first one signs, all "
	    "verify", 0, 0, true, sign_list },
	{ "signkey", "edit", "ID", "change --expires DATE|never", 1, 1, true,
	    sign_edit },
	{ "signkey", "revoke", "ID", "end a key, and purge the whole "
	    "organization", 1, 1, true, sign_revoke },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
