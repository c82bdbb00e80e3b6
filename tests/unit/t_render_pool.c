/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool's queue: joining, bounds, cancelling, descriptors that run out. */
#include "config.h"
#include "url.h"

#include <sys/resource.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "recipe/recipe_data.h"
#include "render_asked.h"

static void
test_joining(void **state)
{
	struct render_pool *p = pool_start(asked_base, &test_conf);
	struct asked a[4];
	struct render_stats st;
	unsigned left = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)ask(p, "one", QUICK, &a[i], &left);
	(void)ask(p, "two", QUICK, &a[3], &left);
	event_base_dispatch(asked_base);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(a[i].answers, 1);
		assert_int_equal(a[i].r.status, RENDER_OK);
		assert_int_equal(a[i].r.width, 20);
	}
	render_pool_stats(p, &st);
	assert_int_equal(st.rendered, 2);
	assert_int_equal(st.joined, 2);
	assert_int_equal(st.waiting, 0);
	render_pool_free(p);
}

static void
test_queue_bound(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;
	struct asked a[4];
	struct render_stats st;
	unsigned left = 0;
	char name[8];

	(void)state;
	conf.queue = 2;		/* no worker is ready yet: two may wait */
	p = pool_start(asked_base, &conf);
	for (int i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof name, "s%d", i);
		(void)ask(p, name, QUICK, &a[i], &left);
	}
	event_base_dispatch(asked_base);
	assert_int_equal(a[0].r.status, RENDER_OK);
	assert_int_equal(a[1].r.status, RENDER_OK);
	assert_int_equal(a[2].r.status, RENDER_BUSY);
	assert_int_equal(a[3].r.status, RENDER_BUSY);
	render_pool_stats(p, &st);
	assert_int_equal(st.refused, 2);
	render_pool_free(p);
}

/* Leaves this process *n* descriptors; *held* are those in their way. */
static unsigned
use_up(int held[256], unsigned n)
{
	unsigned got = 0;

	while (got < 256 && (held[got] = dup(asked_fd)) >= 0)
		got++;
	assert_true(got < 256 && got >= n);
	for (; n > 0; n--)
		(void)close(held[--got]);
	return (got);
}

/* However many a composition of two sources gets: never "not found". */
static void
test_no_descriptors(void **state)
{
	const char *const segments = "composition-mode-background-width-10-"
	    "height-10-secondary_image-abcdef";
	char err[256];
	int status, held[256];
	struct recipe *r = recipe_new(NULL, &(struct url){
	    .segments = url_text(segments),
	    .format = url_text("jpg") },
	    NULL, &status, err, sizeof err);
	struct render_pool *p = pool_start(asked_base, &test_conf);
	const struct render_ask two = { .org = "demo", .source = "one",
	    .fd = asked_fd, .secondary_fd = asked_fd };
	struct rlimit was, few;

	(void)state;
	assert_non_null(r);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = (struct rlimit){ 200, was.rlim_max };
	for (unsigned n = 0; n <= 3; n++) {
		unsigned left = 1, got;
		struct asked a = { .left = &left };

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		got = use_up(held, n);
		(void)render_submit(p, &two, r, asked_done, &a);
		while (got > 0)
			(void)close(held[--got]);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		event_base_dispatch(asked_base);
		assert_int_equal(a.r.status, n < 3 ? RENDER_BUSY : RENDER_OK);
	}
	recipe_free(r);
	render_pool_free(p);
}

static void
test_cancel(void **state)
{
	struct render_pool *p = pool_start(asked_base, &test_conf);
	struct asked a[4];
	struct render_stats st;
	struct render_job *j[4];
	unsigned left = 0;

	(void)state;
	j[0] = ask(p, "one", QUICK, &a[0], &left);
	j[1] = ask(p, "two", QUICK, &a[1], &left);
	j[2] = ask(p, "two", QUICK, &a[2], &left);
	j[3] = ask(p, "three", QUICK, &a[3], &left);
	render_cancel(j[0]);	/* alone: dropped */
	render_cancel(j[1]);	/* the other still waits */
	left -= 2;
	event_base_dispatch(asked_base);
	assert_int_equal(a[0].answers + a[1].answers, 0);
	assert_int_equal(a[2].r.status, RENDER_OK);
	assert_int_equal(a[3].r.status, RENDER_OK);
	render_pool_stats(p, &st);
	assert_int_equal(st.rendered, 2);
	render_pool_free(p);
}

/* A recipe crosses to the worker as it is, which has to know its form. */
static void
test_other_release(void **state)
{
	struct render_pool *p = pool_start(asked_base, &test_conf);
	const struct render_ask ra = { .org = "demo", .source = "one",
	    .fd = asked_fd, .secondary_fd = -1, .format = "png" };
	struct asked other = { .answers = 0 }, ours;
	struct recipe r = { .magic = RECIPE_MAGIC + 1 };
	unsigned left = 1;

	(void)state;
	other.left = &left;
	(void)render_submit(p, &ra, &r, asked_done, &other);
	(void)ask(p, "two", QUICK, &ours, &left);
	event_base_dispatch(asked_base);
	assert_int_equal(other.r.status, RENDER_FAILED);
	assert_non_null(strstr(other.error, "release"));
	assert_int_equal(ours.r.status, RENDER_OK);
	render_pool_free(p);
}

/* trim takes an absolute value, whose class has ORC make code at once. */
static void
test_no_code(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;
	struct asked a;
	unsigned left = 0;

	(void)state;
	conf.jit = 0;
	p = pool_start(asked_base, &conf);
	(void)ask(p, "one", "trim", &a, &left);
	event_base_dispatch(asked_base);
	assert_int_equal(a.r.status, RENDER_OK);
	render_pool_free(p);
}

static void
test_no_program(void **state)
{
	struct render_conf conf = test_conf;
	char err[256] = "";

	(void)state;
	conf.program = "/nonexistent";
	assert_null(render_pool_new(asked_base, &conf, err, sizeof err));
	assert_non_null(strstr(err, "/nonexistent"));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joining),
		cmocka_unit_test(test_queue_bound),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_other_release),
		cmocka_unit_test(test_no_code),
		cmocka_unit_test(test_no_program),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, asked_start, asked_end));
}
