/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What takes a right away: an image that is deleted, a stack that is deleted or
 * comes under protection, an option that closes what was open. What caches hold
 * of it gets a new epoch, and the bans are owed, in the transaction that takes
 * the right away. doc/architecture-purge.rst has the cases.
 *
 * Taking away is never refused. The second time within an hour it counts as a
 * purge of that thing; once the quota is used up, giving the right back is
 * refused, as alternating the two would otherwise purge without a limit. And
 * so would things that are made only to be deleted: after many no new ones may
 * come within the hour. An image that other dynamic metadata replaces is one of
 * those, and never a purge: who places a focal point tries some places twice.
 */
#include "config.h"

#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgs.h"
#include "purges.h"

/* Beyond so many dependent stacks the whole organization is purged. */
#define STACKS_MAX	32
/* How deep base stacks may be nested, as when rendering. */
#define BASES_MAX	5

/* So many times the purges of an hour may different things be taken away. */
#define THINGS_FREE	200

/* How many were, since then; a restart forgets it. The writer's. */
struct withdrawn {
	int64_t		since_ms;
	unsigned	n[PURGE_SOURCE + 1];
};

int
withdraw_open(struct store *st)
{

	st->withdrawn = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    g_free);
	return (0);
}

void
withdraw_close(struct store *st)
{

	if (st->withdrawn != NULL)
		g_hash_table_destroy(st->withdrawn);
	st->withdrawn = NULL;
}

static struct withdrawn *
withdrawn_of(struct store_tx *tx, const char *org)
{
	struct withdrawn *w = g_hash_table_lookup(tx->store->withdrawn, org);

	if (w == NULL) {
		w = g_new0(struct withdrawn, 1);
		(void)g_hash_table_insert(tx->store->withdrawn, g_strdup(org),
		    w);
	}
	if (tx->now_ms >= w->since_ms + HOUR_MS || tx->now_ms < w->since_ms)
		*w = (struct withdrawn){ .since_ms = tx->now_ms };
	return (w);
}

static bool
withdrawn_too_many(struct store_tx *tx, enum store_purge_kind kind,
    const char *org)
{
	unsigned limit = org_purges(tx, org, kind);

	return (limit > 0 && withdrawn_of(tx, org)->n[kind] / THINGS_FREE >=
	    limit);
}

/* Where it is noted: with the epoch. The stack "*" is the organization. */
static enum store_change_kind
withdraw_kind(enum store_purge_kind kind, const char **key)
{

	if (kind == PURGE_SOURCE)
		return (CHANGE_SOURCE);
	if (strcmp(*key, "*") != 0)
		return (CHANGE_STACK);
	*key = "";
	return (CHANGE_ORGANIZATION);
}

/* How often *key* was withdrawn within the hour; -1 after an error. */
static int
withdraw_times(struct store_tx *tx, enum store_purge_kind kind,
    const char *org, const char *key)
{
	enum store_change_kind noted = withdraw_kind(kind, &key);
	int64_t when = 0;
	sqlite3_stmt *s;
	int rc, n = 0;

	s = db_row(tx->db, &rc, ST_WITHDRAWN_GET, org, noted, key);
	if (s != NULL) {
		when = sqlite3_column_int64(s, 0);
		n = sqlite3_column_int(s, 1);
		db_reset(s);
	}
	if (rc < 0)
		return (-1);
	/* What is to come was noted by a wrong clock. */
	return (when > tx->now_ms - HOUR_MS && when <= tx->now_ms ? n : 0);
}

enum store_status
tx_may_return(struct store_tx *tx, enum store_purge_kind kind,
    const char *org, const char *key)
{
	enum store_status status;
	struct store_quota q;
	int n;

	/* A preview is in no cache. */
	if (kind == PURGE_STACK && name_is_preview(key))
		return (STORE_OK);
	n = withdraw_times(tx, kind, org, key);
	if (n < 0)
		return (db_failure(tx->db));
	if (withdrawn_too_many(tx, kind, org))
		return (STORE_QUOTA);
	if (n < 2)
		return (STORE_OK);
	status = quota_read(tx->db, tx->now_ms, org, kind,
	    org_purges(tx, org, kind), &q);
	if (status == STORE_OK && q.limit > 0 && q.remaining == 0)
		status = STORE_QUOTA;
	return (status);
}

/* Once more; *purge*: the one that it counts as, 0: none. It has an epoch. */
static enum store_status
withdraw_count(struct store_tx *tx, enum store_purge_kind kind,
    const char *org, const char *key, int64_t *purge)
{
	const char *at = key;
	enum store_change_kind noted = withdraw_kind(kind, &at);
	int n;

	*purge = 0;
	if (kind != PURGE_STACK || !name_is_preview(key))
		withdrawn_of(tx, org)->n[kind]++;
	n = withdraw_times(tx, kind, org, key);
	if (n < 0 || db_run(tx->db, ST_WITHDRAWN_SET, org, noted,
	    at, tx->now_ms, n + 1) < 0)
		return (db_failure(tx->db));
	return (n == 0 || org_purges(tx, org, kind) == 0 ? STORE_OK :
	    tx_purge_note(tx, org, kind, key, purge));
}

enum store_status
tx_withdraw_source(struct store_tx *tx, const char *org,
    const struct hash *hash, bool counted)
{
	enum store_status status = STORE_OK;
	char hex[HASH_HEX + 1];
	int64_t purge = 0;
	bool yes = true;
	uint64_t epoch;

	if (tx_epoch(tx, SOURCE_EPOCH(org, hash), &yes, &epoch) != 0)
		return (db_failure(tx->db));
	hash_to_hex(hash, hex);
	if (counted)
		status = withdraw_count(tx, PURGE_SOURCE, org, hex, &purge);
	else
		withdrawn_of(tx, org)->n[PURGE_SOURCE]++;
	/* The map refuses it at once; the ban frees memory, and reaches those
	 * that have no map. */
	if (status == STORE_OK)
		status = tx_ban_source(tx, purge, org, hex, false);
	return (status != STORE_OK ? status :
	    tx_lent_source(tx, org, hash, false));
}

/*--------------------------------------------------------------------
 * Stacks
 */

enum store_status
tx_withdraw_org(struct store_tx *tx, const char *org)
{
	enum store_status status;
	uint64_t epoch;
	int64_t purge;

	if (tx_epoch(tx, ORG_EPOCH(org), NULL, &epoch) != 0)
		return (db_failure(tx->db));
	status = withdraw_count(tx, PURGE_STACK, org, "*", &purge);
	return (status != STORE_OK ? status :
	    tx_ban(tx, purge, org, "x-moniker-org", org, false));
}

/* *name* and those that stand on it, directly or not; how many, or -1. */
static int
withdraw_stacks(struct store_tx *tx, const char *org, const char *name,
    char (*out)[NAME_MAX_LEN + 1])
{
	sqlite3_stmt *s;
	int n = 0, rc;

	s = db_bind(tx->db, ST_STACKS_ON, org, name, STACKS_MAX + 1);
	while ((rc = db_step(tx->db, s)) > 0)
		db_text(s, 0, out[n++], NAME_MAX_LEN + 1);
	return (rc < 0 ? -1 : n);
}

/* A preview is in no cache. */
static enum store_status
withdraw_one(struct store_tx *tx, const char *org, const char *name,
    int64_t purge)
{
	uint64_t epoch;

	if (name_is_preview(name))
		return (STORE_OK);
	if (tx_epoch(tx, STACK_EPOCH(org, name), NULL, &epoch) != 0)
		return (db_failure(tx->db));
	return (tx_ban(tx, purge, org, "x-moniker-stack", name, false));
}

static enum store_status
withdraw_named(struct store_tx *tx, const char *org,
    char (*names)[NAME_MAX_LEN + 1], int n)
{
	enum store_status status;
	uint64_t epoch;
	int64_t purge;
	int i;

	if (tx_epoch(tx, STACK_EPOCH(org, names[0]), NULL, &epoch) != 0)
		return (db_failure(tx->db));
	status = withdraw_count(tx, PURGE_STACK, org, names[0], &purge);
	if (n > STACKS_MAX && status == STORE_OK)
		return (tx_withdraw_org(tx, org));
	for (i = 0; i < n && status == STORE_OK; i++)
		status = withdraw_one(tx, org, names[i], purge);
	return (status);
}

enum store_status
tx_withdraw_stack(struct store_tx *tx, const char *org, const char *name)
{
	char (*names)[NAME_MAX_LEN + 1];
	enum store_status status;
	int n;

	names = calloc(STACKS_MAX + 1, sizeof *names);
	if (names == NULL)
		return (STORE_ERROR);
	n = withdraw_stacks(tx, org, name, names);
	status = n > 0 ? withdraw_named(tx, org, names, n) :
	    db_failure(tx->db);
	free(names);
	return (status);
}

enum store_status
tx_appear_stack(struct store_tx *tx, const char *org, const char *name)
{
	char (*names)[NAME_MAX_LEN + 1];
	uint64_t epoch;
	int i, n;

	names = calloc(STACKS_MAX + 1, sizeof *names);
	if (names == NULL)
		return (STORE_ERROR);
	n = withdraw_stacks(tx, org, name, names);
	for (i = 0; i < n; i++)
		if (tx_epoch(tx, STACK_EPOCH(org, names[i]), NULL,
		    &epoch) != 0)
			n = -1;
	free(names);
	return (n < 0 ? db_failure(tx->db) : STORE_OK);
}

/* -1: says nothing of it. *base* is set to what it stands on. */
static int
stack_protection(const char *definition, char base[NAME_MAX_LEN + 1])
{
	json_t *def = json_loads(definition, 0, NULL), *options, *v;
	const char *name;
	int shut;

	options = json_object_get(def, "stack_options");
	v = json_object_get(options, "protected");
	shut = v == NULL ? -1 : json_is_true(v);
	name = json_string_value(json_object_get(options, "basestack"));
	(void)snprintf(base, NAME_MAX_LEN + 1, "%s", name != NULL ? name : "");
	json_decref(def);
	return (shut);
}

void
stack_base(const char *definition, char base[NAME_MAX_LEN + 1])
{

	(void)stack_protection(definition, base);
}

int
stack_is_shut(struct db *db, const char *org, const char *definition)
{
	char base[NAME_MAX_LEN + 1];
	struct store_stack k;
	enum store_status status;
	int i, shut;

	shut = stack_protection(definition, base);
	for (i = 0; i < BASES_MAX && shut < 0 && *base != '\0'; i++) {
		status = stack_load(db, org, base, &k);
		if (status == STORE_NOT_FOUND)
			break;
		if (status != STORE_OK)
			return (-1);
		shut = stack_protection(k.definition, base);
		store_stack_clear(&k);
	}
	return (shut > 0);
}

/*--------------------------------------------------------------------
 * Options of an organization
 */

#define OPENS	1u
#define CLOSES	2u

static unsigned
flag_change(const json_t *old, const json_t *new)
{

	if (json_is_true(old) == json_is_true(new))
		return (0);
	return (json_is_true(new) ? CLOSES : OPENS);
}

/* Whether *one* of a list is in *list*; an empty one has all. */
static bool
list_has(const json_t *list, const json_t *one)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (json_equal(v, one))
			return (true);
	return (json_array_size(list) == 0);
}

/* Whether *a* has all of *b*. */
static bool
list_has_all(const json_t *a, const json_t *b)
{
	json_t *v;
	size_t i;

	json_array_foreach(b, i, v)
		if (!list_has(a, v))
			return (false);
	return (json_array_size(a) == 0 || json_array_size(b) > 0);
}

static unsigned
list_change(const json_t *old, const json_t *new)
{

	return ((list_has_all(old, new) ? 0 : OPENS) |
	    (list_has_all(new, old) ? 0 : CLOSES));
}

/*
 * Those that say what is shown without a signature: the stack of which caches
 * hold pictures that may not be shown any more, or "*" for all, and what a
 * change of the option does.
 */
static const struct {
	const char	*stack, *option;
	unsigned	(*change)(const json_t *old, const json_t *new);
} closing[] = {
	{ "dynamic", "protect_dynamic_stack", flag_change },
	{ "*", "protect_overrides", flag_change },
	{ "*", "allowed_widths", list_change },
	{ "*", "allowed_heights", list_change },
};
#define CLOSING	(sizeof closing / sizeof closing[0])

static enum store_status
option_changed(struct store_tx *tx, const char *org, const char *stack,
    unsigned change)
{
	enum store_status status = STORE_OK;

	if (change & OPENS)
		status = tx_may_return(tx, PURGE_STACK, org, stack);
	if (!(change & CLOSES) || status != STORE_OK)
		return (status);
	if (strcmp(stack, "*") == 0)
		return (tx_withdraw_org(tx, org));
	return (tx_withdraw_stack(tx, org, stack));
}

enum store_status
tx_options_changed(struct store_tx *tx, const char *org, const char *before,
    const char *after)
{
	json_t *old = json_loads(before, 0, NULL);
	json_t *new = json_loads(after, 0, NULL);
	enum store_status status = STORE_OK;
	unsigned change = 0;
	size_t i;

	/* One purge for all changes of a stack. */
	for (i = 0; i < CLOSING && status == STORE_OK; i++) {
		change |= closing[i].change(
		    json_object_get(old, closing[i].option),
		    json_object_get(new, closing[i].option));
		if (i + 1 < CLOSING &&
		    strcmp(closing[i].stack, closing[i + 1].stack) == 0)
			continue;
		status = option_changed(tx, org, closing[i].stack, change);
		change = 0;
	}
	if (status == STORE_OK)
		status = tx_lending_changed(tx, org, old, new);
	json_decref(old);
	json_decref(new);
	return (status);
}
