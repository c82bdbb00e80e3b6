/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bans by HTTP: the method BAN of vcl/moniker-ban.vcl, and the webhook. One
 * request at a time, so that they arrive in order.
 */
#include "config.h"

#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "log.h"
#include "obj.h"
#include "purge/ban.h"
#include "purge/find.h"
#include "purge/target.h"
#include "purge/web.h"

#define TIMEOUT_MS	10000
#define PATIENCE_MS	86400000	/* a day */

struct http_link {
	unsigned	magic;
#define HTTP_LINK_MAGIC	0xb24a020a
	struct web	*web;
	char		*secret;	/* without the newline at its end */
	bool		busy;
	size_t		n, next;	/* rows to send */
	struct store_ban rows[TARGET_WINDOW];
};

static struct curl_slist * __attribute__((format(printf, 2, 3)))
add_header(struct curl_slist *list, const char *fmt, ...)
{
	struct curl_slist *more;
	char *line;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0)
		return (list);
	more = curl_slist_append(list, line);
	free(line);
	return (more != NULL ? more : list);
}

/*--------------------------------------------------------------------
 * BAN
 */

static int
send_ban(struct target *t, const struct store_ban *b)
{
	struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);
	struct curl_slist *list;

	list = add_header(NULL, "Authorization: Bearer %s", l->secret);
	list = add_header(list, "X-Moniker-Ban-Org: %s", b->org);
	/* "x-moniker-source" */
	if (strcmp(b->header, "x-moniker-org") != 0)
		list = add_header(list, "X-Moniker-Ban-%s: %s",
		    b->header + strlen("x-moniker-"), b->value);
	return (web_send(l->web, "BAN", t->conf->url, list, NULL));
}

/*--------------------------------------------------------------------
 * Webhook
 */

/* "demo", "demo/alias/logo", "demo/source/HASH": as Surrogate-Key says. */
static json_t *
surrogate_key(const struct store_ban *b)
{
	if (strcmp(b->header, "x-moniker-org") == 0)
		return (json_string(b->org));
	return (json_sprintf("%s/%s/%s", b->org,
	    b->header + strlen("x-moniker-"), b->value));
}

static char *
webhook_body(const struct store_ban *b)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:s, s:[o]}",
	    "id", (json_int_t)b->id, "purge", (json_int_t)b->purge,
	    "created_ms", (json_int_t)b->created_ms,
	    "organization", b->org, "surrogate_keys", surrogate_key(b));
	char *text;

	if (b->soft)
		(void)json_object_set_new(o, "soft", json_true());
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return (text);
}

/*
 * HMAC-SHA-256 of the time, a dot and the body: the time is in it, so that what
 * was overheard cannot be sent again next week.
 */
static struct curl_slist *
webhook_sign(const char *secret, const char *body)
{
	crypto_auth_hmacsha256_state h;
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	char hex[2 * sizeof mac + 1], now[32];
	int n = snprintf(now, sizeof now, "%lld.", (long long)time(NULL));

	(void)crypto_auth_hmacsha256_init(&h, (const uint8_t *)secret,
	    strlen(secret));
	(void)crypto_auth_hmacsha256_update(&h, (const uint8_t *)now,
	    (size_t)n);
	(void)crypto_auth_hmacsha256_update(&h, (const uint8_t *)body,
	    strlen(body));
	(void)crypto_auth_hmacsha256_final(&h, mac);
	(void)sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
	return (add_header(curl_slist_append(NULL,
	    "Content-Type: application/json"),
	    "X-Moniker-Signature: %.*s,sha256=%s", n - 1, now, hex));
}

static int
send_webhook(struct target *t, const struct store_ban *b)
{
	struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);
	char *body = webhook_body(b);
	int e;

	if (body == NULL)
		return (-1);
	e = web_send(l->web, "POST", t->conf->webhook,
	    webhook_sign(l->secret, body), body);
	free(body);
	return (e);
}

/*--------------------------------------------------------------------
 * The transport
 */

/* The oldest row. 0, or -1 when there is no memory. */
static int
link_start(struct target *t)
{
	struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);
	const struct store_ban *b = &l->rows[l->next];

	l->busy = (t->conf->url != NULL ? send_ban(t, b) :
	    send_webhook(t, b)) == 0;
	return (l->busy ? 0 : -1);
}

/* The oldest row is settled. */
static void
link_next(struct target *t, enum target_answer a, const char *why)
{
	struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);

	if (++l->next == l->n)
		l->next = l->n = 0;
	else if (link_start(t) != 0) {
		target_down(t, "out of memory");
		return;
	}
	target_answer(t, a, why);
}

/*
 * A receiver of webhooks that finds fault with one may do so for ever, and all
 * the others wait behind it. Not so what says "later" or "not you".
 */
static bool
link_refused(const struct target *t, long status)
{
	const struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);
	int64_t patience = t->conf->patience_ms != 0 ? t->conf->patience_ms :
	    PATIENCE_MS;

	return (t->conf->webhook != NULL && status >= 400 && status < 500 &&
	    status != 401 && status != 403 && status != 407 && status != 408 &&
	    status != 425 && status != 429 &&
	    clock_wall_ms() - l->rows[l->next].created_ms >= patience);
}

static void
on_done(void *arg, long status, const char *error)
{
	struct target *t = CAST_OBJ(arg, TARGET_MAGIC);
	struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);
	char why[128];

	l->busy = false;
	if (status >= 200 && status < 300) {
		link_next(t, TARGET_ACK, NULL);
		return;
	}
	if (status == 0)
		(void)snprintf(why, sizeof why, "%s", error);
	else
		(void)snprintf(why, sizeof why, "answered %ld%s", status,
		    status == 401 || status == 403 ?
		    ": is it the right secret_file?" : "");
	if (!link_refused(t, status)) {
		t->failed++;
		target_down(t, why);
		return;
	}
	log_error("webhook_refused", "it was refused for too long and is "
	    "dropped: purge it there by hand, and see why in the log of that "
	    "server", KV("target", t->conf->name),
	    KV("ban", l->rows[l->next].id), KV("error", why));
	link_next(t, TARGET_REFUSED, why);
}

static void
http_link_open(struct target *t, const struct found *found)
{
	struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);
	size_t n = found->secret_len;

	while (n > 0 && (found->secret[n - 1] == '\n' ||
	    found->secret[n - 1] == '\r'))
		n--;
	/* With nothing as the key, anyone could sign. */
	if (n == 0 || memchr(found->secret, '\0', n) != NULL) {
		target_down(t, n == 0 ? "the secret_file is empty" :
		    "the secret_file is not text");
		return;
	}
	l->secret = strndup((const char *)found->secret, n);
	l->web = web_new(t->base, t->conf->timeout_ms != 0 ?
	    t->conf->timeout_ms : TIMEOUT_MS, on_done, t);
	if (l->secret == NULL || l->web == NULL)
		target_down(t, "out of memory");
	else
		target_up(t);
}

/* Sent in turn; nothing is called back out of here. */
static enum target_answer
http_link_send(struct target *t, const struct store_ban *b)
{
	struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);
	char text[BAN_TEXT_MAX];

	if (ban_expression(b, text, sizeof text) != 0)
		return (TARGET_REFUSED);
	l->rows[l->n] = *b;
	if (!l->busy && link_start(t) != 0)
		return (TARGET_RETRY);
	l->n++;
	return (TARGET_PENDING);
}

static void
http_link_idle(struct target *t)
{
	/* Nothing is open between two requests. */
	(void)t;
}

static void
http_link_close(struct target *t)
{
	struct http_link *l = CAST_OBJ(t->link, HTTP_LINK_MAGIC);

	web_free(l->web);
	if (l->secret != NULL)
		sodium_memzero(l->secret, strlen(l->secret));
	free(l->secret);
	l->web = NULL;
	l->secret = NULL;
	l->busy = false;
	l->n = l->next = 0;
}

const struct transport transport_http = {
	.link_magic = HTTP_LINK_MAGIC,
	.link_size = sizeof(struct http_link),
	.open = http_link_open,
	.send = http_link_send,
	.idle = http_link_idle,
	.close = http_link_close,
};
