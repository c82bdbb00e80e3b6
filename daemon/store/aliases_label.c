/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptions and tags of aliases. The row has both; a table of its own finds
 * aliases by a tag.
 */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"

/* The texts that it has, "" for none. */
struct label {
	char	*description, *tags;
};

static void
label_free(struct label *l)
{

	free(l->description);
	free(l->tags);
}

/* 0 or -1. */
static int
label_load(struct db *db, const struct store_alias *a, struct label *l)
{
	sqlite3_stmt *s = NULL;
	int rc = 0;

	l->description = l->tags = NULL;
	if (a->described)
		s = db_row(db, &rc, ST_ALIAS_SHOW, a->org, a->name);
	if (rc < 0)
		return (-1);
	if (s != NULL) {
		l->description = db_strdup(s, 10);
		l->tags = db_strdup(s, 11);
		db_reset(s);
	} else {
		l->description = strdup("");
		l->tags = strdup("");
	}
	if (l->description != NULL && l->tags != NULL)
		return (0);
	label_free(l);
	return (-1);
}

/* Adds the alias to each of *tags*, or takes it from them; 0 or -1. */
static int
label_tags(struct store_tx *tx, const struct store_alias *a, const char *tags,
    bool add)
{
	char tag[STORE_TAG_MAX + 1];
	int n, rc = 0;

	for (; *tags != '\0' && rc >= 0; tags += *tags == ',') {
		n = (int)strcspn(tags, ",");
		(void)snprintf(tag, sizeof tag, "%.*s", n, tags);
		tags += n;
		rc = add ? db_run(tx->db, ST_TAG_ADD, a->org, tag, a->name) :
		    db_run(tx->db, ST_TAG_DROP, a->org, tag, a->name);
	}
	return (rc < 0 ? -1 : 0);
}

static json_t *
label_json(const char *description, const char *tags)
{

	return (json_pack("{s:s, s:s}", "description", description, "tags",
	    tags));
}

static enum store_status
label_change(struct store_tx *tx, struct store_alias *a,
    const struct label *old, const char *description, const char *tags)
{

	a->seq = tx_seq(tx);
	a->described = *description != '\0' || *tags != '\0';
	if (db_run(tx->db, ST_ALIAS_TEXT, a->org, a->name, description, tags,
	    a->seq) < 0)
		return (db_failure(tx->db));
	if (strcmp(tags, old->tags) != 0 &&
	    (label_tags(tx, a, old->tags, false) != 0 ||
	    label_tags(tx, a, tags, true) != 0))
		return (db_failure(tx->db));
	tx_audit_json(tx, a->org, "alias.describe", a->name,
	    label_json(old->description, old->tags),
	    label_json(description, tags));
	return (STORE_OK);
}

enum store_status
tx_alias_label(struct store_tx *tx, struct store_alias *a,
    const struct store_alias_note *note, bool *changed)
{
	enum store_status status = STORE_OK;
	const char *description, *tags;
	struct label old;

	*changed = false;
	if (note->description == NULL && note->tags == NULL)
		return (STORE_OK);
	if (label_load(tx->db, a, &old) != 0)
		return (db_failure(tx->db));
	description = note->description != NULL ? note->description :
	    old.description;
	tags = note->tags != NULL ? note->tags : old.tags;
	*changed = strcmp(description, old.description) != 0 ||
	    strcmp(tags, old.tags) != 0;
	if (*changed)
		status = label_change(tx, a, &old, description, tags);
	label_free(&old);
	return (status);
}

int
tx_alias_unlabel(struct store_tx *tx, const struct store_alias *a)
{
	struct label old;
	int rc;

	if (!a->described)
		return (0);
	if (label_load(tx->db, a, &old) != 0)
		return (-1);
	rc = label_tags(tx, a, old.tags, false);
	label_free(&old);
	return (rc);
}
