/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists, searches, history, bulk changes. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_alias.h"
#include "store/store_source.h"
#include "store_util.h"

/* The names that a list gave, one after the other. */
struct names {
	char		text[512];
	unsigned	n;
};

static void
add_name(struct names *l, const char *name)
{
	size_t len = strlen(l->text);

	(void)snprintf(l->text + len, sizeof l->text - len, "%s ", name);
	l->n++;
}

static int
add_alias(void *arg, const struct store_alias *a)
{

	add_name(arg, a->name);
	return (0);
}

static const char *
aliases(struct fixture *f, const char *hash, const char *prefix,
    const char *after, unsigned limit)
{
	static struct names l;

	memset(&l, 0, sizeof l);
	assert_int_equal(store_alias_each(f->store, "org", hash != NULL ?
	    &IMAGE(hash)->lowest : NULL, prefix, after,
	    limit, add_alias, &l), STORE_OK);
	return (l.text);
}

static void
t_alias_list(void **state)
{
	static const char *const names[] = { "Z", "a", "ab", "abc", "b", "c" };
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1];
	size_t i;

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	for (i = 0; i < 6; i++)
		assert_int_equal(put_alias(f, "org", names[i],
		    i % 2 == 0 ? one : two, false), STORE_CREATED);
	assert_string_equal(aliases(f, NULL, NULL, NULL, 9),
	    "Z a ab abc b c ");
	assert_string_equal(aliases(f, NULL, NULL, NULL, 2), "Z a ");
	assert_string_equal(aliases(f, NULL, NULL, "a", 2), "ab abc ");
	assert_string_equal(aliases(f, NULL, "a", NULL, 9), "a ab abc ");
	assert_string_equal(aliases(f, NULL, "a", "ab", 9), "abc ");
	assert_string_equal(aliases(f, NULL, "a", "abc", 9), "");
	assert_string_equal(aliases(f, NULL, "b", "a", 9), "b ");
	assert_string_equal(aliases(f, one, NULL, NULL, 9), "Z ab b ");
	assert_string_equal(aliases(f, two, "a", "a", 9), "abc ");
	assert_string_equal(aliases(f, "12", NULL, NULL, 9), "");
}

static int
add_past(void *arg, const struct store_alias_past *h)
{
	char hex[HASH_HEX + 1];

	assert_true(h->from_ms < h->to_ms);
	hash_to_hex(&h->hash, hex);
	add_name(arg, hex);
	return (0);
}

static void
t_history(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1], want[128];
	struct names l = { .n = 0 };

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "x", one, false), STORE_CREATED);
	fake_ms += 1000;
	assert_int_equal(put_alias(f, "org", "x", two, true), STORE_OK);
	fake_ms += 1000;
	assert_int_equal(delete_alias(f, "org", "x"), STORE_OK);
	assert_int_equal(store_alias_history(f->store, "org", "x", 0, 10,
	    add_past, &l), STORE_OK);
	(void)snprintf(want, sizeof want, "%s %s ", two, one);
	assert_string_equal(l.text, want);
}

static void
change(struct store_alias_change *c, const char *name, const char *hash)
{

	memset(c, 0, sizeof *c);
	fill_alias(&c->put, "org", hash, "%s", name);
	c->remove = hash[0] == '\0';
}

static void
t_bulk(void **state)
{
	struct fixture *f = *state;
	struct store_alias_change c[3];
	struct store_alias_bulk p;
	char one[HASH_HEX + 1];
	unsigned published;

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	memset(&p, 0, sizeof p);
	change(&c[0], "a", one);
	change(&c[1], "b", one);
	change(&c[2], "none", "");
	p.changes = c;
	p.n = 3;
	published = f->published;
	assert_int_equal(CALL(f, store_alias_bulk, &p), STORE_NOT_FOUND);
	assert_int_equal(p.failed, 2);
	assert_int_equal(f->published, published);
	assert_string_equal(aliases(f, NULL, NULL, NULL, 9), "");
	change(&c[2], "a", "");
	assert_int_equal(CALL(f, store_alias_bulk, &p), STORE_OK);
	assert_int_equal(c[0].put.job.status, STORE_CREATED);
	assert_int_equal(f->published, published + 1);
	assert_int_equal(f->n, 3);
	assert_string_equal(aliases(f, NULL, NULL, NULL, 9), "b ");
}

static int
add_source(void *arg, const struct store_source *s)
{

	add_name(arg, s->name);
	return (0);
}

static const char *
search(struct fixture *f, struct store_query *q)
{
	static struct names l;

	memset(&l, 0, sizeof l);
	(void)snprintf(q->org, sizeof q->org, "org");
	assert_int_equal(store_source_query(f->store, q, add_source, NULL, &l),
	    STORE_OK);
	return (l.text);
}

static void
five_images(struct fixture *f)
{

	assert_int_equal(put_named(f, "a", "1", NULL), STORE_CREATED);
	fake_ms += 1000;
	assert_int_equal(put_named(f, "b", "22", NULL), STORE_CREATED);
	assert_int_equal(put_named(f, "ba", "333", NULL), STORE_CREATED);
	fake_ms += 1000;
	assert_int_equal(put_named(f, "c", "44", NULL), STORE_CREATED);
	assert_int_equal(put_named(f, "d", "5", NULL), STORE_CREATED);
}

static void
t_filters(void **state)
{
	struct fixture *f = *state;
	struct store_query q = { .limit = 10, .nsorts = 1 };
	struct store_filter *r;

	five_images(f);
	q.sort[0].field = FIELD_NAME;
	assert_string_equal(search(f, &q), "a b ba c d ");
	assert_int_equal(q.total, 5);
	r = store_filter_add(&q, FIELD_NAME);
	r->op = FILTER_PREFIX;
	(void)snprintf(r->low, sizeof r->low, "b");
	assert_string_equal(search(f, &q), "b ba ");
	assert_int_equal(q.total, 2);
	r = store_filter_add(&q, FIELD_SIZE);
	r->min = 3;
	assert_string_equal(search(f, &q), "ba ");
	q.any = true;
	r->min = 1;
	assert_string_equal(search(f, &q), "a b ba d ");
	q.any = false;
	r->op = FILTER_RANGE;
	r->low_open = true;
	r->max = 3;
	assert_string_equal(search(f, &q), "b ba ");
	r->high_open = true;
	assert_string_equal(search(f, &q), "b ");
	q.nfilters = 0;
	r = store_filter_add(&q, FIELD_BINARY_HASH);
	/* SHA-1 of "1" */
	(void)snprintf(r->low, sizeof r->low,
	    "356a192b7913b04c54574d18c28d46e6395428ab");
	r->op = FILTER_EQUAL;
	r->low_open = r->high_open = false;
	assert_string_equal(search(f, &q), "a ");
	r->op = FILTER_PREFIX;
	(void)snprintf(r->low, sizeof r->low, "356");
	assert_string_equal(search(f, &q), "a ");
	(void)snprintf(r->low, sizeof r->low, "x");
	assert_string_equal(search(f, &q), "");
	q.limit = 0;
	q.nfilters = 0;
	assert_string_equal(search(f, &q), "");
	assert_int_equal(q.total, 5);
	assert_int_equal(store_field_find("width"), FIELD_WIDTH);
	assert_int_equal(store_field_find("id"), FIELD_N);
	assert_true(store_field_is_number(FIELD_WIDTH));
}

/* Each order, page by page, gives what it gives at once. */
static void
walk(struct fixture *f, struct store_query *q)
{
	char all[512], paged[512] = "";
	size_t len;

	q->limit = 10;
	q->cursor[0] = '\0';
	(void)snprintf(all, sizeof all, "%s", search(f, q));
	assert_string_equal(q->next, "");
	q->limit = 1;
	do {
		len = strlen(paged);
		(void)snprintf(paged + len, sizeof paged - len, "%s",
		    search(f, q));
		(void)snprintf(q->cursor, sizeof q->cursor, "%s", q->next);
	} while (q->next[0] != '\0');
	assert_string_equal(all, paged);
}

static void
t_cursor(void **state)
{
	struct fixture *f = *state;
	struct store_query q = { .limit = 10 };
	unsigned a, b, i;

	five_images(f);
	assert_string_equal(search(f, &q), "d c ba b a ");
	walk(f, &q);
	for (a = 0; a < FIELD_N; a++)
		for (b = 0; b < FIELD_N; b++)
			for (i = 0; i < 4; i++) {
				q.nsorts = 2;
				q.sort[0].field = (enum store_field)a;
				q.sort[0].descending = i & 1;
				q.sort[1].field = (enum store_field)b;
				q.sort[1].descending = i & 2;
				walk(f, &q);
			}
	q.nsorts = 0;
	q.offset = 3;
	q.limit = 1;
	q.cursor[0] = '\0';
	assert_string_equal(search(f, &q), "b ");
	(void)snprintf(q.cursor, sizeof q.cursor, "999");
	assert_int_equal(store_source_query(f->store, &q, add_source, NULL, NULL),
	    STORE_NOT_FOUND);
}

static enum store_status
read_list(struct store *st, struct store_read *r)
{

	return (store_alias_each(st, "org", NULL, NULL, NULL, 10, add_alias,
	    (struct names *)(r + 1)));
}

static void
t_reader(void **state)
{
	struct fixture *f = *state;
	struct {
		struct store_read r;
		struct names l;
	} p;
	char one[HASH_HEX + 1];

	memset(&p, 0, sizeof p);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "x", one, false), STORE_CREATED);
	p.r.read = read_list;
	assert_int_equal(CALL(f, store_read_submit, &p.r), STORE_OK);
	assert_string_equal(p.l.text, "x ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_alias_list), T(t_history), T(t_bulk), T(t_filters),
		T(t_cursor), T(t_reader)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
