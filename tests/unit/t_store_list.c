/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists, searches, history, bulk changes, edits, and waiting for a purge. */
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
	assert_int_equal(store_alias_each(f->store, "org", hash, prefix, after,
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

	assert_true(h->from_ms < h->to_ms);
	add_name(arg, h->hash);
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
t_precondition(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1];
	struct store_alias_delete del;
	struct store_alias_put p;
	uint64_t seq;

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	memset(&p, 0, sizeof p);
	(void)snprintf(p.alias.org, sizeof p.alias.org, "org");
	(void)snprintf(p.alias.name, sizeof p.alias.name, "x");
	(void)snprintf(p.alias.hash, sizeof p.alias.hash, "%s", one);
	p.if_exists = p.overwrite = true;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_PRECONDITION);
	p.if_exists = false;
	p.if_absent = true;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_CREATED);
	seq = p.alias.seq;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_PRECONDITION);
	assert_int_equal(p.alias.seq, seq);
	p.if_absent = false;
	p.if_match = seq + 1;
	(void)snprintf(p.alias.hash, sizeof p.alias.hash, "%s", two);
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_PRECONDITION);
	(void)snprintf(p.alias.hash, sizeof p.alias.hash, "%s", two);
	p.if_match = seq;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_OK);
	memset(&del, 0, sizeof del);
	(void)snprintf(del.org, sizeof del.org, "org");
	(void)snprintf(del.name, sizeof del.name, "x");
	del.if_match = seq;
	assert_int_equal(CALL(f, store_alias_delete, &del),
	    STORE_PRECONDITION);
	del.if_match = p.alias.seq;
	assert_int_equal(CALL(f, store_alias_delete, &del), STORE_OK);
}

static void
change(struct store_alias_change *c, const char *name, const char *hash)
{

	memset(c, 0, sizeof *c);
	(void)snprintf(c->put.alias.org, sizeof c->put.alias.org, "org");
	(void)snprintf(c->put.alias.name, sizeof c->put.alias.name, "%s",
	    name);
	(void)snprintf(c->put.alias.hash, sizeof c->put.alias.hash, "%s",
	    hash);
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
	assert_int_equal(store_source_query(f->store, q, add_source, &l),
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

static struct store_filter *
filter(struct store_query *q, enum store_field field)
{
	struct store_filter *f = &q->filter[q->nfilters++];

	f->field = field;
	f->min = INT64_MIN;
	f->max = INT64_MAX;
	return (f);
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
	r = filter(&q, FIELD_NAME);
	r->op = FILTER_PREFIX;
	(void)snprintf(r->low, sizeof r->low, "b");
	assert_string_equal(search(f, &q), "b ba ");
	assert_int_equal(q.total, 2);
	r = filter(&q, FIELD_SIZE);
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
	r = filter(&q, FIELD_BINARY_HASH);
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
	assert_int_equal(store_source_query(f->store, &q, add_source, NULL),
	    STORE_NOT_FOUND);
}

static enum store_status
edit(struct fixture *f, const char *hash, enum store_edit what,
    const char *text, const char *field, const char *want)
{
	struct store_source_edit p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	(void)snprintf(p.hash, sizeof p.hash, "%s", hash);
	p.what = what;
	p.text = text;
	p.field = field;
	p.flag = text != NULL && strcmp(text, "true") == 0;
	(void)CALL(f, store_source_edit, &p);
	if (want != NULL)
		assert_string_equal(p.source.user_metadata, want);
	store_source_clear(&p.source);
	return (p.job.status);
}

static void
t_edit(void **state)
{
	struct fixture *f = *state;
	struct store_source s;
	char h[HASH_HEX + 1];

	assert_int_equal(put_image(f, "org", "1", h), STORE_CREATED);
	assert_int_equal(edit(f, h, EDIT_USER_PUT, "{\"a\":\"b\",\"int:n\":3}",
	    NULL, "{\"a\":\"b\",\"int:n\":3}"), STORE_OK);
	assert_int_equal(edit(f, h, EDIT_USER_PATCH, "{\"a\":null,\"c\":[1]}",
	    NULL, "{\"int:n\":3,\"c\":[1]}"), STORE_OK);
	assert_int_equal(edit(f, h, EDIT_USER_FIELD, "\"x\"", "c",
	    "{\"int:n\":3,\"c\":\"x\"}"), STORE_OK);
	assert_int_equal(edit(f, h, EDIT_USER_DELETE, NULL, "int:n",
	    "{\"c\":\"x\"}"), STORE_OK);
	assert_int_equal(edit(f, h, EDIT_USER_DELETE, NULL, "int:n", NULL),
	    STORE_NOT_FOUND);
	assert_int_equal(edit(f, h, EDIT_NAME, "new.jpg", NULL, NULL),
	    STORE_OK);
	assert_int_equal(edit(f, h, EDIT_LOCKED, "true", NULL, NULL),
	    STORE_OK);
	assert_int_equal(edit(f, h, EDIT_USER_DELETE, NULL, NULL, NULL),
	    STORE_LOCKED);
	assert_int_equal(store_source_get(f->store, "org", h, false, &s),
	    STORE_OK);
	assert_string_equal(s.name, "new.jpg");
	assert_string_equal(s.user_metadata, "{\"c\":\"x\"}");
	assert_true(s.locked);
	store_source_clear(&s);
	assert_int_equal(edit(f, h, EDIT_LOCKED, "false", NULL, NULL),
	    STORE_OK);
	assert_int_equal(edit(f, h, EDIT_USER_DELETE, NULL, NULL, "{}"),
	    STORE_OK);
}

static enum store_status
derive(struct fixture *f, const char *hash, bool protected, const char *meta,
    bool delete_previous, char out[HASH_HEX + 1])
{
	struct store_source_derive p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	(void)snprintf(p.hash, sizeof p.hash, "%s", hash);
	p.protected = protected;
	p.dynamic_metadata = meta;
	p.delete_previous = delete_previous;
	(void)CALL(f, store_source_derive, &p);
	memcpy(out, p.source.hash, HASH_HEX + 1);
	store_source_clear(&p.source);
	return (p.job.status);
}

static void
t_derive(void **state)
{
	struct fixture *f = *state;
	char h[HASH_HEX + 1], p[HASH_HEX + 1], q[HASH_HEX + 1];
	struct store_source s;

	assert_int_equal(put_image(f, "org", "1", h), STORE_CREATED);
	assert_int_equal(edit(f, h, EDIT_USER_PUT, "{\"a\":1}", NULL, NULL),
	    STORE_OK);
	assert_int_equal(derive(f, h, false, NULL, false, p), STORE_OK);
	assert_string_equal(h, p);
	assert_int_equal(derive(f, h, true, NULL, false, p), STORE_CREATED);
	assert_string_not_equal(h, p);
	assert_int_equal(store_source_get(f->store, "org", p, false, &s),
	    STORE_OK);
	assert_true(s.protected);
	assert_string_equal(s.user_metadata, "{\"a\":1}");
	store_source_clear(&s);
	/* The order of keys and blanks are nothing to the hash. */
	assert_int_equal(derive(f, h, false, "{\"x\":{\"b\":1,\"a\":2}}",
	    false, p), STORE_CREATED);
	assert_int_equal(derive(f, h, false,
	    "{ \"x\": {\"a\": 2, \"b\": 1} }", false, q), STORE_OK);
	assert_string_equal(p, q);
	assert_int_equal(derive(f, p, false, "{}", true, q), STORE_OK);
	assert_string_equal(q, h);
	assert_int_equal(store_source_get(f->store, "org", p, false, &s),
	    STORE_NOT_FOUND);
}

static void
watch_done(struct store_watch *w)
{

	(void)event_base_loopbreak(w->arg);
	w->purge = 0;
}

static int
one_target(void *arg, const char *target, bool pending)
{

	assert_string_equal(target, "v1");
	*(bool *)arg = pending;
	return (0);
}

static int
take_id(void *arg, const struct store_ban *b)
{
	struct store_ban_ack *p = arg;

	p->ids[p->n++] = b->id;
	return (0);
}

static int
count_purge(void *arg, const struct store_purge_info *i)
{

	assert_true(i->counted);
	++*(unsigned *)arg;
	return (0);
}

static void
t_purge_status(void **state)
{
	static const struct store_target v1[] = { { .name = "v1" } };
	struct fixture *f = *state;
	struct store_purge_info info;
	struct store_ban_ack ack;
	struct store_watch w;
	struct store_purge p;
	bool pending = false;
	unsigned n = 0;

	assert_int_equal(store_targets_set(f->store, v1, 1), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "x", 10, &p), STORE_OK);
	free(p.sources);
	assert_int_equal(store_purge_get(f->store, "org", p.id, &info,
	    one_target, &pending), STORE_OK);
	assert_true(pending);
	assert_int_equal(info.pending, 1);
	assert_string_equal(info.key, "x");
	assert_int_equal(store_purge_get(f->store, "two", p.id, &info, NULL,
	    NULL), STORE_NOT_FOUND);
	w = (struct store_watch){ .purge = p.id, .done = watch_done,
	    .arg = f->base };
	store_purge_watch(f->store, &w);
	memset(&ack, 0, sizeof ack);
	(void)snprintf(ack.target, sizeof ack.target, "v1");
	assert_int_equal(store_ban_each(f->store, "v1", 0, 10, take_id, &ack),
	    STORE_OK);
	assert_int_equal(ack.n, 1);
	store_ban_ack(f->store, &ack);
	(void)event_base_dispatch(f->base);
	assert_int_equal(w.purge, 0);
	assert_int_equal(store_purge_get(f->store, "org", p.id, &info,
	    one_target, &pending), STORE_OK);
	assert_false(pending);
	/* One that is done already is told as well. */
	w.purge = p.id;
	store_purge_watch(f->store, &w);
	(void)event_base_dispatch(f->base);
	assert_int_equal(w.purge, 0);
	assert_int_equal(store_purge_each(f->store, "org", 0, 10, count_purge,
	    &n), STORE_OK);
	assert_int_equal(n, 1);
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

#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_alias_list), T(t_history), T(t_precondition), T(t_bulk),
		T(t_filters), T(t_cursor), T(t_edit), T(t_derive),
		T(t_purge_status), T(t_reader)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
