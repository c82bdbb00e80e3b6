/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes from a Varnish CLI, or from what is taken for one: over a real
 * socket, cut in two at a place that the first byte tells. Each command gets
 * one answer at most, in order; the end is told once, and nothing after it.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <event2/event.h>

#include "purge/cli.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)
#define COMMANDS	3

struct session {
	struct cli	*cli;
	unsigned	ready, answers, downs;
};

static void
on_ready(void *arg)
{
	struct session *s = arg;

	MUST(s->downs == 0 && s->ready++ == 0);
	for (int i = 0; i < COMMANDS; i++)
		MUST(cli_send(s->cli, "ban a == b") == 0);
	MUST(cli_send(s->cli, "two\nlines") == -1);
}

static int
on_answer(void *arg, unsigned status, const char *body)
{
	struct session *s = arg;

	MUST(s->ready == 1 && s->downs == 0);
	MUST(++s->answers <= COMMANDS);
	MUST(status <= 999 && body != NULL);
	return (status == 500 ? -1 : 0);
}

static void
on_down(void *arg, const char *why)
{
	struct session *s = arg;

	MUST(why != NULL && *why != '\0');
	MUST(s->downs++ == 0);
	cli_free(s->cli);
	s->cli = NULL;
}

static void
feed(struct event_base *base, int fd, const uint8_t *data, size_t len)
{
	if (len > 0)
		(void)!send(fd, data, len, MSG_NOSIGNAL);
	for (int i = 0; i < 4; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct event_base *base;
	struct session s = { .ready = 0 };
	struct cli_conf conf = { .secret = (const uint8_t *)"x",
	    .secret_len = 1, .timeout_ms = 1000, .arg = &s,
	    .ready = on_ready, .answer = on_answer, .down = on_down };
	size_t cut;
	int fd[2];

	if (base == NULL)
		base = event_base_new();
	if (len == 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
		return (0);
	cut = 1 + data[0] % len;
	conf.base = base;
	s.cli = cli_accept(&conf, fd[0]);
	MUST(s.cli != NULL);
	feed(base, fd[1], data + 1, cut - 1);
	feed(base, fd[1], data + cut, len - cut);
	(void)close(fd[1]);
	feed(base, -1, NULL, 0);
	MUST(s.downs == 1);
	cli_free(s.cli);
	return (0);
}
