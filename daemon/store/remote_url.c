/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which source image a URL of others led to. It is asked for once: the image
 * stands for it until somebody has it forgotten, or so many others came that
 * the oldest have to go.
 */
#include "config.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "sources.h"

/* A URL may be long; the table holds this of it. */
static void
url_key(const char *url, struct hash *key)
{
	(void)crypto_generichash(key->b, HASH_LEN, (const uint8_t *)url,
	    strlen(url), NULL, 0);
}

enum store_status
store_remote_get(struct store *st, const char *org, const char *url,
    struct hash *hash)
{
	struct db *db = store_db(st);
	struct hash key;
	sqlite3_stmt *s;
	int rc;

	url_key(url, &key);
	s = db_row(db, &rc, ST_REMOTE_GET, org, &key);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	(void)db_hash(s, 0, hash);
	db_reset(s);
	return (STORE_OK);
}

int
remote_put(struct store_tx *tx, const char *org, const char *url,
    int64_t most, const struct hash *hash)
{
	struct hash key;

	url_key(url, &key);
	return (db_run(tx->db, ST_REMOTE_PUT, org, &key, hash) < 0 ||
	    db_run(tx->db, ST_REMOTE_TRIM, org, most) < 0 ? -1 : 0);
}

static enum store_status
remote_forget_run(struct store_tx *tx, struct store_job *job)
{
	struct store_remote_forget *p;
	struct hash key;
	int n;

	p = CAST_OBJ(job, STORE_REMOTE_FORGET_MAGIC);
	url_key(p->url, &key);
	n = db_run(tx->db, ST_REMOTE_FORGET, p->org, &key);
	if (n < 0)
		return (db_failure(tx->db));
	if (n == 0)
		return (STORE_NOT_FOUND);
	tx_audit_json(tx, p->org, "remote.forget", "", NULL,
	    json_pack("{s:s}", "url", p->url));
	return (STORE_OK);
}

void
store_remote_forget(struct store *st, struct store_remote_forget *p)
{

	p->job.magic = STORE_REMOTE_FORGET_MAGIC;
	writer_submit(st, &p->job, remote_forget_run, NULL);
}
