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

const struct command alias_commands[] = {
	{ "alias", "set", "NAME HASH", "name a source image; --overwrite", 2,
	    2, true, alias_set },
	{ "alias", "get", "NAME", "what the alias points at", 1, 1, true,
	    alias_get },
	{ "alias", "rm", "NAME...", "delete aliases", 1, -1, true, alias_rm },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
