/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes of a source image that keep its hash; deleting all of the same bytes. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources.h"

/*--------------------------------------------------------------------
 * Name, lock, user metadata
 */

static void
user_patch(json_t *meta, json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach(patch, key, value)
		if (json_is_null(value))
			(void)json_object_del(meta, key);
		else
			(void)json_object_set(meta, key, value);
}

/* Applies the edit to *meta*, which it may replace. */
static enum store_status
user_edit(struct store_source_edit *p, json_t **meta)
{
	enum store_status status = STORE_OK;
	json_t *new = p->value;

	if (p->what == EDIT_USER_DELETE && p->field == NULL)
		(void)json_object_clear(*meta);
	else if (p->what == EDIT_USER_DELETE)
		status = json_object_del(*meta, p->field) == 0 ? STORE_OK :
		    STORE_NOT_FOUND;
	else if (p->what == EDIT_USER_FIELD && new != NULL)
		(void)json_object_set(*meta, p->field, new);
	else if (p->what == EDIT_USER_PATCH && json_is_object(new))
		user_patch(*meta, new);
	else if (p->what == EDIT_USER_PUT && json_is_object(new)) {
		json_decref(*meta);
		*meta = json_incref(new);
	} else
		status = STORE_ERROR;	/* the API has checked it */
	return (status);
}

static enum store_status
edit_user(struct store_source_edit *p, struct store_source *src)
{
	enum store_status status;
	char *text = NULL;
	json_t *meta;

	meta = json_loads(src->user_metadata, 0, NULL);
	if (meta == NULL)
		return (STORE_ERROR);
	status = user_edit(p, &meta);
	if (status == STORE_OK) {
		text = json_dumps(meta, JSON_COMPACT);
		if (text == NULL)
			status = STORE_ERROR;
		else if (strlen(text) > STORE_METADATA_MAX &&
		    strlen(text) > strlen(src->user_metadata))
			status = STORE_LARGE;
	}
	json_decref(meta);
	if (status != STORE_OK) {
		free(text);
		return (status);
	}
	free(src->user_metadata);
	src->user_metadata = text;
	return (STORE_OK);
}

static enum store_status
edit_apply(struct store_source_edit *p, struct store_source *src)
{

	if (p->what == EDIT_LOCKED) {
		src->locked = json_is_true(p->value);
		return (STORE_OK);
	}
	if (src->locked)
		return (STORE_LOCKED);
	if (p->what != EDIT_NAME)
		return (edit_user(p, src));
	if (!json_is_string(p->value))
		return (STORE_ERROR);
	(void)snprintf(src->name, sizeof src->name, "%s",
	    json_string_value(p->value));
	return (STORE_OK);
}

/* What the edit is about, as it is. */
static json_t *
edit_audit(const struct store_source_edit *p, const struct store_source *src)
{

	if (p->what == EDIT_NAME)
		return (json_pack("{s:s}", "name", src->name));
	if (p->what == EDIT_LOCKED)
		return (json_pack("{s:b}", "locked", (int)src->locked));
	return (json_pack("{s:o*}", "user_metadata",
	    json_loads(src->user_metadata, 0, NULL)));
}

static enum store_status
edit_run(struct store_tx *tx, struct store_job *job)
{
	struct store_source_edit *p = CAST_OBJ(job, STORE_SOURCE_EDIT_MAGIC);
	enum store_status status;

	json_t *was = NULL;

	status = source_by_prefix(tx->db, p->org, &p->hash, false,
	    &p->source);
	if (status == STORE_OK) {
		was = edit_audit(p, &p->source);
		status = edit_apply(p, &p->source);
	}
	if (status == STORE_OK)
		status = source_save(tx, &p->source);
	if (status == STORE_OK)
		source_audit(tx, &p->source, "sourceimage.update",
		    json_incref(was), edit_audit(p, &p->source));
	json_decref(was);
	return (status);
}

void
store_source_edit(struct store *st, struct store_source_edit *p)
{

	p->job.magic = STORE_SOURCE_EDIT_MAGIC;
	memset(&p->source, 0, sizeof p->source);
	writer_submit(st, &p->job, edit_run, NULL);
}

/*--------------------------------------------------------------------
 * All of the same bytes
 */

/* One that is not deleted; NOT_FOUND when there is no more. */
static enum store_status
binary_next(struct db *db, const char *org, const struct hash *binary,
    struct store_source *out)
{
	struct hash hash;
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_SOURCE_OF_BINARY, org, binary);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	(void)db_hash(s, 0, &hash);
	db_reset(s);
	return (source_load(db, org, &hash, out));
}

static enum store_status
delete_binary_run(struct store_tx *tx, struct store_job *job)
{
	struct store_source_delete_binary *p =
	    CAST_OBJ(job, STORE_SOURCE_DELETE_BINARY_MAGIC);
	enum store_status status;
	struct store_source src;
	bool any = false;

	while ((status = binary_next(tx->db, p->org, &p->binary_hash,
	    &src)) == STORE_OK) {
		status = source_withdraw(tx, &src, true);
		if (status == STORE_OK)
			source_audit(tx, &src, "sourceimage.delete", NULL,
			    NULL);
		store_source_clear(&src);
		if (status != STORE_OK)
			return (status);
		any = true;
	}
	return (status == STORE_NOT_FOUND && any ? STORE_OK : status);
}

void
store_source_delete_binary(struct store *st,
    struct store_source_delete_binary *p)
{

	p->job.magic = STORE_SOURCE_DELETE_BINARY_MAGIC;
	writer_submit(st, &p->job, delete_binary_run, NULL);
}
