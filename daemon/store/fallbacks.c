/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image that an organization shows for what is not there. What the map is
 * told of it follows from the options, and from the alias that they may name.
 */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "aliases.h"

#define BY_ALIAS	"alias:"

bool
store_fallback_read(const json_t *options, struct store_fallback *f)
{
	const json_t *status = json_object_get(options, "fallback_status");
	const char *image, *what;

	memset(f, 0, sizeof *f);
	image = json_string_value(json_object_get(options, "fallback_image"));
	if (image == NULL)
		return (false);
	what = json_string_value(json_object_get(options, "fallback_for"));
	if (json_integer_value(status) == 200)
		f->how |= STORE_FALLBACK_FOUND;
	if (what != NULL && strcmp(what, "all") == 0)
		f->how |= STORE_FALLBACK_ALL;
	if (strncmp(image, BY_ALIAS, strlen(BY_ALIAS)) != 0)
		return (hash_from_text(&f->hash, image));
	image += strlen(BY_ALIAS);
	if (*image == '\0' || strlen(image) >= sizeof f->alias)
		return (false);
	memcpy(f->alias, image, strlen(image) + 1);
	return (true);
}

/* Of options as they are kept. Most have none: that takes no parsing. */
static bool
fallback_parse(const char *options, struct store_fallback *f)
{
	json_t *o;
	bool wanted;

	if (strstr(options, "fallback_image") == NULL)
		return (false);
	o = json_loads(options, 0, NULL);
	wanted = store_fallback_read(o, f);
	json_decref(o);
	return (wanted);
}

/* The image that *f* shows now: STORE_OK, NOT_FOUND, ERROR. */
static enum store_status
fallback_image(struct db *db, const char *org, const struct store_fallback *f,
    struct hash *hash)
{
	enum store_status status;
	struct store_alias a;

	*hash = f->hash;
	if (*f->alias == '\0')
		return (STORE_OK);
	status = alias_load(db, org, f->alias, &a);
	*hash = a.hash;
	return (status);
}

enum store_status
store_fallback_image(struct store *st, const char *org,
    const struct store_fallback *f, struct hash *hash)
{

	return (fallback_image(store_db(st), org, f, hash));
}

static struct store_change
fallback_change(const char *org, const struct store_fallback *f,
    const struct hash *hash, uint64_t seq)
{
	struct store_change c = {
		.seq = seq, .kind = CHANGE_FALLBACK, .gone = hash == NULL
	};

	(void)snprintf(c.org, sizeof c.org, "%s", org);
	if (hash != NULL) {
		c.hash = *hash;
		c.epoch = f->how;
	}
	return (c);
}

/* *hash* NULL: nothing is shown any more. */
static int
fallback_publish(struct store_tx *tx, const char *org,
    const struct store_fallback *f, const struct hash *hash)
{
	struct store_change c = fallback_change(org, f, hash, tx_seq(tx));

	return (tx_change(tx, &c));
}

int
fallback_options(struct store_tx *tx, const char *org, const char *before,
    const char *after)
{
	struct store_fallback was, now;
	enum store_status status;
	struct hash hash;
	bool had, has;

	memset(&was, 0, sizeof was);
	memset(&now, 0, sizeof now);
	had = fallback_parse(before, &was);
	has = fallback_parse(after, &now);
	if (had == has && memcmp(&was, &now, sizeof was) == 0)
		return (0);
	status = has ? fallback_image(tx->db, org, &now, &hash) :
	    STORE_NOT_FOUND;
	if (status != STORE_OK && status != STORE_NOT_FOUND)
		return (-1);
	return (fallback_publish(tx, org, &now,
	    status == STORE_OK ? &hash : NULL));
}

/* Of all aliases that are written, few are in an option. */
static bool
fallback_goes_by(struct store_tx *tx, const struct store_alias *a,
    struct store_fallback *f, int *rc)
{
	sqlite3_stmt *s;
	bool goes;

	s = db_row(tx->db, rc, ST_ORG_FALLBACK, a->org);
	if (s == NULL)
		return (false);
	goes = fallback_parse((const char *)sqlite3_column_text(s, 0), f) &&
	    strcmp(f->alias, a->name) == 0;
	db_reset(s);
	return (goes);
}

int
fallback_follow(struct store_tx *tx, const struct store_alias *a, bool gone)
{
	struct store_fallback f;
	int rc;

	if (!fallback_goes_by(tx, a, &f, &rc))
		return (rc < 0 ? -1 : 0);
	return (fallback_publish(tx, a->org, &f, gone ? NULL : &a->hash));
}

/* Of a row of FALLBACK_EACH. */
static bool
fallback_row(struct db *db, sqlite3_stmt *s, char org[ORG_MAX + 1],
    struct store_fallback *f, enum store_status *status, struct hash *hash)
{

	db_text(s, 0, org, ORG_MAX + 1);
	if (!fallback_parse((const char *)sqlite3_column_text(s, 1), f))
		return (false);
	*status = fallback_image(db, org, f, hash);
	return (true);
}

unsigned
store_fallbacks_missing(struct store *st)
{
	struct store_source source = { .size = 0 };
	struct db *db = store_db(st);
	enum store_status status;
	struct store_fallback f;
	struct hash_prefix p;
	struct hash hash;
	char org[ORG_MAX + 1];
	sqlite3_stmt *s;
	unsigned n = 0;

	s = db_bind(db, ST_FALLBACK_EACH);
	while (db_step(db, s) > 0) {
		if (!fallback_row(db, s, org, &f, &status, &hash))
			continue;
		p = hash_prefix_whole(&hash);
		if (status == STORE_OK)
			status = store_source_get(st, org, &p, false, &source);
		store_source_clear(&source);
		n += status == STORE_NOT_FOUND;
	}
	return (n);
}

int
fallback_each(struct db *db, uint64_t seq, store_publish_f *publish,
    void *arg)
{
	struct store_fallback f;
	enum store_status status;
	struct store_change c;
	struct hash hash;
	char org[ORG_MAX + 1];
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_FALLBACK_EACH);
	while ((rc = db_step(db, s)) > 0) {
		if (!fallback_row(db, s, org, &f, &status, &hash) ||
		    status != STORE_OK)
			continue;
		c = fallback_change(org, &f, &hash, seq);
		publish(arg, &c, 1, seq);
	}
	return (rc);
}
