/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * render_soak SECONDS FILE...: random stacks over the files, whole and broken,
 * at full load. No render may be lost, no worker die, and the memory of daemon
 * and workers has to stay level. Part of "make soak".
 */
#include "config.h"
#include "url.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "render_util.h"

#define IN_FLIGHT	8
#define FILES		64

static struct event_base *base;
static struct render_pool *pool;
static time_t end;
static struct file {
	unsigned char	*data;
	size_t		len;
} files[FILES];
static unsigned n_files;
static uint64_t seed = 88172645463325252;
static uint64_t asked, answered, by_status[RENDER_FAILED + 1];
static unsigned flying;

static uint32_t
rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((uint32_t)(seed >> 32) % n);
}

/* One operation, numbers drawn anew each time. */
static void
add_op(char *buf, size_t len)
{
	size_t at = strlen(buf);
	unsigned a = 1 + rnd(700), b = 1 + rnd(700), p = rnd(101);

	buf += at;
	len -= at;
	switch (rnd(16)) {
	case 0: case 1: case 2:
		snprintf(buf, len, "--resize-width-%u-height-%u", a, b);
		break;
	case 3:
		snprintf(buf, len, "--resize-width-%u-height-%u-mode-fill", a,
		    b);
		break;
	case 4: case 5:
		snprintf(buf, len, "--crop-width-%u-height-%u", a, b);
		break;
	case 6:
		snprintf(buf, len, "--crop-width-%u-height-%u-anchor-smart",
		    a, b);
		break;
	case 7:
		snprintf(buf, len, "--rotate-angle-%u", rnd(361));
		break;
	case 8:
		snprintf(buf, len, "--blur-sigma-%u", rnd(30));
		break;
	case 9:
		snprintf(buf, len, "--sepia--modulate-hue-%u", rnd(361));
		break;
	case 10:
		snprintf(buf, len, "--circlemask--trim-fuzzy-%u", p);
		break;
	case 11:
		snprintf(buf, len, "--dropshadow-horizontal-%u-sigma-%u",
		    rnd(50), rnd(20));
		break;
	case 12:
		snprintf(buf, len, "--composition-mode-foreground-width-%u-"
		    "height-%u-secondary_opacity-%u", a, b, p);
		break;
	case 13:
		snprintf(buf, len, "--alpha-mode-apply-opacity-%u", p);
		break;
	case 14:
		snprintf(buf, len, "--grayscale-levels-%u", 2 + rnd(255));
		break;
	default:
		snprintf(buf, len, "--sharpen--multiply-factor-0.%u", rnd(10));
	}
}

static void ask(void);

static void
done(void *arg, const struct render_result *r)
{
	char *what = arg;	/* for who wants to see it again */

	answered++;
	flying--;
	by_status[r->status]++;
	if (r->status >= RENDER_CRASHED)
		fprintf(stderr, "%s: status %d: %s\n", what, (int)r->status,
		    r->error);
	free(what);
	if (time(NULL) < end)
		ask();
	else if (flying == 0)
		event_base_loopbreak(base);
}

static int
source(unsigned i, char name[32])
{
	struct file *f = &files[i];
	int fd = bytes_fd(f->data, f->len);
	unsigned char bad[4];

	snprintf(name, 32, "file %u", i);
	if (rnd(4) == 0) {	/* broken */
		snprintf(name, 32, "broken %u", rnd(1u << 30));
		for (int n = 0; n < 4; n++) {
			bad[0] = (unsigned char)rnd(256);
			(void)!pwrite(fd, bad, 1, (off_t)rnd((uint32_t)
			    f->len));
		}
		if (rnd(2) == 0)
			(void)!ftruncate(fd, (off_t)rnd((uint32_t)f->len));
	}
	return (fd);
}

static void
ask(void)
{
	static const char *const formats[] = { "jpg", "png", "webp", "gif",
	    "jpg", "webp", "jpg" };
	char segments[900] = "resize-width-640-upscale-false", err[256];
	const char *format;
	char name[32], *what;
	struct render_ask one;
	struct recipe *r = NULL;
	int fd, status;

	for (unsigned n = rnd(4); n > 0; n--)
		add_op(segments, sizeof segments);
	format = formats[rnd(7)];
	r = recipe_new(NULL, &(struct url){
	    .segments = url_text(segments),
	    .format = url_text(format) },
	    NULL, &status, err, sizeof err);
	if (r == NULL) {
		fprintf(stderr, "%s: %s\n", segments, err);
		exit(1);
	}
	fd = source(rnd(n_files), name);
	asked++;
	flying++;
	if (asprintf(&what, "%s as %s of %s", segments, format, name) < 0)
		abort();
	one = (struct render_ask){ .org = "demo", .source = name, .fd = fd,
	    .secondary_fd = -1 };
	(void)render_submit(pool, &one, r, done, what);
	recipe_free(r);
	(void)close(fd);
}

/* Resident kB of *pid* now, or 0. */
static long
resident(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	if ((f = fopen(path, "r")) == NULL)
		return (0);
	while (fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	fclose(f);
	return (kb);
}

static void
report(const char *when)
{
	char path[64];
	pid_t pid;
	FILE *f;

	printf("%s: %llu renders, daemon %ld kB, workers", when,
	    (unsigned long long)answered, resident(getpid()));
	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	if ((f = fopen(path, "r")) == NULL)
		return;
	while (fscanf(f, "%d", &pid) == 1)
		printf(" %ld", resident(pid));
	fclose(f);
	printf(" kB\n");
	fflush(stdout);
}

static void
tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	report("now");
}

static void
take_file(const char *name)
{
	struct file *f = &files[n_files];
	struct stat st;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0 ||
	    (f->data = malloc((size_t)st.st_size)) == NULL ||
	    read(fd, f->data, (size_t)st.st_size) != st.st_size) {
		perror(name);
		exit(1);
	}
	f->len = (size_t)st.st_size;
	n_files++;
	(void)close(fd);
}

int
main(int argc, char **argv)
{
	struct render_conf conf = test_conf;
	struct timeval tv = { 10, 0 };
	struct render_stats st;
	struct event *timer;

	worker_entry(argc, argv);
	if (argc < 3) {
		fprintf(stderr, "usage: render_soak SECONDS FILE...\n");
		return (64);
	}
	for (int i = 2; i < argc && n_files < FILES; i++)
		take_file(argv[i]);
	seed ^= (uint64_t)time(NULL);
	end = time(NULL) + atoi(argv[1]);
	base = event_base_new();
	conf.workers = 2;
	pool = pool_start(base, &conf);
	timer = event_new(base, -1, EV_PERSIST, tick, NULL);
	(void)event_add(timer, &tv);
	for (int i = 0; i < IN_FLIGHT; i++)
		ask();
	event_base_dispatch(base);
	report("end");
	render_pool_stats(pool, &st);
	for (int i = 0; i <= RENDER_FAILED; i++)
		printf("status %d: %llu\n", i,
		    (unsigned long long)by_status[i]);
	event_free(timer);
	render_pool_free(pool);
	event_base_free(base);
	if (asked != answered || st.crashed != 0 ||
	    by_status[RENDER_FAILED] != 0) {
		printf("FAILED: %llu asked, %llu answered, %llu crashes\n",
		    (unsigned long long)asked, (unsigned long long)answered,
		    (unsigned long long)st.crashed);
		return (1);
	}
	return (0);
}
