/* SPDX-License-Identifier: BSD-2-Clause */
/* /purges/{organization} */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "api/purge_report.h"
#include "api/purge_quota.h"
#include "purge/purge.h"
#include "store/store_org.h"

#define LIST_MAX	1000

static const char *const kinds[] = {
	[PURGE_ALIAS] = "alias",
	[PURGE_STACK] = "stack",
	[PURGE_SOURCE] = "sourceimage",
};

/*--------------------------------------------------------------------
 * A purge
 */

struct targets {
	unsigned		magic;
#define TARGETS_MAGIC		0xb9cae318
	const struct purge	*purge;
	const struct store_purge_info *info;
	json_t			*list;
};

/* A target that owes it says why it cannot, if that is known. */
static int
target_append(void *arg, const char *name, bool pending, int64_t acked_ms)
{
	struct targets *t = CAST_OBJ(arg, TARGETS_MAGIC);
	struct purge_target_status s;
	json_t *o = json_pack("{s:s, s:s}", "name", name, "state",
	    pending ? "pending" : "acknowledged");

	for (size_t i = 0; pending && i < purge_targets(t->purge); i++) {
		purge_target_status(t->purge, i, &s);
		if (strcmp(s.name, name) != 0)
			continue;
		(void)json_object_set_new(o, "connected",
		    json_boolean(s.connected));
		if (*s.error != '\0')
			(void)json_object_set_new(o, "error",
			    json_clean_string(s.error));
	}
	if (!pending && acked_ms >= t->info->created_ms) {
		(void)json_object_set_new(o, "acknowledged",
		    json_instant(acked_ms));
		(void)json_object_set_new(o, "took_ms",
		    json_integer(acked_ms - t->info->created_ms));
	}
	return (json_array_append_new(t->list, o));
}

static json_t *
purge_json(const struct store_purge_info *p)
{
	return (json_pack("{s:I, s:s, s:s, s:o, s:b, s:b, s:s, s:i}",
	    "id", (json_int_t)p->id, "kind", kinds[p->kind], "key", p->key,
	    "created", json_instant(p->created_ms), "counted", p->counted,
	    "soft", p->soft,
	    "state", p->pending == 0 ? "acknowledged" : "pending",
	    "pending", (int)p->pending));
}

static void
purge_now(struct call *c, int64_t id, json_t *extra)
{
	struct store_purge_info p;
	struct targets t = {
		.magic = TARGETS_MAGIC, .purge = c->api->purge, .info = &p,
		.list = json_array(),
	};
	enum store_status st;
	json_t *o;

	st = store_purge_get(c->api->store, call_param(c, "organization"), id,
	    &p, target_append, &t);
	if (st != STORE_OK) {
		json_decref(t.list);
		json_decref(extra);
		reply_store(c, st, "such purge");
		return;
	}
	o = purge_json(&p);
	(void)json_object_set_new(o, "targets", t.list);
	(void)json_object_set_new(o, "status", json_string("ok"));
	if (extra != NULL)
		(void)json_object_update_new(o, extra);
	reply_json(c, 200, o);
}

struct purge_reply {
	unsigned		magic;
#define PURGE_REPLY_MAGIC		0xe31dc015
	struct call	*call;
	int64_t		id;
	json_t		*extra;
};

static void
on_waited(void *arg)
{
	struct purge_reply *r = CAST_OBJ(arg, PURGE_REPLY_MAGIC);

	purge_now(r->call, r->id, r->extra);
	call_release(r->call);
	free(r);
}

void
purge_report(struct call *c, int64_t id, unsigned wait, json_t *extra)
{
	struct purge_reply *r;

	/* At the end of the daemon there is no c->api->purge any more either. */
	if (http_gone(c->req)) {
		json_decref(extra);
		return;
	}
	r = wait == 0 ? NULL : malloc(sizeof *r);
	if (r != NULL) {
		*r = (struct purge_reply){
			.magic = PURGE_REPLY_MAGIC, .call = call_hold(c),
			.id = id, .extra = extra,
		};
		if (purge_wait(c->api->purge, id, wait * 1000, on_waited, r) !=
		    NULL)
			return;
		call_release(c);
		free(r);
	}
	purge_now(c, id, extra);
}

static bool
purge_id(const char *text, int64_t *id)
{
	char *end;

	errno = 0;
	*id = strtoll(text, &end, 10);
	return (*text >= '1' && *text <= '9' && *end == '\0' && errno == 0);
}

static void
purge_get(struct call *c)
{
	unsigned wait;
	int64_t id;

	if (!purge_id(call_param(c, "purge"), &id))
		reply_store(c, STORE_NOT_FOUND, "such purge");
	else if (call_query_number(c, "wait", PURGE_WAIT_MAX, 0, &wait))
		purge_report(c, id, wait, NULL);
}

#define RIGHTS_SEE	(RIGHT_READ | RIGHT_SOURCE_READ | RIGHT_WRITE | \
			RIGHT_SOURCE_WRITE)

const struct endpoint endpoint_purge_get = {
	.rights = RIGHTS_SEE, .handle = purge_get,
};

static int
purge_append(void *list, const struct store_purge_info *p)
{
	return (json_array_append_new(list, purge_json(p)));
}

static void
purge_list(struct call *c)
{
	json_t *list;
	char *before;
	unsigned limit;
	int64_t id = 0;
	enum store_status st;
	bool good;

	if (!call_query_number(c, "limit", LIST_MAX, 100, &limit))
		return;
	before = call_query(c, "before");
	good = before == NULL || purge_id(before, &id);
	free(before);
	if (!good) {
		reply_error(c, 400, "before: must be the id of a purge.");
		return;
	}
	list = json_array();
	st = store_purge_each(c->api->store, call_param(c, "organization"),
	    id, limit, purge_append, list);
	if (st == STORE_OK)
		reply_json(c, 200, json_pack("{s:o}", "items", list));
	else {
		json_decref(list);
		reply_store(c, st, "such organization");
	}
}

const struct endpoint endpoint_purge_list = {
	.rights = RIGHTS_SEE, .handle = purge_list,
};

static void
quota_get(struct call *c)
{
	const char *org = call_param(c, "organization");
	json_t *o = json_object(), *one;
	struct store_quota q;
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (store_quota_get(c->api->store, org,
		    (enum store_purge_kind)i, purge_quota_limit(c->api, org,
		    (enum store_purge_kind)i), &q) != STORE_OK) {
			json_decref(o);
			reply_store(c, STORE_ERROR, "");
			return;
		}
		one = json_pack("{s:i}", "limit", (int)q.limit);
		if (q.limit != 0)
			(void)json_object_set_new(one, "remaining",
			    json_integer(q.remaining));
		if (q.limit != 0 && q.remaining == 0)
			(void)json_object_set_new(one, "retry_after",
			    json_date(q.retry_ms));
		(void)json_object_set_new(o, kinds[i], one);
	}
	reply_json(c, 200, json_pack("{s:i, s:o}", "window_seconds", 3600,
	    "quota", o));
}

const struct endpoint endpoint_quota_get = {
	.rights = RIGHTS_SEE, .handle = quota_get,
};
