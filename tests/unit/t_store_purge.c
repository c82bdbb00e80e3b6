/* SPDX-License-Identifier: BSD-2-Clause */
/* Purges: their epochs and bans. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_alias.h"
#include "store_util.h"

static bool
concerns(const struct store_purge *p, const char *hex)
{
	char one[HASH_HEX + 1];
	size_t i;

	for (i = 0; i < p->nsources; i++) {
		hash_to_hex(&p->sources[i], one);
		if (strcmp(one, hex) == 0)
			return (true);
	}
	return (false);
}

static void
t_alias_purge(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1], six[HASH_HEX + 1];
	const struct store_change *c;
	struct store_purge p;
	struct store_alias a;
	struct bans l;

	targets(f, "v1", NULL);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "6", six), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "logo", one, false),
	    STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "logo", two, true), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "logo", 10, &p),
	    STORE_OK);
	assert_int_equal(p.nsources, 2);
	assert_true(concerns(&p, one));
	assert_true(concerns(&p, two));
	assert_int_equal(p.quota.remaining, 9);
	free(p.sources);
	assert_int_equal(owed(f, "v1", &l), 5);
	assert_true(has_ban(&l, "x-moniker-alias", "logo"));
	assert_true(has_ban(&l, "x-moniker-source", one));
	assert_true(has_ban(&l, "x-moniker-secondary", one));
	assert_true(has_ban(&l, "x-moniker-source", two));
	assert_true(has_ban(&l, "x-moniker-secondary", two));
	assert_int_equal(l.b[0].purge, p.id);
	assert_non_null(last_change(f, CHANGE_SOURCE, one));
	c = last_change(f, CHANGE_ALIAS, "logo");
	assert_hash(&c->hash, two);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &a),
	    STORE_OK);
	assert_true(c->epoch != 0);
	assert_int_equal(a.epoch, c->epoch);
	/* What it showed before its last purge is not purged again. */
	assert_int_equal(put_alias(f, "org", "logo", six, true), STORE_OK);
	assert_int_equal(delete_alias(f, "org", "logo"), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "logo", 10, &p),
	    STORE_OK);
	assert_false(concerns(&p, one));
	assert_true(concerns(&p, two));
	assert_true(concerns(&p, six));
	free(p.sources);
	/* A name that comes back has the epoch of the purge in between. */
	assert_int_equal(put_alias(f, "org", "logo", one, false),
	    STORE_CREATED);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &a),
	    STORE_OK);
	assert_true(a.epoch > c->epoch);
	assert_int_equal(last_change(f, CHANGE_ALIAS, "logo")->epoch, a.epoch);
}

static void
t_unknown(void **state)
{
	struct fixture *f = *state;
	struct store_purge p;

	assert_int_equal(purge(f, "org", PURGE_ALIAS, "never", 10, &p),
	    STORE_OK);
	assert_int_equal(p.nsources, 0);
	assert_int_equal(p.quota.remaining, 9);
	free(p.sources);
	assert_int_equal(purge(f, "org", PURGE_SOURCE, "123456", 5, &p),
	    STORE_NOT_FOUND);
	assert_null(p.sources);
	assert_int_equal(store_quota_get(f->store, "org", PURGE_SOURCE, 5,
	    &p.quota), STORE_OK);
	assert_int_equal(p.quota.remaining, 5);
}

static void
t_stack_purge(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1];
	struct bans l;

	targets(f, "v1", NULL);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(purge(f, "org", PURGE_STACK, "thumb", 5, NULL),
	    STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_STACK, "*", 5, NULL), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_SOURCE, one, 5, NULL),
	    STORE_OK);
	assert_int_equal(owed(f, "v1", &l), 4);
	assert_true(has_ban(&l, "x-moniker-stack", "thumb"));
	assert_true(has_ban(&l, "x-moniker-org", "org"));
	assert_true(has_ban(&l, "x-moniker-source", one));
	assert_true(has_ban(&l, "x-moniker-secondary", one));
	assert_non_null(last_change(f, CHANGE_STACK, "thumb"));
	assert_non_null(last_change(f, CHANGE_ORGANIZATION, ""));
	assert_non_null(last_change(f, CHANGE_SOURCE, one));
}

/* Where overwriting purges: in the same transaction, and not counted. */
static void
t_overwrite(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1];
	struct store_alias_put p;
	struct store_quota q;
	struct bans l;
	unsigned published;

	targets(f, "v1", NULL);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	fill_alias(&p, "org", one, "x");
	p.overwrite = p.purge = true;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_CREATED);
	assert_int_equal(owed(f, "v1", &l), 0);
	p.target = by_hex(two);
	published = f->published;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_OK);
	assert_int_equal(f->published, published + 1);
	assert_int_equal(owed(f, "v1", &l), 5);
	assert_true(has_ban(&l, "x-moniker-alias", "x"));
	assert_true(has_ban(&l, "x-moniker-source", one));
	assert_hash(&p.alias.hash, two);
	assert_true(p.alias.epoch != 0);
	assert_int_equal(last_change(f, CHANGE_ALIAS, "x")->epoch,
	    p.alias.epoch);
	assert_int_equal(store_quota_get(f->store, "org", PURGE_ALIAS, 10,
	    &q), STORE_OK);
	assert_int_equal(q.remaining, 10);
	/* Nothing moves, nothing is purged. */
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_OK);
	assert_int_equal(owed(f, "v1", &l), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_alias_purge), T(t_unknown), T(t_stack_purge),
		T(t_overwrite)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
