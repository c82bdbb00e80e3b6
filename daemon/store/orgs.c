/* SPDX-License-Identifier: BSD-2-Clause */
/* Organizations; their API keys are in keys.c. */
#include "config.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"
#include "orgs.h"
#include "purges.h"

/* A version 4 UUID, RFC 4122. */
static void
random_uuid(char out[37])
{
	uint8_t b[16];
	char hex[33];

	randombytes_buf(b, sizeof b);
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	(void)sodium_bin2hex(hex, sizeof hex, b, sizeof b);
	(void)snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
}

static void
org_row(sqlite3_stmt *s, struct store_org *o)
{

	db_text(s, 0, o->id, sizeof o->id);
	db_text(s, 1, o->name, sizeof o->name);
	db_text(s, 2, o->display_name, sizeof o->display_name);
	db_text(s, 3, o->billing_email, sizeof o->billing_email);
	o->created_ms = sqlite3_column_int64(s, 4);
	db_text(s, 5, o->options, sizeof o->options);
}

enum store_status
org_load(struct db *db, const char *name, struct store_org *out)
{
	sqlite3_stmt *s;
	int rc;

	memset(out, 0, sizeof *out);
	s = db_row(db, &rc, ST_ORG_GET, name);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	org_row(s, out);
	db_reset(s);
	return (STORE_OK);
}

/* Sets *changes* in the object that *options* is; null takes one out. */
static int
org_set_options(char *options, size_t size, json_t *changes)
{
	json_t *all, *v;
	char *text = NULL;
	const char *name;
	int error = -1;

	all = json_loads(options, 0, NULL);
	if (json_object_update(all, changes) == 0) {
		json_object_foreach(changes, name, v)
			if (json_is_null(v))
				(void)json_object_del(all, name);
		text = json_dumps(all, JSON_COMPACT);
	}
	json_decref(all);
	if (text != NULL && strlen(text) < size) {
		memcpy(options, text, strlen(text) + 1);
		error = 0;
	}
	free(text);
	return (error);
}

/* What the caller gives, into the organization as it is. */
static int
org_apply(const struct store_org_put *p, struct store_org *o)
{

	if (p->display_name != NULL)
		(void)snprintf(o->display_name, sizeof o->display_name, "%s",
		    p->display_name);
	if (p->billing_email != NULL)
		(void)snprintf(o->billing_email, sizeof o->billing_email,
		    "%s", p->billing_email);
	return (p->options == NULL ? 0 :
	    org_set_options(o->options, sizeof o->options, p->options));
}

void
store_limits_set(struct store *st, const struct store_limits *limits)
{

	(void)pthread_mutex_lock(&st->mtx);
	st->limits = *limits;
	(void)pthread_mutex_unlock(&st->mtx);
}

void
store_map_size(struct store *st, uint64_t used, uint64_t bound)
{

	atomic_store(&st->map_full, bound > 0 && used >= bound);
	(void)pthread_mutex_lock(&st->mtx);
	st->stats.map_used = used;
	st->stats.map_bound = bound;
	(void)pthread_mutex_unlock(&st->mtx);
}

unsigned
org_purges(struct store_tx *tx, const char *org, enum store_purge_kind kind)
{
	static const char *const names[] = {
		[PURGE_ALIAS] = "purges_alias", [PURGE_STACK] = "purges_stack",
		[PURGE_SOURCE] = "purges_source"
	};
	struct store_org o;
	unsigned limit;
	json_t *all, *v;

	(void)pthread_mutex_lock(&tx->store->mtx);
	limit = tx->store->limits.purges[kind];
	(void)pthread_mutex_unlock(&tx->store->mtx);
	if (org_load(tx->db, org, &o) != STORE_OK)
		return (limit);
	all = json_loads(o.options, 0, NULL);
	v = json_object_get(all, names[kind]);
	if (json_is_integer(v))
		limit = (unsigned)json_integer_value(v);
	json_decref(all);
	return (limit);
}

static void
org_init(struct store_org *o, const char *name, int64_t now_ms)
{

	memset(o, 0, sizeof *o);
	random_uuid(o->id);
	(void)snprintf(o->name, sizeof o->name, "%s", name);
	(void)snprintf(o->display_name, sizeof o->display_name, "%s", name);
	(void)snprintf(o->options, sizeof o->options, "{}");
	o->created_ms = now_ms;
}

static json_t *
org_audit(const struct store_org *o)
{
	json_t *options = json_loads(o->options, 0, NULL);

	return (json_pack("{s:s, s:s, s:o*}", "display_name", o->display_name,
	    "billing_email", o->billing_email, "options", options));
}

static enum store_status
org_put_run(struct store_tx *tx, struct store_job *job)
{
	struct store_org_put *p = CAST_OBJ(job, STORE_ORG_PUT_MAGIC);
	enum store_status found, status = STORE_OK;
	char was[sizeof p->org.options];
	struct store_org o;
	json_t *old = NULL;
	int n;

	found = org_load(tx->db, p->org.name, &o);
	memcpy(was, o.options, sizeof was);
	if (found == STORE_OK)
		old = org_audit(&o);
	if (found == STORE_NOT_FOUND)
		org_init(&o, p->org.name, tx->now_ms);
	else if (found != STORE_OK)
		return (found);
	if (org_apply(p, &o) != 0)
		status = STORE_ERROR;
	else if (found == STORE_OK)
		status = tx_options_changed(tx, o.name, was, o.options);
	if (status != STORE_OK) {
		json_decref(old);
		return (status);
	}
	tx_audit_json(tx, o.name, old != NULL ? "organization.update" :
	    "organization.create", o.name, old, org_audit(&o));
	p->org = o;
	if (found == STORE_OK)
		n = db_run(tx->db, ST_ORG_UPDATE, o.name,
		    o.display_name, o.billing_email, o.options);
	else
		n = db_run(tx->db, ST_ORG_INSERT, o.name, o.id,
		    o.display_name, o.billing_email, o.created_ms, o.options);
	if (n < 0 || (found != STORE_OK && sign_first(tx, o.name) != 0) ||
	    fallback_options(tx, o.name, found == STORE_OK ? was : "{}",
	    o.options) != 0)
		return (db_failure(tx->db));
	if (found != STORE_OK &&
	    json_object_get(p->options, ORG_LENDER) != NULL &&
	    tx_lender_note(tx, o.name, p->options) != 0)
		return (db_failure(tx->db));
	usage_options(tx, o.name);
	return (found == STORE_OK ? STORE_OK : STORE_CREATED);
}

void
store_org_put(struct store *st, struct store_org_put *p)
{

	p->job.magic = STORE_ORG_PUT_MAGIC;
	writer_submit(st, &p->job, org_put_run, NULL);
}

enum store_status
store_org_get(struct store *st, const char *name, struct store_org *out)
{

	return (org_load(store_db(st), name, out));
}

enum store_status
store_org_each(struct store *st, const char *after, store_org_f *func,
    void *arg)
{
	struct db *db = store_db(st);
	struct store_org o;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_ORG_EACH, after != NULL ? after : "");
	while ((rc = db_step(db, s)) > 0) {
		org_row(s, &o);
		if (func(arg, &o) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}
