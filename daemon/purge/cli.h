/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Varnish CLI as a client, without blocking: one session on one
 * bufferevent, commands pipelined, answers in order. libvarnishapi's
 * VCLI_ReadResult() waits in poll(2), so it has no place in an event loop.
 */
#ifndef CLI_H
#define CLI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct event_base;
struct cli;

/*
 * None of these is called before cli_connect() or cli_accept() has
 * returned, nor out of cli_send().
 */
struct cli_conf {
	struct event_base *base;
	const uint8_t	*secret;	/* all of the file; copied */
	size_t		secret_len;
	unsigned	timeout_ms;	/* from a command to all its answer */
	void		*arg;		/* of the calls below */
	/* Authenticated: commands may be sent. */
	void		(*ready)(void *arg);
	/*
	 * The answer to the oldest command that has none. *body* ends in NUL
	 * and is the callee's until it returns. Returns 0, or -1 to hang up.
	 */
	int		(*answer)(void *arg, unsigned status, const char *body);
	/*
	 * The session is over, its commands without an answer may or may not
	 * have been carried out. Called once, never after cli_free(), which
	 * it may call.
	 */
	void		(*down)(void *arg, const char *why);
};

/* *why* of down() when varnishd does not accept the secret. */
extern const char cli_refused[];

/* NULL with errno. */
struct cli *cli_connect(const struct cli_conf *, const struct sockaddr *,
    socklen_t);
/* varnishd has dialled us (its -M). The descriptor is taken over. */
struct cli *cli_accept(const struct cli_conf *, int fd);
/* *line* without the newline, which it must not contain. 0, or -1. */
int cli_send(struct cli *, const char *line);
void cli_free(struct cli *);

/*
 * The head of an answer, 13 bytes. Returns 0, or -1 if it is malformed. For the
 * session and its fuzzer.
 */
#define CLI_HEAD	13
#define CLI_BODY_MAX	(1 << 16)
int cli_head(const char head[CLI_HEAD], unsigned *status, size_t *len);

#endif
