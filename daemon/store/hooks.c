/* SPDX-License-Identifier: BSD-2-Clause */
/* Webhooks: made, changed, deleted, listed. */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"

#define SECRET_BYTES	32

const char *const store_hook_states[HOOK_STATES] = {
	[HOOK_ENABLED] = "enabled", [HOOK_DISABLED] = "disabled",
	[HOOK_FAILED] = "failed"
};

void
hook_row(sqlite3_stmt *s, struct store_hook *h)
{

	h->id = sqlite3_column_int64(s, 0);
	db_text(s, 1, h->org, sizeof h->org);
	db_text(s, 2, h->url, sizeof h->url);
	db_text(s, 3, h->events, sizeof h->events);
	db_text(s, 4, h->description, sizeof h->description);
	db_text(s, 5, h->secret, sizeof h->secret);
	db_text(s, 6, h->old_secret, sizeof h->old_secret);
	h->old_until_ms = sqlite3_column_int64(s, 7);
	h->state = (enum store_hook_state)sqlite3_column_int(s, 8);
	if ((unsigned)h->state >= HOOK_STATES)
		h->state = HOOK_FAILED;
	db_text(s, 9, h->reason, sizeof h->reason);
	h->created_ms = sqlite3_column_int64(s, 10);
	h->updated_ms = sqlite3_column_int64(s, 11);
	h->delivered_ms = sqlite3_column_int64(s, 12);
	h->failing_ms = sqlite3_column_int64(s, 13);
	h->next_ms = sqlite3_column_int64(s, 14);
	h->tries = (unsigned)sqlite3_column_int(s, 15);
	h->pending = sqlite3_column_int64(s, 16);
	h->lost = sqlite3_column_int64(s, 17);
}

enum store_status
hook_load(struct db *db, const char *org, int64_t id, struct store_hook *h)
{
	sqlite3_stmt *s;
	int rc;

	memset(h, 0, sizeof *h);
	s = db_row(db, &rc, ST_HOOK_GET, org, id);
	if (s == NULL)
		return (rc < 0 ? db_failure(db) : STORE_NOT_FOUND);
	hook_row(s, h);
	db_reset(s);
	return (STORE_OK);
}

enum store_status
store_hook_get(struct store *st, const char *org, int64_t id,
    struct store_hook *h)
{

	return (hook_load(store_db(st), org, id, h));
}

static enum store_status
hook_give(struct db *db, sqlite3_stmt *s, store_hook_f *func, void *arg)
{
	struct store_hook h;
	int rc;

	while ((rc = db_step(db, s)) > 0) {
		hook_row(s, &h);
		if (func(arg, &h) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

enum store_status
store_hook_each(struct store *st, const char *org, store_hook_f *func,
    void *arg)
{
	struct db *db = store_db(st);

	return (hook_give(db, db_bind(db, ST_HOOK_EACH, org), func, arg));
}

enum store_status
store_hook_due(struct store *st, int64_t now_ms, unsigned limit,
    store_hook_f *func, void *arg)
{

	return (hook_give(&st->rd, db_bind(&st->rd, ST_HOOK_DUE, now_ms,
	    limit), func, arg));
}

enum store_status
store_hook_next(struct store *st, int64_t now_ms, int64_t *next_ms)
{
	sqlite3_stmt *s;
	int rc;

	*next_ms = INT64_MAX;
	s = db_row(&st->rd, &rc, ST_HOOK_NEXT, now_ms);
	if (s == NULL)
		return (db_failure(&st->rd));
	if (sqlite3_column_type(s, 0) != SQLITE_NULL)
		*next_ms = sqlite3_column_int64(s, 0);
	db_reset(s);
	return (STORE_OK);
}

enum store_status
store_hook_stats(struct store *st, struct store_hook_stats *out)
{
	sqlite3_stmt *s;
	int i, rc;

	memset(out, 0, sizeof *out);
	s = db_row(&st->rd, &rc, ST_HOOK_STATS);
	if (s == NULL)
		return (db_failure(&st->rd));
	for (i = 0; i < HOOK_STATES; i++)
		out->states[i] = (uint64_t)sqlite3_column_int64(s, i);
	out->pending = (uint64_t)sqlite3_column_int64(s, i++);
	out->lost = (uint64_t)sqlite3_column_int64(s, i++);
	out->failing_ms = sqlite3_column_int64(s, i);
	db_reset(s);
	return (STORE_OK);
}

/*--------------------------------------------------------------------
 * Changes
 */

static void
hook_secret(char out[HOOK_SECRET_MAX + 1])
{
	static const char prefix[] = "whsec_";
	uint8_t raw[SECRET_BYTES];

	randombytes_buf(raw, sizeof raw);
	memcpy(out, prefix, sizeof prefix);
	(void)sodium_bin2base64(out + sizeof prefix - 1,
	    HOOK_SECRET_MAX + 1 - (sizeof prefix - 1), raw, sizeof raw,
	    sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(raw, sizeof raw);
}

static void
hook_audit(struct store_tx *tx, const struct store_hook *h,
    const char *action)
{
	char name[24];

	(void)snprintf(name, sizeof name, "%lld", (long long)h->id);
	tx_audit_json(tx, h->org, action, name, NULL,
	    json_pack("{s:s, s:s, s:s}", "url", h->url, "events", h->events,
	    "state", store_hook_states[h->state]));
}

static enum store_status
hook_save(struct store_tx *tx, struct store_hook *h)
{

	h->updated_ms = tx->now_ms;
	if (db_run(tx->db, ST_HOOK_SAVE, h->id, h->url, h->events,
	    h->description, h->secret, h->old_secret, h->old_until_ms,
	    h->state, h->reason, h->updated_ms, h->failing_ms, h->next_ms,
	    h->tries) < 0)
		return (db_failure(tx->db));
	hooks_changed(tx);
	return (STORE_OK);
}

static enum store_status
hook_create(struct store_tx *tx, struct store_hook_change *p)
{
	struct store_hook *h = &p->hook;
	sqlite3_stmt *s;
	int64_t have = 0;
	int n, rc;

	s = db_row(tx->db, &rc, ST_HOOK_COUNT, h->org);
	if (s != NULL) {
		have = sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	if (rc < 0)
		return (db_failure(tx->db));
	if (have >= p->most)
		return (STORE_LIMIT);
	hook_secret(h->secret);
	n = db_run(tx->db, ST_HOOK_INSERT, h->org, h->url, h->events,
	    h->description, h->secret, h->state, tx->now_ms);
	if (n <= 0)
		return (n < 0 ? db_failure(tx->db) : STORE_NOT_FOUND);
	h->id = sqlite3_last_insert_rowid(tx->db->h);
	h->created_ms = h->updated_ms = tx->now_ms;
	hooks_changed(tx);
	hook_audit(tx, h, "webhook.create");
	return (STORE_CREATED);
}

/* What failed until now is tried at once. */
static enum store_status
hook_edit(struct store_tx *tx, const struct store_hook_change *p,
    struct store_hook *h)
{

	if (p->set_url)
		(void)snprintf(h->url, sizeof h->url, "%s", p->hook.url);
	if (p->set_events)
		(void)snprintf(h->events, sizeof h->events, "%s",
		    p->hook.events);
	if (p->set_description)
		(void)snprintf(h->description, sizeof h->description, "%s",
		    p->hook.description);
	if (p->set_state) {
		h->state = p->hook.state;
		h->reason[0] = '\0';
	}
	if (p->set_state || p->set_url) {
		h->failing_ms = 0;
		h->next_ms = tx->now_ms;
		h->tries = 0;
	}
	hook_audit(tx, h, "webhook.update");
	tx->hooked = true;
	return (hook_save(tx, h));
}

static enum store_status
hook_rotate(struct store_tx *tx, const struct store_hook_change *p,
    struct store_hook *h)
{

	memcpy(h->old_secret, h->secret, sizeof h->secret);
	h->old_until_ms = p->hook.old_until_ms;
	if (h->old_until_ms <= tx->now_ms) {
		h->old_until_ms = 0;
		h->old_secret[0] = '\0';
	}
	hook_secret(h->secret);
	hook_audit(tx, h, "webhook.rotate");
	return (hook_save(tx, h));
}

static enum store_status
hook_delete(struct store_tx *tx, const struct store_hook *h)
{

	hooks_changed(tx);
	hook_audit(tx, h, "webhook.delete");
	return (hook_forget(tx, h->id) != 0 ||
	    db_run(tx->db, ST_HOOK_DELETE, h->id) < 0 ? db_failure(tx->db) :
	    STORE_OK);
}

static enum store_status
hook_test(struct store_tx *tx, struct store_hook_change *p,
    const struct store_hook *h)
{

	return (hook_event_for(tx, h, "webhook.test",
	    json_pack("{s:s, s:I}", "organization", h->org, "webhook",
	    (json_int_t)h->id), &p->event) != 0 ? db_failure(tx->db) :
	    STORE_OK);
}

static enum store_status
hook_resend(struct store_tx *tx, const struct store_hook_change *p,
    const struct store_hook *h)
{
	sqlite3_stmt *s;
	int n, rc;

	s = db_row(tx->db, &rc, ST_HOOK_EVENT_GET, h->id, p->event);
	if (s == NULL)
		return (rc < 0 ? db_failure(tx->db) : STORE_NOT_FOUND);
	db_reset(s);
	n = db_run(tx->db, ST_HOOK_RESEND, h->id, p->event);
	if (n == 0)
		return (STORE_EXISTS);
	if (n < 0 || db_run(tx->db, ST_HOOK_PENDING, h->id, tx->now_ms) < 0)
		return (db_failure(tx->db));
	tx->hooked = true;
	return (STORE_OK);
}

static enum store_status
hook_change_run(struct store_tx *tx, struct store_job *job)
{
	struct store_hook_change *p = CAST_OBJ(job, STORE_HOOK_CHANGE_MAGIC);
	enum store_status status;
	struct store_hook h;

	if (p->what == HOOK_CREATE)
		return (hook_create(tx, p));
	status = hook_load(tx->db, p->hook.org, p->hook.id, &h);
	if (status != STORE_OK)
		return (status);
	switch (p->what) {
	case HOOK_EDIT:
		status = hook_edit(tx, p, &h);
		break;
	case HOOK_ROTATE:
		status = hook_rotate(tx, p, &h);
		break;
	case HOOK_TEST:
		status = hook_test(tx, p, &h);
		break;
	case HOOK_RESEND:
		status = hook_resend(tx, p, &h);
		break;
	default:
		status = hook_delete(tx, &h);
	}
	p->hook = h;
	return (status);
}

void
store_hook_change(struct store *st, struct store_hook_change *p)
{

	p->job.magic = STORE_HOOK_CHANGE_MAGIC;
	writer_submit(st, &p->job, hook_change_run, NULL);
}
