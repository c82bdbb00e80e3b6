/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "ctl.h"

static ctl_columns stack_columns = {
	"name", "created", "stack_operations", "stack_options", NULL
};

static void
stack_path(const struct ctl *ctl, char *buf, size_t size, const char *name)
{
	ctl_path(ctl, buf, size, "stacks");
	client_append(buf, size, "/");
	client_escape(buf, size, name);
}

static int
stack_set(struct ctl *ctl, int argc, char **argv)
{
	json_t *body = ctl_load(argv[1]);
	char path[2048];

	(void)argc;
	if (body == NULL)
		return (CTL_INPUT);
	stack_path(ctl, path, sizeof path, argv[0]);
	if (ctl->overwrite)
		client_append(path, sizeof path, "?overwrite=true");
	return (ctl_call(ctl, "PUT", path, body, argv[0], stack_columns));
}

static int
stack_get(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	stack_path(ctl, path, sizeof path, argv[0]);
	return (ctl_call(ctl, "GET", path, NULL, argv[0], stack_columns));
}

static int
stack_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	(void)argv;
	ctl_path(ctl, path, sizeof path, "stacks");
	return (ctl_list(ctl, path, "limit=1000", stack_columns));
}

static int
stack_rm(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, stack_path));
}

const struct command stack_commands[] = {
	{ "stack", "set", "NAME FILE|-", "create a stack from JSON; "
	    "--overwrite", 2, 2, true, stack_set },
	{ "stack", "get", "NAME", "show its definition", 1, 1, true,
	    stack_get },
	{ "stack", "list", "", "list all stacks", 0, 0, true, stack_list },
	{ "stack", "rm", "NAME", "delete a stack", 1, 1, true, stack_rm },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
