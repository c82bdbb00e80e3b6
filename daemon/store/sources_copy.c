/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of source images in another organization. The bytes are named by what
 * they are, so a copy is a row.
 */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"
#include "sources.h"

/* What an image is called and what its owner says of it. */
static enum store_status
copy_words(struct store_tx *tx, const struct store_source *from,
    struct store_source *to)
{
	if (to->locked)
		return (STORE_LOCKED);
	free(to->user_metadata);
	to->user_metadata = strdup(from->user_metadata);
	if (to->user_metadata == NULL)
		return (STORE_ERROR);
	memcpy(to->name, from->name, sizeof to->name);
	return (source_save(tx, to));
}

/* *to*: as *from*, but nobody's yet. */
static enum store_status
copy_new(const struct store_source *from, const char *org,
    struct store_source *to)
{
	*to = *from;
	memcpy(to->org, org, sizeof to->org);
	to->locked = false;
	to->user_metadata = NULL;
	to->dynamic_metadata = strdup(from->dynamic_metadata);
	to->static_metadata = strdup(from->static_metadata);
	return (to->dynamic_metadata != NULL && to->static_metadata != NULL ?
	    STORE_OK : STORE_ERROR);
}

static enum store_status
copy_make(struct store_tx *tx, struct store_source_copy *p,
    const struct store_source *from, struct store_source *to,
    struct store_source_copied *one)
{
	enum store_status status = source_add(tx, to);

	if (status == STORE_CREATED || (status == STORE_OK && !p->guest))
		status = copy_words(tx, from, to);
	if (status != STORE_OK)
		return (status);
	one->copy = to->hash;
	source_audit(tx, to, one->status == STORE_OK ?
	    "sourceimage.update" : "sourceimage.create", NULL,
	    json_pack("{s:s, s:s, s:b}", "name", to->name, "copy_of", p->org,
	    "protected", (int)to->protected));
	return (STORE_OK);
}

/* It may not be shown here by a name when it goes. */
static enum store_status
copy_leave(struct store_tx *tx, struct store_source_copy *p,
    struct store_source *from)
{
	enum store_status status;
	int aliased = source_is_aliased(tx->db, p->org, &from->hash);

	if (aliased != 0) {
		p->why = aliased > 0 ? COPY_ALIASED : COPY_BY_STATUS;
		return (aliased > 0 ? STORE_PRECONDITION :
		    db_failure(tx->db));
	}
	status = source_withdraw(tx, from, true);
	if (status == STORE_OK)
		source_audit(tx, from, "sourceimage.delete", NULL,
		    json_pack("{s:s}", "moved_to", p->to));
	return (status);
}

/* What is there already stays if it is not to be overwritten. */
static enum store_status
copy_there(struct store_tx *tx, struct store_source_copy *p,
    const struct store_source *from, struct store_source_copied *one)
{
	struct store_source to = { .size = 0 };
	enum store_status status;

	one->status = STORE_CREATED;
	status = copy_new(from, p->to, &to);
	if (status == STORE_OK)
		status = source_shown(tx->db, &to);
	if (status == STORE_OK)
		one->status = p->overwrite ? STORE_OK : STORE_EXISTS;
	one->copy = to.hash;
	if ((status == STORE_OK && p->overwrite && !p->guest) ||
	    status == STORE_NOT_FOUND)
		status = copy_make(tx, p, from, &to, one);
	store_source_clear(&to);
	return (status);
}

static enum store_status
copy_image(struct store_tx *tx, struct store_source_copy *p,
    struct store_source *from, struct store_source_copied *one)
{
	enum store_status status;

	if (from->protected && !p->protected) {
		p->why = COPY_PROTECTED;
		return (STORE_PRECONDITION);
	}
	status = copy_there(tx, p, from, one);
	if (status != STORE_OK || !p->move || one->status == STORE_EXISTS)
		return (status);
	return (copy_leave(tx, p, from));
}

static enum store_status
copy_one(struct store_tx *tx, struct store_source_copy *p,
    struct store_source_copied *one)
{
	struct store_source from = { .size = 0 };
	enum store_status status;

	status = source_by_prefix(tx->db, p->org, &one->hash, false, &from);
	if (status == STORE_NOT_FOUND) {
		one->status = status;
		return (STORE_OK);
	}
	if (status == STORE_AMBIGUOUS)
		p->why = COPY_AMBIGUOUS;
	if (status == STORE_OK)
		status = copy_image(tx, p, &from, one);
	store_source_clear(&from);
	return (status);
}

static enum store_status
copy_run(struct store_tx *tx, struct store_job *job)
{
	struct store_source_copy *p = CAST_OBJ(job, STORE_SOURCE_COPY_MAGIC);
	enum store_status status = STORE_OK;

	p->why = COPY_BY_STATUS;
	for (p->failed = 0; p->failed < p->n; p->failed++) {
		status = copy_one(tx, p, &p->items[p->failed]);
		if (status != STORE_OK)
			break;
	}
	/* For that one what was written would be committed. */
	if (status == STORE_QUOTA) {
		p->why = COPY_RETURNS;
		status = STORE_PRECONDITION;
	}
	return (status);
}

void
store_source_copy(struct store *st, struct store_source_copy *p)
{
	p->job.magic = STORE_SOURCE_COPY_MAGIC;
	writer_submit(st, &p->job, copy_run, NULL);
}
