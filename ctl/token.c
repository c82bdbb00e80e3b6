/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens that stand for the key of this call, and the end of all tokens. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns token_columns = { "token", "payload", NULL };

/* For an hour and from here, unless the command line says otherwise. */
static int
token_create(struct ctl *ctl, int argc, char **argv)
{
	char path[4096] = "/user/apikeys/token?expires_in=";

	client_escape(path, sizeof path, argc > 0 ? argv[0] : "3600");
	if (ctl->allow != NULL && strcmp(ctl->allow, "any") == 0)
		client_append(path, sizeof path, "&no_ip_protection=true");
	else if (ctl->allow != NULL) {
		client_append(path, sizeof path, "&ips=");
		client_escape(path, sizeof path, ctl->allow);
	}
	return (ctl_call(ctl, "GET", path, NULL, "token", token_columns));
}

static int
token_rotate(struct ctl *ctl, int argc, char **argv)
{
	static ctl_columns none = { NULL };

	(void)argc;
	(void)argv;
	return (ctl_call(ctl, "POST", "/tokens/rotate", NULL, "tokens", none));
}

const struct command token_commands[] = {
	{ "token", "create", "[SECONDS]", "create a token for the key in use; "
	    "--allow LIST|any", 0, 1, false, token_create },
	{ "token", "rotate", "", "end all tokens; local socket only", 0, 0,
	    false, token_rotate },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
