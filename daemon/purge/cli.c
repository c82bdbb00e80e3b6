/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vcli.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "obj.h"
#include "purge/cli.h"

#define CHALLENGE_LEN	32

enum cli_state { CLI_HELLO, CLI_AUTH, CLI_UP };

struct cli {
	unsigned		magic;
#define CLI_MAGIC		0x636c6973
	struct cli_conf	conf;
	uint8_t			*secret;
	size_t			secret_len;
	struct bufferevent	*bev;
	/* Runs while an answer is owed; bytes of a part do not prolong it. */
	struct event		*deadline;
	enum cli_state		state;
	size_t			waiting;	/* commands without answer */
	bool			have_head;
	unsigned		status;
	size_t			len;
};

int
cli_head(const char head[CLI_HEAD], unsigned *status, size_t *len)
{
	size_t i, n = 0;

	for (i = 0; i < 3; i++)
		if (!isdigit((unsigned char)head[i]))
			return (-1);
	if (head[3] != ' ' || head[CLI_HEAD - 1] != '\n')
		return (-1);
	for (i = 4; i < CLI_HEAD - 1 && isdigit((unsigned char)head[i]); i++)
		n = n * 10 + (size_t)(head[i] - '0');
	if (i == 4 || n > CLI_BODY_MAX)
		return (-1);
	for (; i < CLI_HEAD - 1; i++)
		if (head[i] != ' ')
			return (-1);
	*status = (unsigned)(head[0] - '0') * 100 +
	    (unsigned)(head[1] - '0') * 10 + (unsigned)(head[2] - '0');
	*len = n;
	return (0);
}

static void
cli_down(struct cli *v, const char *why)
{
	void (*down)(void *, const char *) = v->conf.down;

	(void)bufferevent_disable(v->bev, EV_READ | EV_WRITE);
	(void)evtimer_del(v->deadline);
	v->conf.down = NULL;
	if (down != NULL)
		down(v->conf.arg, why);
}

static void
cli_deadline(struct cli *v)
{
	struct timeval tv = {
		.tv_sec = v->conf.timeout_ms / 1000,
		.tv_usec = v->conf.timeout_ms % 1000 * 1000,
	};

	(void)evtimer_add(v->deadline, &tv);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	static const char *const why[] = {
		[CLI_HELLO] = "no answer: is it the CLI of a Varnish?",
		[CLI_AUTH] = "no answer to the authentication",
		[CLI_UP] = "no answer to a command in time",
	};
	struct cli *v = CAST_OBJ(arg, CLI_MAGIC);

	(void)fd;
	(void)what;
	cli_down(v, why[v->state]);
}

/* "auth" and SHA-256 of challenge, newline, secret, challenge, newline. */
static void
cli_authenticate(struct cli *v, const char *challenge)
{
	crypto_hash_sha256_state h;
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof digest + 1];
	const uint8_t *c = (const uint8_t *)challenge;

	(void)crypto_hash_sha256_init(&h);
	(void)crypto_hash_sha256_update(&h, c, CHALLENGE_LEN);
	(void)crypto_hash_sha256_update(&h, (const uint8_t *)"\n", 1);
	(void)crypto_hash_sha256_update(&h, v->secret, v->secret_len);
	(void)crypto_hash_sha256_update(&h, c, CHALLENGE_LEN);
	(void)crypto_hash_sha256_update(&h, (const uint8_t *)"\n", 1);
	(void)crypto_hash_sha256_final(&h, digest);
	(void)sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
	(void)evbuffer_add_printf(bufferevent_get_output(v->bev), "auth %s\n",
	    hex);
	v->state = CLI_AUTH;
}

const char cli_refused[] =
    "authentication refused: is it the secret of this Varnish?";

/* What comes before the session is up. False when it is over. */
static bool
cli_greeting(struct cli *v, const char *body)
{
	if (v->status == CLIS_AUTH && v->state == CLI_HELLO &&
	    v->len > CHALLENGE_LEN) {
		cli_authenticate(v, body);
		cli_deadline(v);
		return (true);
	}
	if (v->status == CLIS_OK) {
		v->state = CLI_UP;
		(void)evtimer_del(v->deadline);
		v->conf.ready(v->conf.arg);
		return (true);
	}
	cli_down(v, v->state == CLI_AUTH ? cli_refused :
	    "not the greeting of a Varnish CLI");
	return (false);
}

/* False when the session is over; *v* may be gone then. */
static bool
cli_answer(struct cli *v, const char *body)
{
	if (v->state != CLI_UP)
		return (cli_greeting(v, body));
	if (v->waiting == 0) {
		cli_down(v, "an answer without a command");
		return (false);
	}
	if (--v->waiting == 0)
		(void)evtimer_del(v->deadline);
	else
		cli_deadline(v);
	if (v->conf.answer(v->conf.arg, v->status, body) == 0)
		return (true);
	cli_down(v, "hung up");
	return (false);
}

/* One answer off the buffer, if it is all there. False to stop. */
static bool
cli_take(struct cli *v, struct evbuffer *in)
{
	char head[CLI_HEAD];
	char *body;
	bool more;

	if (!v->have_head) {
		if (evbuffer_get_length(in) < sizeof head)
			return (false);
		(void)evbuffer_remove(in, head, sizeof head);
		if (cli_head(head, &v->status, &v->len) != 0) {
			cli_down(v, "not the Varnish CLI protocol");
			return (false);
		}
		v->have_head = true;
	}
	if (evbuffer_get_length(in) < v->len + 1)
		return (false);
	body = malloc(v->len + 1);
	if (body == NULL) {
		cli_down(v, "out of memory");
		return (false);
	}
	(void)evbuffer_remove(in, body, v->len + 1);
	body[v->len] = '\0';
	v->have_head = false;
	more = cli_answer(v, body);
	free(body);
	return (more);
}

/*
 * varnishd holds its next answer back until the one before is acknowledged,
 * which the kernel would put off for 40 ms as we have nothing to send.
 */
static void
cli_quick_ack(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct cli *v = CAST_OBJ(arg, CLI_MAGIC);
	struct evbuffer *in = bufferevent_get_input(bev);

	cli_quick_ack(bufferevent_getfd(bev));
	while (cli_take(v, in))
		continue;
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct cli *v = CAST_OBJ(arg, CLI_MAGIC);
	int e = EVUTIL_SOCKET_ERROR();

	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		return;
	if (what & BEV_EVENT_EOF)
		cli_down(v, "closed by varnishd");
	else
		cli_down(v, e != 0 ? strerror(e) : "connection lost");
}

/* Takes *fd* over; -1: it has to be made. */
static struct cli *
cli_new(const struct cli_conf *conf, int fd)
{
	struct cli *v = calloc(1, sizeof *v);

	if (v == NULL)
		return (NULL);
	v->magic = CLI_MAGIC;
	v->conf = *conf;
	v->conf.secret = NULL;
	v->secret_len = conf->secret_len;
	v->secret = malloc(conf->secret_len + 1);
	v->deadline = evtimer_new(conf->base, on_deadline, v);
	v->bev = bufferevent_socket_new(conf->base, fd,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (v->secret == NULL || v->bev == NULL || v->deadline == NULL) {
		if (v->bev != NULL)
			(void)bufferevent_setfd(v->bev, -1);
		cli_free(v);
		return (NULL);
	}
	if (conf->secret_len > 0)
		(void)memcpy(v->secret, conf->secret, conf->secret_len);
	bufferevent_setcb(v->bev, on_read, NULL, on_event, v);
	(void)bufferevent_enable(v->bev, EV_READ | EV_WRITE);
	cli_deadline(v);
	return (v);
}

/* A ban is one small packet: it must not wait for the one before. */
static void
cli_no_delay(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

struct cli *
cli_connect(const struct cli_conf *conf, const struct sockaddr *sa,
    socklen_t len)
{
	struct cli *v = cli_new(conf, -1);
	int e;

	if (v == NULL)
		return (NULL);
	if (bufferevent_socket_connect(v->bev, sa, (int)len) == 0) {
		cli_no_delay(bufferevent_getfd(v->bev));
		return (v);
	}
	e = errno;
	cli_free(v);
	errno = e;
	return (NULL);
}

struct cli *
cli_accept(const struct cli_conf *conf, int fd)
{
	struct cli *v = NULL;

	if (evutil_make_socket_nonblocking(fd) == 0)
		v = cli_new(conf, fd);
	if (v == NULL)
		(void)close(fd);
	else
		cli_no_delay(fd);
	return (v);
}

int
cli_send(struct cli *v, const char *line)
{
	struct evbuffer *out = bufferevent_get_output(v->bev);

	if (v->state != CLI_UP || v->conf.down == NULL ||
	    strpbrk(line, "\r\n") != NULL ||
	    evbuffer_add_printf(out, "%s\n", line) < 0)
		return (-1);
	if (v->waiting++ == 0)
		cli_deadline(v);
	return (0);
}

void
cli_free(struct cli *v)
{
	if (v == NULL)
		return;
	if (v->bev != NULL)
		bufferevent_free(v->bev);
	if (v->deadline != NULL)
		event_free(v->deadline);
	if (v->secret != NULL)
		sodium_memzero(v->secret, v->secret_len);
	free(v->secret);
	v->magic = 0;
	free(v);
}
