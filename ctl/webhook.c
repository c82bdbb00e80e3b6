/* SPDX-License-Identifier: BSD-2-Clause */
/* Webhooks, their events, and what was delivered. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ctl.h"

static ctl_columns webhook_columns = {
	"id", "url", "events", "state", "pending", "lost", "delivered",
	"failing_since", "reason", "secret", NULL
};
static ctl_columns event_columns = {
	"id", "type", "created", "state", "tries", "status", "error", NULL
};

static void
list_path(const struct ctl *ctl, char *buf, size_t size)
{
	ctl_path(ctl, buf, size, "organizations");
	client_append(buf, size, "/webhooks");
}

static void
one_path(const struct ctl *ctl, char *buf, size_t size, const char *id)
{
	list_path(ctl, buf, size);
	client_append(buf, size, "/");
	client_escape(buf, size, id);
}

static void
rest_path(const struct ctl *ctl, char *buf, size_t size, const char *id,
    const char *rest)
{
	one_path(ctl, buf, size, id);
	client_append(buf, size, rest);
}

/* Types of events; NULL for all. */
static json_t *
events_of(int argc, char **argv)
{
	json_t *events;

	if (argc == 0)
		return (NULL);
	events = json_array();
	for (int i = 0; i < argc; i++)
		(void)json_array_append_new(events, json_string(argv[i]));
	return (events);
}

static int
webhook_create(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	list_path(ctl, path, sizeof path);
	return (ctl_send(ctl, "POST", path, json_pack("{s:s, s:s*, s:o*}",
	    "url", argv[0], "description", ctl->description, "events",
	    events_of(argc - 1, argv + 1)), argv[0], webhook_columns));
}

static int
webhook_list(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];
	struct reply r;

	(void)argc;
	(void)argv;
	list_path(ctl, path, sizeof path);
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail("webhooks", &r));
	ctl_table(ctl, json_object_get(r.body, "items"), webhook_columns);
	reply_clear(&r);
	return (CTL_OK);
}

static int
webhook_get(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	one_path(ctl, path, sizeof path, argv[0]);
	return (ctl_call(ctl, "GET", path, NULL, argv[0], webhook_columns));
}

static int
edit(struct ctl *ctl, const char *id, json_t *body)
{
	char path[1024];

	one_path(ctl, path, sizeof path, id);
	return (ctl_send(ctl, "PATCH", path, body, id, webhook_columns));
}

static int
webhook_url(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (edit(ctl, argv[0], json_pack("{s:s}", "url", argv[1])));
}

static int
webhook_events(struct ctl *ctl, int argc, char **argv)
{
	return (edit(ctl, argv[0], json_pack("{s:o}", "events",
	    events_of(argc - 1, argv + 1))));
}

static int
webhook_enable(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (edit(ctl, argv[0], json_pack("{s:b}", "enabled", 1)));
}

static int
webhook_disable(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (edit(ctl, argv[0], json_pack("{s:b}", "enabled", 0)));
}

static int
post(struct ctl *ctl, const char *id, const char *rest, ctl_columns columns)
{
	char path[1024];

	rest_path(ctl, path, sizeof path, id, rest);
	return (ctl_call(ctl, "POST", path, NULL, id, columns));
}

static int
webhook_rotate(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (post(ctl, argv[0], "/secret", webhook_columns));
}

static int
webhook_test(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (post(ctl, argv[0], "/test", event_columns));
}

static int
webhook_log(struct ctl *ctl, int argc, char **argv)
{
	char path[1024], query[64] = "limit=1000";

	rest_path(ctl, path, sizeof path, argv[0], "/events");
	if (argc > 1) {
		client_append(query, sizeof query, "&state=");
		client_escape(query, sizeof query, argv[1]);
	}
	return (ctl_list(ctl, path, query, event_columns));
}

static int
webhook_show(struct ctl *ctl, int argc, char **argv)
{
	static ctl_columns columns = { "id", "webhook_id", "type", "created",
	    "state", "tries", "tried", "status", "error", "body", NULL };
	char path[1024];

	(void)argc;
	rest_path(ctl, path, sizeof path, argv[0], "/events/");
	client_escape(path, sizeof path, argv[1]);
	return (ctl_call(ctl, "GET", path, NULL, argv[1], columns));
}

static int
webhook_resend(struct ctl *ctl, int argc, char **argv)
{
	char path[1024];

	(void)argc;
	rest_path(ctl, path, sizeof path, argv[0], "/events/");
	client_escape(path, sizeof path, argv[1]);
	client_append(path, sizeof path, "/resend");
	return (ctl_call(ctl, "POST", path, NULL, argv[1], event_columns));
}

static int
webhook_delete(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, one_path));
}

const struct command webhook_commands[] = {
	{ "webhook", "create", "URL [EVENT...]", "send events, or all, to a "
	    "URL; --description", 1, -1, true, webhook_create },
	{ "webhook", "list", "", "list webhooks", 0, 0, true, webhook_list },
	{ "webhook", "get", "ID", "show a webhook and its state", 1, 1, true,
	    webhook_get },
	{ "webhook", "url", "ID URL", "send to another URL", 2, 2, true,
	    webhook_url },
	{ "webhook", "events", "ID EVENT...", "send other events", 2, -1, true,
	    webhook_events },
	{ "webhook", "enable", "ID", "send again, beginning with what waits", 1,
	    1, true, webhook_enable },
	{ "webhook", "disable", "ID", "stop sending", 1, 1, true,
	    webhook_disable },
	{ "webhook", "rotate", "ID", "make another secret; both sign for a day",
	    1, 1, true, webhook_rotate },
	{ "webhook", "test", "ID", "send a test event", 1, 1, true,
	    webhook_test },
	{ "webhook", "log", "ID [STATE]", "list events, sent or waiting", 1, 2,
	    true, webhook_log },
	{ "webhook", "show", "ID EVENT", "show an event with its body", 2, 2,
	    true, webhook_show },
	{ "webhook", "resend", "ID EVENT", "send an event once more", 2, 2,
	    true, webhook_resend },
	{ "webhook", "delete", "ID...", "delete webhooks with their events", 1,
	    -1, true, webhook_delete },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
