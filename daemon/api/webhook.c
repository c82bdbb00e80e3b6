/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /organizations/{organization}/webhooks: receivers of events. The secret is
 * shown when it is made, and never again.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoints.h"
#include "api/webhook.h"
#include "base/clock.h"
#include "hook/hook.h"

#define OVERLAP_S	86400		/* of two secrets */
#define OVERLAP_MAX_S	(7 * 86400)

static json_t *
events_json(const char *list)
{
	json_t *events = json_array();
	size_t n;

	for (; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		(void)json_array_append_new(events, json_stringn(list, n));
	}
	return (events);
}

json_t *
webhook_json(const struct store_hook *h)
{
	return (json_pack("{s:I, s:s, s:o, s:s, s:b, s:s, s:o, s:o, s:o, s:o, "
	    "s:o, s:I, s:I, s:o}", "id", (json_int_t)h->id, "url", h->url,
	    "events", events_json(h->events), "description", h->description,
	    "enabled", h->state == HOOK_ENABLED, "state",
	    store_hook_states[h->state], "reason", *h->reason != '\0' ?
	    json_clean_string(h->reason) : json_null(), "created",
	    json_date(h->created_ms), "delivered",
	    json_date_or_null(h->delivered_ms), "failing_since",
	    json_date_or_null(h->failing_ms), "next_try", h->tries > 0 &&
	    h->state == HOOK_ENABLED ? json_date(h->next_ms) : json_null(),
	    "pending", (json_int_t)h->pending, "lost", (json_int_t)h->lost,
	    "old_secret_until", json_date_or_null(h->old_until_ms)));
}

int64_t
webhook_number(struct call *c, const char *param, const char *what)
{
	const char *id = call_param(c, param);

	if (*id != '\0' && strlen(id) <= 18 &&
	    strspn(id, "0123456789") == strlen(id))
		return (strtoll(id, NULL, 10));
	reply_store(c, STORE_NOT_FOUND, what);
	return (-1);
}

bool
webhook_find(struct call *c, struct store_hook *h)
{
	int64_t id = webhook_number(c, "webhook", "such webhook");
	enum store_status st;

	if (id < 0)
		return (false);
	st = store_hook_get(c->api->store, call_param(c, "organization"), id,
	    h);
	if (st != STORE_OK)
		reply_store(c, st, "such webhook");
	return (st == STORE_OK);
}

/*--------------------------------------------------------------------
 * Lists
 */

static int
list_append(void *arg, const struct store_hook *h)
{
	return (json_array_append_new(arg, webhook_json(h)));
}

static void
webhook_list(struct call *c)
{
	json_t *list = json_array();
	enum store_status st = store_hook_each(c->api->store,
	    call_param(c, "organization"), list_append, list);

	if (st == STORE_OK)
		reply_json(c, 200, json_pack("{s:I, s:O}", "total",
		    (json_int_t)json_array_size(list), "items", list));
	else
		reply_store(c, st, "such organization");
	json_decref(list);
}

const struct endpoint endpoint_webhook_list = {
	.rights = RIGHT_ADMIN, .handle = webhook_list,
};

static void
webhook_get(struct call *c)
{
	struct store_hook h;

	if (webhook_find(c, &h))
		reply_json(c, 200, webhook_json(&h));
}

const struct endpoint endpoint_webhook_get = {
	.rights = RIGHT_ADMIN, .handle = webhook_get,
};

/*--------------------------------------------------------------------
 * Changes
 */

static void
reply_changed(struct call *c, const struct store_hook_change *op)
{
	json_t *o;

	if (op->what == HOOK_DELETE) {
		reply_empty(c, 204);
		return;
	}
	if (op->what == HOOK_TEST || op->what == HOOK_RESEND) {
		reply_json(c, 202, json_pack("{s:I}", "id",
		    (json_int_t)op->event));
		return;
	}
	o = webhook_json(&op->hook);
	if (op->what == HOOK_CREATE || op->what == HOOK_ROTATE)
		(void)json_object_set_new(o, "secret",
		    json_string(op->hook.secret));
	reply_json(c, op->what == HOOK_CREATE ? 201 : 200, o);
}

static void
change_done(struct store_job *job)
{
	struct store_hook_change *op = CAST_OBJ(job, STORE_HOOK_CHANGE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	switch (job->status) {
	case STORE_OK:
	case STORE_CREATED:
		reply_changed(c, op);
		break;
	case STORE_LIMIT:
		reply_error(c, 409, "There may be at most %u webhooks; delete "
		    "one first.", op->most);
		break;
	case STORE_EXISTS:
		reply_error(c, 409, "The event still waits to be sent.");
		break;
	default:
		reply_store(c, job->status, op->what == HOOK_RESEND ?
		    "such webhook or event" : "such webhook");
	}
	explicit_bzero(op->hook.secret, sizeof op->hook.secret);
	explicit_bzero(op->hook.old_secret, sizeof op->hook.old_secret);
	call_job_over(job);
}

/* With the webhook of the path. NULL after an answer. */
static struct store_hook_change *
change_new(struct call *c, enum store_hook_what what)
{
	int64_t id = what == HOOK_CREATE ? 0 :
	    webhook_number(c, "webhook", "such webhook");
	struct store_hook_change *op;

	if (id < 0 || (op = call_job(c, sizeof *op, change_done)) == NULL)
		return (NULL);
	op->what = what;
	op->most = c->api->conf->hook.most;
	op->hook.id = id;
	text_copy(op->hook.org, sizeof op->hook.org,
	    call_param(c, "organization"));
	return (op);
}

static void
change_begin(struct call *c, enum store_hook_what what)
{
	struct store_hook_change *op = change_new(c, what);

	if (op != NULL)
		store_hook_change(c->api->store, op);
}

static void
change_read(struct call *c, enum store_hook_what what)
{
	struct store_hook_change *op = change_new(c, what);

	if (op == NULL)
		return;
	if (webhook_read(c, what == HOOK_CREATE, op))
		store_hook_change(c->api->store, op);
	else
		call_job_over(&op->job);
}

static void
webhook_new(struct call *c)
{
	change_read(c, HOOK_CREATE);
}

const struct endpoint endpoint_webhook_new = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = webhook_new,
};

static void
webhook_edit(struct call *c)
{
	change_read(c, HOOK_EDIT);
}

const struct endpoint endpoint_webhook_edit = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = webhook_edit,
};

static void
webhook_delete(struct call *c)
{
	change_begin(c, HOOK_DELETE);
}

const struct endpoint endpoint_webhook_delete = {
	.rights = RIGHT_ADMIN, .handle = webhook_delete,
};

static void
webhook_test(struct call *c)
{
	change_begin(c, HOOK_TEST);
}

const struct endpoint endpoint_webhook_test = {
	.rights = RIGHT_ADMIN, .handle = webhook_test,
};

/* {"overlap": seconds that the old secret signs, too} */
static void
webhook_secret(struct call *c)
{
	static const char *const fields[] = { "overlap", NULL };
	struct store_hook_change *op;
	json_int_t overlap = OVERLAP_S;
	const json_t *body, *v;

	if (c->body != NULL) {
		if ((body = body_object(c)) == NULL ||
		    !body_only(c, body, fields))
			return;
		v = json_object_get(body, "overlap");
		if (v != NULL)
			overlap = json_is_integer(v) ?
			    json_integer_value(v) : -1;
	}
	if (overlap < 0 || overlap > OVERLAP_MAX_S) {
		reply_error(c, 400, "overlap: must be 0 to %d seconds.",
		    OVERLAP_MAX_S);
		return;
	}
	op = change_new(c, HOOK_ROTATE);
	if (op == NULL)
		return;
	op->hook.old_until_ms = overlap == 0 ? 0 :
	    clock_wall_ms() + overlap * 1000;
	store_hook_change(c->api->store, op);
}

const struct endpoint endpoint_webhook_secret = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = webhook_secret,
};

static void
webhook_resend(struct call *c)
{
	int64_t event = webhook_number(c, "event", "such event");
	struct store_hook_change *op;

	if (event < 0 || (op = change_new(c, HOOK_RESEND)) == NULL)
		return;
	op->event = event;
	store_hook_change(c->api->store, op);
}

const struct endpoint endpoint_webhook_resend = {
	.rights = RIGHT_ADMIN, .handle = webhook_resend,
};
