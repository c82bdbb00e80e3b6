/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/trust_me.h"
#include "ctl.h"

static ctl_columns purge_columns = {
	"status", "id", "soft", "items", "state", "targets", NULL
};

/* Whom --wait has waited for in vain, one after the other. */
static void
complain_pending(const char *what, const json_t *targets)
{
	const json_t *t;
	char text[1024];
	const char *state, *name, *error;
	size_t i;

	json_array_foreach(targets, i, t) {
		state = json_string_value(json_object_get(t, "state"));
		if (state == NULL || strcmp(state, "pending") != 0)
			continue;
		name = json_string_value(json_object_get(t, "name"));
		error = json_string_value(json_object_get(t, "error"));
		(void)snprintf(text, sizeof text,
		    "%s has not acknowledged yet%s%s", name != NULL ? name :
		    "a target", error != NULL ? ": " : "", error != NULL ?
		    error : "");
		ctl_complain(what, text);
	}
}

/* Like ctl_call(), but with --wait a purge that is still pending has failed. */
static int
purge_call(struct ctl *ctl, const char *method, const char *path,
    const char *what, ctl_columns columns)
{
	const char *state;
	struct reply r;
	json_t *targets;
	bool pending;
	int rc;

	if (!client_call(ctl->client, method, path, NULL, &r))
		return (ctl_fail(what, &r));
	state = json_string_value(json_object_get(r.body, "state"));
	pending = ctl->wait != NULL && state != NULL &&
	    strcmp(state, "pending") == 0;
	targets = json_incref(json_object_get(r.body, "targets"));
	rc = ctl_show(ctl, &r, columns);
	if (pending && rc == CTL_OK) {
		complain_pending(what, targets);
		rc = CTL_LATER;
	}
	json_decref(targets);
	return (rc);
}

static int
purge(struct ctl *ctl, const char *noun, const char *infix, const char *key)
{
	char path[2048];

	ctl_path(ctl, path, sizeof path, noun);
	client_append(path, sizeof path, infix);
	client_escape(path, sizeof path, key);
	client_append(path, sizeof path, "/cache");
	/* The daemon says what cannot be purged softly. */
	if (ctl->soft)
		client_append(path, sizeof path, "?soft=true");
	if (ctl->variants)
		client_append(path, sizeof path,
		    ctl->soft ? "&variants=true" : "?variants=true");
	if (ctl->wait != NULL) {
		client_append(path, sizeof path,
		    ctl->soft || ctl->variants ? "&wait=" : "?wait=");
		client_escape(path, sizeof path, ctl->wait);
	}
	return (purge_call(ctl, "DELETE", path, key, purge_columns));
}

static int
purge_alias(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (purge(ctl, "sourceimages", "/alias/", argv[0]));
}

static int
purge_aliases(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	(void)argv;
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, "/alias/cache?");
	/* Without either, the daemon says that a prefix is missing. */
	if (ctl->tag == NULL || ctl->prefix != NULL) {
		client_append(path, sizeof path, "prefix=");
		client_escape(path, sizeof path,
		    ctl->prefix != NULL ? ctl->prefix : "");
	}
	if (ctl->tag != NULL) {
		client_append(path, sizeof path, "&tag=");
		client_escape(path, sizeof path, ctl->tag);
	}
	if (ctl->wait != NULL) {
		client_append(path, sizeof path, "&wait=");
		client_escape(path, sizeof path, ctl->wait);
	}
	return (purge_call(ctl, "DELETE", path, "aliases", purge_columns));
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

static ctl_columns state_columns = {
	"id", "kind", "key", "soft", "created", "state", "pending", "targets",
	NULL
};

static int
purge_status(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	ctl_path(ctl, path, sizeof path, "purges");
	client_append(path, sizeof path, "/");
	client_escape(path, sizeof path, argv[0]);
	if (ctl->wait != NULL) {
		client_append(path, sizeof path, "?wait=");
		client_escape(path, sizeof path, ctl->wait);
	}
	return (purge_call(ctl, "GET", path, argv[0], state_columns));
}

static int
purge_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	(void)argv;
	ctl_path(ctl, path, sizeof path, "purges");
	return (ctl_list(ctl, path, "limit=1000", state_columns));
}

static ctl_columns target_columns = {
	"name", "way", "map", "connected", "since", "pending", "error", NULL
};

static int
target_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	(void)argv;
	ctl_path(ctl, path, sizeof path, "targets");
	return (ctl_list(ctl, path, "limit=1000", target_columns));
}

static ctl_columns quota_columns = {
	"kind", "limit", "remaining", "retry_after", NULL
};

/* A line a kind: the answer is an object by kind. */
static void
quota_table(const struct ctl *ctl, const json_t *quota, ctl_columns columns)
{
	json_t *lines = json_array();
	const char *kind;
	json_t *one;

	json_object_foreach(TRUST_ME(quota), kind, one) {
		(void)json_object_set_new(one, "kind", json_string(kind));
		(void)json_array_append(lines, one);
	}
	ctl_table(ctl, lines, columns);
	json_decref(lines);
}

static ctl_columns usage_columns = { "kind", "used", "limit", NULL };

static int
usage_show(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];
	struct reply r;

	(void)argc;
	(void)argv;
	ctl_path(ctl, path, sizeof path, "organizations");
	client_append(path, sizeof path, "/quota");
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail("quota", &r));
	if (ctl->json)
		return (ctl_show(ctl, &r, usage_columns));
	quota_table(ctl, json_object_get(r.body, "quota"), usage_columns);
	reply_clear(&r);
	return (CTL_OK);
}

static int
quota_show(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];
	struct reply r;

	(void)argc;
	(void)argv;
	ctl_path(ctl, path, sizeof path, "purges");
	client_append(path, sizeof path, "/quota");
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail("quota", &r));
	if (ctl->json)
		return (ctl_show(ctl, &r, quota_columns));
	quota_table(ctl, json_object_get(r.body, "quota"), quota_columns);
	reply_clear(&r);
	return (CTL_OK);
}

const struct command purge_commands[] = {
	{ "purge", "alias", "NAME", "purge all that an alias has shown; "
	    "--variants, --wait SECONDS", 1, 1, true, purge_alias },
	{ "purge", "aliases", "", "purge those selected by --prefix or --tag; "
	    "--wait SECONDS", 0, 0, true, purge_aliases },
	{ "purge", "image", "HASH", "purge all renditions of an image; --soft, "
	    "--wait SECONDS", 1, 1, true, purge_image },
	{ "purge", "stack", "NAME|*", "purge a stack, or everything (*); "
	    "--soft, --wait SECONDS", 1, 1, true, purge_stack },
	{ "purge", "status", "ID", "show which Varnishes have it; --wait "
	    "SECONDS", 1, 1, true, purge_status },
	{ "purge", "list", "", "list the latest purges", 0, 0, true,
	    purge_list },
	{ "target", "list", "", "list the receivers of purges", 0, 0, true,
	    target_list },
	{ "quota", "show", "", "show the purges left in this hour", 0, 0, true,
	    quota_show },
	{ "quota", "used", "", "show use and limits", 0, 0, true, usage_show },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
