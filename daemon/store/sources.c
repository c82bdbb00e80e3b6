/* SPDX-License-Identifier: BSD-2-Clause */
/* Source images: in, out, and back. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgs.h"
#include "purges.h"
#include "sources.h"

void
store_source_clear(struct store_source *src)
{

	free(src->user_metadata);
	free(src->dynamic_metadata);
	free(src->static_metadata);
	memset(src, 0, sizeof *src);
}

int
source_row(sqlite3_stmt *s, const char *org, struct store_source *o)
{

	memset(o, 0, sizeof *o);
	(void)snprintf(o->org, sizeof o->org, "%s", org);
	(void)db_hash(s, 0, &o->hash);
	db_text(s, 1, o->short_hash, sizeof o->short_hash);
	(void)db_hash(s, 2, &o->binary_hash);
	(void)db_hash(s, 3, &o->content);
	db_text(s, 4, o->name, sizeof o->name);
	db_text(s, 5, o->format, sizeof o->format);
	db_text(s, 6, o->mimetype, sizeof o->mimetype);
	o->size = sqlite3_column_int64(s, 7);
	o->width = sqlite3_column_int64(s, 8);
	o->height = sqlite3_column_int64(s, 9);
	o->created_ms = sqlite3_column_int64(s, 10);
	o->deleted_ms = sqlite3_column_int64(s, 11);
	o->locked = sqlite3_column_int(s, 12) != 0;
	o->protected = sqlite3_column_int(s, 13) != 0;
	o->opaque = sqlite3_column_int(s, 14) != 0;
	o->animated = sqlite3_column_int(s, 15) != 0;
	o->edition = sqlite3_column_type(s, 20) == SQLITE_NULL ? -1 :
	    sqlite3_column_int(s, 20);
	o->user_metadata = db_strdup(s, 16);
	o->dynamic_metadata = db_strdup(s, 17);
	o->static_metadata = db_strdup(s, 18);
	if (o->user_metadata != NULL && o->dynamic_metadata != NULL &&
	    o->static_metadata != NULL)
		return (0);
	store_source_clear(o);
	return (-1);
}

enum store_status
source_load(struct db *db, const char *org, const struct hash *hash,
    struct store_source *out)
{
	sqlite3_stmt *s;
	int rc;

	memset(out, 0, sizeof *out);
	s = db_row(db, &rc, ST_SOURCE_GET, org, hash);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	rc = source_row(s, org, out);
	db_reset(s);
	return (rc == 0 ? STORE_OK : STORE_ERROR);
}

/* Finds a source image by its whole hash. */
static enum store_status
source_by_hash(struct db *db, const char *org, const struct hash *hash,
    bool deleted, struct store_source *out)
{
	enum store_status status = source_load(db, org, hash, out);

	if (status != STORE_OK || (out->deleted_ms != 0) == deleted)
		return (status);
	store_source_clear(out);
	return (STORE_NOT_FOUND);
}

enum store_status
source_by_prefix(struct db *db, const char *org, const struct hash_prefix *p,
    bool deleted, struct store_source *out)
{
	enum store_status status;
	struct hash hash;

	if (p->digits == HASH_HEX)
		return (source_by_hash(db, org, &p->lowest, deleted, out));
	memset(out, 0, sizeof *out);
	status = source_resolve(db, org, p, deleted, &hash);
	return (status != STORE_OK ? status :
	    source_load(db, org, &hash, out));
}

/*--------------------------------------------------------------------
 * Coming in
 */

static int
default_object(char **text)
{

	if (*text == NULL)
		*text = strdup("{}");
	return (*text != NULL ? 0 : -1);
}

/* Lets a revoked hash be seen again, under an epoch that no cache knows. */
static int
source_revive(struct store_tx *tx, const struct store_source *src)
{
	const struct epoch_of *of = SOURCE_EPOCH(src->org, &src->hash);
	bool revoked, no = false;
	uint64_t epoch;

	if (epoch_get(tx->db, of, &epoch, &revoked) != 0)
		return (-1);
	return (!revoked && !tx_is_borrowed(tx, src->org, &src->hash) ? 0 :
	    tx_epoch(tx, of, &no, &epoch));
}

static enum store_status
source_may_return(struct store_tx *tx, const struct store_source *src)
{
	char hex[HASH_HEX + 1];

	hash_to_hex(&src->hash, hex);
	return (tx_may_return(tx, PURGE_SOURCE, src->org, hex));
}

void
source_audit(struct store_tx *tx, const struct store_source *src,
    const char *action, json_t *before, json_t *after)
{
	char hex[HASH_HEX + 1];

	hash_to_hex(&src->hash, hex);
	tx_audit_json(tx, src->org, action, hex, before, after);
}

static enum store_status
source_insert(struct store_tx *tx, struct store_source *o)
{
	enum store_status status;
	int n;

	status = usage_add(tx, o->org, USE_IMAGES, 1);
	if (status == STORE_OK)
		status = usage_add(tx, o->org, USE_BYTES, o->size);
	if (status != STORE_OK)
		return (status);
	o->created_ms = tx->now_ms;
	o->deleted_ms = 0;
	if (default_object(&o->user_metadata) != 0 ||
	    default_object(&o->static_metadata) != 0)
		return (STORE_ERROR);
	if (source_short(tx->db, o->org, &o->hash, o->short_hash) != 0)
		return (db_failure(tx->db));
	n = db_run(tx->db, ST_SOURCE_INSERT, o->org, &o->hash,
	    o->short_hash, &o->binary_hash, &o->content, o->name, o->format,
	    o->mimetype, o->size, o->width, o->height, o->created_ms,
	    o->locked, o->protected, o->opaque, o->animated,
	    o->user_metadata, o->dynamic_metadata, o->static_metadata);
	if (n < 0 || source_revive(tx, o) != 0)
		return (db_failure(tx->db));
	return (n == 0 ? STORE_NOT_FOUND : STORE_CREATED);
}

enum store_status
source_save(struct store_tx *tx, const struct store_source *o)
{

	if (db_run(tx->db, ST_SOURCE_UPDATE, o->org, &o->hash, o->name,
	    o->deleted_ms, o->locked, o->user_metadata, o->static_metadata) < 0)
		return (db_failure(tx->db));
	return (STORE_OK);
}

/* User metadata field by field: those that *in* does not name stay. */
static int
source_merge_metadata(struct store_source *known, struct store_source *in)
{
	json_t *meta, *more;
	char *text = NULL;

	meta = json_loads(known->user_metadata, 0, NULL);
	more = json_loads(in->user_metadata, 0, NULL);
	if (json_object_update(meta, more) == 0)
		text = json_dumps(meta, JSON_COMPACT);
	json_decref(meta);
	json_decref(more);
	if (text == NULL)
		return (-1);
	free(known->user_metadata);
	known->user_metadata = text;
	return (0);
}

/* A known image: what was given replaces, the rest stays. Takes from *in*. */
static enum store_status
source_merge(struct store_tx *tx, struct store_source *known,
    struct store_source *in)
{
	enum store_status status = STORE_OK;

	if (in->user_metadata != NULL && known->locked)
		status = STORE_LOCKED;
	else if (known->deleted_ms != 0)
		status = source_may_return(tx, known);
	if (status == STORE_OK && in->user_metadata != NULL &&
	    source_merge_metadata(known, in) != 0)
		status = STORE_ERROR;
	if (status != STORE_OK) {
		store_source_clear(known);
		return (status);
	}
	known->deleted_ms = 0;
	store_source_clear(in);
	*in = *known;
	if (source_revive(tx, in) != 0)
		return (db_failure(tx->db));
	return (source_save(tx, in));
}

enum store_status
source_add(struct store_tx *tx, struct store_source *in)
{
	/* An upload that says nothing of it takes what is there. */
	bool exact = in->dynamic_metadata != NULL;
	struct store_source known;
	enum store_status status;

	if (default_object(&in->dynamic_metadata) != 0 ||
	    source_canonical(in) != 0)
		return (STORE_ERROR);
	status = source_known(tx->db, in, exact, &known);
	if (status == STORE_OK)
		return (source_merge(tx, &known, in));
	if (status == STORE_NOT_FOUND)
		status = source_may_return(tx, in);
	return (status != STORE_OK ? status : source_insert(tx, in));
}

static enum store_status
source_put_run(struct store_tx *tx, struct store_job *job)
{
	struct store_source_put *p = CAST_OBJ(job, STORE_SOURCE_PUT_MAGIC);
	enum store_status status;

	p->source.size = store_blob_size(p->blob);
	p->source.binary_hash = *blob_sha1(p->blob);
	p->source.content = *blob_content(p->blob);
	status = source_add(tx, &p->source);
	if (status == STORE_OK || status == STORE_CREATED)
		source_audit(tx, &p->source, status == STORE_OK ?
		    "sourceimage.update" : "sourceimage.create",
		    NULL, json_pack("{s:s, s:I, s:b}", "name",
		    p->source.name, "size", (json_int_t)p->source.size,
		    "protected", (int)p->source.protected));
	if ((status == STORE_OK || status == STORE_CREATED) &&
	    p->remote_url != NULL && remote_put(tx, p->source.org,
	    p->remote_url, p->remote_most, &p->source.hash) != 0)
		return (db_failure(tx->db));
	return (status);
}

static void
source_put_settle(struct store_tx *tx, struct store_job *job)
{
	struct store_source_put *p = CAST_OBJ(job, STORE_SOURCE_PUT_MAGIC);

	if (job->status != STORE_OK && job->status != STORE_CREATED)
		tx_drop(tx, blob_content(p->blob));
	store_blob_free(p->blob);
	p->blob = NULL;
}

void
store_source_put(struct store *st, struct store_source_put *p)
{

	p->job.magic = STORE_SOURCE_PUT_MAGIC;
	p->job.run = source_put_run;
	p->job.settle = source_put_settle;
	p->job.unsynced = false;
	blobs_submit(st, p);
}

/*--------------------------------------------------------------------
 * Going and coming back
 */

enum store_status
source_withdraw(struct store_tx *tx, struct store_source *src, bool counted)
{

	if (src->locked)
		return (STORE_LOCKED);
	src->deleted_ms = tx->now_ms;
	if (source_save(tx, src) != STORE_OK)
		return (db_failure(tx->db));
	return (tx_withdraw_source(tx, src->org, &src->hash, counted));
}

enum store_status
source_undelete(struct store_tx *tx, struct store_source *src)
{
	enum store_status status;

	status = source_may_return(tx, src);
	if (status != STORE_OK)
		return (status);
	src->deleted_ms = 0;
	if (source_save(tx, src) != STORE_OK || source_revive(tx, src) != 0)
		return (db_failure(tx->db));
	return (STORE_OK);
}

static enum store_status
source_delete_run(struct store_tx *tx, struct store_job *job)
{
	struct store_source_delete *p = CAST_OBJ(job, STORE_SOURCE_DELETE_MAGIC);
	struct store_source src;
	enum store_status status;

	status = source_by_prefix(tx->db, p->org, &p->hash, p->restore, &src);
	/* To restore what was never deleted changes nothing. */
	if (status == STORE_NOT_FOUND && p->restore)
		status = source_by_prefix(tx->db, p->org, &p->hash, false,
		    &src);
	if (status != STORE_OK)
		return (status);
	if (!p->restore)
		status = source_withdraw(tx, &src, true);
	else if (src.deleted_ms != 0)
		status = source_undelete(tx, &src);
	if (status == STORE_OK)
		source_audit(tx, &src, p->restore ? "sourceimage.restore" :
		    "sourceimage.delete", NULL, NULL);
	if (status == STORE_OK && p->restore)
		p->source = src;
	else
		store_source_clear(&src);
	return (status);
}

void
store_source_delete(struct store *st, struct store_source_delete *p)
{

	p->job.magic = STORE_SOURCE_DELETE_MAGIC;
	writer_submit(st, &p->job, source_delete_run, NULL);
}

enum store_status
store_source_epoch(struct store *st, const char *org,
    const struct hash *hash, uint64_t *epoch)
{
	bool revoked;

	if (epoch_get(store_db(st), SOURCE_EPOCH(org, hash), epoch,
	    &revoked) != 0)
		return (db_failure(store_db(st)));
	return (STORE_OK);
}

bool
store_source_is_gone(struct store *st, const char *org,
    const struct hash *hash)
{
	bool revoked;
	uint64_t epoch;

	return (epoch_get(store_db(st), SOURCE_EPOCH(org, hash), &epoch,
	    &revoked) != 0 || revoked);
}

enum store_status
store_source_get(struct store *st, const char *org,
    const struct hash_prefix *p, bool deleted, struct store_source *out)
{

	return (source_by_prefix(store_db(st), org, p, deleted, out));
}
