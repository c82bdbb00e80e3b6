/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What signs the tokens of previews. The map can be read by others, so it gets none
 * of the signing keys but a digest of one, which is good for previews alone; and
 * only when the first preview is asked for.
 */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "orgs.h"
#include "plans.h"
#include "store_org.h"

static void
preview_secret(const char *signing_key, struct hash *out)
{
	static const char purpose[] = "moniker preview";
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state st;

	(void)crypto_auth_hmacsha256_init(&st, (const uint8_t *)signing_key,
	    strlen(signing_key));
	(void)crypto_auth_hmacsha256_update(&st, (const uint8_t *)purpose,
	    sizeof purpose - 1);
	(void)crypto_auth_hmacsha256_final(&st, mac);
	memcpy(out->b, mac, sizeof out->b);
	sodium_memzero(mac, sizeof mac);
	sodium_memzero(&st, sizeof st);
}

static struct store_change
preview_change(const char *org, int64_t id, const char *signing_key,
    int64_t expires_ms)
{
	struct store_change c = {
		.kind = CHANGE_PREVIEW, .due_ms = expires_ms,
		.gone = signing_key == NULL
	};

	(void)snprintf(c.org, sizeof c.org, "%s", org);
	(void)snprintf(c.key, sizeof c.key, "%" PRId64, id);
	if (signing_key != NULL)
		preview_secret(signing_key, &c.hash);
	return (c);
}

int
preview_follow(struct store_tx *tx, const char *org,
    const struct store_sign_key *k, bool gone)
{
	struct store_change c;

	if (!k->preview)
		return (0);
	c = preview_change(org, k->id, gone ? NULL : k->key, k->expires_ms);
	c.seq = tx_seq(tx);
	return (tx_change(tx, &c));
}

int
preview_each(struct db *db, uint64_t seq, store_publish_f *publish, void *arg)
{
	char org[ORG_MAX + 1], key[SIGN_KEY_LEN + 1];
	struct store_change c;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_PREVIEW_EACH);
	while ((rc = db_step(db, s)) > 0) {
		db_text(s, 0, org, sizeof org);
		db_text(s, 2, key, sizeof key);
		c = preview_change(org, sqlite3_column_int64(s, 1), key,
		    sqlite3_column_int64(s, 3));
		c.seq = seq;
		publish(arg, &c, 1, seq);
	}
	sodium_memzero(key, sizeof key);
	return (rc);
}

/* The first key signs; its own end is the preview's, too. */
static enum store_status
preview_sign(struct store_tx *tx, struct store_preview *p,
    struct store_sign_key *k)
{

	p->key = k->id;
	preview_secret(k->key, &p->secret);
	if (k->expires_ms != 0 && k->expires_ms < p->expires_ms)
		p->expires_ms = k->expires_ms;
	if (k->preview)
		return (STORE_OK);
	k->preview = true;
	if (db_run(tx->db, ST_SIGN_PREVIEW, p->org, k->id) < 0 ||
	    preview_follow(tx, p->org, k, false) != 0)
		return (db_failure(tx->db));
	return (STORE_OK);
}

static enum store_status
preview_run(struct store_tx *tx, struct store_job *job)
{
	struct store_preview *p = CAST_OBJ(job, STORE_PREVIEW_MAGIC);
	struct store_sign_keys keys;
	enum store_status status;
	struct store_plan plan;

	if (*p->set != '\0') {
		status = plan_load(tx->db, p->org, 0, p->set, &plan);
		if (status != STORE_OK)
			return (status);
		p->id = plan.id;
	}
	status = sign_keys_load(tx->db, p->org, tx->now_ms, &keys);
	if (status == STORE_OK)
		status = keys.n == 0 ? STORE_NOT_FOUND :
		    preview_sign(tx, p, &keys.key[0]);
	sodium_memzero(&keys, sizeof keys);
	if (status == STORE_OK)
		tx_audit_json(tx, p->org, "preview.create", p->set, NULL,
		    json_pack("{s:I, s:I}", "at_ms", (json_int_t)p->at_ms,
		    "expires_ms", (json_int_t)p->expires_ms));
	return (status);
}

void
store_preview_open(struct store *st, struct store_preview *p)
{

	p->job.magic = STORE_PREVIEW_MAGIC;
	writer_submit(st, &p->job, preview_run, NULL);
}
