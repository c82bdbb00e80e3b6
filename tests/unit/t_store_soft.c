/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft purges: their epochs, who is told, the quota; and the step to them. */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_source.h"
#include "store_util.h"

static const struct store_target both[] = {
	{ .name = "v1" }, { .name = "hook", .soft = true },
};

static enum store_status
soft(struct fixture *f, enum store_purge_kind kind, const char *key,
    struct store_purge *p)
{

	memset(p, 0, sizeof *p);
	(void)snprintf(p->org, sizeof p->org, "org");
	if (kind == PURGE_SOURCE)
		p->source = by_hex(key);
	else
		(void)snprintf(p->key, sizeof p->key, "%s", key);
	p->kind = kind;
	p->limit = 5;
	p->soft = true;
	(void)CALL(f, store_purge, p);
	free(p->sources);
	p->sources = NULL;
	return (p->job.status);
}

static const struct store_change *
last(const struct fixture *f)
{

	assert_true(f->n > 0);
	return (&f->changes[f->n - 1]);
}

/* The last that *target* owes; its id is 0 when there is none. */
static struct store_ban
last_owed(struct fixture *f, const char *target)
{
	struct bans l = { .n = 0 };

	return (owed(f, target, &l) > 0 ? l.b[l.n - 1] : l.b[0]);
}

static int
count_target(void *arg, const char *target, bool pending, int64_t acked_ms)
{

	assert_string_equal(target, "hook");
	assert_true(pending && acked_ms == 0);
	++*(unsigned *)arg;
	return (0);
}

/* The soft epoch rises, the other stays; only the one who asked is told. */
static void
t_soft(void **state)
{
	struct fixture *f = *state;
	struct store_purge_info info;
	struct store_change c;
	struct store_purge p;
	struct store_ban b;
	unsigned n = 0;

	assert_int_equal(store_targets_set(f->store, both, 2), STORE_OK);
	assert_int_equal(soft(f, PURGE_STACK, "thumb", &p), STORE_OK);
	assert_int_equal(p.quota.remaining, 4);
	c = *last(f);
	assert_int_equal(c.kind, CHANGE_STACK);
	assert_string_equal(c.key, "thumb");
	assert_int_equal(c.epoch, 0);
	assert_int_equal(c.soft, c.seq);
	assert_int_equal(last_owed(f, "v1").id, 0);
	b = last_owed(f, "hook");
	assert_true(b.soft);
	assert_string_equal(b.header, "x-moniker-stack");
	assert_int_equal(store_purge_get(f->store, "org", p.id, &info,
	    count_target, &n), STORE_OK);
	assert_true(info.soft);
	assert_int_equal(info.pending, 1);
	assert_int_equal(n, 1);
	/* A hard one leaves it, and the next soft one that. */
	assert_int_equal(purge(f, "org", PURGE_STACK, "thumb", 5, NULL),
	    STORE_OK);
	assert_int_equal(last(f)->epoch, last(f)->seq);
	assert_int_equal(last(f)->soft, c.soft);
	assert_false(last_owed(f, "v1").soft);
	c = *last(f);
	assert_int_equal(soft(f, PURGE_STACK, "thumb", &p), STORE_OK);
	assert_int_equal(p.quota.remaining, 2);
	assert_int_equal(last(f)->epoch, c.epoch);
	assert_true(last(f)->soft > c.epoch);
}

static void
t_kinds(void **state)
{
	struct fixture *f = *state;
	char hash[HASH_HEX + 1];
	struct store_source_delete d;
	struct store_purge p;
	uint64_t was;

	assert_int_equal(put_image(f, "org", "1", hash), STORE_CREATED);
	assert_int_equal(soft(f, PURGE_SOURCE, hash, &p), STORE_OK);
	assert_int_equal(last(f)->kind, CHANGE_SOURCE);
	was = last(f)->soft;
	assert_true(was != 0);
	/* To delete it takes nothing from that. */
	memset(&d, 0, sizeof d);
	(void)snprintf(d.org, sizeof d.org, "org");
	d.hash = by_hex(hash);
	assert_int_equal(CALL(f, store_source_delete, &d), STORE_OK);
	assert_true(last(f)->revoked);
	assert_int_equal(last(f)->soft, was);
	assert_int_equal(soft(f, PURGE_SOURCE, hash, &p), STORE_OK);
	assert_true(last(f)->revoked);
	assert_true(last(f)->soft > was);
	assert_int_equal(soft(f, PURGE_STACK, "*", &p), STORE_OK);
	assert_int_equal(last(f)->kind, CHANGE_ORGANIZATION);
	assert_true(last(f)->soft != 0);
	assert_int_equal(last(f)->epoch, 0);
	assert_int_equal(soft(f, PURGE_SOURCE, "123456", &p),
	    STORE_NOT_FOUND);
	/* What an alias showed may be wrong: never softly. */
	assert_int_equal(soft(f, PURGE_ALIAS, "logo", &p), STORE_OK);
	assert_false(p.soft);
}

struct found {
	unsigned	n;
	struct store_change c;
};

static void
on_change(void *arg, const struct store_change *c, size_t n, uint64_t seq)
{
	struct found *found = arg;

	(void)seq;
	for (; n > 0; n--, c++)
		if (c->kind == CHANGE_STACK) {
			found->n++;
			found->c = *c;
		}
}

/* After a restart: in the replay, and in the snapshot. */
static void
expect_both(struct fixture *f, uint64_t soft_epoch)
{
	struct found found = { .n = 0 };
	uint64_t expected;

	assert_int_equal(store_replay(f->store, 0, on_change, &found),
	    STORE_OK);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.c.soft, soft_epoch);
	assert_int_equal(found.c.seq, soft_epoch);
	assert_int_equal(store_snapshot(f->store, &expected, on_change,
	    &found), STORE_OK);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.c.soft, soft_epoch);
	assert_int_equal(found.c.epoch, 0);
}

static void
t_kept(void **state)
{
	struct fixture *f = *state;
	struct store_purge p;
	uint64_t was;

	assert_int_equal(soft(f, PURGE_STACK, "thumb", &p), STORE_OK);
	was = last(f)->soft;
	fixture_close(f);
	fixture_open(f);
	expect_both(f, was);
}

static void
sql(const struct fixture *f, const char *text)
{
	char path[128];
	sqlite3 *h;

	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	if (sqlite3_exec(h, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(h));
	(void)sqlite3_close(h);
}

/* A database of version 1 keeps what it has. */
static void
t_migrate(void **state)
{
	struct fixture *f = *state;
	struct store_purge p;
	uint64_t epoch;

	assert_int_equal(store_targets_set(f->store, both, 2), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_STACK, "old", 5, NULL),
	    STORE_OK);
	epoch = last(f)->epoch;
	fixture_close(f);
	sql(f, UNDO_TERMS "ALTER TABLE epoch DROP COLUMN soft;"
	    "ALTER TABLE change DROP COLUMN soft;"
	    "ALTER TABLE target DROP COLUMN soft;"
	    "ALTER TABLE source DROP COLUMN edition;"
	    "ALTER TABLE apikey DROP COLUMN allowed_ips; DROP TABLE daily;"
	    "ALTER TABLE target DROP COLUMN org;"
	    "ALTER TABLE epoch DROP COLUMN withdrawn_ms;"
	    "ALTER TABLE epoch DROP COLUMN withdrawn_n;"
	    "ALTER TABLE alias DROP COLUMN shown;"
	    "ALTER TABLE alias DROP COLUMN previous;"
	    "ALTER TABLE change DROP COLUMN shown;"
	    "ALTER TABLE change DROP COLUMN previous;"
	    "DROP TABLE signing_key; ALTER TABLE org ADD COLUMN signing_key "
	    "TEXT NOT NULL DEFAULT 'k'; ALTER TABLE apikey DROP COLUMN "
	    "expires_ms; ALTER TABLE apikey DROP COLUMN used_ms;"
	    "DROP TABLE audit; DROP TABLE audit_size;"
	    "DROP TABLE usage; DROP INDEX stack_base; ALTER TABLE stack DROP COLUMN base;"
	    "PRAGMA user_version=1");
	fixture_open(f);
	assert_int_equal(store_targets_set(f->store, both, 2), STORE_OK);
	assert_true(last_owed(f, "v1").id != 0);
	assert_int_equal(soft(f, PURGE_STACK, "old", &p), STORE_OK);
	assert_int_equal(last(f)->epoch, epoch);
	assert_true(last(f)->soft > epoch);
	assert_false(last_owed(f, "v1").soft);
	assert_true(last_owed(f, "hook").soft);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_soft), T(t_kinds), T(t_kept), T(t_migrate)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
