/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images that an organization shows although they are another's: its option
 * render_org_fallback names that one, the lender, whose option
 * render_org_fallback_for lists the borrower. What caches keep of them has the
 * borrower's name, so whatever is purged or withdrawn at the lender is so at
 * each borrower, too.
 *
 * A lender lends what is its own only: there are no chains.
 */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "orgs.h"
#include "purges.h"
#include "sources.h"

bool
store_org_lists(const json_t *options, const char *option, const char *org)
{
	json_t *list = json_object_get(options, option), *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), org) == 0)
			return (true);
	return (false);
}

/* The options of *org*, a new reference; NULL if it does not exist. */
static json_t *
lend_options(struct store_tx *tx, const char *org)
{
	struct store_org o;

	return (org_load(tx->db, org, &o) != STORE_OK ? NULL :
	    json_loads(o.options, 0, NULL));
}

static const char *
lender_of(const json_t *options)
{

	return (json_string_value(json_object_get(options, ORG_LENDER)));
}

static bool
lend_borrows(struct store_tx *tx, const char *org, const char *lender)
{
	json_t *options = lend_options(tx, org);
	const char *from = lender_of(options);
	bool borrows = from != NULL && strcmp(from, lender) == 0;

	json_decref(options);
	return (borrows);
}

/* What is purged of it. */
struct lent {
	const struct hash	*hash;	/* an image, or */
	const char		*alias;
	bool			soft;
};

typedef enum store_status lend_f(struct store_tx *, const char *borrower,
    const struct lent *);

/* Whether the *n*th of the list was in it before: each counts once. */
static bool
lend_again(const json_t *list, size_t n)
{
	const json_t *one = json_array_get(list, n);

	for (size_t i = 0; i < n; i++)
		if (json_equal(json_array_get(list, i), one))
			return (true);
	return (false);
}

/* For each of *list* that borrows from *org*, but not those in *but*. */
static enum store_status
lend_each(struct store_tx *tx, const char *org, const json_t *list,
    const json_t *but, lend_f *func, const struct lent *l)
{
	const json_t *all = json_object_get(list, ORG_BORROWERS);
	enum store_status status = STORE_OK;
	const char *name;
	json_t *v;
	size_t i;

	json_array_foreach(all, i, v) {
		name = json_string_value(v);
		if (name == NULL || lend_again(all, i) ||
		    store_org_lists(but, ORG_BORROWERS, name) ||
		    !lend_borrows(tx, name, org))
			continue;
		status = func(tx, name, l);
		if (status != STORE_OK)
			break;
	}
	return (status);
}

static enum store_status
lend_all(struct store_tx *tx, const char *org, lend_f *func,
    const struct lent *l)
{
	json_t *options = lend_options(tx, org);
	enum store_status status;

	status = lend_each(tx, org, options, NULL, func, l);
	json_decref(options);
	return (status);
}

/*--------------------------------------------------------------------
 * Purges
 */

static enum store_status
lend_purge_source(struct store_tx *tx, const char *borrower,
    const struct lent *l)
{
	const struct epoch_of *of = SOURCE_EPOCH(borrower, l->hash);
	char hex[HASH_HEX + 1];
	uint64_t epoch;

	if ((l->soft ? tx_epoch_soft(tx, of) :
	    tx_epoch(tx, of, NULL, &epoch)) != 0)
		return (db_failure(tx->db));
	hash_to_hex(l->hash, hex);
	return (tx_ban_source(tx, 0, borrower, hex, l->soft));
}

enum store_status
tx_lent_source(struct store_tx *tx, const char *org, const struct hash *hash,
    bool soft)
{
	const struct lent l = { .hash = hash, .soft = soft };

	return (lend_all(tx, org, lend_purge_source, &l));
}

static enum store_status
lend_purge_alias(struct store_tx *tx, const char *borrower,
    const struct lent *l)
{

	return (tx_ban(tx, 0, borrower, "x-moniker-alias", l->alias, false));
}

enum store_status
tx_lent_alias(struct store_tx *tx, const char *org, const char *name)
{
	const struct lent l = { .alias = name };

	return (lend_all(tx, org, lend_purge_alias, &l));
}

/*--------------------------------------------------------------------
 * An image of the borrower's own takes the place of one that it showed, which
 * may have been rendered by other dynamic metadata under the same hash.
 */

bool
tx_is_borrowed(struct store_tx *tx, const char *org, const struct hash *hash)
{
	json_t *options = lend_options(tx, org);
	const char *lender = lender_of(options);
	struct store_source s = { .size = 0 };
	bool borrowed;

	borrowed = lender != NULL &&
	    source_load(tx->db, lender, hash, &s) == STORE_OK;
	store_source_clear(&s);
	json_decref(options);
	return (borrowed);
}

/*--------------------------------------------------------------------
 * Options
 */

static bool
same_text(const char *a, const char *b)
{

	return (a == NULL || b == NULL ? a == b : strcmp(a, b) == 0);
}

int
tx_lender_note(struct store_tx *tx, const char *org, const json_t *options)
{
	bool borrows = lender_of(options) != NULL;
	uint64_t epoch;

	return (tx_epoch(tx, ORG_EPOCH(org), &borrows, &epoch));
}

/* The borrower's option: what it showed of another it shows no more. */
static enum store_status
lender_changed(struct store_tx *tx, const char *org, const json_t *old,
    const json_t *new)
{
	enum store_status status;

	if (same_text(lender_of(old), lender_of(new)))
		return (STORE_OK);
	status = tx_may_return(tx, PURGE_STACK, org, "*");
	if (status != STORE_OK)
		return (status);
	if (tx_lender_note(tx, org, new) != 0)
		return (db_failure(tx->db));
	return (lender_of(old) == NULL ? STORE_OK : tx_withdraw_org(tx, org));
}

static enum store_status
lend_may_begin(struct store_tx *tx, const char *borrower,
    const struct lent *l)
{

	(void)l;
	return (tx_may_return(tx, PURGE_STACK, borrower, "*"));
}

static enum store_status
lend_end(struct store_tx *tx, const char *borrower,
    const struct lent *l)
{

	(void)l;
	return (tx_withdraw_org(tx, borrower));
}

enum store_status
tx_lending_changed(struct store_tx *tx, const char *org, const json_t *old,
    const json_t *new)
{
	enum store_status status;

	status = lend_each(tx, org, new, old, lend_may_begin, NULL);
	if (status == STORE_OK)
		status = lender_changed(tx, org, old, new);
	if (status == STORE_OK)
		status = lend_each(tx, org, old, new, lend_end, NULL);
	return (status);
}
