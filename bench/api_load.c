/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load for bench/api-writes.sh: connections to the API that each overwrite an
 * alias of their own as fast as answers come, and one that reads meanwhile; and
 * SQLite by itself, for what the disk and the library would allow.
 *
 * Writers and readers stand for machines with cores of their own. So all
 * writers are one thread of the lowest priority, for 64 of them, woken at once
 * by each commit, would keep the server from its cores; and the readers run in
 * real time, so that what they measure is how long the server takes and not
 * how long their own threads wait for a core. That this is so shows a second
 * reader, which asks a process that knows one answer and does nothing but give
 * it: under load it must not be slower than idle.
 *
 *	api_load api SOCKET KEY WRITERS SECONDS HASH HASH
 *	api_load sqlite FILE ROWS-A-COMMIT SECONDS
 *
 * Prints one line: "NAME=VALUE ...", rates a second, times in microseconds.
 */
#include "config.h"

#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/bench.h"

#define WRITERS	256
#define TIMES	4000000

struct config {
	const char	*path, *key, *hash[2];
	double		end;
};

/* How long each answer took. */
struct times {
	unsigned	*us;
	size_t		n;
};

struct conn {
	int		fd;
	char		buf[4096];
	size_t		have;
	unsigned	turn;
	double		begin;
};

struct reader {
	pthread_t	thread;
	const struct config *config;
	struct conn	conn;
	struct times	times;
	bool		in_time;	/* runs in real time */
};

static void
times_init(struct times *t)
{
	t->n = 0;
	t->us = malloc(TIMES * sizeof *t->us);
	if (t->us == NULL)
		err(1, "malloc");
}

static void
times_add(struct times *t, double begin)
{
	if (t->n < TIMES)
		t->us[t->n++] = (unsigned)((bench_now() - begin) * 1e6);
}

static int
by_value(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}

static unsigned
percentile(struct times *t, unsigned p)
{
	if (t->n == 0)
		return (0);
	qsort(t->us, t->n, sizeof *t->us, by_value);
	return (t->us[t->n * p / 100]);
}

/*--------------------------------------------------------------------*/

static int
dial(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) != 0)
		err(1, "%s", path);
	return (fd);
}

static void
conn_send(struct conn *c, const char *request, size_t len)
{
	c->have = 0;
	c->begin = bench_now();
	if (write(c->fd, request, len) != (ssize_t)len)
		err(1, "write");
}

/* Reads once; true when the answer is here, which must be a good one. */
static bool
conn_read(struct conn *c)
{
	const char *body, *at;
	ssize_t n = read(c->fd, c->buf + c->have, sizeof c->buf - 1 - c->have);

	if (n <= 0)
		errx(1, "the connection ended");
	c->have += (size_t)n;
	c->buf[c->have] = '\0';
	body = strstr(c->buf, "\r\n\r\n");
	at = strcasestr(c->buf, "\r\nContent-Length:");
	if (body == NULL || at == NULL || c->have <
	    (size_t)(body + 4 - c->buf) + strtoul(at + 17, NULL, 10))
		return (false);
	if (strncmp(c->buf, "HTTP/1.1 20", 11) != 0)
		errx(1, "refused: %s", c->buf);
	return (true);
}

/*--------------------------------------------------------------------*/

/* False where it is not permitted. */
static bool
real_time(void)
{
	const struct sched_param p = { .sched_priority = 1 };

	return (sched_setscheduler(0, SCHED_FIFO, &p) == 0);
}

/* A thousand requests a second: it looks on, and is no load itself. */
static void *
reader_run(void *arg)
{
	const struct timespec pause = { 0, 1000000 };
	struct reader *r = arg;
	char request[1024];
	size_t len = (size_t)snprintf(request, sizeof request,
	    "GET /sourceimages/bench/alias/read HTTP/1.1\r\n"
	    "Host: bench\r\nApi-Key: %s\r\n\r\n", r->config->key);

	r->in_time = real_time();
	while (bench_now() < r->config->end) {
		conn_send(&r->conn, request, len);
		while (!conn_read(&r->conn))
			continue;
		times_add(&r->times, r->conn.begin);
		(void)nanosleep(&pause, NULL);
	}
	(void)close(r->conn.fd);
	return (NULL);
}

static void
reader_start(struct reader *r, const struct config *config, int fd)
{
	memset(r, 0, sizeof *r);
	r->config = config;
	r->conn.fd = fd;
	times_init(&r->times);
	if (pthread_create(&r->thread, NULL, reader_run, r) != 0)
		err(1, "thread");
}

/* A connection to a process of its own that gives each request one answer. */
static int
bare_server(void)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Length: 2\r\n\r\n{}";
	char buf[1024];
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) != 0)
		err(1, "socketpair");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		(void)close(fd[0]);
		(void)real_time();
		while (read(fd[1], buf, sizeof buf) > 0)
			if (write(fd[1], answer, sizeof answer - 1) < 0)
				break;
		_exit(0);
	default:
		(void)close(fd[1]);
		return (fd[0]);
	}
}

/*--------------------------------------------------------------------*/

static void
writer_send(struct conn *c, unsigned number, const struct config *config)
{
	char request[1024];

	conn_send(c, request, (size_t)snprintf(request, sizeof request,
	    "PUT /sourceimages/bench/alias/a%u?overwrite=true HTTP/1.1\r\n"
	    "Host: bench\r\nApi-Key: %s\r\nContent-Length: 52\r\n\r\n"
	    "{\"hash\": \"%s\"}", number, config->key,
	    config->hash[c->turn++ % 2]));
}

static void
writers_run(unsigned n, const struct config *config, struct times *times)
{
	static struct conn conns[WRITERS];
	struct epoll_event ready[WRITERS];
	int poll = epoll_create1(0), got;

	/* This thread only: they stand for machines with cores of their own. */
	(void)!nice(19);
	for (unsigned i = 0; i < n; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };

		conns[i].fd = dial(config->path);
		if (epoll_ctl(poll, EPOLL_CTL_ADD, conns[i].fd, &e) != 0)
			err(1, "epoll");
		writer_send(&conns[i], i, config);
	}
	while (bench_now() < config->end) {
		got = epoll_wait(poll, ready, WRITERS, 100);
		for (int i = 0; i < got; i++) {
			struct conn *c = &conns[ready[i].data.u32];

			if (!conn_read(c))
				continue;
			times_add(times, c->begin);
			writer_send(c, ready[i].data.u32, config);
		}
	}
	for (unsigned i = 0; i < n; i++)
		(void)close(conns[i].fd);
	(void)close(poll);
}

static int
run_api(char **argv)
{
	unsigned writers = (unsigned)atoi(argv[2]);
	double seconds = atof(argv[3]);
	struct config config = {
		.path = argv[0], .key = argv[1], .hash = { argv[4], argv[5] },
		.end = bench_now() + seconds
	};
	struct reader bare, reader;
	struct times times;

	if (writers > WRITERS)
		errx(64, "at most %d writers", WRITERS);
	times_init(&times);
	reader_start(&bare, &config, bare_server());
	reader_start(&reader, &config, dial(config.path));
	if (writers > 0)
		writers_run(writers, &config, &times);
	(void)pthread_join(reader.thread, NULL);
	(void)pthread_join(bare.thread, NULL);
	printf("writes=%.0f write_p50=%u write_p99=%u read_p50=%u read_p99=%u "
	    "bare_p50=%u bare_p99=%u real_time=%d\n", (double)times.n / seconds,
	    percentile(&times, 50), percentile(&times, 99),
	    percentile(&reader.times, 50), percentile(&reader.times, 99),
	    percentile(&bare.times, 50), percentile(&bare.times, 99),
	    reader.in_time);
	return (0);
}

/*--------------------------------------------------------------------*/

static void
run_sql(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(db));
}

static int
run_sqlite(char **argv)
{
	unsigned rows = (unsigned)atoi(argv[1]), n = 0;
	double seconds = atof(argv[2]), end;
	sqlite3_stmt *s;
	sqlite3 *db;

	if (sqlite3_open(argv[0], &db) != SQLITE_OK)
		errx(1, "%s: %s", argv[0], sqlite3_errmsg(db));
	run_sql(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "CREATE TABLE IF NOT EXISTS alias (org INTEGER, name TEXT, "
	    "hash BLOB, PRIMARY KEY (org, name)) WITHOUT ROWID");
	if (sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO alias VALUES "
	    "(1, ?1, ?2)", -1, &s, NULL) != SQLITE_OK)
		errx(1, "%s", sqlite3_errmsg(db));
	for (end = bench_now() + seconds; bench_now() < end; ) {
		run_sql(db, "BEGIN IMMEDIATE");
		for (unsigned i = 0; i < rows; i++, n++) {
			(void)sqlite3_bind_int(s, 1, (int)n);
			(void)sqlite3_bind_blob(s, 2, "01234567890123456789",
			    20, SQLITE_STATIC);
			(void)sqlite3_step(s);
			(void)sqlite3_reset(s);
		}
		run_sql(db, "COMMIT");
	}
	(void)sqlite3_finalize(s);
	(void)sqlite3_close(db);
	printf("writes=%.0f\n", n / seconds);
	return (0);
}

int
main(int argc, char **argv)
{
	if (argc == 8 && strcmp(argv[1], "api") == 0)
		return (run_api(argv + 2));
	if (argc == 5 && strcmp(argv[1], "sqlite") == 0)
		return (run_sqlite(argv + 2));
	errx(64, "see the top of its source");
}
