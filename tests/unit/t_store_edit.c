/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditions of a write, and changes of source images. */
#include "config.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "store/store_alias.h"
#include "store/store_source.h"
#include "store_util.h"

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
	fill_alias(&p, "org", one, "x");
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
	p.target = by_hex(two);
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_PRECONDITION);
	p.target = by_hex(two);
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

static enum store_status
edit(struct fixture *f, const char *hash, enum store_edit what,
    const char *text, const char *field, const char *want)
{
	struct store_source_edit p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	p.hash = by_hex(hash);
	p.what = what;
	if (text != NULL)
		p.value = json_loads(text, JSON_DECODE_ANY, NULL);
	p.field = field;
	(void)CALL(f, store_source_edit, &p);
	json_decref(p.value);
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
	assert_int_equal(edit(f, h, EDIT_NAME, "\"new.jpg\"", NULL, NULL),
	    STORE_OK);
	assert_int_equal(edit(f, h, EDIT_LOCKED, "true", NULL, NULL),
	    STORE_OK);
	assert_int_equal(edit(f, h, EDIT_USER_DELETE, NULL, NULL, NULL),
	    STORE_LOCKED);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(h),
	    false, &s), STORE_OK);
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
derived(struct fixture *f, const char *hash, struct store_source_derive *p,
    char out[HASH_HEX + 1])
{

	(void)snprintf(p->org, sizeof p->org, "org");
	p->hash = by_hex(hash);
	(void)CALL(f, store_source_derive, p);
	json_decref(p->value);
	hash_to_hex(&p->source.hash, out);
	store_source_clear(&p->source);
	return (p->job.status);
}

static enum store_status
protect(struct fixture *f, const char *hash, bool protected,
    bool delete_previous, char out[HASH_HEX + 1])
{
	struct store_source_derive p;

	memset(&p, 0, sizeof p);
	p.protected = protected;
	p.delete_previous = delete_previous;
	return (derived(f, hash, &p, out));
}

enum { KEEP = 1, DELETE = 2, MOVE = 4 };

/* *value* NULL removes it. */
static enum store_status
dynamic(struct fixture *f, const char *hash, const char *name,
    const char *value, int how, char out[HASH_HEX + 1])
{
	struct store_source_derive p;

	memset(&p, 0, sizeof p);
	p.name = name;
	p.value = value != NULL ? json_loads(value, 0, NULL) : NULL;
	p.keep_hash = (how & KEEP) != 0;
	p.delete_previous = (how & DELETE) != 0;
	p.move_aliases = (how & MOVE) != 0;
	return (derived(f, hash, &p, out));
}

static void
expect_dynamic(struct fixture *f, const char *hash, const char *want)
{
	struct store_source s;

	assert_int_equal(store_source_get(f->store, "org", IMAGE(hash), false,
	    &s), STORE_OK);
	assert_string_equal(s.dynamic_metadata, want);
	store_source_clear(&s);
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
	assert_int_equal(protect(f, h, false, false, p), STORE_OK);
	assert_string_equal(h, p);
	assert_int_equal(protect(f, h, true, false, p), STORE_CREATED);
	assert_string_not_equal(h, p);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(p),
	    false, &s), STORE_OK);
	assert_true(s.protected);
	assert_string_equal(s.user_metadata, "{\"a\":1}");
	store_source_clear(&s);
	/* The order of keys and blanks are nothing to the hash. */
	assert_int_equal(dynamic(f, h, "x", "{\"b\":1,\"a\":2}", 0, p),
	    STORE_CREATED);
	assert_int_equal(dynamic(f, h, "x", "{\"a\": 2, \"b\": 1}", 0, q),
	    STORE_OK);
	assert_string_equal(p, q);
	expect_dynamic(f, p, "{\"x\":{\"a\":2,\"b\":1}}");
	assert_int_equal(dynamic(f, p, "x", NULL, DELETE, q), STORE_OK);
	assert_string_equal(q, h);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(p),
	    false, &s), STORE_NOT_FOUND);
}

#define A	"{\"a\":1}"
#define B	"{\"b\":1}"

/*
 * A hash that is kept says something else than it is made of: an image that it
 * would be the hash of has another one, and is found again.
 */
static void
t_keep(void **state)
{
	struct fixture *f = *state;
	char h[HASH_HEX + 1], p[HASH_HEX + 1], q[HASH_HEX + 1];
	int changes = f->n;

	assert_int_equal(put_image(f, "org", "kept", h), STORE_CREATED);
	assert_int_equal(dynamic(f, h, "x", A, KEEP, p), STORE_OK);
	assert_string_equal(p, h);
	expect_dynamic(f, h, "{\"x\":" A "}");
	/* Caches hear of it; not of what changes nothing. */
	assert_int_equal(f->n, changes + 1);
	assert_int_equal(f->changes[changes].kind, CHANGE_SOURCE);
	assert_int_equal(dynamic(f, h, "x", A, KEEP, p), STORE_OK);
	assert_int_equal(f->n, changes + 1);
	/* An upload without any takes what is there. */
	assert_int_equal(put_image(f, "org", "kept", p), STORE_OK);
	assert_string_equal(p, h);
	/* That it has none gives its twin. */
	assert_int_equal(dynamic(f, h, "x", NULL, 0, p), STORE_CREATED);
	assert_string_not_equal(p, h);
	expect_dynamic(f, p, "{}");
	assert_int_equal(dynamic(f, h, "x", NULL, 0, q), STORE_OK);
	assert_string_equal(p, q);
	assert_int_equal(protect(f, h, true, false, q), STORE_CREATED);
	expect_dynamic(f, q, "{\"x\":" A "}");
	/* What it has is an image of its own as well. */
	assert_int_equal(dynamic(f, p, "x", A, 0, q), STORE_CREATED);
	assert_string_not_equal(q, h);
	assert_int_equal(edit(f, h, EDIT_LOCKED, "true", NULL, NULL),
	    STORE_OK);
	assert_int_equal(dynamic(f, h, "x", B, KEEP, p), STORE_LOCKED);
	assert_int_equal(dynamic(f, h, "x", B, DELETE, p), STORE_LOCKED);
	assert_int_equal(dynamic(f, h, "x", B, 0, p), STORE_CREATED);
	expect_dynamic(f, h, "{\"x\":" A "}");
}

/* More twins than have a number. */
static void
t_twins(void **state)
{
	struct fixture *f = *state;
	char h[HASH_HEX + 1], p[HASH_HEX + 1], last[HASH_HEX + 1] = "";
	char value[32];

	assert_int_equal(put_image(f, "org", "twins", h), STORE_CREATED);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(dynamic(f, h, "x", A, 0, p), STORE_CREATED);
		assert_string_not_equal(p, last);
		memcpy(last, p, sizeof last);
		(void)snprintf(value, sizeof value, "{\"n\":%d}", i);
		assert_int_equal(dynamic(f, p, "x", value, KEEP, p), STORE_OK);
		assert_string_equal(p, last);
	}
}

static void
put_probed(struct fixture *f, const char *probed, char hash[HASH_HEX + 1])
{
	struct store_source_put p;

	memset(&p, 0, sizeof p);
	p.blob = store_blob_new(f->store);
	assert_int_equal(store_blob_write(p.blob, probed, strlen(probed)), 0);
	(void)snprintf(p.source.org, sizeof p.source.org, "org");
	p.source.static_metadata = strdup(probed);
	assert_int_equal(CALL(f, store_source_put, &p), STORE_CREATED);
	hash_to_hex(&p.source.hash, hash);
	store_source_clear(&p.source);
}

static const struct {
	const char	*probed;
	int		edition;
} editions[] = {
	{ "{\"edition\":2}", 2 }, { "{\"edition\":0}", 0 }, { "{}", -1 },
	{ "{\"edition\":\"2\"}", -1 }, { "{\"edition\":-7}", -1 },
	{ "{\"edition\":4294967297}", -1 }, { "{\"edition\":null}", -1 },
};
#define EDITIONS	(sizeof editions / sizeof editions[0])

static void
expect_editions(struct fixture *f, char (*hash)[HASH_HEX + 1])
{
	struct store_source s;

	for (size_t i = 0; i < EDITIONS; i++) {
		assert_int_equal(store_source_get(f->store, "org",
		    IMAGE(hash[i]), false, &s), STORE_OK);
		assert_int_equal(s.edition, editions[i].edition);
		store_source_clear(&s);
	}
}

/* As what was probed says; also of what a database of version 8 has. */
static void
t_edition(void **state)
{
	struct fixture *f = *state;
	char hash[EDITIONS][HASH_HEX + 1], path[128];
	sqlite3 *h;

	for (size_t i = 0; i < EDITIONS; i++)
		put_probed(f, editions[i].probed, hash[i]);
	expect_editions(f, hash);
	assert_int_equal(protect(f, hash[0], true, true, hash[0]),
	    STORE_CREATED);
	expect_editions(f, hash);
	fixture_close(f);
	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, UNDO_TERMS
	    "ALTER TABLE source DROP COLUMN edition;"
	    "ALTER TABLE apikey DROP COLUMN allowed_ips; DROP TABLE daily;"
	    "PRAGMA user_version=8", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(h);
	fixture_open(f);
	expect_editions(f, hash);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_precondition), T(t_edit), T(t_derive), T(t_keep),
		T(t_twins), T(t_edition)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
