/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers in the contract's form. */
#include "config.h"

#include <assert.h>
#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/purge_quota.h"
#include "log.h"
#include "store/store_source.h"

/* rokka.js parses a body only behind exactly this (contract, fact 1). */
#define JSON_TYPE	"application/json"

static bool
reply_once(struct call *c)
{
	CHECK_OBJ(c, CALL_MAGIC);
	if (c->answered)
		return (false);
	c->answered = true;
	return (true);
}

static void
json_dumped(const void *data, size_t len, void *text)
{
	(void)data;
	(void)len;
	free(text);
}

/* With what can be had without any; *b*, which may be NULL, is taken over. */
static void
reply_no_memory(struct call *c, struct evbuffer *b)
{
	static const char text[] = "{\"error\":{\"code\":500,\"message\":"
	    "\"The server is out of memory.\"}}";

	if (b != NULL && evbuffer_add_reference(b, text, sizeof text - 1,
	    NULL, NULL) == 0)
		http_add_header(c->req, "Content-Type", JSON_TYPE);
	http_reply(c->req, 500, b);
	if (b != NULL)
		evbuffer_free(b);
}

void
reply_json(struct call *c, int status, json_t *body)
{
	struct evbuffer *b = evbuffer_new();
	char *text = body != NULL ? json_dumps(body,
	    JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	json_decref(body);
	if (!reply_once(c) || b == NULL || text == NULL ||
	    evbuffer_add_reference(b, text, strlen(text), json_dumped,
	    text) != 0) {
		free(text);
		reply_no_memory(c, b);
		return;
	}
	http_add_header(c->req, "Content-Type", JSON_TYPE);
	http_add_header(c->req, "X-Content-Type-Options", "nosniff");
	http_reply(c->req, status, b);
	evbuffer_free(b);
}

void
reply_empty(struct call *c, int status)
{
	if (reply_once(c))
		http_reply(c->req, status, NULL);
}

static void
refusal_log(const struct call *c, int status, const char *sentence)
{
	log_debug("refused", KV("id", http_id(c->req)), KV("status", status),
	    KV_CUT("path", http_target(c->req), http_path_len(c->req)),
	    KV("message", sentence));
}

void
reply_error(struct call *c, int status, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	refusal_log(c, status, text);
	reply_json(c, status, json_pack("{s:{s:i, s:o*}}", "error", "code",
	    status, "message", json_clean_string(text)));
}

/* A call that gives back what was taken away, as a purge does. */
static void
reply_returned(struct call *c)
{
	const char *org = call_param(c, "organization");
	enum store_purge_kind kind = strncmp(http_target(c->req),
	    "/sourceimages/", 14) == 0 ? PURGE_SOURCE : PURGE_STACK;
	struct store_quota q;

	if (store_quota_get(c->api->store, org, kind,
	    purge_quota_limit(c->api, org, kind), &q) != STORE_OK) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	if (q.remaining > 0) {
		http_add_header(c->req, "Retry-After", "3600");
		reply_error(c, 429, "Too many source images or stacks were "
		    "deleted or protected within the hour, and each is purged: "
		    "try again in an hour, or have purges_source or "
		    "purges_stack raised.");
		return;
	}
	purge_quota_retry(c->req, &q);
	reply_error(c, 429, "It was deleted or protected repeatedly within the "
	    "hour, and the %u purges of an hour are used up: restore it "
	    "later.", q.limit);
}

void
reply_store(struct call *c, enum store_status st, const char *what)
{
	switch (st) {
	case STORE_NOT_FOUND:
		reply_error(c, 404, "There is no %s.", what);
		return;
	case STORE_NO_SOURCE:
		reply_error(c, 404, "hash: there is no such source image.");
		return;
	case STORE_AMBIGUOUS:
		reply_error(c, 400, "hash: several source images begin with "
		    "it; give more digits.");
		return;
	case STORE_SLOW:
		reply_error(c, 400, "The %s takes longer than search_max_ms: "
		    "filter by more, or sort by one field.", what);
		return;
	case STORE_EXISTS:
		reply_error(c, 409, "The %s exists already; send "
		    "overwrite=true to replace it.", what);
		return;
	case STORE_PRECONDITION:
		reply_error(c, 412, "The %s does not match the request's "
		    "If-Match or If-None-Match: get it again.", what);
		return;
	case STORE_LOCKED:
		/* Nothing else can be. */
		reply_error(c, 403, "The source image is locked.");
		return;
	case STORE_LIMIT:
		reply_error(c, 403, "A quota of the organization is used up: "
		    "delete something, or have it raised. GET /organizations/"
		    "%s/quota says which.", call_param(c, "organization"));
		return;
	case STORE_LARGE:
		reply_error(c, 413, "The user metadata of an image may have "
		    "at most %d bytes.", STORE_METADATA_MAX);
		return;
	case STORE_MAP_FULL:
		http_add_header(c->req, "Retry-After", "30");
		reply_error(c, 507, "The server's map has no room for another "
		    "alias; those that are there can be changed and deleted.");
		return;
	case STORE_QUOTA:
		reply_returned(c);
		return;
	case STORE_FULL:
		http_add_header(c->req, "Retry-After", "30");
		reply_error(c, 507, "The server's disk is full; nothing was "
		    "changed.");
		return;
	case STORE_AWAY:
		http_add_header(c->req, "Retry-After", "2");
		reply_error(c, 503, "The bucket that keeps the source images "
		    "gives no answer; nothing was changed. Try again.");
		return;
	default:
		reply_error(c, 500, "The server failed; its log says why.");
	}
}
