/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <vips/vips.h>

#include "render_asked.h"

struct event_base *asked_base;
int asked_fd;

void
asked_done(void *arg, const struct render_result *r)
{
	struct asked *a = arg;

	a->answers++;
	a->r = *r;
	(void)snprintf(a->error, sizeof a->error, "%s", r->error);
	if (--*a->left == 0)
		event_base_loopbreak(asked_base);
}

struct render_job *
ask(struct render_pool *p, const char *source, const char *segments,
    struct asked *a, unsigned *left)
{
	return (ask_for(p, "demo", source, segments, a, left));
}

struct render_job *
ask_for(struct render_pool *p, const char *org, const char *source,
    const char *segments, struct asked *a, unsigned *left)
{
	const struct render_ask ra = { .org = org, .source = source,
	    .fd = asked_fd, .secondary_fd = -1, .width = 400, .height = 300,
	    .format = "png" };
	char err[256];
	int status;
	struct recipe *r = recipe_new(NULL, &(struct url){
	    .segments = url_text(segments),
	    .format = url_text("jpg") },
	    NULL, &status, err, sizeof err);
	struct render_job *j;

	assert_non_null(r);
	memset(a, 0, sizeof *a);
	a->left = left;
	++*left;
	j = render_submit(p, &ra, r, asked_done, a);
	assert_int_equal(a->answers, 0);	/* never from inside */
	recipe_free(r);
	return (j);
}

unsigned
children(pid_t *pids, unsigned most)
{
	char path[64];
	unsigned n = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/self/task/%d/children",
	    getpid());
	f = fopen(path, "r");
	assert_non_null(f);
	while (n < most && fscanf(f, "%d", &pids[n]) == 1)
		n++;
	fclose(f);
	return (n);
}

int
asked_start(void **state)
{
	VipsImage *im;
	size_t len;
	void *buf;

	(void)state;
	if (VIPS_INIT("render test"))
		return (-1);
	asked_base = event_base_new();
	if (vips_gaussnoise(&im, 400, 300, NULL) ||
	    vips_pngsave_buffer(im, &buf, &len, NULL))
		return (-1);
	asked_fd = bytes_fd(buf, len);
	g_free(buf);
	g_object_unref(im);
	return (0);
}

int
asked_end(void **state)
{
	(void)state;
	event_base_free(asked_base);
	return (0);
}
