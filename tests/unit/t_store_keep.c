/* SPDX-License-Identifier: BSD-2-Clause */
/* Housekeeping, backup under load, fsck. */
#include "config.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_alias.h"
#include "store/store_audit.h"
#include "store/store_org.h"
#include "store/store_source.h"
#include "store/store_stack.h"
#include "store_util.h"

#define DAY	86400000

static void
housekeep(struct fixture *f)
{
	struct {
		struct store_job job;
	} p = { .job = { .arg = f->base, .done = wait_done } };

	store_housekeep(f->store, &p.job);
	(void)event_base_dispatch(f->base);
	assert_int_equal(p.job.status, STORE_OK);
}

static void
delete_image(struct fixture *f, const char *hash)
{
	struct store_source_delete p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	p.hash = by_hex(hash);
	assert_int_equal(CALL(f, store_source_delete, &p), STORE_OK);
}

/* The file of an image's bytes. */
static void
blob_path(struct fixture *f, const char *dir, const char *org,
    const char *hash, char *path, size_t len)
{
	struct store_source s;
	char hex[HASH_HEX + 1];

	assert_int_equal(store_source_get(f->store, org, IMAGE(hash),
	    false, &s), STORE_OK);
	hash_to_hex(&s.content, hex);
	(void)snprintf(path, len, "%s/blobs/%.2s/%s", dir, hex, hex);
	store_source_clear(&s);
}

static void
t_expire(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1], path[2][200];
	struct store_source s;
	uint64_t epoch;

	assert_int_equal(put_org(f, "other"), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	assert_int_equal(put_image(f, "other", "2", NULL), STORE_CREATED);
	blob_path(f, f->dir, "org", one, path[0], sizeof path[0]);
	blob_path(f, f->dir, "org", two, path[1], sizeof path[1]);
	delete_image(f, one);
	delete_image(f, two);
	epoch = f->changes[0].epoch;
	fake_ms += 29 * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(one),
	    true, &s), STORE_OK);
	store_source_clear(&s);
	fake_ms += 2 * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(one),
	    true, &s), STORE_NOT_FOUND);
	/* The bytes go with the last image that has them. */
	housekeep(f);
	assert_int_equal(access(path[0], F_OK), -1);
	assert_int_equal(access(path[1], F_OK), 0);
	/* Its hash stays revoked, until it is uploaded again. */
	f->n = 0;
	assert_int_equal(put_image(f, "org", "1", NULL), STORE_CREATED);
	assert_int_equal(f->n, 1);
	assert_false(f->changes[0].revoked);
	assert_true(f->changes[0].epoch > epoch);
	assert_int_equal(access(path[0], F_OK), 0);
}

/* An image that was replaced by one of other metadata goes, its bytes stay. */
static void
t_expire_derived(void **state)
{
	struct fixture *f = *state;
	struct store_source_derive p = { .name = "x", .delete_previous = true };
	char one[HASH_HEX + 1], two[HASH_HEX + 1], path[200];
	struct store_source s;
	struct store_usage u;

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	blob_path(f, f->dir, "org", one, path, sizeof path);
	(void)snprintf(p.org, sizeof p.org, "org");
	p.hash = by_hex(one);
	p.value = json_pack("{s:i}", "a", 1);
	assert_int_equal(CALL(f, store_source_derive, &p), STORE_CREATED);
	json_decref(p.value);
	hash_to_hex(&p.source.hash, two);
	store_source_clear(&p.source);
	assert_int_equal(store_usage_get(f->store, "org", &u), STORE_OK);
	assert_int_equal(u.used[USE_IMAGES], 2);
	fake_ms += 31 * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(one), true,
	    &s), STORE_NOT_FOUND);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(two), false,
	    &s), STORE_OK);
	store_source_clear(&s);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(store_usage_get(f->store, "org", &u), STORE_OK);
	assert_int_equal(u.used[USE_IMAGES], 1);
	delete_image(f, two);
	fake_ms += 31 * (int64_t)DAY;
	housekeep(f);
	/* The file goes after that job is answered, and before the next. */
	housekeep(f);
	assert_int_equal(access(path, F_OK), -1);
}

static void
t_expire_rows(void **state)
{
	static const struct store_target v1[] = { { .name = "v1" } };
	struct fixture *f = *state;
	struct store_stack_put k;
	struct store_stack stack;
	struct store_purge_info info;
	struct store_purge p;
	int64_t oldest;
	unsigned n;

	assert_int_equal(store_targets_set(f->store, v1, 1), STORE_OK);
	memset(&k, 0, sizeof k);
	(void)snprintf(k.stack.org, sizeof k.stack.org, "org");
	(void)snprintf(k.stack.name, sizeof k.stack.name, "_preview_x");
	k.stack.definition = strdup("{}");
	assert_int_equal(CALL(f, store_stack_put, &k), STORE_CREATED);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 10, &p), STORE_OK);
	free(p.sources);
	housekeep(f);
	assert_int_equal(store_stack_get(f->store, "org", "_preview_x",
	    &stack), STORE_OK);
	store_stack_clear(&stack);
	fake_ms += 4 * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(store_stack_get(f->store, "org", "_preview_x",
	    &stack), STORE_NOT_FOUND);
	assert_int_equal(store_ban_count(f->store, "v1", &n, &oldest),
	    STORE_OK);
	assert_int_equal(n, 1);
	/* The ban is owed for as long as a picture may be kept. */
	fake_ms += 362 * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(store_purge_get(f->store, "org", p.id, &info, NULL,
	    NULL), STORE_NOT_FOUND);
	assert_int_equal(store_ban_count(f->store, "v1", &n, &oldest),
	    STORE_OK);
	assert_int_equal(n, 1);
	fake_ms += 40 * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(store_ban_count(f->store, "v1", &n, &oldest),
	    STORE_OK);
	assert_int_equal(n, 0);
	store_stack_clear(&k.stack);
}

static int
audit_line(void *arg, int64_t ms, json_t *line)
{

	(void)arg;
	(void)ms;
	json_decref(line);
	return (0);
}

/* How many lines the audit log of "org" has. */
static unsigned
audited(struct fixture *f)
{
	struct store_audit a = { .org = "org", .to_ms = INT64_MAX,
	    .limit = 1000, .func = audit_line };

	assert_int_equal(store_audit_each(f->store, &a), STORE_OK);
	return (a.n);
}

static void
audited_alias(struct fixture *f, const char *hash, unsigned i)
{
	const struct store_actor who = { .key = "k", .from = "" };
	struct store_alias_put p;

	fill_alias(&p, "org", hash, "n%u", i);
	p.job.actor = &who;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_CREATED);
}

static void
t_expire_audit(void **state)
{
	struct fixture *f = *state;
	const struct store_limits limits = { .audit_days = 3 };
	char hash[HASH_HEX + 1];

	store_limits_set(f->store, &limits);
	assert_int_equal(put_image(f, "org", "1", hash), STORE_CREATED);
	for (unsigned i = 0; i < 3; i++) {
		audited_alias(f, hash, i);
		fake_ms += 2 * (int64_t)DAY;
	}
	/* 6, 4 and 2 days old */
	assert_int_equal(audited(f), 3);
	housekeep(f);
	assert_int_equal(audited(f), 1);
	fake_ms += 2 * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(audited(f), 0);
}

/*--------------------------------------------------------------------
 * Backup
 */

struct load {
	struct fixture	*f;
	struct store_alias_put p;
	unsigned	n;
	bool		over;
	char		hash[HASH_HEX + 1];
};

static void load_done(struct store_job *);

static void
load_one(struct load *l)
{

	fill_alias(&l->p, "org", l->hash, "n%u", l->n++);
	l->p.job.done = load_done;
	l->p.job.arg = l;
	store_alias_put(l->f->store, &l->p);
}

static void
load_done(struct store_job *j)
{
	struct load *l = j->arg;

	assert_int_equal(j->status, STORE_CREATED);
	if (l->over)
		(void)event_base_loopbreak(l->f->base);
	else
		load_one(l);
}

static void
backup_done(struct store_job *j)
{

	((struct load *)j->arg)->over = true;
}

static void
quiet(void *arg, const char *where, const char *what)
{

	print_message("%s: %s\n", where, what);
	++*(unsigned *)arg;
}

static unsigned
fsck(const char *dir, bool deep)
{
	char err[512];
	unsigned seen = 0;
	int n;

	n = store_fsck(dir, deep, quiet, &seen, err, sizeof err);
	if (n < 0)
		fail_msg("%s", err);
	assert_int_equal(n, seen);
	return (seen);
}

static void
t_backup(void **state)
{
	struct fixture *f = *state, copy = { .n = 0 };
	struct load l = { .f = f };
	struct store_backup p;
	struct store_alias a;
	struct stat x, y;
	char path[200], to[128], name[32];
	uint8_t id[2][16];
	unsigned i, before;

	assert_int_equal(put_image(f, "org", "1", l.hash), STORE_CREATED);
	for (i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof name, "before%u", i);
		assert_int_equal(put_alias(f, "org", name, l.hash, false),
		    STORE_CREATED);
	}
	before = i;
	(void)snprintf(to, sizeof to, "%s/copy", f->dir);
	memset(&p, 0, sizeof p);
	p.to = to;
	p.job.done = backup_done;
	p.job.arg = &l;
	load_one(&l);
	store_backup(f->store, &p);
	(void)event_base_dispatch(f->base);
	assert_string_equal(p.err, "");
	assert_int_equal(p.job.status, STORE_OK);
	assert_int_equal(p.images, 1);
	assert_int_equal(CALL(f, store_backup, &p), STORE_EXISTS);
	assert_non_null(strstr(p.err, "exists"));
	assert_int_equal(fsck(to, true), 0);
	/* The copy is a store, with all that was answered before. */
	assert_true(strlen(to) < sizeof copy.dir);
	memcpy(copy.dir, to, strlen(to) + 1);
	copy.base = f->base;
	fixture_open(&copy);
	for (i = 0; i < before; i++) {
		(void)snprintf(name, sizeof name, "before%u", i);
		assert_int_equal(store_alias_get(copy.store, "org", name, &a),
		    STORE_OK);
	}
	blob_path(&copy, copy.dir, "org", l.hash, path, sizeof path);
	assert_int_equal(stat(path, &x), 0);
	blob_path(f, f->dir, "org", l.hash, path, sizeof path);
	assert_int_equal(stat(path, &y), 0);
	assert_true(x.st_ino == y.st_ino);
	/* No map of the one is taken for a map of the other. */
	store_id(f->store, id[0]);
	store_id(copy.store, id[1]);
	assert_memory_not_equal(id[0], id[1], 16);
	assert_true(store_replay_has_gap(copy.store, store_seq(f->store)));
	assert_int_equal(put_alias(&copy, "org", "new", l.hash, false),
	    STORE_CREATED);
	fixture_close(&copy);
}

static void
t_fsck(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], path[200], sql[200], err[200];
	sqlite3 *h;
	int fd;

	assert_int_equal(put_image(f, "org", "abc", one), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "x", one, false), STORE_CREATED);
	assert_int_equal(fsck(f->dir, true), 0);
	blob_path(f, f->dir, "org", one, path, sizeof path);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 1), 1);
	assert_int_equal(fsck(f->dir, false), 0);
	assert_int_equal(fsck(f->dir, true), 1);
	assert_int_equal(ftruncate(fd, 1), 0);
	assert_int_equal(fsck(f->dir, false), 1);
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fsck(f->dir, false), 1);
	(void)snprintf(path, sizeof path, "%s/blobs/ab/stray", f->dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(fsck(f->dir, false), 2);
	fixture_close(f);
	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	(void)snprintf(sql, sizeof sql, "UPDATE alias SET hash = "
	    "x'0000000000000000000000000000000000000000', seq = 1 << 60; "
	    "UPDATE source SET user_meta = '{'");
	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(h);
	assert_int_equal(fsck(f->dir, false), 5);
	assert_int_equal(store_fsck("none", false, quiet, NULL, err,
	    sizeof err), -1);
	assert_non_null(strstr(err, "none"));
	fixture_open(f);
}

/*--------------------------------------------------------------------
 * Figures by day
 */

static void
assert_day(const struct store_days *all, unsigned i, int64_t day,
    int64_t bytes, int64_t files, int64_t sent)
{
	assert_true(i < all->n);
	assert_int_equal(all->day[i].day, day);
	assert_int_equal(all->day[i].bytes, bytes);
	assert_int_equal(all->day[i].files, files);
	assert_int_equal(all->day[i].sent, sent);
}

static unsigned
days(struct fixture *f, int64_t from, int64_t to, struct store_days *all)
{
	assert_int_equal(store_days(f->store, "org", from, to, all), STORE_OK);
	return (all->n);
}

static void
t_days(void **state)
{
	struct fixture *f = *state;
	struct store_days all;
	char one[HASH_HEX + 1];
	int64_t first;

	assert_int_equal(store_days(f->store, "none", 0, 1, &all),
	    STORE_NOT_FOUND);
	first = store_today(f->store);
	/* Of the days before nothing is known; today is as it is now. */
	assert_int_equal(days(f, first - 9, first + 9, &all), 1);
	assert_day(&all, 0, first, 0, 0, 0);
	assert_int_equal(put_image(f, "org", "12345", one), STORE_CREATED);
	store_sent(f->store, "org", 100);
	store_sent(f->store, "org", 11);
	assert_int_equal(days(f, first, first, &all), 1);
	assert_day(&all, 0, first, 5, 1, 111);
	housekeep(f);
	store_sent(f->store, "org", 9);
	assert_int_equal(days(f, first, first, &all), 1);
	assert_day(&all, 0, first, 5, 1, 120);
	/* Days without a change are as the one before. */
	fake_ms += 3 * (int64_t)DAY;
	store_sent(f->store, "org", 7);
	assert_int_equal(put_image(f, "org", "123", NULL), STORE_CREATED);
	delete_image(f, one);
	housekeep(f);
	fixture_close(f);
	fixture_open(f);
	fake_ms += 2 * (int64_t)DAY;
	assert_int_equal(days(f, first - 1, first + 9, &all), 6);
	assert_day(&all, 0, first, 5, 1, 120);
	assert_day(&all, 1, first + 1, 5, 1, 0);
	assert_day(&all, 2, first + 2, 5, 1, 0);
	assert_day(&all, 3, first + 3, 8, 1, 7);
	assert_day(&all, 4, first + 4, 8, 1, 0);
	assert_day(&all, 5, first + 5, 8, 1, 0);
	/* Within, and before and behind of what there is. */
	assert_int_equal(days(f, first + 2, first + 3, &all), 2);
	assert_day(&all, 0, first + 2, 5, 1, 0);
	assert_day(&all, 1, first + 3, 8, 1, 7);
	assert_int_equal(days(f, first + 4, first + 4, &all), 1);
	assert_day(&all, 0, first + 4, 8, 1, 0);
	assert_int_equal(days(f, first - 9, first - 1, &all), 0);
	assert_int_equal(days(f, first + 6, first + 9, &all), 0);
}

/* Kept for so long, and no longer; what was then is known nevertheless. */
static void
t_days_end(void **state)
{
	struct fixture *f = *state;
	struct store_days all;
	int64_t first = store_today(f->store);

	assert_int_equal(put_image(f, "org", "12345", NULL), STORE_CREATED);
	store_sent(f->store, "org", 100);
	housekeep(f);
	fake_ms += 10 * (int64_t)DAY;
	store_sent(f->store, "org", 50);
	housekeep(f);
	fake_ms += (STORE_DAYS - 1) * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(days(f, 0, first + 9999, &all), STORE_DAYS);
	assert_day(&all, 0, first + 10, 5, 1, 50);
	assert_day(&all, STORE_DAYS - 1, first + 9 + STORE_DAYS, 5, 1, 0);
	fake_ms += 2 * (int64_t)DAY;
	housekeep(f);
	assert_int_equal(days(f, 0, first + 9999, &all), STORE_DAYS);
	assert_day(&all, 0, first + 12, 5, 1, 0);
	assert_int_equal(days(f, first, first + 12, &all), 3);
}

/* What cannot be written is not lost. */
static void
t_days_fail(void **state)
{
	struct fixture *f = *state;
	char path[128];
	struct store_days all;
	int64_t today = store_today(f->store);
	sqlite3 *h;

	assert_int_equal(put_image(f, "org", "12345", NULL), STORE_CREATED);
	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	store_sent(f->store, "org", 100);
	assert_int_equal(sqlite3_exec(h, "ALTER TABLE daily RENAME TO gone",
	    NULL, NULL, NULL), SQLITE_OK);
	housekeep(f);
	store_sent(f->store, "org", 11);
	assert_int_equal(sqlite3_exec(h, "ALTER TABLE gone RENAME TO daily",
	    NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(h);
	assert_int_equal(days(f, today, today, &all), 1);
	assert_day(&all, 0, today, 5, 1, 111);
	housekeep(f);
	assert_int_equal(days(f, today, today, &all), 1);
	assert_day(&all, 0, today, 5, 1, 111);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_days), T(t_days_end), T(t_days_fail), T(t_expire),
		T(t_expire_derived), T(t_expire_rows), T(t_expire_audit),
		T(t_backup), T(t_fsck)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
