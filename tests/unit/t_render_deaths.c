/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers that die or take too long, and what is refused for it after. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>

#include "render_asked.h"

/*
 * Milliseconds in which a worker has begun, and done what is QUICK, on a busy
 * machine, too; SLOW takes longer on an idle one.
 */
#define BEGUN	500

static void
kill_worker(evutil_socket_t fd, short what, void *arg)
{
	pid_t pid;

	(void)fd;
	(void)what;
	(void)arg;
	assert_int_equal(children(&pid, 1), 1);
	(void)kill(pid, SIGKILL);
}

static void
in_ms(int ms, event_callback_fn f)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	assert_int_equal(event_base_once(asked_base, -1, EV_TIMEOUT, f, NULL,
	    &tv), 0);
}

static void
test_worker_dies(void **state)
{
	struct render_pool *p = pool_start(asked_base, &test_conf);
	struct asked a, b;
	struct render_stats st;
	unsigned left = 0;

	(void)state;
	(void)ask(p, "warm", QUICK, &a, &left);
	event_base_dispatch(asked_base);
	(void)ask(p, "bad", SLOW, &a, &left);
	(void)ask(p, "good", QUICK, &b, &left);
	in_ms(BEGUN, kill_worker);
	event_base_dispatch(asked_base);
	assert_int_equal(a.r.status, RENDER_CRASHED);
	assert_non_null(strstr(a.error, "signal 9"));
	assert_int_equal(b.r.status, RENDER_OK);	/* a new worker */
	render_pool_stats(p, &st);
	assert_int_equal(st.crashed, 1);
	render_pool_free(p);
}

/* The recipe is refused, not the image: others ask for other things. */
static void
test_too_long_then_quarantine(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;
	struct asked a, b;
	unsigned left = 0;

	(void)state;
	conf.wall_ms = BEGUN;
	p = pool_start(asked_base, &conf);
	for (int i = 0; i < 2; i++) {
		(void)ask(p, "big", SLOW, &a, &left);
		event_base_dispatch(asked_base);
		assert_int_equal(a.r.status, RENDER_CRASHED);
		assert_non_null(strstr(a.error, "too long"));
	}
	(void)ask(p, "big", SLOW, &a, &left);
	(void)ask(p, "big", QUICK, &b, &left);
	event_base_dispatch(asked_base);
	assert_int_equal(a.r.status, RENDER_LIMIT);
	assert_non_null(strstr(a.error, "repeatedly"));
	assert_int_equal(b.r.status, RENDER_OK);
	render_pool_free(p);
}

static void
test_crash_then_quarantine(void **state)
{
	struct render_pool *p = pool_start(asked_base, &test_conf);
	struct asked a, b;
	unsigned left = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		(void)ask(p, "warm", QUICK, &a, &left);
		event_base_dispatch(asked_base);
		(void)ask(p, "bad", SLOW, &a, &left);
		in_ms(BEGUN, kill_worker);
		event_base_dispatch(asked_base);
		assert_int_equal(a.r.status, RENDER_CRASHED);
	}
	(void)ask(p, "bad", QUICK, &a, &left);
	(void)ask(p, "good", QUICK, &b, &left);
	event_base_dispatch(asked_base);
	assert_int_equal(a.r.status, RENDER_BAD_IMAGE);
	assert_non_null(strstr(a.error, "repeatedly"));
	assert_int_equal(b.r.status, RENDER_OK);
	render_pool_free(p);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worker_dies),
		cmocka_unit_test(test_too_long_then_quarantine),
		cmocka_unit_test(test_crash_then_quarantine),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, asked_start, asked_end));
}
