/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shares of the workers: in which order organizations are served, who is
 * refused, what the reserve takes. By order and counters, not by time.
 */
#include "config.h"
#include "url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <vips/vips.h>

#include "render/pool_priv.h"
#include "render_asked.h"

#define MOST	64
/* Many times what QUICK takes, and guessed not to be small */
#define MID	"resize-width-1200--blur-sigma-11"

/* Letters of what was answered, in that order */
static char order[MOST + 1];
static unsigned n_order, left;

struct one {
	char		letter;
	enum render_status status;
};
static struct one ones[MOST];
static unsigned n_ones;

static void
answered(struct one *o, enum render_status status)
{
	assert_true(n_order < MOST);
	o->status = status;
	order[n_order++] = status == RENDER_OK ? o->letter : '-';
	order[n_order] = '\0';
	if (--left == 0)
		event_base_loopbreak(asked_base);
}

static void
rendered(void *arg, const struct render_result *r)
{
	answered(arg, r->status);
}

static void
probed(void *arg, const struct probe_result *r)
{
	answered(arg, r->status);
}

static struct one *
one(char letter)
{
	assert_true(n_ones < MOST);
	ones[n_ones] = (struct one){ .letter = letter };
	left++;
	return (&ones[n_ones++]);
}

static struct recipe *
recipe(const char *segments)
{
	char err[256];
	int status;
	struct recipe *r = recipe_new(NULL, &(struct url){
	    .segments = url_text(segments),
	    .format = url_text("jpg") },
	    NULL, &status, err, sizeof err);

	assert_non_null(r);
	return (r);
}

/* A render of organization *letter*, of a source that nobody else asks for. */
static struct render_job *
render(struct render_pool *p, char letter, const char *segments)
{
	const char org[] = { letter, '\0' };
	char name[16];
	const struct render_ask ask = { .org = org, .source = name,
	    .fd = asked_fd, .secondary_fd = -1, .width = 400, .height = 300,
	    .format = "png" };
	struct recipe *r = recipe(segments);
	struct render_job *j;

	(void)snprintf(name, sizeof name, "source %u", n_ones);
	j = render_submit(p, &ask, r, rendered, one(letter));
	recipe_free(r);
	return (j);
}

static void
probe(struct render_pool *p, char org, char letter)
{
	const char name[] = { org, '\0' };

	render_probe(p, name, asked_fd, probed, one(letter));
}

static struct render_pool *
start(struct render_conf conf)
{
	n_order = n_ones = left = 0;
	return (pool_start(asked_base, &conf));
}

/* Until all that was asked is answered. */
static void
finish(void)
{
	event_base_dispatch(asked_base);
	assert_int_equal(left, 0);
}

static void
until_ready(struct render_pool *p, unsigned workers)
{
	struct render_stats st;

	do {
		event_base_loop(asked_base, EVLOOP_ONCE);
		render_pool_stats(p, &st);
	} while (st.workers < workers);
}

/*--------------------------------------------------------------------*/

/* Three of who asked first, three of who came later: these go before. */
static void
test_turns(void **state)
{
	struct render_pool *p = start(test_conf);

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)render(p, 'A', MID);
	for (int i = 0; i < 3; i++)
		(void)render(p, 'b', QUICK);
	(void)render(p, 'c', QUICK);
	finish();
	assert_string_equal(order, "AbcbbAA");
	render_pool_free(p);
}

/* By the time that it took, where all were guessed to cost the same. */
static void
test_price_is_time(void **state)
{
	struct render_pool *p = start(test_conf);
	struct render_ask ask = { .fd = asked_fd, .secondary_fd = -1 };
	struct recipe *slow = recipe(MID), *quick = recipe(QUICK);
	char name[16];

	(void)state;
	ask.source = name;
	for (int i = 0; i < 7; i++) {
		(void)snprintf(name, sizeof name, "unknown %d", i);
		ask.org = i < 2 ? "A" : "b";
		(void)render_submit(p, &ask, i < 2 ? slow : quick, rendered,
		    one(ask.org[0]));
	}
	recipe_free(slow);
	recipe_free(quick);
	finish();
	assert_string_equal(order, "AbbbbbA");
	render_pool_free(p);
}

static int64_t
price_of(const char *segments)
{
	const struct render_ask ask = { .width = 100, .height = 100,
	    .format = "png" };
	struct recipe *r = recipe(segments);
	int64_t price = price_render(&ask, r);

	recipe_free(r);
	return (price);
}

/* What letters may cover, and how often they are laid out. */
static void
test_price_is_text(void **state)
{
#define FONT	"text-font-0123456789012345678901234567890123456789-text-"
	const int64_t plain = price_of("noop"), line = price_of(FONT "Ab");

	(void)state;
	assert_in_range(line - plain, 400, 3000);
	assert_true(price_of(FONT "Ab-size-1000") > line + 3000);
	assert_true(price_of(FONT "Ab-size-1000-width-9-height-9") <
	    line + 1000);
	/* Measured: 28 ms for 486 letters in such a box. */
	assert_in_range(price_of(FONT "Ab-width-3000-height-3000-"
	    "resize_to_box-true"), 14000, 56000);
	assert_true(price_of("text-font-_box_-text-Ab-width-9999-height-9999-"
	    "resize_to_box-true--text-font-_box_-text-Ab-width-9999-"
	    "height-9999-resize_to_box-true") > PRICE_SMALL);
}

/* Pixels to be decoded count, not the bytes of the file nor of the result. */
static void
test_price_is_pixels(void **state)
{
	struct render_ask ask = { .width = 400, .height = 300,
	    .format = "webp" };
	struct recipe *r = recipe(QUICK), *avif;
	int64_t small = price_render(&ask, r);
	char err[256];
	int status;

	(void)state;
	assert_in_range(small, 1, PRICE_SMALL);
	ask.width = ask.height = 15000;
	assert_true(price_render(&ask, r) > 100 * small);
	assert_true(price_render(&ask, r) > PRICE_SMALL);
	ask.format = "svg";
	assert_true(price_render(&ask, r) > PRICE_SMALL);
	recipe_free(r);
	ask = (struct render_ask){ .width = 2000, .height = 2000,
	    .format = "jpg" };
	avif = recipe_new(NULL, &(struct url){
	    .segments = url_text("resize-width-1000/o-avif.effort-4"),
	    .format = url_text("avif") },
	    NULL, &status, err, sizeof err);
	r = recipe("resize-width-1000");
	assert_true(price_render(&ask, avif) > 10 * price_render(&ask, r));
	recipe_free(avif);
	recipe_free(r);
}

/* The queue is full of one organization's: it is refused, not the next. */
static void
test_full(void **state)
{
	struct render_conf conf = test_conf;
	struct render_user u = { .org = NULL };
	struct render_pool *p;

	(void)state;
	conf.queue = 4;
	p = start(conf);
	for (int i = 0; i < 6; i++)
		(void)render(p, 'A', QUICK);
	(void)render(p, 'b', QUICK);
	probe(p, 'c', 'c');
	finish();
	assert_memory_equal(order, "----", 4);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(ones[i].status, i < 2 ? RENDER_OK :
		    RENDER_BUSY);
	assert_int_equal(ones[6].status, RENDER_OK);
	assert_int_equal(ones[7].status, RENDER_OK);
	assert_true(render_pool_user(p, 0, &u));
	assert_string_equal(u.org, "A");
	assert_int_equal(u.refused, 4);
	assert_int_equal(u.begun, 2);
	assert_int_equal(u.waiting, 0);
	assert_true(u.used_us > 0);
	assert_true(render_pool_user(p, 1, &u));
	assert_int_equal(u.refused, 0);
	render_pool_free(p);
}

/* An upload waits for no render but the one that runs, not even of its own. */
static void
test_probes(void **state)
{
	struct render_pool *p = start(test_conf);

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)render(p, 'A', MID);
	probe(p, 'A', 'p');
	probe(p, 'b', 'q');
	finish();
	assert_string_equal(order, "ApqAA");
	render_pool_free(p);
}

/* Small work of others goes on while one organization has the workers. */
static void
test_reserve(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;

	(void)state;
	conf.reserve = 1;
	conf.wall_ms = 200000;	/* on a busy machine */
	p = start(conf);
	until_ready(p, 2);
	(void)render(p, 'A', SLOW);	/* the worker's */
	(void)render(p, 'A', QUICK);	/* it has one */
	(void)render(p, 'b', MID);	/* it is not small */
	(void)render(p, 'c', QUICK);
	probe(p, 'A', 'p');
	finish();
	assert_memory_equal(order, "cpA", 3);
	render_pool_free(p);
}

/* No more than half of the workers, as long as another waits. */
static void
test_bound(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;
	struct share *s;

	(void)state;
	conf.workers = 2;
	conf.wall_ms = 200000;	/* on a busy machine */
	p = start(conf);
	until_ready(p, 2);
	(void)render(p, 'A', SLOW);
	(void)render(p, 'x', QUICK);	/* no worker is left */
	(void)render(p, 'A', MID);
	(void)render(p, 'b', QUICK);
	s = share_of(p, "b", WIRE_RENDER);
	s->clock_us = 60000000;		/* it had much before */
	finish();
	assert_string_equal(order, "xbAA");
	render_pool_free(p);
}

/*--------------------------------------------------------------------*/

static pid_t
only_child(void)
{
	pid_t pid[2];

	assert_int_equal(children(pid, 2), 1);
	return (pid[0]);
}

static void
test_isolate(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;
	struct render_stats st;
	pid_t pid[3];

	(void)state;
	conf.isolate = 1;
	p = start(conf);
	for (int i = 0; i < 3; i++) {
		(void)render(p, "AAb"[i], QUICK);
		finish();
		pid[i] = only_child();
	}
	assert_string_equal(order, "AAb");
	assert_int_equal(pid[0], pid[1]);
	assert_int_not_equal(pid[1], pid[2]);
	render_pool_stats(p, &st);
	assert_int_equal(st.recycled, 1);
	assert_int_equal(st.crashed, 0);
	assert_int_equal(st.able, 1);
	render_pool_free(p);
}

/* What starts anew by plan is no reason to take the daemon out. */
static void
test_able(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;
	struct render_stats st;

	(void)state;
	conf.isolate = 1;
	p = start(conf);
	render_pool_stats(p, &st);
	assert_int_equal(st.able, 0);	/* nobody knows yet */
	(void)render(p, 'A', QUICK);
	finish();
	(void)render(p, 'b', QUICK);
	do {
		render_pool_stats(p, &st);
		assert_int_equal(st.able, 1);
	} while (left > 0 && event_base_loop(asked_base, EVLOOP_ONCE) == 0);
	assert_string_equal(order, "Ab");
	render_pool_free(p);
}

/* Equal digests are not enough, nor is an equal source of somebody else. */
static void
test_joins_the_same_only(void **state)
{
	struct render_pool *p = start(test_conf);
	struct render_ask ask = { .org = "A", .source = "one",
	    .fd = asked_fd, .secondary_fd = -1 };
	struct recipe *r = recipe(QUICK), *other = recipe(QUICK);
	struct render_stats st;
	char digest[2][33];

	(void)state;
	/* What no digest has */
	other->so_given[SO_protected] = true;
	recipe_digest(r, digest[0]);
	recipe_digest(other, digest[1]);
	assert_string_equal(digest[0], digest[1]);
	(void)render_submit(p, &ask, r, rendered, one('A'));
	(void)render_submit(p, &ask, r, rendered, one('A'));
	(void)render_submit(p, &ask, other, rendered, one('A'));
	ask.org = "b";
	(void)render_submit(p, &ask, r, rendered, one('b'));
	finish();
	render_pool_stats(p, &st);
	assert_int_equal(st.joined, 1);
	assert_int_equal(st.rendered, 3);
	recipe_free(r);
	recipe_free(other);
	render_pool_free(p);
}

/* Text is compared to its end. */
static void
test_same(void **state)
{
	char a[] = "crop-width-10-height-10-anchor-auto", *at;
	struct recipe *x = recipe(a), *y = recipe(a), *z;

	(void)state;
	assert_true(recipe_same(x, y));
	at = y->text + (unsigned)y->ops[0].v[OPT_crop_anchor];
	at[3] = 'O';
	assert_false(recipe_same(x, y));
	at[3] = 'o';
	assert_true(recipe_same(x, y));
	y->accept = 1;
	assert_false(recipe_same(x, y));
	z = recipe("crop-width-11-height-10-anchor-auto");
	assert_false(recipe_same(x, z));
	recipe_free(x);
	recipe_free(y);
	recipe_free(z);
}

/* Organizations without end are not as many series. */
static void
test_users_bounded(void **state)
{
	struct render_pool *p = start(test_conf);
	struct render_user u = { .org = NULL };
	char org[16];
	struct render_ask ask = { .org = org, .source = "one",
	    .fd = asked_fd, .secondary_fd = -1 };
	struct recipe *r = recipe(QUICK);
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(org, sizeof org, "org%d", i);
		(void)render_submit(p, &ask, r, rendered, one('o'));
	}
	finish();
	while (render_pool_user(p, n, &u))
		n++;
	assert_int_equal(n, RENDER_USERS);
	(void)render(p, 'z', QUICK);
	finish();
	/* All rest: nothing is kept of who is not here. */
	assert_ptr_equal(TAILQ_FIRST(&p->shares), TAILQ_LAST(&p->shares,
	    shares));
	recipe_free(r);
	render_pool_free(p);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_price_is_time),
		cmocka_unit_test(test_price_is_pixels),
		cmocka_unit_test(test_price_is_text),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_isolate),
		cmocka_unit_test(test_able),
		cmocka_unit_test(test_joins_the_same_only),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_users_bounded),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, asked_start, asked_end));
}
