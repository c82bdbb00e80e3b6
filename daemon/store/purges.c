/* SPDX-License-Identifier: BSD-2-Clause */
/* A purge: quota, epochs and the rows of the outbox, in one transaction. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "aliases.h"
#include "hooks.h"
#include "orgs.h"
#include "purges.h"
#include "sources.h"

/* Each once. */
static int
purge_add_source(struct store_purge *p, const struct hash *hash)
{
	struct hash *all;

	all = realloc(p->sources, (p->nsources + 1) * sizeof *all);
	if (all == NULL)
		return (-1);
	p->sources = all;
	all[p->nsources++] = *hash;
	return (0);
}

static void
purge_drop_sources(struct store_purge *p)
{

	free(p->sources);
	free(p->names);
	p->sources = NULL;
	p->names = NULL;
	p->nsources = p->n = 0;
}

/* The form that the table keeps. */
static char *
purge_sources_json(const struct store_purge *p)
{
	char hex[HASH_HEX + 1], *text;
	json_t *a;
	size_t i;

	a = json_array();
	for (i = 0; i < p->nsources; i++) {
		hash_to_hex(&p->sources[i], hex);
		(void)json_array_append_new(a, json_string(hex));
	}
	text = json_dumps(a, JSON_COMPACT);
	json_decref(a);
	return (text);
}

/* An alias's current source, and those since its last purge. */
static int
purge_alias_sources(struct store_tx *tx, struct store_purge *p,
    const char *name)
{
	size_t first = p->nsources;
	struct store_alias a;
	enum store_status status;
	struct hash hash;
	uint64_t epoch;
	sqlite3_stmt *s;
	size_t current;
	bool revoked;
	int rc;

	status = alias_load(tx->db, p->org, name, &a);
	if (status == STORE_OK && purge_add_source(p, &a.hash) != 0)
		return (-1);
	if ((status != STORE_OK && status != STORE_NOT_FOUND) ||
	    epoch_get(tx->db, ALIAS_EPOCH(p->org, name), &epoch,
	    &revoked) != 0)
		return (-1);
	s = db_bind(tx->db, ST_HISTORY_SINCE, p->org, name, epoch);
	current = p->nsources;
	while ((rc = db_step(tx->db, s)) > 0) {
		/* Each comes once, but may be the current one, too. */
		if (!db_hash(s, 0, &hash) || (current > first &&
		    hash_equal(&p->sources[first], &hash)))
			continue;
		if (purge_add_source(p, &hash) != 0) {
			db_reset(s);
			return (-1);
		}
	}
	return (rc);
}

static int
hash_compare(const void *a, const void *b)
{

	return (memcmp(((const struct hash *)a)->b, ((const struct hash *)b)->b,
	    HASH_LEN));
}

/* The aliases with a prefix or a tag, or one with its variants. */
static enum store_status
purge_names(struct store_tx *tx, struct store_purge *p)
{
	const int limit = STORE_PURGE_MAX;
	char lower[NAME_MAX_LEN + 8], upper[sizeof lower + 8];
	sqlite3_stmt *s;
	int rc;

	p->names = calloc((size_t)limit + 2, sizeof p->names[0]);
	if (p->names == NULL)
		return (STORE_ERROR);
	(void)snprintf(lower, sizeof lower, "%s", p->prefix);
	if (p->variants) {
		/* It may be deleted. */
		memcpy(p->names[p->n++], p->key, sizeof p->names[0]);
		(void)snprintf(lower, sizeof lower, "%s" NAME_VARIANT, p->key);
	}
	(void)snprintf(upper, sizeof upper, "%s\xf4\x8f\xbf\xbf", lower);
	if (*p->tag != '\0')
		s = db_bind(tx->db, ST_ALIAS_TAGGED, p->org, "", "",
		    "\xf4\x8f\xbf\xbf", limit + 1, p->tag);
	else
		s = db_bind(tx->db, ST_ALIAS_EACH, p->org, lower, "",
		    upper, limit + 1);
	while ((rc = db_step(tx->db, s)) > 0)
		db_text(s, 0, p->names[p->n++], sizeof p->names[0]);
	if (rc < 0)
		return (db_failure(tx->db));
	return (p->n > STORE_PURGE_MAX ? STORE_PRECONDITION :
	    p->n == 0 ? STORE_NOT_FOUND : STORE_OK);
}

/* All of them as one purge; each source once. */
static enum store_status
purge_names_sources(struct store_tx *tx, struct store_purge *p)
{
	enum store_status status = purge_names(tx, p);
	size_t i, n = 0;

	if (status != STORE_OK)
		return (status);
	for (i = 0; i < p->n; i++)
		if (purge_alias_sources(tx, p, p->names[i]) != 0)
			return (db_failure(tx->db));
	if (p->nsources > 0)
		qsort(p->sources, p->nsources, sizeof *p->sources,
		    hash_compare);
	for (i = 0; i < p->nsources; i++)
		if (n == 0 || !hash_equal(&p->sources[n - 1], &p->sources[i]))
			p->sources[n++] = p->sources[i];
	p->nsources = n;
	if (*p->tag != '\0')
		(void)snprintf(p->key, sizeof p->key, "tag:%s", p->tag);
	else if (!p->variants)
		(void)snprintf(p->key, sizeof p->key, "%.*s*",
		    NAME_MAX_LEN - 1, p->prefix);
	return (STORE_OK);
}

/* Which sources *p* concerns, before anything is written. */
static enum store_status
purge_sources(struct store_tx *tx, struct store_purge *p)
{
	enum store_status status;
	struct hash hash;

	if (*p->prefix != '\0' || *p->tag != '\0' || p->variants)
		return (purge_names_sources(tx, p));
	if (p->kind == PURGE_ALIAS)
		return (purge_alias_sources(tx, p, p->key) == 0 ? STORE_OK :
		    db_failure(tx->db));
	if (p->kind != PURGE_SOURCE)
		return (STORE_OK);
	status = source_resolve(tx->db, p->org, &p->source, false, &hash);
	if (status == STORE_NOT_FOUND)
		status = source_resolve(tx->db, p->org, &p->source, true,
		    &hash);
	if (status == STORE_OK && purge_add_source(p, &hash) != 0)
		status = STORE_ERROR;
	if (status == STORE_OK)
		hash_to_hex(&hash, p->key);
	return (status);
}

/* Raises what the purge is about to its next epoch. */
static int
purge_epoch(struct store_tx *tx, const struct store_purge *p,
    const struct epoch_of *of)
{
	uint64_t epoch;

	if (p->soft)
		return (tx_epoch_soft(tx, of));
	return (tx_epoch(tx, of, NULL, &epoch));
}

static enum store_status
purge_raise_sources(struct store_tx *tx, struct store_purge *p)
{
	enum store_status status = STORE_OK;
	char hex[HASH_HEX + 1];
	size_t i;

	for (i = 0; i < p->nsources && status == STORE_OK; i++) {
		if (purge_epoch(tx, p, SOURCE_EPOCH(p->org,
		    &p->sources[i])) != 0)
			return (db_failure(tx->db));
		hash_to_hex(&p->sources[i], hex);
		status = tx_ban_source(tx, p->id, p->org, hex, p->soft);
		if (status == STORE_OK)
			status = tx_lent_source(tx, p->org, &p->sources[i],
			    p->soft);
	}
	return (status);
}

static enum store_status
purge_raise_alias(struct store_tx *tx, const struct store_purge *p,
    const char *name)
{
	struct store_alias a;
	enum store_status status;
	uint64_t epoch;

	if (tx_epoch(tx, ALIAS_EPOCH(p->org, name), NULL, &epoch) != 0)
		return (db_failure(tx->db));
	status = alias_load(tx->db, p->org, name, &a);
	if (status == STORE_OK) {
		a.epoch = epoch;
		a.shown = a.previous = (struct hash){ .b = { 0 } };
		if (db_run(tx->db, ST_ALIAS_EPOCH, p->org, name,
		    epoch) < 0 || alias_publish(tx, &a, epoch, false) != 0)
			return (db_failure(tx->db));
	} else if (status != STORE_NOT_FOUND)
		return (status);
	status = tx_ban(tx, p->id, p->org, "x-moniker-alias", name, false);
	return (status != STORE_OK ? status :
	    tx_lent_alias(tx, p->org, name));
}

static enum store_status
purge_raise_stack(struct store_tx *tx, struct store_purge *p)
{
	bool all = strcmp(p->key, "*") == 0;

	if (purge_epoch(tx, p, all ? ORG_EPOCH(p->org) :
	    STACK_EPOCH(p->org, p->key)) != 0)
		return (db_failure(tx->db));
	return (tx_ban(tx, p->id, p->org, all ? "x-moniker-org" :
	    "x-moniker-stack", all ? p->org : p->key, p->soft));
}

static enum store_status
purge_note(struct store_tx *tx, struct store_purge *p)
{
	char *sources;
	int n;

	sources = purge_sources_json(p);
	if (sources == NULL)
		return (STORE_ERROR);
	if (p->limit > 0)
		n = db_run(tx->db, ST_PURGE_INSERT, p->org, p->kind, p->key,
		    tx->now_ms, p->soft, sources);
	else
		n = db_run(tx->db, ST_PURGE_UNCOUNTED, p->org, p->kind,
		    p->key, tx->now_ms, p->soft, sources);
	free(sources);
	if (n < 0)
		return (db_failure(tx->db));
	p->id = sqlite3_last_insert_rowid(tx->db->h);
	return (n == 0 ? STORE_NOT_FOUND : STORE_OK);
}

static json_t *
purge_json(int64_t id, enum store_purge_kind kind, const char *key)
{
	static const char *const kinds[] = { [PURGE_ALIAS] = "alias",
	    [PURGE_STACK] = "stack", [PURGE_SOURCE] = "source" };

	return (json_pack("{s:I, s:s, s:s}", "purge", (json_int_t)id, "kind",
	    (unsigned)kind < sizeof kinds / sizeof *kinds ? kinds[kind] : "",
	    "key", key));
}

static bool
purge_is_pending(struct store_tx *tx, int64_t id)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(tx->db, &rc, ST_PURGE_PENDING, id);
	if (s != NULL)
		db_reset(s);
	return (s != NULL || rc < 0);
}

void
tx_purge_acked(struct store_tx *tx, int64_t id, const char *org,
    enum store_purge_kind kind, const char *key)
{

	if (tx_hooks(tx) && !purge_is_pending(tx, id))
		tx_event(tx, org, "purge.acknowledged", purge_json(id, kind,
		    key));
}

static enum store_status
purge_do(struct store_tx *tx, struct store_purge *p)
{
	enum store_status status;
	size_t i;

	status = purge_sources(tx, p);
	if (status == STORE_OK)
		status = purge_note(tx, p);
	if (status == STORE_OK)
		status = purge_raise_sources(tx, p);
	for (i = 0; i < p->n && status == STORE_OK; i++)
		status = purge_raise_alias(tx, p, p->names[i]);
	if (status == STORE_OK && p->kind == PURGE_ALIAS && p->n == 0)
		status = purge_raise_alias(tx, p, p->key);
	if (status == STORE_OK && p->kind == PURGE_STACK)
		status = purge_raise_stack(tx, p);
	return (status);
}

enum store_status
tx_purge_note(struct store_tx *tx, const char *org,
    enum store_purge_kind kind, const char *key, int64_t *id)
{
	struct store_purge p = { .kind = kind, .limit = 1 };
	enum store_status status = STORE_OK;
	struct hash hash;

	(void)snprintf(p.org, sizeof p.org, "%s", org);
	(void)snprintf(p.key, sizeof p.key, "%s", key);
	if (kind == PURGE_SOURCE && hash_from_text(&hash, key) &&
	    purge_add_source(&p, &hash) != 0)
		status = STORE_ERROR;
	if (status == STORE_OK)
		status = purge_note(tx, &p);
	*id = p.id;
	purge_drop_sources(&p);
	return (status);
}

static enum store_status
purge_uncounted(struct store_tx *tx, struct store_purge *p, const char *org)
{
	enum store_status status;

	(void)snprintf(p->org, sizeof p->org, "%s", org);
	status = purge_do(tx, p);
	purge_drop_sources(p);
	return (status);
}

enum store_status
tx_purge_alias(struct store_tx *tx, const char *org, const char *name)
{
	struct store_purge p = { .kind = PURGE_ALIAS };

	(void)snprintf(p.key, sizeof p.key, "%s", name);
	return (purge_uncounted(tx, &p, org));
}

enum store_status
tx_purge_source(struct store_tx *tx, const char *org,
    const struct hash *hash)
{
	struct store_purge p = { .kind = PURGE_SOURCE,
	    .source = hash_prefix_whole(hash) };

	return (purge_uncounted(tx, &p, org));
}

static const char *const purge_actions[] = {
	[PURGE_ALIAS] = "alias.purge", [PURGE_STACK] = "stack.purge",
	[PURGE_SOURCE] = "sourceimage.purge"
};

static enum store_status
purge_run(struct store_tx *tx, struct store_job *job)
{
	struct store_purge *p = CAST_OBJ(job, STORE_PURGE_MAGIC);
	enum store_status status;

	/* Stamps from before the clock was set back would count too long. */
	if (p->limit > 0 && db_run(tx->db, ST_QUOTA_FUTURE, p->org,
	    p->kind, tx->now_ms) < 0)
		return (db_failure(tx->db));
	status = quota_read(tx->db, tx->now_ms, p->org, p->kind, p->limit,
	    &p->quota);
	if (status != STORE_OK)
		return (status);
	if (p->limit > 0 && p->quota.remaining == 0)
		return (STORE_QUOTA);
	status = purge_do(tx, p);
	if (status != STORE_OK)
		return (status);
	tx_event(tx, p->org, "purge.created", purge_json(p->id, p->kind,
	    p->key));
	tx_audit(tx, p->org, purge_actions[p->kind], p->key, NULL,
	    p->soft ? "{\"soft\":true}" : NULL);
	/* Nobody has to be told. */
	tx_purge_acked(tx, p->id, p->org, p->kind, p->key);
	return (quota_read(tx->db, tx->now_ms, p->org, p->kind, p->limit,
	    &p->quota));
}

static void
purge_settle(struct store_tx *tx, struct store_job *job)
{
	struct store_purge *p = CAST_OBJ(job, STORE_PURGE_MAGIC);

	if (job->status == STORE_OK || job->status == STORE_QUOTA)
		quota_remember(tx->store, p->org, p->kind, &p->quota);
	if (job->status != STORE_OK)
		purge_drop_sources(p);
}

void
store_purge(struct store *st, struct store_purge *p)
{

	p->job.magic = STORE_PURGE_MAGIC;
	p->sources = NULL;
	p->names = NULL;
	p->nsources = p->n = 0;
	/* Has no soft epoch: it is the target that changes. */
	if (p->kind == PURGE_ALIAS)
		p->soft = false;
	if (quota_refuses(st, p->org, p->kind, p->limit, &p->quota))
		deliver_finish(st, &p->job, STORE_QUOTA);
	else
		writer_submit(st, &p->job, purge_run, purge_settle);
}
