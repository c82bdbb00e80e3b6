/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Protection and dynamic metadata of a source image. They are part of what its
 * hash is made of, so that a change gives another image of the same bytes,
 * unless the hash is kept.
 */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"
#include "purges.h"
#include "sources.h"

/*
 * The dynamic metadata of *old* after the change, if it is one. NULL: out of
 * memory, or a row that is damaged.
 */
static char *
derive_dynamic(struct store_source_derive *p, const struct store_source *old)
{
	json_t *meta = json_loads(old->dynamic_metadata, 0, NULL), *was;
	char *text = NULL;

	if (p->name != NULL) {
		was = json_object_get(meta, p->name);
		p->changed = p->value == NULL ? was != NULL :
		    !json_equal(was, p->value);
		if (p->value == NULL)
			(void)json_object_del(meta, p->name);
		else if (json_object_set(meta, p->name, p->value) != 0) {
			json_decref(meta);
			return (NULL);
		}
	}
	if (meta != NULL)
		text = json_dumps(meta, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(meta);
	return (text);
}

/* What *old* is to become; 0 or -1. The caller clears p->source. */
static int
derive_describe(struct store_source_derive *p, const struct store_source *old)
{
	struct store_source *new = &p->source;

	*new = *old;
	new->user_metadata = NULL;
	new->static_metadata = strdup(old->static_metadata);
	new->dynamic_metadata = derive_dynamic(p, old);
	if (p->name == NULL) {
		new->protected = p->protected;
		p->changed = new->protected != old->protected;
	}
	return (new->static_metadata == NULL ||
	    new->dynamic_metadata == NULL ? -1 : 0);
}

static int
derive_copy_user(const struct store_source *old, struct store_source *new)
{

	free(new->user_metadata);
	new->user_metadata = strdup(old->user_metadata);
	return (new->user_metadata != NULL ? 0 : -1);
}

/*
 * An image that is new, or was deleted, has the name and the user metadata of
 * the one it is made from.
 */
static enum store_status
derive_other(struct store_tx *tx, const struct store_source *old,
    struct store_source *new)
{
	enum store_status shown = source_shown(tx->db, new), status;

	if (shown != STORE_OK && shown != STORE_NOT_FOUND)
		return (shown);
	new->locked = false;
	status = source_add(tx, new);
	if (shown == STORE_OK || (status != STORE_OK &&
	    status != STORE_CREATED))
		return (status);
	if (derive_copy_user(old, new) != 0)
		return (STORE_ERROR);
	memcpy(new->name, old->name, sizeof new->name);
	return (source_save(tx, new) == STORE_OK ? status :
	    db_failure(tx->db));
}

/* Pictures of it that caches have are of what it was. */
static enum store_status
derive_in_place(struct store_tx *tx, const struct store_source *old,
    struct store_source *new)
{

	if (old->locked)
		return (STORE_LOCKED);
	if (derive_copy_user(old, new) != 0)
		return (STORE_ERROR);
	if (db_run(tx->db, ST_SOURCE_DYNAMIC, new->org, &new->hash,
	    new->dynamic_metadata) < 0)
		return (db_failure(tx->db));
	return (tx_purge_source(tx, new->org, &new->hash));
}

/*
 * The old image goes, if that is wanted, and its aliases show the new one, as
 * does the URL that it was fetched from.
 */
static enum store_status
derive_instead(struct store_tx *tx, struct store_source_derive *p,
    struct store_source *old)
{
	enum store_status status = STORE_OK;

	/* Protection takes a right away; metadata is what keep_hash may purge. */
	if (p->delete_previous)
		status = source_withdraw(tx, old, p->name == NULL);
	if (status != STORE_OK || (!p->delete_previous && !p->move_aliases))
		return (status);
	if (p->delete_previous && db_run(tx->db, ST_REMOTE_FOLLOW, old->org,
	    &old->hash, &p->source.hash) < 0)
		return (db_failure(tx->db));
	return (tx_aliases_follow(tx, old->org, &old->hash, &p->source.hash,
	    &p->aliases));
}

static enum store_status
derive(struct store_tx *tx, struct store_source_derive *p,
    struct store_source *old)
{
	struct store_source *new = &p->source;
	enum store_status status, instead;

	if (p->delete_previous && old->locked)
		return (STORE_LOCKED);
	if (derive_describe(p, old) != 0)
		return (STORE_ERROR);
	if (!p->changed)
		return (derive_copy_user(old, new) == 0 ? STORE_OK :
		    STORE_ERROR);
	if (p->keep_hash)
		return (derive_in_place(tx, old, new));
	status = derive_other(tx, old, new);
	if (status != STORE_OK && status != STORE_CREATED)
		return (status);
	instead = derive_instead(tx, p, old);
	return (instead == STORE_OK ? status : instead);
}

static json_t *
derive_audit(const struct store_source_derive *p,
    const struct store_source *src)
{

	if (p->name == NULL)
		return (json_pack("{s:b}", "protected", (int)src->protected));
	return (json_pack("{s:o*}", "dynamic_metadata",
	    json_loads(src->dynamic_metadata, 0, NULL)));
}

/* What became of *old*, and how. */
static void
derive_note(struct store_tx *tx, const struct store_source_derive *p,
    const struct store_source *old)
{
	json_t *after = derive_audit(p, &p->source);
	char hex[HASH_HEX + 1];

	hash_to_hex(&p->source.hash, hex);
	(void)json_object_set_new(after, "hash", json_string(hex));
	(void)json_object_set_new(after, "delete_previous",
	    json_boolean(p->delete_previous));
	source_audit(tx, old, p->name == NULL ? "sourceimage.protect" :
	    "sourceimage.dynamic", derive_audit(p, old), after);
}

static enum store_status
derive_run(struct store_tx *tx, struct store_job *job)
{
	struct store_source_derive *p = CAST_OBJ(job, STORE_SOURCE_DERIVE_MAGIC);
	enum store_status status;
	struct store_source old;

	status = source_by_prefix(tx->db, p->org, &p->hash, false, &old);
	if (status != STORE_OK)
		return (status);
	status = derive(tx, p, &old);
	if (p->changed && (status == STORE_OK || status == STORE_CREATED))
		derive_note(tx, p, &old);
	store_source_clear(&old);
	return (status);
}

void
store_source_derive(struct store *st, struct store_source_derive *p)
{

	p->job.magic = STORE_SOURCE_DERIVE_MAGIC;
	memset(&p->source, 0, sizeof p->source);
	p->changed = false;
	p->aliases = 0;
	writer_submit(st, &p->job, derive_run, NULL);
}
