/* SPDX-License-Identifier: BSD-2-Clause */
/* Bans over the Varnish CLI. */
#include "config.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vcli.h>
#include <event2/listener.h>

#include "log.h"
#include "obj.h"
#include "purge/ban.h"
#include "purge/cli.h"
#include "purge/find.h"
#include "purge/peer.h"
#include "purge/target.h"

#define TIMEOUT_MS	10000
#define VARNISH_USER	"varnish"

struct cli_link {
	unsigned	magic;
#define CLI_LINK_MAGIC	0x4a7b847e
	struct cli	*cli;
	unsigned	attempt;	/* picks the address */
	unsigned	checks;		/* idle checks without answer */
	/* Where varnishd dials us. */
	struct evconnlistener *listener;
	uint8_t		*secret;
	size_t		secret_len;
};

static void
on_ready(void *arg)
{
	target_up(CAST_OBJ(arg, TARGET_MAGIC));
}

static void
on_down(void *arg, const char *why)
{
	struct target *t = CAST_OBJ(arg, TARGET_MAGIC);

	t->refused = why == cli_refused;
	target_down(t, why);
}

/* Carried out, not now, or never; notes/varnish has the table. */
static int
on_ban_answer(struct target *t, unsigned status, const char *body)
{
	char why[128];

	(void)snprintf(why, sizeof why, "ban answered %u: %.*s", status,
	    (int)strcspn(body, "\n"), body);
	switch (status) {
	case CLIS_OK:
		target_answer(t, TARGET_ACK, NULL);
		return (0);
	case CLIS_TOOFEW:
	case CLIS_TOOMANY:
	case CLIS_PARAM:
		log_error("ban_refused", "it is dropped: please report it",
		    KV("target", t->conf->name), KV("error", why));
		target_answer(t, TARGET_REFUSED, why);
		return (0);
	default:
		target_answer(t, TARGET_RETRY, why);
		return (status == CLIS_CLOSE || status == CLIS_AUTH ? -1 : 0);
	}
}

/*
 * The idle check is a command that the manager forwards to the worker and that
 * has a short answer: "ping" and "storage.list" are the manager's, and are
 * answered for a dead worker too.
 */
#define IDLE_COMMAND	"backend.list none.none"

/* Called for both, in the order of sending; checks are always the older. */
static int
on_answer(void *arg, unsigned status, const char *body)
{
	struct target *t = CAST_OBJ(arg, TARGET_MAGIC);
	struct cli_link *l = CAST_OBJ(t->link, CLI_LINK_MAGIC);
	char why[128];

	if (l->checks == 0)
		return (on_ban_answer(t, status, body));
	l->checks--;
	if (status == CLIS_OK) {
		target_note(t, NULL);
		return (0);
	}
	(void)snprintf(why, sizeof why, "the worker does not answer: %u %.*s",
	    status, (int)strcspn(body, "\n"), body);
	target_note(t, why);
	return (status == CLIS_CLOSE || status == CLIS_AUTH ? -1 : 0);
}

static struct cli_conf
link_conf(struct target *t, const uint8_t *secret, size_t len)
{
	return ((struct cli_conf){
		.base = t->base, .secret = secret, .secret_len = len,
		.timeout_ms = t->conf->timeout_ms != 0 ?
		    t->conf->timeout_ms : TIMEOUT_MS,
		.arg = t, .ready = on_ready, .answer = on_answer,
		.down = on_down,
	});
}

/* One address an attempt: the next one is a backoff away. */
static void
link_dial(struct target *t, const struct found *found)
{
	struct cli_conf conf = link_conf(t, found->secret, found->secret_len);
	struct cli_link *l = CAST_OBJ(t->link, CLI_LINK_MAGIC);
	size_t i = l->attempt++ % found->n;

	l->cli = cli_connect(&conf,
	    (const struct sockaddr *)&found->address[i],
	    found->address_len[i]);
	if (l->cli == NULL)
		target_down(t, strerror(errno));
}

/*
 * We answer the challenge of any peer that dials. A local user could relay to us
 * the challenge that varnishd gave them, and so use its command line: accept
 * only the user that runs varnishd.
 */
static bool
is_varnishd(const struct target *t, int fd, const struct sockaddr *sa)
{
	const char *user = t->conf->user;
	uid_t uid;

	return (!peer_is_local(sa) || (peer_uid(fd, sa, &uid) &&
	    peer_is_trusted(uid, user != NULL ? user : VARNISH_USER)));
}

/*
 * varnishd has dialled us. One line at a time: it dials again when it is lost,
 * and waits in the backlog until we are ready for it.
 */
static void
on_dialled(struct evconnlistener *ev, evutil_socket_t fd, struct sockaddr *sa,
    int len, void *arg)
{
	struct target *t = CAST_OBJ(arg, TARGET_MAGIC);
	struct cli_link *l = CAST_OBJ(t->link, CLI_LINK_MAGIC);
	struct cli_conf conf = link_conf(t, l->secret, l->secret_len);

	(void)len;
	if (!is_varnishd(t, fd, sa)) {
		(void)close(fd);
		target_note(t, "somebody else than varnishd has dialled: see "
		    "\"user\" of the section");
		return;
	}
	(void)evconnlistener_disable(ev);
	l->cli = cli_accept(&conf, fd);
	if (l->cli == NULL)
		target_down(t, "out of memory");
}

static void
link_forget_secret(struct cli_link *l)
{
	if (l->secret != NULL)
		sodium_memzero(l->secret, l->secret_len);
	free(l->secret);
	l->secret = NULL;
	l->secret_len = 0;
}

static void
link_listen(struct target *t, const struct found *found)
{
	struct cli_link *l = CAST_OBJ(t->link, CLI_LINK_MAGIC);

	if (l->listener == NULL)
		l->listener = evconnlistener_new_bind(t->base, on_dialled, t,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE |
		    LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED, 16,
		    (const struct sockaddr *)&found->address[0],
		    (int)found->address_len[0]);
	link_forget_secret(l);
	l->secret = malloc(found->secret_len + 1);
	if (l->listener == NULL || l->secret == NULL) {
		target_down(t, strerror(errno));
		return;
	}
	if (found->secret_len > 0)
		(void)memcpy(l->secret, found->secret, found->secret_len);
	l->secret_len = found->secret_len;
	target_note(t, "varnishd has not dialled: was it started with -M?");
	(void)evconnlistener_enable(l->listener);
}

static void
cli_link_open(struct target *t, const struct found *found)
{
	if (t->conf->listen != NULL)
		link_listen(t, found);
	else
		link_dial(t, found);
}

static enum target_answer
cli_link_send(struct target *t, const struct store_ban *b)
{
	struct cli_link *l = CAST_OBJ(t->link, CLI_LINK_MAGIC);
	char line[BAN_TEXT_MAX + 4] = "ban ";

	if (ban_expression(b, line + 4, BAN_TEXT_MAX) != 0)
		return (TARGET_REFUSED);
	return (cli_send(l->cli, line) == 0 ? TARGET_PENDING : TARGET_RETRY);
}

static void
cli_link_idle(struct target *t)
{
	struct cli_link *l = CAST_OBJ(t->link, CLI_LINK_MAGIC);

	if (l->checks == 0 && cli_send(l->cli, IDLE_COMMAND) == 0)
		l->checks++;
}

static void
cli_link_close(struct target *t)
{
	struct cli_link *l = CAST_OBJ(t->link, CLI_LINK_MAGIC);

	cli_free(l->cli);
	if (l->listener != NULL)
		(void)evconnlistener_disable(l->listener);
	l->cli = NULL;
	l->checks = 0;
}

static void
cli_link_free(struct target *t)
{
	struct cli_link *l = CAST_OBJ(t->link, CLI_LINK_MAGIC);

	if (l->listener != NULL)
		evconnlistener_free(l->listener);
	link_forget_secret(l);
}

const struct transport transport_cli = {
	.link_magic = CLI_LINK_MAGIC,
	.link_size = sizeof(struct cli_link),
	.open = cli_link_open,
	.send = cli_link_send,
	.idle = cli_link_idle,
	.close = cli_link_close,
	.free = cli_link_free,
};
