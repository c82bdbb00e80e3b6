/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns purge_columns = {
	"status", "id", "items", "targets", NULL
};

static int
purge(struct ctl *ctl, const char *noun, const char *infix, const char *key)
{
	char path[2048];
	struct reply r;
	size_t n;

	ctl_path(ctl, path, sizeof path, noun);
	(void)strcat(path, infix);
	client_escape(path, sizeof path, key);
	(void)strcat(path, "/cache");
	if (ctl->wait != NULL) {
		n = strlen(path);
		(void)snprintf(path + n, sizeof path - n, "?wait=");
		client_escape(path, sizeof path, ctl->wait);
	}
	if (!client_call(ctl->client, "DELETE", path, NULL, &r))
		return (ctl_fail(key, &r));
	return (ctl_show(ctl, &r, purge_columns));
}

static int
purge_alias(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (purge(ctl, "sourceimages", "/alias/", argv[0]));
}

static int
purge_image(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (purge(ctl, "sourceimages", "/", argv[0]));
}

static int
purge_stack(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (purge(ctl, "stacks", "/", argv[0]));
}

const struct command purge_commands[] = {
	{ "purge", "alias", "NAME", "all that it has shown; --wait SECONDS", 1,
	    1, true, purge_alias },
	{ "purge", "image", "HASH", "all renditions of a source image", 1, 1,
	    true, purge_image },
	{ "purge", "stack", "NAME|*", "all pictures of a stack, or all", 1, 1,
	    true, purge_stack },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
