/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker: starts libvips, locks itself in, and renders what it is sent. */
#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cage/confine.h"
#include "recipe/recipe.h"
#include "wire/sniff.h"
#include "worker/cage.h"
#include "worker/give_up.h"
#include "worker/libs.h"
#include "worker/reason.h"
#include "worker/sandbox.h"
#include "worker/work.h"
#include "worker/work_render.h"
#include "worker/worker.h"

/*
 * A worker that has grown so big gives its memory back by leaving; renders
 * are a long way above what starting one costs.
 */
#define RENDERS_MOST	5000

/*
 * What a render frees stays for the next one, in one arena: the system clears
 * the memory it gives page by page, which takes a tenth of an animation's time
 * and a third of that of a big progressive JPEG. Only very big blocks go back.
 */
static void
tune_malloc(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, 8 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

/* What stays free at most, and how long, so that workers are small again */
#define FREE_MOST	((size_t)64 << 20)
#define REST_MS		500

static void
give_back(void)
{
	struct mallinfo2 m = mallinfo2();

	if (m.fordblks > FREE_MOST)
		(void)malloc_trim(0);
}

/* Until there is a request. A worker that rests gives back all it can. */
static void
rest(int sock)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };

	if (poll(&p, 1, REST_MS) == 0)
		(void)malloc_trim(0);
}

/*--------------------------------------------------------------------
 * libvips, with the loaders of the formats we take
 */

/* The class of each format's loaders, and the module that may hold it. */
static const struct {
	enum format	format;
	const char	*loader, *module;
} loaders[] = {
	{ FORMAT_JPG, "VipsForeignLoadJpeg", NULL },
	{ FORMAT_PNG, "VipsForeignLoadPng", NULL },
	{ FORMAT_GIF, "VipsForeignLoadNsgif", NULL },
	{ FORMAT_WEBP, "VipsForeignLoadWebp", NULL },
	{ FORMAT_TIFF, "VipsForeignLoadTiff", NULL },
	{ FORMAT_AVIF, "VipsForeignLoadHeif", "vips-heif" },
	{ FORMAT_HEIF, "VipsForeignLoadHeif", "vips-heif" },
	{ FORMAT_JXL, "VipsForeignLoadJxl", "vips-jxl" },
	{ FORMAT_SVG, "VipsForeignLoadSvg", NULL },
	{ FORMAT_PDF, "VipsForeignLoadPdf", "vips-poppler" },
	{ FORMAT_JP2, "VipsForeignLoadJp2k", NULL },
};

/*
 * libvips would load every module it finds: ImageMagick, OpenSlide, poppler,
 * 30 MB and much foreign code. It is told to look where there is nothing, and
 * the modules wanted are loaded by name.
 */
static void
load_module(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/vips-modules-%d.%d/%s.so",
	    VIPS_LIBDIR, vips_version(0), vips_version(1), name);
	/* Missing: that format is refused, but the worker goes on. */
	GModule *m = g_module_open(path, G_MODULE_BIND_LAZY);
	if (m != NULL)
		g_module_make_resident(m);
}

static void
allow_loaders(uint32_t formats_allowed)
{
	const char *loaded = "";

	vips_operation_block_set("VipsForeignLoad", TRUE);
	for (size_t i = 0; i < sizeof loaders / sizeof *loaders; i++) {
		if (!(formats_allowed & UINT32_C(1) << loaders[i].format))
			continue;
		if (loaders[i].module != NULL &&
		    strcmp(loaded, loaders[i].module) != 0)
			load_module(loaded = loaders[i].module);
		vips_operation_block_set(loaders[i].loader, FALSE);
	}
}

static void
start_vips(const struct wire_limits *limits)
{
	(void)setenv("VIPS_CONCURRENCY", "1", 1);
	(void)setenv("VIPSHOME", "/nonexistent", 1);
	/* Big pictures go to memory, which has a limit: there are no files. */
	(void)setenv("VIPS_DISC_THRESHOLD", "1000g", 1);
	/* Some operations have ORC make code without asking whether it may. */
	if (limits->jit == 0)
		(void)setenv("ORC_CODE", "emulate", 1);
	/* GLib's own writer asks the system what its standard error is. */
	g_log_set_writer_func(reason_log, NULL, NULL);
	if (VIPS_INIT("monikerd"))
		_exit(70);
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	allow_loaders(limits->allowed);
}

/*--------------------------------------------------------------------
 * Requests
 */

struct file {
	void	*data;
	size_t	len;
};

static int
file_map(int fd, struct file *f)
{
	struct stat st;

	f->data = NULL;
	f->len = 0;
	/* glibc's fstat() is a call that could also stat a name. */
	if (syscall(SYS_fstat, fd, &st) != 0 || st.st_size <= 0)
		return (-1);
	f->len = (size_t)st.st_size;
	f->data = mmap(NULL, f->len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (f->data == MAP_FAILED) {
		f->data = NULL;
		return (-1);
	}
	return (0);
}

static void
file_unmap(struct file *f)
{
	if (f->data != NULL)
		(void)munmap(f->data, f->len);
}

static void
answer_error(struct wire_reply *reply, enum render_status status,
    const char *text)
{
	reply->status = status;
	(void)snprintf(reply->error, sizeof reply->error, "%s", text);
}

static bool
is_font(const struct work *w, const struct file *f)
{
	return (sniff(f->data, f->len) == FORMAT_TTF &&
	    (w->limits->allowed & UINT32_C(1) << FORMAT_TTF) != 0);
}

/* Opens both sources and renders. */
static void
render(struct work *w, const struct wire_request *rq, const struct file *src,
    const struct file *second, int fd, struct wire_reply *reply)
{
	struct source secondary = { .header = NULL };

	w->recipe = &rq->recipe;
	if (source_open(w, &w->src, src->data, src->len) == 0 &&
	    second->data != NULL && is_font(w, second)) {
		w->font.data = second->data;
		w->font.len = second->len;
	} else if (w->status == RENDER_OK && second->data != NULL) {
		const struct recipe *r = w->recipe;

		w->recipe = NULL;	/* of an animation the first frame */
		if (source_open(w, &secondary, second->data,
		    second->len) == 0)
			w->secondary = &secondary;
		w->recipe = r;
	}
	if (w->status == RENDER_OK) {
		reply->edition = VIPS_MAX(source_edition(&w->src),
		    w->secondary != NULL ? source_edition(&secondary) : 0);
		work_render(w, fd, reply);
		if (w->kept)
			reply->edition = RECIPE_EDITION;
	} else {
		reply->status = w->status;
		memcpy(reply->error, w->error, sizeof reply->error);
	}
	source_close(&secondary);
	w->secondary = NULL;
}

static void
serve(const struct wire_limits *limits, const struct wire_request *rq,
    const int *fds, struct wire_reply *reply)
{
	struct work w = { .limits = limits, .frames = 1 };
	struct file src, second = { NULL, 0 };

	if (rq->kind == WIRE_RENDER && rq->recipe.magic != RECIPE_MAGIC) {
		answer_error(reply, RENDER_FAILED, "the recipe is not of this "
		    "release");
		return;
	}
	if (file_map(fds[WIRE_SOURCE], &src) != 0) {
		answer_error(reply, RENDER_BAD_IMAGE, src.len == 0 ?
		    "the file is empty" : "the file is too large to be read");
		return;
	}
	if (rq->kind == WIRE_PROBE)
		source_probe(&w, src.data, src.len, reply);
	else {
		if (rq->has_secondary)
			(void)file_map(fds[WIRE_SECONDARY], &second);
		render(&w, rq, &src, &second, fds[WIRE_RESULT], reply);
	}
	work_free(&w);
	file_unmap(&second);
	file_unmap(&src);
}

/* Waits for the limits, which come first. */
static void
greet(int sock, struct wire_limits *limits)
{
	static struct wire_request rq;
	int fds[WIRE__FDS];

	if (wire_recv(sock, &rq, sizeof rq, fds, WIRE__FDS) <= 0 ||
	    rq.kind != WIRE_LIMITS)
		_exit(0);
	*limits = rq.limits;
	/* Threads inherit it. A worker that fails to is only less polite. */
	(void)setpriority(PRIO_PROCESS, 0, (int)limits->nice);
}

static void
ready(int sock, const struct wire_limits *limits)
{
	struct wire_reply reply = { .status = RENDER_OK };

	start_vips(limits);
	reply.libs = *libs_look();
	confine_hush();
	if (cage_enter(&reply.cage, limits) != 0)
		answer_error(&reply, RENDER_FAILED, "the rights of root "
		    "cannot be given up");
	else if (sandbox_limits(limits) != 0 || give_up_open(sock) != 0)
		answer_error(&reply, RENDER_FAILED, "the resource limits "
		    "cannot be set");
	else if (sandbox_enter(&reply.cage, reply.error,
	    sizeof reply.error) != 0)
		reply.status = RENDER_FAILED;
	if (wire_send(sock, &reply, sizeof reply, NULL, 0) != 0 ||
	    reply.status != RENDER_OK)
		_exit(71);
}

/*
 * A terminal and systemd tell every process of a group to end. The daemon lets
 * what is under way be finished, and then ends its workers by their sockets.
 */
static void
ignore_signals(void)
{
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
}

void
worker_main(int sock)
{
	static struct wire_request rq;
	struct wire_limits limits;
	int fds[WIRE__FDS];

	(void)prctl(PR_SET_NAME, "moniker-worker");
	ignore_signals();
	(void)close_range((unsigned)sock + 1, ~0u, 0);
	tune_malloc();
	greet(sock, &limits);
	ready(sock, &limits);
	for (unsigned n = 1;; n++) {
		struct wire_reply reply = { .status = RENDER_FAILED };

		rest(sock);
		if (wire_recv(sock, &rq, sizeof rq, fds, WIRE__FDS) <= 0)
			_exit(0);
		sandbox_more_cpu(limits.wall_ms);
		give_up_begin();
		serve(&limits, &rq, fds, &reply);
		give_up_end();
		for (int i = 0; i < WIRE__FDS; i++)
			if (fds[i] >= 0)
				(void)close(fds[i]);
		reply.last = n == RENDERS_MOST;
		if (wire_send(sock, &reply, sizeof reply, NULL, 0) != 0 ||
		    reply.last)
			_exit(0);
		/* After the answer: nobody waits for it. */
		give_back();
	}
}
