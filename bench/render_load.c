/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For bench/render.sh. Two ways to use it, each prints
 *	pictures-per-second CPU-ms-per-picture peak-MB bytes-of-the-last
 *
 * render_load loop|whole FILE FORMAT JOBS SECONDS
 *	JOBS processes, each in a loop of what libvips does by itself:
 *	vips_thumbnail_buffer (loop), or the JPEG opened with the whole shrink
 *	of its decoder and vips_thumbnail_image after it (whole)
 * render_load http ADDRESS HOST PID SECONDS PATH...
 *	one connection for each PATH, to a Unix socket or to 127.0.0.1:PORT;
 *	PID and its children are what uses CPU and memory
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <vips/vips.h>

#define BOX_W	400
#define BOX_H	300

static double
now(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static void
die(const char *what)
{
	fprintf(stderr, "render_load: %s: %s%s\n", what, strerror(errno),
	    vips_error_buffer());
	exit(1);
}

/*--------------------------------------------------------------------
 * libvips by itself
 */

/* The rate is each client's own, by the time until its last answer. */
struct tally {
	double	pictures, rate, cpu, bytes;
	double	peak_kb, shared_kb;	/* shared: by all processes */
};

static int
thumbnail(const char *way, const char *file, const char *format, void *data,
    size_t len, VipsImage **out)
{
	bool moves = strstr(file, "anim") != NULL &&
	    strcmp(format, "jpg") != 0;
	VipsImage *in;
	double s;
	int shrink, rc;

	if (strcmp(way, "whole") != 0 || strstr(file, ".jpg") == NULL)
		return (vips_thumbnail_buffer(data, len, out, BOX_W,
		    "height", BOX_H, "option_string", moves ? "[n=-1]" : "",
		    "export_profile", "srgb", NULL));
	if (vips_jpegload_buffer(data, len, &in, NULL))
		return (-1);
	s = VIPS_MAX((double)in->Xsize / BOX_W, (double)in->Ysize / BOX_H);
	shrink = s >= 8 ? 8 : s >= 4 ? 4 : s >= 2 ? 2 : 1;
	g_object_unref(in);
	if (vips_jpegload_buffer(data, len, &in, "shrink", shrink, "access",
	    VIPS_ACCESS_SEQUENTIAL, NULL))
		return (-1);
	rc = vips_thumbnail_image(in, out, BOX_W, "height", BOX_H,
	    "export_profile", "srgb", NULL);
	g_object_unref(in);
	return (rc);
}

static size_t
one(const char *way, const char *file, void *data, size_t len,
    const char *format)
{
	VipsImage *im;
	size_t n = 0;
	void *buf;
	int rc;

	if (thumbnail(way, file, format, data, len, &im))
		die(file);
	/* Which webpsave would keep, whatever "strip" says */
	(void)vips_image_remove(im, VIPS_META_ICC_NAME);
	(void)vips_image_remove(im, VIPS_META_EXIF_NAME);
	if (strcmp(format, "jpg") == 0)
		rc = vips_jpegsave_buffer(im, &buf, &n, "Q", 80, "strip",
		    TRUE, NULL);
	else if (strcmp(format, "webp") == 0)
		rc = vips_webpsave_buffer(im, &buf, &n, "Q", 80, "strip",
		    TRUE, NULL);
	else if (strcmp(format, "avif") == 0)
		rc = vips_heifsave_buffer(im, &buf, &n, "Q", 50,
		    "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1,
		    "strip", TRUE, NULL);
	else
		rc = vips_pngsave_buffer(im, &buf, &n, "compression", 7,
		    "strip", TRUE, NULL);
	if (rc)
		die(format);
	g_free(buf);
	g_object_unref(im);
	return (n);
}

/* One line of its status, in kB */
static double
memory_of(pid_t pid, const char *name)
{
	char path[64], line[256];
	double kb = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	if ((f = fopen(path, "r")) == NULL)
		return (0);
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			kb = atof(line + strlen(name));
	fclose(f);
	return (kb);
}

static void
loop_child(const char *way, const char *file, const char *format,
    double seconds, struct tally *t)
{
	char *data = NULL;
	gsize len = 0;
	double begin, end, cpu;

	if (VIPS_INIT("render_load") ||
	    !g_file_get_contents(file, &data, &len, NULL))
		die(file);
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	(void)one(way, file, data, len, format);
	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	begin = now(CLOCK_MONOTONIC);
	for (end = begin + seconds; now(CLOCK_MONOTONIC) < end; t->pictures++)
		t->bytes = (double)one(way, file, data, len, format);
	t->rate = t->pictures / (now(CLOCK_MONOTONIC) - begin);
	t->cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	t->peak_kb = memory_of(getpid(), "VmHWM:");
	_exit(0);
}

static void
print(const struct tally *t)
{
	printf("%.1f %.1f %.0f %.0f\n", t->rate,
	    t->pictures > 0 ? t->cpu * 1e3 / t->pictures : 0,
	    t->peak_kb / 1024, t->bytes);
}

static int
run_loop(char **argv)
{
	int jobs = atoi(argv[4]);
	double seconds = atof(argv[5]);
	struct tally sum = { 0 }, *t = mmap(NULL, 4096 * (size_t)jobs,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < jobs; i++)
		if (fork() == 0)
			loop_child(argv[1], argv[2], argv[3], seconds, &t[i]);
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < jobs; i++) {
		sum.pictures += t[i].pictures;
		sum.rate += t[i].rate;
		sum.cpu += t[i].cpu;
		sum.peak_kb += t[i].peak_kb;
		sum.bytes = t[i].bytes;
	}
	print(&sum);
	return (0);
}

/*--------------------------------------------------------------------
 * A server
 */

struct asker {
	pthread_t	thread;
	const char	*address, *host, *path;
	double		end;
	struct tally	t;
};

static int
dial(const char *address)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET };
	const char *port = strrchr(address, ':');
	int fd = socket(port != NULL ? AF_INET : AF_UNIX, SOCK_STREAM, 0);

	if (port != NULL) {
		in.sin_port = htons((uint16_t)atoi(port + 1));
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (connect(fd, (struct sockaddr *)&in, sizeof in) != 0)
			die(address);
		return (fd);
	}
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s", address);
	if (connect(fd, (struct sockaddr *)&un, sizeof un) != 0)
		die(address);
	return (fd);
}

/* One answer: its body's length; dies unless it is a 200 with a length. */
static size_t
answer(FILE *f, const char *path)
{
	char line[1024], body[65536];
	size_t len = 0, left;
	int status = 0;

	if (fgets(line, sizeof line, f) == NULL)
		die("no answer");
	(void)sscanf(line, "HTTP/1.1 %d", &status);
	while (fgets(line, sizeof line, f) != NULL && line[0] != '\r')
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			len = strtoul(line + 15, NULL, 10);
	for (left = len; left > 0;) {
		size_t n = fread(body, 1, left < sizeof body ? left :
		    sizeof body, f);

		if (n == 0)
			die("body cut short");
		left -= n;
	}
	if (status != 200 || len == 0) {
		fprintf(stderr, "render_load: %s: status %d, %zu bytes\n",
		    path, status, len);
		exit(1);
	}
	return (len);
}

static void *
ask(void *arg)
{
	struct asker *a = arg;
	int fd = dial(a->address);
	FILE *f = fdopen(fd, "r");
	double begin = now(CLOCK_MONOTONIC);

	while (now(CLOCK_MONOTONIC) < a->end) {
		dprintf(fd, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", a->path,
		    a->host);
		a->t.bytes = (double)answer(f, a->path);
		a->t.pictures++;
	}
	a->t.rate = a->t.pictures / (now(CLOCK_MONOTONIC) - begin);
	fclose(f);
	return (NULL);
}

/*
 * CPU seconds and peak of *pid* and all that descend from it, which execute the
 * same program: the pages of its libraries are in memory once.
 */
static void
family(pid_t pid, struct tally *t)
{
	char path[64], buf[512], *p;
	unsigned long user, sys;
	double shared;
	pid_t child;
	FILE *f;

	shared = memory_of(pid, "RssFile:");
	t->peak_kb += memory_of(pid, "VmHWM:") - shared;
	if (shared > t->shared_kb)
		t->shared_kb = shared;
	(void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
	if ((f = fopen(path, "r")) == NULL)
		return;
	if (fgets(buf, sizeof buf, f) != NULL &&
	    (p = strrchr(buf, ')')) != NULL &&
	    sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
	    &user, &sys) == 2)
		t->cpu += (double)(user + sys) /
		    (double)sysconf(_SC_CLK_TCK);
	fclose(f);
	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid,
	    pid);
	if ((f = fopen(path, "r")) == NULL)
		return;
	while (fscanf(f, "%d", &child) == 1)
		family(child, t);
	fclose(f);
}

static int
run_http(int argc, char **argv)
{
	struct asker a[64];
	pid_t pid = atoi(argv[4]);
	double seconds = atof(argv[5]);
	struct tally sum = { 0 }, before = { 0 }, after = { 0 };
	int n = argc - 6;

	family(pid, &before);
	for (int i = 0; i < n && i < 64; i++) {
		a[i] = (struct asker){ .address = argv[2], .host = argv[3],
		    .path = argv[6 + i],
		    .end = now(CLOCK_MONOTONIC) + seconds };
		if (pthread_create(&a[i].thread, NULL, ask, &a[i]) != 0)
			die("pthread_create");
	}
	for (int i = 0; i < n && i < 64; i++) {
		(void)pthread_join(a[i].thread, NULL);
		sum.pictures += a[i].t.pictures;
		sum.rate += a[i].t.rate;
		sum.bytes = a[i].t.bytes;
	}
	family(pid, &after);
	sum.cpu = after.cpu - before.cpu;
	sum.peak_kb = after.peak_kb + after.shared_kb;
	print(&sum);
	return (0);
}

int
main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "http") != 0)
		return (run_loop(argv));
	if (argc >= 7 && strcmp(argv[1], "http") == 0)
		return (run_http(argc, argv));
	fprintf(stderr, "usage: render_load loop|whole FILE FORMAT JOBS "
	    "SECONDS | http ADDRESS HOST PID SECONDS PATH...\n");
	return (64);
}
