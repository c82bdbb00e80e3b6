/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client of bench/purge.sh and bench/quota.sh.
 *
 * purge_client fill ADDR HOST N
 *	Gets N pictures by hash, so that they are in the cache.
 * purge_client compare ADDR HOST KEY PID N METHOD PATH METHOD PATH
 *	Sends each of two requests N times over one connection, in 20 runs
 *	that take turns; prints for each the median of the microseconds that
 *	passed, and of those that all threads of process PID worked.
 * purge_client purge API HOST KEY ALIAS ROUNDS ADDR...
 *	Purges ALIAS and asks each Varnish at ADDR for its picture until the
 *	answer is no hit; prints p50 and p99 of the milliseconds from the
 *	DELETE's first byte to the last one's fresh answer. All are asked at
 *	once, again after 0.1 ms: who asks without a pause takes the processor
 *	from those that are measured. Each round waits until all have the bans
 *	of the one before, which would otherwise take the picture away before
 *	the purge does.
 * purge_client pester API HOST KEY ALIAS SECONDS
 *	Purges ALIAS ten times a second.
 * purge_client sync FILE N
 *	Writes FILE as the store does its log, 64 kB and a sync each; prints
 *	p50 and p99 of the milliseconds: what no purge can be faster than.
 * purge_client load ADDR HOST SECONDS
 *	Gets a picture that nobody purges; prints requests a second.
 *
 * ADDR is host:port, or the path of a Unix socket.
 */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ADDRS_MAX	8
#define RUNS		20
#define SYNC_BYTES	65536
#define SYNC_FILE	((off_t)8 << 20)
#define PICTURE		"/resize/%040x.png"

static void __attribute__((noreturn, format(printf, 1, 2)))
fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

static double
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3);
}

static int
dial_unix(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) != 0)
		fail("%s: cannot connect", path);
	return (fd);
}

static int
dial(const char *addr)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(addr, ':');
	struct addrinfo *list;
	char host[128];
	int fd, on = 1;

	if (*addr == '/' || colon == NULL)
		return (dial_unix(addr));
	(void)snprintf(host, sizeof host, "%.*s", (int)(colon - addr), addr);
	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		fail("%s: no such host", addr);
	fd = socket(list->ai_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) != 0)
		fail("%s: cannot connect", addr);
	freeaddrinfo(list);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return (fd);
}

static void
request(int fd, const char *method, const char *host, const char *key,
    const char *path)
{
	char text[1024];
	int n = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: %s\r\n"
	    "Api-Key: %s\r\n\r\n", method, path, host, key);

	if (n < 0 || (size_t)n >= sizeof text || write(fd, text, (size_t)n) != n)
		fail("%s: cannot write", path);
}

/* Reads one answer; its head stays in a static buffer. */
static const char *
answer(int fd)
{
	static char buf[65536];
	size_t have = 0, want = 0;
	char *body, *len;

	while (want == 0 || have < want) {
		ssize_t n = read(fd, buf + have, sizeof buf - 1 - have);

		if (n <= 0)
			fail("no answer");
		have += (size_t)n;
		buf[have] = '\0';
		body = strstr(buf, "\r\n\r\n");
		if (want > 0 || body == NULL)
			continue;
		len = strcasestr(buf, "\r\ncontent-length:");
		if (len == NULL || len > body)
			fail("no length:\n%s", buf);
		want = (size_t)(body - buf) + 4 + strtoul(len + 17, NULL, 10);
	}
	return (buf);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

static int
fill(char **av)
{
	unsigned n = (unsigned)atoi(av[2]);
	int fd = dial(av[0]);
	char path[128];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(path, sizeof path, PICTURE, i);
		request(fd, "GET", av[1], "", path);
		if (strncmp(answer(fd), "HTTP/1.1 200", 12) != 0)
			fail("fill: not answered 200");
	}
	return (0);
}

/* What the threads of a process have run, in microseconds. */
static double
work_us(const char *pid)
{
	char path[512];
	struct dirent *e;
	double ns, sum = 0;
	FILE *f;
	DIR *d;

	(void)snprintf(path, sizeof path, "/proc/%s/task", pid);
	if ((d = opendir(path)) == NULL)
		fail("%s: no such process", pid);
	while ((e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof path, "/proc/%s/task/%s/schedstat",
		    pid, e->d_name);
		if (*e->d_name == '.' || (f = fopen(path, "r")) == NULL)
			continue;
		if (fscanf(f, "%lf", &ns) == 1)
			sum += ns / 1000;
		(void)fclose(f);
	}
	(void)closedir(d);
	return (sum);
}

static double
median(double *us)
{
	qsort(us, RUNS, sizeof *us, by_size);
	return (us[RUNS / 2]);
}

static int
compare(char **av)
{
	int fd = dial(av[0]), n = atoi(av[4]) / RUNS;
	double passed[2][RUNS], worked[2][RUNS];

	for (int run = 0; run < 2 * RUNS; run++) {
		char **what = &av[5 + run % 2 * 2];
		double begin = now_us(), work = work_us(av[3]);

		for (int i = 0; i < n; i++) {
			request(fd, what[0], av[1], av[2], what[1]);
			(void)answer(fd);
		}
		passed[run % 2][run / 2] = (now_us() - begin) / n;
		worked[run % 2][run / 2] = (work_us(av[3]) - work) / n;
	}
	for (int i = 0; i < 2; i++)
		(void)printf("%.1f %.1f\n", median(passed[i]),
		    median(worked[i]));
	return (close(fd));
}

/* X-Varnish, of late X-Vinyl, has two numbers for a hit. */
static bool
is_fresh(const char *head)
{
	const char *x = strcasestr(head, "\r\nx-varnish:"), *end;

	if (x == NULL)
		x = strcasestr(head, "\r\nx-vinyl:");
	if (x == NULL)
		fail("no X-Varnish and no X-Vinyl:\n%s", head);
	x = strchr(x, ':') + strlen(": ");
	end = strstr(x, "\r\n");
	return (memchr(x, ' ', (size_t)(end - x)) == NULL);
}

/* *av* is API HOST KEY ALIAS. */
static void
send_purge(int api, char **av)
{
	char path[512];

	(void)snprintf(path, sizeof path, "/sourceimages/%.*s/alias/%s/cache"
	    "?wait=10", (int)strcspn(av[1], "."), av[1], av[3]);
	request(api, "DELETE", "api", av[2], path);
}

static void
await_purge(int api)
{
	const char *text = answer(api);

	if (strncmp(text, "HTTP/1.1 200", 12) != 0 ||
	    strstr(text, "\"acknowledged\"") == NULL)
		fail("purge: not answered 200 and acknowledged:\n%s", text);
}

/* Asks those that are not *fresh* yet; how many still are not. */
static int
ask_all(const int *fds, bool *fresh, int n, const char *host, const char *path)
{
	int left = 0;

	for (int i = 0; i < n; i++)
		if (!fresh[i])
			request(fds[i], "GET", host, "", path);
	for (int i = 0; i < n; i++)
		if (!fresh[i]) {
			fresh[i] = is_fresh(answer(fds[i]));
			left += !fresh[i];
		}
	return (left);
}

static double
purge_once(int api, const int *fds, int n, char **av, const char *path)
{
	static const struct timespec pause = { .tv_nsec = 100000 };
	bool fresh[ADDRS_MAX] = { false };
	double begin, ms;

	for (int i = 0; i < n; i++)
		do
			request(fds[i], "GET", av[1], "", path);
		while (is_fresh(answer(fds[i])));
	begin = now_us();
	send_purge(api, av);
	while (ask_all(fds, fresh, n, av[1], path) > 0)
		(void)nanosleep(&pause, NULL);
	ms = (now_us() - begin) / 1000;
	await_purge(api);
	return (ms);
}

static void
print_times(double *ms, int n)
{
	qsort(ms, (size_t)n, sizeof *ms, by_size);
	(void)printf("%.2f %.2f\n", ms[n / 2], ms[n * 99 / 100]);
}

/* Grows to the size of a log between two checkpoints, then is overwritten. */
static int
sync_file(char **av)
{
	static char buf[SYNC_BYTES];
	int n = atoi(av[1]), fd = open(av[0], O_WRONLY | O_CREAT, 0600);
	double *ms = calloc((size_t)(n > 0 ? n : 0) + 1, sizeof *ms), begin;

	if (fd < 0 || ms == NULL || n < 1)
		fail("%s: cannot be made", av[0]);
	for (int i = 0; i < n; i++) {
		begin = now_us();
		if (pwrite(fd, buf, sizeof buf,
		    (off_t)i * SYNC_BYTES % SYNC_FILE) != sizeof buf ||
		    fdatasync(fd) != 0)
			fail("%s: cannot be written", av[0]);
		ms[i] = (now_us() - begin) / 1000;
	}
	print_times(ms, n);
	free(ms);
	return (close(fd));
}

static int
purge(int ac, char **av)
{
	int fds[ADDRS_MAX], n = ac - 5, rounds = atoi(av[4]);
	int api = dial(av[0]);
	double *ms = calloc((size_t)rounds, sizeof *ms);
	char path[512];

	if (n < 1 || n > ADDRS_MAX || rounds < 1 || ms == NULL)
		return (64);
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	for (int i = 0; i < n; i++)
		fds[i] = dial(av[5 + i]);
	(void)snprintf(path, sizeof path, "/resize/-_%s_-.png", av[3]);
	for (int i = 0; i < rounds; i++)
		ms[i] = purge_once(api, fds, n, av, path);
	print_times(ms, rounds);
	free(ms);
	return (0);
}

static int
pester(char **av)
{
	static const struct timespec pause = { .tv_nsec = 100000000 };
	double begin = now_us(), us = atof(av[4]) * 1e6;
	int api = dial(av[0]);

	while (now_us() - begin < us) {
		send_purge(api, av);
		await_purge(api);
		(void)nanosleep(&pause, NULL);
	}
	return (close(api));
}

static int
load(char **av)
{
	int fd = dial(av[0]);
	double begin = now_us(), us = atof(av[2]) * 1e6;
	unsigned long n = 0;
	char path[128];

	(void)snprintf(path, sizeof path, PICTURE, 1U);
	for (; now_us() - begin < us; n++) {
		request(fd, "GET", av[1], "", path);
		(void)answer(fd);
	}
	(void)printf("%.0f\n", (double)n / (now_us() - begin) * 1e6);
	return (0);
}

int
main(int ac, char **av)
{
	if (ac == 5 && strcmp(av[1], "fill") == 0)
		return (fill(av + 2));
	if (ac == 11 && strcmp(av[1], "compare") == 0)
		return (compare(av + 2));
	if (ac >= 8 && strcmp(av[1], "purge") == 0)
		return (purge(ac - 2, av + 2));
	if (ac == 7 && strcmp(av[1], "pester") == 0)
		return (pester(av + 2));
	if (ac == 4 && strcmp(av[1], "sync") == 0)
		return (sync_file(av + 2));
	if (ac == 5 && strcmp(av[1], "load") == 0)
		return (load(av + 2));
	(void)fprintf(stderr, "usage: see the head of purge_client.c\n");
	return (64);
}
