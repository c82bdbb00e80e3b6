/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clients of a running Varnish, over real connections.
 *
 * hammer read ADDR:PORT HOST PATH STOP-FILE
 *	Reads PATH until STOP-FILE is there; every answer must be a 200.
 *
 * hammer alias ADDR:PORT HOST PATH KEY API-PATH READS HASH HASH
 *	Re-points an alias by PUT, alternately to the two sources, while
 *	readers read PATH, until READS answers could be judged: those during
 *	which no other PUT began. Each must show what the last acknowledged
 *	PUT set. Counts the others.
 */
#include "config.h"

#include <sys/socket.h>

#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READERS		4
#define BODY_MAX	(64 * 1024)
#define DEADLINE_S	50

struct conn {
	int	fd;
	size_t	len;			/* bytes in buf */
	char	buf[BODY_MAX];
};

struct answer {
	int		status;
	const char	*body;		/* in the connection's buffer */
	size_t		len;
};

static const char *opt_host, *opt_port, *opt_name, *opt_path;

/* Of the alias: how many PUTs have begun, and how many were answered. */
static atomic_uint begun, acked;
static atomic_ullong reads_since_ack, judged, stale;
static atomic_bool finished;
static char *face[2];			/* what each source looks like */
static size_t face_len[2];

static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void
conn_open(struct conn *c)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	int e;

	e = getaddrinfo(opt_host, opt_port, &hints, &ai);
	if (e != 0)
		die("%s: %s", opt_host, gai_strerror(e));
	c->fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, ai->ai_addr, ai->ai_addrlen) != 0)
		die("connect: %m");
	freeaddrinfo(ai);
	c->len = 0;
}

/* Reads until *want* bytes are in the buffer. */
static bool
conn_fill(struct conn *c, size_t want)
{
	ssize_t n;

	if (want >= sizeof c->buf)
		die("an answer of more than %zu bytes", sizeof c->buf);
	while (c->len < want) {
		n = read(c->fd, c->buf + c->len, sizeof c->buf - 1 - c->len);
		if (n <= 0)
			return (false);
		c->len += (size_t)n;
		c->buf[c->len] = '\0';
	}
	return (true);
}

/* One request on a kept connection; opens it anew when it was closed. */
static bool
conn_ask(struct conn *c, const char *req, struct answer *a)
{
	char *end, *cl;

	c->len = 0;
	c->buf[0] = '\0';
	if (write(c->fd, req, strlen(req)) != (ssize_t)strlen(req))
		return (false);
	while ((end = strstr(c->buf, "\r\n\r\n")) == NULL)
		if (!conn_fill(c, c->len + 1))
			return (false);
	cl = strcasestr(c->buf, "\r\nContent-Length:");
	a->len = 0;
	if (cl != NULL && cl < end)
		a->len = strtoul(cl + 17, NULL, 10);
	if (!conn_fill(c, (size_t)(end + 4 - c->buf) + a->len))
		return (false);
	a->status = atoi(c->buf + 9);
	a->body = end + 4;
	return (true);
}

static void
ask(struct conn *c, const char *req, struct answer *a)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (conn_ask(c, req, a))
			return;
		close(c->fd);
		conn_open(c);
	}
	die("no answer to %s", req);
}

static char *
get_request(void)
{
	char *s;

	if (asprintf(&s, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", opt_path,
	    opt_name) < 0)
		die("no memory");
	return (s);
}

static struct conn *
conn_new(void)
{
	struct conn *c = malloc(sizeof *c);

	if (c == NULL)
		die("no memory");
	conn_open(c);
	return (c);
}

/*--------------------------------------------------------------------*/

static int
read_until(const char *stop_file)
{
	struct conn *c = conn_new();
	char *req = get_request();
	unsigned long n = 0;
	struct answer a;

	while (access(stop_file, F_OK) != 0) {
		ask(c, req, &a);
		if (a.status != 200)
			die("answer %lu has status %d: %.200s", n, a.status,
			    c->buf);
		n++;
	}
	close(c->fd);
	free(c);
	free(req);
	printf("%lu answers, all 200\n", n);
	return (n > 0 ? 0 : 1);
}

/*--------------------------------------------------------------------*/

/*
 * PUT number n (from 1) sets source n & 1. What a read saw can be judged when
 * as many PUTs were answered before it began as had begun when it ended.
 */
static void *
reader(void *priv)
{
	struct conn *c = conn_new();
	char *req = get_request();
	unsigned before, after;
	struct answer a;

	(void)priv;
	while (!atomic_load(&finished)) {
		before = atomic_load(&acked);
		ask(c, req, &a);
		after = atomic_load(&begun);
		atomic_fetch_add(&reads_since_ack, 1);
		if (before != after)
			continue;
		atomic_fetch_add(&judged, 1);
		if (a.status != 200 || a.len != face_len[before & 1] ||
		    memcmp(a.body, face[before & 1], a.len) != 0)
			atomic_fetch_add(&stale, 1);
	}
	close(c->fd);
	free(c);
	free(req);
	return (NULL);
}

static char *
put_request(const char *path, const char *key, const char *hash)
{
	char *s;

	if (asprintf(&s, "PUT %s?overwrite=true HTTP/1.1\r\nHost: %s:%s\r\n"
	    "Api-Key: %s\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n{\"hash\":\"%s\"}", path, opt_host,
	    opt_port, key, strlen(hash) + 11, hash) < 0)
		die("no memory");
	return (s);
}

static void
put(struct conn *c, char *const req[2])
{
	struct answer a;
	unsigned n;

	n = atomic_fetch_add(&begun, 1) + 1;
	ask(c, req[n & 1], &a);
	if (a.status != 200 && a.status != 201)
		die("PUT answered %d: %.*s", a.status, (int)a.len, a.body);
	atomic_store(&reads_since_ack, 0);
	atomic_store(&acked, n);
}

static char *
memdup(const char *p, size_t len)
{
	char *s = malloc(len + 1);

	if (s == NULL)
		die("no memory");
	return (memcpy(s, p, len));
}

/* Notes what both sources look like through the alias. */
static void
learn(struct conn *c, char *const req[2])
{
	char *get = get_request();
	struct answer a;
	unsigned i, n;

	for (i = 0; i < 2; i++) {
		put(c, req);
		ask(c, get, &a);
		if (a.status != 200)
			die("GET answered %d", a.status);
		n = atomic_load(&acked) & 1;
		face[n] = memdup(a.body, a.len);
		face_len[n] = a.len;
	}
	if (face_len[0] == face_len[1] &&
	    memcmp(face[0], face[1], face_len[0]) == 0)
		die("both sources look the same");
	free(get);
}

static int
alias(const char *key, const char *path, unsigned long long reads,
    char *const hash[2])
{
	char *req[2] = { put_request(path, key, hash[0]),
	    put_request(path, key, hash[1]) };
	struct conn *c = conn_new();
	pthread_t t[READERS];
	unsigned i;

	alarm(DEADLINE_S);
	learn(c, req);
	for (i = 0; i < READERS; i++)
		if (pthread_create(&t[i], NULL, reader, NULL) != 0)
			die("no thread");
	while (atomic_load(&judged) < reads) {
		put(c, req);
		/* Time for each reader to ask after the acknowledgement. */
		while (atomic_load(&reads_since_ack) < 3 * READERS)
			sched_yield();
	}
	atomic_store(&finished, true);
	for (i = 0; i < READERS; i++)
		pthread_join(t[i], NULL);
	close(c->fd);
	free(c);
	free(req[0]);
	free(req[1]);
	printf("%u overwrites, %llu reads judged, %llu stale\n",
	    atomic_load(&acked), atomic_load(&judged), atomic_load(&stale));
	return (atomic_load(&stale) == 0 ? 0 : 1);
}

int
main(int argc, char **argv)
{
	char *colon;

	if (argc < 6 || (colon = strrchr(argv[2], ':')) == NULL)
		die("usage: see the head of hammer.c");
	*colon = '\0';
	opt_host = argv[2];
	opt_port = colon + 1;
	opt_name = argv[3];
	opt_path = argv[4];
	if (strcmp(argv[1], "read") == 0)
		return (read_until(argv[5]));
	if (strcmp(argv[1], "alias") == 0 && argc == 10)
		return (alias(argv[5], argv[6], strtoull(argv[7], NULL, 10),
		    argv + 8));
	die("usage: see the head of hammer.c");
}
