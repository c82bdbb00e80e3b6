/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load for bench/api-writes.sh: connections to the API that each overwrite an
 * alias of their own as fast as answers come, and one that reads meanwhile; and
 * SQLite by itself, for what the disk and the library would allow.
 *
 *	api_load api SOCKET KEY WRITERS SECONDS HASH HASH
 *	api_load sqlite FILE ROWS-A-COMMIT SECONDS
 *
 * Prints one line: "NAME=VALUE ...", rates a second, times in microseconds.
 */
#include "config.h"

#include <err.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TIMES	2000000

struct client {
	pthread_t	thread;
	const char	*path, *key, *hash[2];
	unsigned	number;
	bool		reader;
	double		end;
	unsigned	*us;		/* of each answer */
	size_t		n;
};

static double
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

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

/* Sends one request and reads its answer; true for 200 and 201. */
static bool
call(int fd, const char *request, size_t len)
{
	char buf[8192], *body, *at;
	size_t have = 0, want = 0;
	ssize_t n;

	if (write(fd, request, len) != (ssize_t)len)
		err(1, "write");
	while (want == 0 || have < want) {
		n = read(fd, buf + have, sizeof buf - 1 - have);
		if (n <= 0)
			errx(1, "the connection ended");
		have += (size_t)n;
		buf[have] = '\0';
		body = strstr(buf, "\r\n\r\n");
		at = strcasestr(buf, "\r\nContent-Length:");
		if (want == 0 && body != NULL && at != NULL)
			want = (size_t)(body + 4 - buf) +
			    strtoul(at + 17, NULL, 10);
	}
	return (strncmp(buf, "HTTP/1.1 20", 11) == 0);
}

static size_t
request(const struct client *c, unsigned turn, char *buf, size_t size)
{
	if (c->reader)
		return ((size_t)snprintf(buf, size, "GET /sourceimages/bench/"
		    "alias/read HTTP/1.1\r\nHost: bench\r\nApi-Key: %s\r\n"
		    "\r\n", c->key));
	return ((size_t)snprintf(buf, size, "PUT /sourceimages/bench/alias/"
	    "a%u?overwrite=true HTTP/1.1\r\nHost: bench\r\nApi-Key: %s\r\n"
	    "Content-Length: 52\r\n\r\n{\"hash\": \"%s\"}", c->number, c->key,
	    c->hash[turn % 2]));
}

static void *
client_run(void *arg)
{
	const struct timespec pause = { 0, 1000000 };
	struct client *c = arg;
	char buf[1024];
	int fd = dial(c->path);
	double begin;
	size_t len;

	for (unsigned turn = 0; c->n < TIMES; turn++) {
		len = request(c, turn, buf, sizeof buf);
		begin = now();
		if (begin >= c->end)
			break;
		if (!call(fd, buf, len))
			errx(1, "refused: %s", buf);
		c->us[c->n++] = (unsigned)((now() - begin) * 1e6);
		/* The reader looks on, it is no load itself. */
		if (c->reader)
			(void)nanosleep(&pause, NULL);
	}
	(void)close(fd);
	return (NULL);
}

static int
by_value(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return (*x < *y ? -1 : *x > *y);
}

static unsigned
percentile(struct client *c, unsigned p)
{
	if (c->n == 0)
		return (0);
	qsort(c->us, c->n, sizeof *c->us, by_value);
	return (c->us[c->n * p / 100 < c->n ? c->n * p / 100 : c->n - 1]);
}

static struct client *
client_start(const struct client *like, unsigned number, bool reader)
{
	struct client *c = malloc(sizeof *c);

	if (c == NULL)
		err(1, "malloc");
	*c = *like;
	c->number = number;
	c->reader = reader;
	c->us = malloc(TIMES / (reader ? 1 : 8) * sizeof *c->us);
	if (c->us == NULL ||
	    pthread_create(&c->thread, NULL, client_run, c) != 0)
		err(1, "thread");
	return (c);
}

static int
run_api(char **argv)
{
	unsigned writers = (unsigned)atoi(argv[2]);
	double seconds = atof(argv[3]);
	struct client like = {
		.path = argv[0], .key = argv[1], .hash = { argv[4], argv[5] },
		.end = now() + seconds
	};
	struct client *reader = client_start(&like, 0, true), *c[256];
	size_t total = 0;
	unsigned p50 = 0, p99 = 0;

	if (writers > 256)
		errx(64, "at most 256 writers");
	for (unsigned i = 0; i < writers; i++)
		c[i] = client_start(&like, i, false);
	for (unsigned i = 0; i < writers; i++) {
		(void)pthread_join(c[i]->thread, NULL);
		total += c[i]->n;
		p50 += percentile(c[i], 50);
		p99 += percentile(c[i], 99);
	}
	(void)pthread_join(reader->thread, NULL);
	if (writers == 0)
		writers = 1;
	printf("writes=%.0f write_p50=%u write_p99=%u read_p50=%u "
	    "read_p99=%u\n", (double)total / seconds, p50 / writers,
	    p99 / writers, percentile(reader, 50), percentile(reader, 99));
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
	for (end = now() + seconds; now() < end; ) {
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
