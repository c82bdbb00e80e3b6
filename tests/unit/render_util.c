/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "url.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vips/vips.h>

#include "render_util.h"
#include "worker/worker.h"

const struct render_conf test_conf = {
	.workers = 1, .queue = 100, .wall_ms = 20000,
	.memory = (size_t)1 << 30, .pixels = 50000000, .side = 30000,
	.frames = 300, .output = 50000000, .jit = 1,
};

static struct event_base *base;
static struct render_pool *pool;

/* x265 keeps its tables when the tests make a HEIC file. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return ("leak:libx265\n");
}

void
worker_entry(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--render-worker") == 0)
		worker_main(3);
}

void
worker_kind_new(struct worker_kind *k, const char *kind)
{
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	(void)snprintf(k->dir, sizeof k->dir, "/tmp/moniker-test-XXXXXX");
	if (n <= 0 || mkdtemp(k->dir) == NULL)
		exit(99);
	self[n] = '\0';
	(void)snprintf(k->path, sizeof k->path, "%s/worker=%s", k->dir, kind);
	if (symlink(self, k->path) != 0)
		exit(99);
}

const char *
worker_kind(void)
{
	const char *kind = strstr((const char *)getauxval(AT_EXECFN),
	    "/worker=");

	return (kind == NULL ? "" : kind + strlen("/worker="));
}

void
worker_kind_free(struct worker_kind *k)
{
	(void)unlink(k->path);
	(void)rmdir(k->dir);
}

struct render_pool *
pool_start(struct event_base *b, const struct render_conf *conf)
{
	char err[256];
	struct render_pool *p = render_pool_new(b, conf, err, sizeof err);

	if (p == NULL) {
		fprintf(stderr, "render_pool_new: %s\n", err);
		exit(99);
	}
	return (p);
}

struct event_base *
render_base(void)
{
	if (base == NULL)
		base = event_base_new();
	return (base);
}

struct render_pool *
render_pool_of_file(void)
{
	static struct render_conf conf;

	conf = test_conf;
	conf.allow_pdf = render_takes_pdf;
	if (pool == NULL)
		pool = pool_start(render_base(), &conf);
	return (pool);
}

void
render_end(void)
{
	if (pool != NULL)
		render_pool_free(pool);
	if (base != NULL)
		event_base_free(base);
	pool = NULL;
	base = NULL;
}

int
render_group_start(void **state)
{
	(void)state;
	return (VIPS_INIT("render test"));
}

int
render_group_end(void **state)
{
	(void)state;
	render_end();
	return (0);
}

int
bytes_fd(const void *data, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len) {
		perror("memfd");
		exit(99);
	}
	return (fd);
}

static void
take(void *arg, const struct render_result *r)
{
	struct rendered *out = arg;

	out->r = *r;
	(void)snprintf(out->error, sizeof out->error, "%s", r->error);
	if (r->status == RENDER_OK) {
		out->len = (size_t)r->len;
		out->data = malloc(out->len + 1);
		if (out->data == NULL ||
		    pread(r->fd, out->data, out->len, 0) != r->len)
			out->len = 0;
	}
	out->r.fd = -1;
	event_base_loopbreak(base);
}

const struct recipe_image *render_known;
bool render_takes_pdf;

static void
render_fd(int fd, const char *name, const char *segments, const char *format,
    const char *accept, struct rendered *out)
{
	struct render_ask ask = { .org = "demo", .secondary_fd = -1 };
	struct recipe *r;
	int status = 0;

	memset(out, 0, sizeof *out);
	r = recipe_new_for(render_known, NULL, &(struct url){
	    .segments = url_text(segments),
	    .format = url_text(format) },
	    accept, &status, out->error, sizeof out->error);
	if (r == NULL) {
		out->r.status = RENDER_BAD_RECIPE;
		return;
	}
	ask.source = name;
	ask.fd = fd;
	(void)render_submit(render_pool_of_file(), &ask, r, take, out);
	recipe_free(r);
	event_base_dispatch(base);
}

void
render_file(const char *file, const char *segments, const char *format,
    const char *accept, struct rendered *out)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		perror(file);
		exit(99);
	}
	render_fd(fd, file, segments, format, accept, out);
	(void)close(fd);
}

void
render_bytes(const void *data, size_t len, const char *segments,
    const char *format, const char *accept, struct rendered *out)
{
	int fd = bytes_fd(data, len);

	render_fd(fd, "bytes", segments, format, accept, out);
	(void)close(fd);
}
