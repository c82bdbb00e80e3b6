/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker that a decoder's fault has put into other hands: whatever it sends,
 * the daemon gives no picture that was not checked, keeps no descriptor of
 * its, and goes on. This program is its own worker, of a kind by its name.
 */
#include "config.h"
#include "url.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/wire.h"
#include "render_util.h"

#define SOCK	3
#define PICTURE	"\x89PNG\r\n\x1a\n and no more of a picture"
/* As long, and of the characters that a text may have */
#define PICTURE_TEXT "LlDcvF~8=^$~ptoNjJjbgfe?e=f8_more"
#define SVG	"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"

/*--------------------------------------------------------------------
 * The worker
 */

static struct wire_request request;
static int fds[WIRE__FDS];

static void
say(const struct wire_reply *reply)
{
	(void)wire_send(SOCK, reply, sizeof *reply, NULL, 0);
}

static void
rogue_unasked(struct wire_reply *r)
{
	say(r);
	say(r);
}

static void
rogue_short(struct wire_reply *r)
{
	(void)send(SOCK, r, 3, MSG_NOSIGNAL);
}

static void
rogue_long(struct wire_reply *r)
{
	static char more[100000];

	r->len = (int64_t)strlen(PICTURE);
	memcpy(more, r, sizeof *r);
	(void)!write(fds[WIRE_RESULT], PICTURE, strlen(PICTURE));
	(void)send(SOCK, more, sizeof more, MSG_NOSIGNAL);
}

static void
rogue_flood(struct wire_reply *r)
{
	for (;;)
		say(r);
}

static void
rogue_empty(struct wire_reply *r)
{
	r->len = 100;
	say(r);
}

static void
rogue_vast(struct wire_reply *r)
{
	r->len = INT64_MAX;
	r->width = r->height = -1;
	r->format = 9999;
	say(r);
}

/* Made to look, in a line of the log, like what the daemon says. */
static void
rogue_forged(struct wire_reply *r)
{
	r->status = RENDER_FAILED;
	(void)snprintf(r->error, sizeof r->error, "no \" hint=\"\\");
	say(r);
}

/* No text has an end. */
static void
rogue_noise(struct wire_reply *r)
{
	memset(r, 'x', sizeof *r);
	say(r);
}

static void
rogue_descriptors(struct wire_reply *r)
{
	(void)wire_send(SOCK, r, sizeof *r, fds, WIRE_SECONDARY);
}

/* The answer is right; its picture is written to without end. */
static void
rogue_late(struct wire_reply *r)
{
	r->len = (int64_t)strlen(PICTURE);
	(void)!write(fds[WIRE_RESULT], PICTURE, strlen(PICTURE));
	say(r);
	for (unsigned char c = 0;; c++)
		(void)!pwrite(fds[WIRE_RESULT], &c, 1,
		    (off_t)strlen(PICTURE) - 1);
}

static void
answer_with(struct wire_reply *r, enum format format, const char *bytes)
{
	r->format = format;
	r->len = (int64_t)strlen(bytes);
	(void)!write(fds[WIRE_RESULT], bytes, strlen(bytes));
	say(r);
}

/* What a browser would run, as what it is and as what was asked for */
static void
rogue_svg(struct wire_reply *r)
{
	answer_with(r, FORMAT_SVG, SVG);
}

static void
rogue_pdf(struct wire_reply *r)
{
	answer_with(r, FORMAT_PDF, "%PDF-1.7");
}

static void
rogue_page(struct wire_reply *r)
{
	answer_with(r, FORMAT_PNG, "<html><script>alert(1)</script>");
}

/* A picture, but none that the recipe makes */
static void
rogue_other(struct wire_reply *r)
{
	answer_with(r, FORMAT_GIF, "GIF89a and no more");
}

/* No text that a picture has */
static void
rogue_words(struct wire_reply *r)
{
	answer_with(r, FORMAT_BLUR, "LlDcvF~8 alert(1)");
}

static void
rogue_tag(struct wire_reply *r)
{
	answer_with(r, FORMAT_BLUR, "<script>");
}

static void
rogue_blurhash(struct wire_reply *r)
{
	answer_with(r, FORMAT_BLUR, PICTURE_TEXT);
}

static const struct rogue {
	const char	*name;
	void		(*answer)(struct wire_reply *);
	enum render_status status;	/* that the asker gets */
	const char	*format;	/* asked for */
} rogues[] = {
	{ "unasked", rogue_unasked, RENDER_FAILED, "png" },
	{ "short", rogue_short, RENDER_CRASHED, "png" },
	{ "long", rogue_long, RENDER_CRASHED, "png" },
	{ "flood", rogue_flood, RENDER_FAILED, "png" },
	{ "empty", rogue_empty, RENDER_FAILED, "png" },
	{ "vast", rogue_vast, RENDER_FAILED, "png" },
	{ "forged", rogue_forged, RENDER_FAILED, "png" },
	{ "noise", rogue_noise, RENDER_FAILED, "png" },
	{ "descriptors", rogue_descriptors, RENDER_FAILED, "png" },
	{ "late", rogue_late, RENDER_OK, "png" },
	{ "svg", rogue_svg, RENDER_FAILED, "png" },
	{ "pdf", rogue_pdf, RENDER_FAILED, "png" },
	{ "page", rogue_page, RENDER_FAILED, "png" },
	{ "other", rogue_other, RENDER_FAILED, "png" },
	{ "words", rogue_words, RENDER_FAILED, "blur" },
	{ "tag", rogue_tag, RENDER_FAILED, "blur" },
	{ "blurhash", rogue_blurhash, RENDER_OK, "blur" },
	{ "unasked-blurhash", rogue_blurhash, RENDER_FAILED, "png" },
};

/* What it says of a source, which is a PNG. */
static const struct claim {
	const char	*name;
	enum format	format;
	int64_t		width, height;
	uint32_t	frames;
	const char	*metadata;
	enum render_status status;
} claims[] = {
	{ "probe-true", FORMAT_PNG, 10, 10, 1, "{}", RENDER_OK },
	{ "probe-svg", FORMAT_SVG, 10, 10, 1, "{}", RENDER_FAILED },
	{ "probe-jpg", FORMAT_JPG, 10, 10, 1, "{}", RENDER_FAILED },
	{ "probe-none", FORMAT_MAX, 10, 10, 1, "{}", RENDER_FAILED },
	{ "probe-width", FORMAT_PNG, -1, 10, 1, "{}", RENDER_FAILED },
	{ "probe-height", FORMAT_PNG, 10, INT64_MAX, 1, "{}", RENDER_FAILED },
	{ "probe-frames", FORMAT_PNG, 10, 10, 0, "{}", RENDER_FAILED },
	{ "probe-list", FORMAT_PNG, 10, 10, 1, "[1]", RENDER_FAILED },
	{ "probe-text", FORMAT_PNG, 10, 10, 1, "{\"a\":", RENDER_FAILED },
};

static void
claim(const struct claim *c)
{
	struct wire_reply r = { .status = RENDER_OK, .format = c->format,
	    .width = c->width, .height = c->height, .frames = c->frames };

	(void)snprintf(r.metadata, sizeof r.metadata, "%s", c->metadata);
	say(&r);
}

static void
rogue_main(const char *name)
{
	struct wire_reply ready = { .status = RENDER_OK };
	struct wire_reply reply = { .status = RENDER_OK,
	    .format = FORMAT_PNG, .width = 10, .height = 10 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);	/* some never end */
	(void)wire_recv(SOCK, &request, sizeof request, fds, WIRE__FDS);
	say(&ready);
	if (wire_recv(SOCK, &request, sizeof request, fds, WIRE__FDS) <= 0)
		_exit(0);
	for (size_t i = 0; i < sizeof rogues / sizeof *rogues; i++)
		if (strcmp(rogues[i].name, name) == 0)
			rogues[i].answer(&reply);
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
		if (strcmp(claims[i].name, name) == 0)
			claim(&claims[i]);
	(void)wire_recv(SOCK, &request, sizeof request, fds, WIRE__FDS);
	_exit(0);
}

/*--------------------------------------------------------------------
 * The daemon's side
 */

struct asked {
	struct event_base *base;
	enum render_status status;
	int		fd;		/* of the picture */
	char		picture[sizeof(PICTURE)];
};

static void
read_picture(int fd, char buf[sizeof(PICTURE)])
{
	memset(buf, 0, sizeof(PICTURE));
	assert_int_equal(pread(fd, buf, sizeof(PICTURE), 0),
	    strlen(PICTURE));
}

static void
answered(void *arg, const struct render_result *r)
{
	struct asked *a = arg;

	a->status = r->status;
	if (r->status == RENDER_OK) {
		a->fd = dup(r->fd);
		read_picture(a->fd, a->picture);
	}
	event_base_loopbreak(a->base);
}

static unsigned
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return (n);
}

/* Until nothing is left to be done at once. */
static void
settle(struct event_base *base)
{
	struct timeval tv = { 0, 50000 };

	assert_int_equal(event_base_loopexit(base, &tv), 0);
	event_base_dispatch(base);
}

static void
ask(struct render_pool *p, const char *format, struct asked *a)
{
	char err[256];
	int status, fd = bytes_fd("x", 1);
	struct recipe *r = recipe_new(NULL, &(struct url){
	    .segments = url_text("noop"),
	    .format = url_text(format) },
	    NULL, &status, err, sizeof err);
	const struct render_ask one = { .org = "demo", .source = "source",
	    .fd = fd, .secondary_fd = -1 };

	assert_non_null(r);
	(void)render_submit(p, &one, r, answered, a);
	recipe_free(r);
	(void)close(fd);
	event_base_dispatch(a->base);
}

static void
test_rogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rogues / sizeof *rogues; i++) {
		struct asked a = { .base = event_base_new() };
		unsigned before = open_files();
		struct render_conf conf = test_conf;
		struct worker_kind kind;
		struct render_pool *p;

		worker_kind_new(&kind, rogues[i].name);
		conf.program = kind.path;
		p = pool_start(a.base, &conf);
		ask(p, rogues[i].format, &a);
		settle(a.base);
		if (a.status != rogues[i].status)
			fail_msg("%s: status %d", rogues[i].name,
			    (int)a.status);
		if (a.status == RENDER_OK) {
			char now[sizeof(PICTURE)];

			read_picture(a.fd, now);
			assert_string_equal(now, a.picture);
			(void)close(a.fd);
		}
		render_pool_free(p);
		worker_kind_free(&kind);
		if (open_files() > before)
			fail_msg("%s: %u descriptors, and %u before",
			    rogues[i].name, open_files(), before);
		event_base_free(a.base);
	}
}

static void
probed(void *arg, const struct probe_result *r)
{
	struct asked *a = arg;

	a->status = r->status;
	event_base_loopbreak(a->base);
}

/* Of a source, too, nothing is believed that it does not look. */
static void
test_claims(void **state)
{
	struct render_conf conf = test_conf;
	struct worker_kind kind;
	struct render_pool *p;
	int fd = bytes_fd(PICTURE, strlen(PICTURE));

	(void)state;
	conf.allow_svg = 1;
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		struct asked a = { .base = event_base_new() };

		worker_kind_new(&kind, claims[i].name);
		conf.program = kind.path;
		p = pool_start(a.base, &conf);
		render_probe(p, "demo", fd, probed, &a);
		event_base_dispatch(a.base);
		if (a.status != claims[i].status)
			fail_msg("%s: status %d", claims[i].name,
			    (int)a.status);
		render_pool_free(p);
		worker_kind_free(&kind);
		event_base_free(a.base);
	}
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rogues),
		cmocka_unit_test(test_claims),
	};

	if (*worker_kind() != '\0')
		rogue_main(worker_kind());
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
