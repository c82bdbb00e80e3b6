/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of aliases, and what they pointed at. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "aliases.h"

/* The lists are ranges of names: from *lower*, without *after*, to *upper*. */
struct name_range {
	const char	*lower, *after;
	char		upper[NAME_MAX_LEN + 8];
};

static void
name_range(struct name_range *r, const char *prefix, const char *after)
{

	prefix = prefix != NULL ? prefix : "";
	r->after = after != NULL ? after : "";
	r->lower = strcmp(r->after, prefix) > 0 ? r->after : prefix;
	/* Above each name that begins so: the last character there is. */
	(void)snprintf(r->upper, sizeof r->upper, "%.*s\xf4\x8f\xbf\xbf",
	    NAME_MAX_LEN, prefix);
}

static enum store_status
list_rows(struct db *db, sqlite3_stmt *s, const char *org,
    store_alias_f *func, void *arg)
{
	struct store_alias a = { .seq = 0 };
	int rc;

	while ((rc = db_step(db, s)) > 0) {
		alias_row_texts(s, org, &a);
		if (func(arg, &a) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

enum store_status
store_alias_each(struct store *st, const char *org, const struct hash *hash,
    const char *prefix, const char *after, unsigned limit,
    store_alias_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct name_range r;
	sqlite3_stmt *s;

	name_range(&r, prefix, after);
	if (hash != NULL)
		s = db_bind(db, ST_ALIAS_OF, org, r.lower, r.after,
		    r.upper, limit, hash);
	else
		s = db_bind(db, ST_ALIAS_EACH, org, r.lower, r.after,
		    r.upper, limit);
	return (list_rows(db, s, org, func, arg));
}

enum store_status
store_alias_tagged(struct store *st, const char *org, const char *tag,
    const char *prefix, const char *after, unsigned limit,
    store_alias_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct name_range r;

	name_range(&r, prefix, after);
	return (list_rows(db, db_bind(db, ST_ALIAS_TAGGED, org, r.lower,
	    r.after, r.upper, limit, tag), org, func, arg));
}

enum store_status
store_alias_show(struct store *st, const char *org, const char *name,
    store_alias_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct store_alias a = { .seq = 0 };
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_ALIAS_SHOW, org, name);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	alias_row_texts(s, org, &a);
	(void)func(arg, &a);
	db_reset(s);
	return (STORE_OK);
}

static void
past_row(sqlite3_stmt *s, struct store_alias_past *h)
{

	(void)db_hash(s, 0, &h->hash);
	h->from_ms = sqlite3_column_int64(s, 1);
	h->to_ms = sqlite3_column_int64(s, 2);
	h->to_seq = (uint64_t)sqlite3_column_int64(s, 3);
	h->actor = (const char *)sqlite3_column_text(s, 4);
	h->actor_comment = (const char *)sqlite3_column_text(s, 5);
	h->comment = (const char *)sqlite3_column_text(s, 6);
	h->deleted = sqlite3_column_int(s, 7) != 0;
}

enum store_status
store_alias_present(struct store *st, const char *org, const char *name,
    store_alias_past_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct store_alias_past h;
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_ALIAS_PRESENT, org, name);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	past_row(s, &h);
	(void)func(arg, &h);
	db_reset(s);
	return (STORE_OK);
}

enum store_status
store_alias_newest(struct store *st, const char *org, uint64_t before,
    unsigned limit, store_alias_f *func, void *arg)
{
	struct db *db = store_db(st);

	return (list_rows(db, db_bind(db, ST_ALIAS_NEWEST, org,
	    before == 0 || before > INT64_MAX ? INT64_MAX : before, limit),
	    org, func, arg));
}

enum store_status
store_alias_history(struct store *st, const char *org, const char *name,
    uint64_t before_seq, unsigned limit, store_alias_past_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct store_alias_past h;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_HISTORY_EACH, org, name,
	    before_seq == 0 || before_seq > INT64_MAX ? INT64_MAX :
	    before_seq, limit);
	while ((rc = db_step(db, s)) > 0) {
		past_row(s, &h);
		if (func(arg, &h) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}
