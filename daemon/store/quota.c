/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The quota of purges: a sliding hour, counted by the stamps of the purges
 * themselves. What counts is decided by the writer, in the transaction of the
 * purge. Who has none left is remembered in memory, so that a refusal costs
 * no transaction: clients repeat a refused call ten times.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>

#include "purges.h"

#define CACHE_SLOTS	1024

/* Direct mapped; who is pushed out costs a transaction again. */
struct quota_cache {
	pthread_mutex_t	mtx;			/* of all of it */
	struct quota_slot {
		char		org[ORG_MAX + 1];
		enum store_purge_kind kind;
		unsigned	limit;
		int64_t		retry_ms;	/* nothing left until then */
	}		slot[CACHE_SLOTS];
	uint8_t		key[crypto_shorthash_KEYBYTES];
};

int
quota_open(struct store *st)
{

	st->quota = calloc(1, sizeof *st->quota);
	if (st->quota == NULL)
		return (-1);
	(void)pthread_mutex_init(&st->quota->mtx, NULL);
	randombytes_buf(st->quota->key, sizeof st->quota->key);
	return (0);
}

void
quota_close(struct store *st)
{

	if (st->quota == NULL)
		return;
	(void)pthread_mutex_destroy(&st->quota->mtx);
	free(st->quota);
	st->quota = NULL;
}

static struct quota_slot *
quota_slot(struct quota_cache *c, const char *org, enum store_purge_kind kind)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t h;

	(void)crypto_shorthash(out, (const uint8_t *)org, strlen(org), c->key);
	memcpy(&h, out, sizeof h);
	return (&c->slot[(h + kind) % CACHE_SLOTS]);
}

/* After a purge, or a refusal: *retry_ms* is set when nothing is left. */
void
quota_remember(struct store *st, const char *org, enum store_purge_kind kind,
    const struct store_quota *q)
{
	struct quota_cache *c = st->quota;
	struct quota_slot *s;

	if (q->limit == 0 || q->remaining > 0)
		return;
	(void)pthread_mutex_lock(&c->mtx);
	s = quota_slot(c, org, kind);
	(void)snprintf(s->org, sizeof s->org, "%s", org);
	s->kind = kind;
	s->limit = q->limit;
	s->retry_ms = q->retry_ms;
	(void)pthread_mutex_unlock(&c->mtx);
}

bool
quota_refuses(struct store *st, const char *org, enum store_purge_kind kind,
    unsigned limit, struct store_quota *q)
{
	struct quota_cache *c = st->quota;
	int64_t now = store_now(st);
	struct quota_slot *s;
	bool refused;

	(void)pthread_mutex_lock(&c->mtx);
	s = quota_slot(c, org, kind);
	/* Another limit has another time; so has a clock that was set back. */
	refused = limit > 0 && limit == s->limit && now < s->retry_ms &&
	    s->retry_ms <= now + HOUR_MS && s->kind == kind &&
	    strcmp(s->org, org) == 0;
	q->limit = limit;
	q->remaining = 0;
	q->retry_ms = s->retry_ms;
	(void)pthread_mutex_unlock(&c->mtx);
	return (refused);
}

/*
 * The stamps come newest first. With n of them and n >= limit, the next place
 * is free when the stamp number limit (counted from the newest) is an hour old.
 */
enum store_status
quota_read(struct db *db, int64_t now, const char *org,
    enum store_purge_kind kind, unsigned limit, struct store_quota *q)
{
	int64_t stamp = 0;
	sqlite3_stmt *s;
	unsigned n = 0;
	int rc;

	memset(q, 0, sizeof *q);
	q->limit = limit;
	if (limit == 0)
		return (STORE_OK);
	s = db_bind(db, ST_QUOTA_STAMPS, org, kind, now - HOUR_MS, limit);
	while ((rc = db_step(db, s)) > 0) {
		stamp = sqlite3_column_int64(s, 0);
		n++;
	}
	if (rc < 0)
		return (db_failure(db));
	q->remaining = limit - n;
	if (q->remaining == 0)
		q->retry_ms = (stamp < now ? stamp : now) + HOUR_MS;
	return (STORE_OK);
}

enum store_status
store_quota_get(struct store *st, const char *org, enum store_purge_kind kind,
    unsigned limit, struct store_quota *out)
{

	if (quota_refuses(st, org, kind, limit, out))
		return (STORE_OK);
	return (quota_read(store_db(st), store_now(st), org, kind, limit, out));
}
