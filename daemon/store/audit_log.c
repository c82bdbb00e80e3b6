/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit log: who changed what, in the transaction of the change. A row for
 * each change would cost a tenth of what an alias does. So the lines of a
 * transaction are gathered, and written as one row for each organization.
 */
#include "config.h"

#include <fcntl.h>
#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hooks.h"
#include "store_audit.h"

#define ROW_BYTES	32768		/* about; a line more at most */
#define VALUE_BYTES	4096		/* each of "before" and "after" */
/* A kill may have so much be forgotten of an organization's size. */
#define UNSAVED_BYTES	65536

struct size {
	int64_t		bytes, unsaved;
};

/* The writer's. */
struct audit {
	GHashTable	*pages;		/* lines by organization */
	GHashTable	*sizes;		/* of rows, by organization */
	/* Lines of the running job, and where those of an organization begin */
	GString		*job;
	GArray		*turns;
};

struct turn {
	char		org[ORG_MAX + 1];
	gsize		at;
};

static void
page_free(gpointer page)
{

	(void)g_string_free(page, TRUE);
}

int
audit_open(struct store *st)
{

	st->audit = calloc(1, sizeof *st->audit);
	if (st->audit == NULL)
		return (-1);
	st->audit->pages = g_hash_table_new_full(g_str_hash, g_str_equal,
	    g_free, page_free);
	st->audit->sizes = g_hash_table_new_full(g_str_hash, g_str_equal,
	    g_free, g_free);
	st->audit->job = g_string_new(NULL);
	st->audit->turns = g_array_new(FALSE, FALSE, sizeof(struct turn));
	return (0);
}

void
audit_close(struct store *st)
{

	if (st->audit == NULL)
		return;
	g_hash_table_destroy(st->audit->pages);
	g_hash_table_destroy(st->audit->sizes);
	(void)g_string_free(st->audit->job, TRUE);
	(void)g_array_free(st->audit->turns, TRUE);
	free(st->audit);
	st->audit = NULL;
}

/*--------------------------------------------------------------------
 * A line
 */

/* Names, hashes, addresses: never anything that JSON would escape. */
static void
add_plain(GString *g, const char *key, const char *text)
{
	const char *p;

	g_string_append(g, key);
	for (p = text; *p != '\0'; p++)
		g_string_append_c(g, (unsigned char)*p < ' ' || *p == '"' ||
		    *p == '\\' || (*p & 0x80) != 0 ? '?' : *p);
	g_string_append_c(g, '"');
}

static void
add_value(GString *g, const char *key, const char *json)
{
	size_t n;

	if (json == NULL)
		return;
	n = strlen(json);
	g_string_append(g, key);
	if (n <= VALUE_BYTES)
		g_string_append_len(g, json, (gssize)n);
	else
		g_string_append_printf(g, "{\"bytes\":%zu}", n);
}

/* What follows is of *org*: most jobs are of one, a copy is of two. */
static void
set_org(struct audit *a, const char *org)
{
	struct turn t = { .at = a->job->len };

	if (a->turns->len > 0 && strcmp(g_array_index(a->turns, struct turn,
	    a->turns->len - 1).org, org) == 0)
		return;
	(void)snprintf(t.org, sizeof t.org, "%s", org);
	g_array_append_val(a->turns, t);
}

void
tx_audit(struct store_tx *tx, const char *org, const char *action,
    const char *object, const char *before, const char *after)
{
	struct audit *a = tx->store->audit;
	GString *g = a->job;

	if (tx_hooks(tx))
		tx_event_audit(tx, org, action, object, before, after);
	if (tx->actor == NULL || tx->audit_days == 0)
		return;
	set_org(a, org);
	g_string_append(g, "{\"action\":\"");
	g_string_append(g, action);
	add_plain(g, "\",\"object\":\"", object);
	add_plain(g, ",\"key\":\"", tx->actor->key);
	add_plain(g, ",\"from\":\"", tx->actor->from);
	add_value(g, ",\"before\":", before);
	add_value(g, ",\"after\":", after);
	g_string_append(g, "}\n");
}

void
tx_audit_json(struct store_tx *tx, const char *org, const char *action,
    const char *object, json_t *before, json_t *after)
{
	char *was = NULL, *is = NULL;

	if ((tx->actor != NULL && tx->audit_days > 0) || tx_hooks(tx)) {
		was = before != NULL ? json_dumps(before, JSON_COMPACT) : NULL;
		is = after != NULL ? json_dumps(after, JSON_COMPACT) : NULL;
		tx_audit(tx, org, action, object, was, is);
	}
	json_decref(before);
	json_decref(after);
	free(was);
	free(is);
}

/* NULL for NULL. */
static const char *
hash_object(const struct hash *hash, char out[64])
{
	char hex[HASH_HEX + 1];

	if (hash == NULL)
		return (NULL);
	hash_to_hex(hash, hex);
	(void)snprintf(out, 64, "{\"hash\":\"%s\"}", hex);
	return (out);
}

void
tx_audit_hash(struct store_tx *tx, const char *org, const char *action,
    const char *object, const struct hash *before, const struct hash *after)
{
	char was[64], is[64];

	if (tx->actor == NULL && !tx_hooks(tx))
		return;
	tx_audit(tx, org, action, object, hash_object(before, was),
	    hash_object(after, is));
}

/*--------------------------------------------------------------------
 * Jobs and transactions
 */

static void
forget_job(struct audit *a)
{

	(void)g_string_truncate(a->job, 0);
	g_array_set_size(a->turns, 0);
}

void
audit_begin_job(struct store_tx *tx)
{

	forget_job(tx->store->audit);
}

static GString *
page_of(struct audit *a, const char *org)
{
	GString *p = g_hash_table_lookup(a->pages, org);

	if (p == NULL) {
		p = g_string_sized_new(1024);
		(void)g_hash_table_insert(a->pages, g_strdup(org), p);
	}
	return (p);
}

void
audit_end_job(struct store_tx *tx)
{
	struct audit *a = tx->store->audit;
	const struct turn *t = (struct turn *)(void *)a->turns->data;
	guint n = a->turns->len;
	gsize end;

	for (guint i = 0; i < n; i++) {
		end = i + 1 < n ? t[i + 1].at : a->job->len;
		g_string_append_len(page_of(a, t[i].org),
		    a->job->str + t[i].at, (gssize)(end - t[i].at));
	}
	/* The rest of the transaction would have it again. */
	forget_job(a);
}

/* What the organization's rows have together; NULL after an error. */
static struct size *
audit_size(struct store_tx *tx, const char *org)
{
	struct audit *a = tx->store->audit;
	struct size *z = g_hash_table_lookup(a->sizes, org);
	sqlite3_stmt *s;
	int rc;

	if (z != NULL)
		return (z);
	s = db_row(tx->db, &rc, ST_AUDIT_SIZE, org);
	if (s == NULL && rc < 0)
		return (NULL);
	z = g_new0(struct size, 1);
	if (s != NULL) {
		z->bytes = sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	(void)g_hash_table_insert(a->sizes, g_strdup(org), z);
	return (z);
}

/* Counts *n* bytes; at once, or when there is something to write. */
static int
size_add(struct store_tx *tx, const char *org, struct size *z, int64_t n,
    bool at_once)
{

	z->bytes = z->bytes + n > 0 ? z->bytes + n : 0;
	z->unsaved += n;
	if (!at_once && z->unsaved < UNSAVED_BYTES)
		return (0);
	z->unsaved = 0;
	return (db_run(tx->db, ST_AUDIT_SIZE_SET, org, z->bytes) < 0 ?
	    -1 : 0);
}

/* Runs a DELETE that gives the bytes of each row: their sum, or -1. */
static int64_t
rows_removed(struct store_tx *tx, sqlite3_stmt *s)
{
	int64_t bytes = 0;
	int rc;

	while ((rc = db_step(tx->db, s)) > 0)
		bytes += sqlite3_column_int64(s, 0);
	return (rc < 0 ? -1 : bytes);
}

/* Over its bound the oldest go, more than come, until it is within. */
static int
audit_count(struct store_tx *tx, const char *org, int64_t n)
{
	struct size *z = audit_size(tx, org);
	int64_t gone;

	if (z == NULL)
		return (-1);
	if (tx->audit_max == 0 || z->bytes + n <= tx->audit_max)
		return (size_add(tx, org, z, n, false));
	gone = rows_removed(tx, db_bind(tx->db, ST_AUDIT_TRIM, org));
	return (gone < 0 ? -1 : size_add(tx, org, z, n - gone, true));
}

static int
page_row(struct store_tx *tx, const char *org, const char *text, size_t n)
{

	return (db_run(tx->db, ST_AUDIT_ADD, org, tx->now_ms, n,
	    &(struct db_blob){ text, n }));
}

/* Cut behind lines: one job may have a thousand. */
static int
page_write(struct store_tx *tx, const char *org, const GString *g)
{
	size_t at = 0, n;
	const char *end;

	while (at < g->len) {
		n = g->len - at;
		if (n > ROW_BYTES) {
			end = strchr(g->str + at + ROW_BYTES, '\n');
			n = (size_t)(end + 1 - (g->str + at));
		}
		if (page_row(tx, org, g->str + at, n) < 0)
			return (-1);
		at += n;
	}
	return (audit_count(tx, org, (int64_t)g->len));
}

int
audit_write(struct store_tx *tx)
{
	GHashTableIter i;
	gpointer org, page;

	g_hash_table_iter_init(&i, tx->store->audit->pages);
	while (g_hash_table_iter_next(&i, &org, &page))
		if (page_write(tx, org, page) != 0)
			return (-1);
	return (0);
}

void
audit_save(struct store *st)
{
	GHashTableIter i;
	gpointer org, p;
	struct size *z;

	if (st->audit == NULL || st->wr.h == NULL)
		return;
	g_hash_table_iter_init(&i, st->audit->sizes);
	while (g_hash_table_iter_next(&i, &org, &p)) {
		z = p;
		if (z->unsaved != 0)
			(void)db_run(&st->wr, ST_AUDIT_SIZE_SET, (char *)org,
			    z->bytes);
		z->unsaved = 0;
	}
}

/* A daemon that was killed has not saved all. */
int
audit_recount(struct store *st)
{

	if (faccessat(st->dir_fd, "dirty", F_OK, 0) != 0)
		return (0);
	return (db_exec(&st->wr, "BEGIN; DELETE FROM audit_size;"
	    "INSERT INTO audit_size SELECT org, sum(bytes) FROM audit "
	    "GROUP BY org; COMMIT"));
}

void
audit_end(struct store_tx *tx, bool committed)
{

	g_hash_table_remove_all(tx->store->audit->pages);
	if (!committed)
		g_hash_table_remove_all(tx->store->audit->sizes);
}

static int
expire_one(struct store_tx *tx, const char *org)
{
	struct size *z;
	int64_t gone;

	gone = rows_removed(tx, db_bind(tx->db, ST_AUDIT_EXPIRE, org,
	    tx->now_ms - (int64_t)tx->audit_days * 24 * HOUR_MS));
	if (gone <= 0)
		return (gone < 0 ? -1 : 0);
	z = audit_size(tx, org);
	return (z == NULL ? -1 : size_add(tx, org, z, -gone, true));
}

int
audit_expire(struct store_tx *tx)
{
	char org[ORG_MAX + 1];
	sqlite3_stmt *s;
	int rc;

	s = db_bind(tx->db, ST_ORG_EACH, "");
	while ((rc = db_step(tx->db, s)) > 0) {
		db_text(s, 1, org, sizeof org);
		if (expire_one(tx, org) != 0) {
			db_reset(s);
			return (-1);
		}
	}
	return (rc);
}
