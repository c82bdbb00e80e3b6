/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables, as a list of steps: step n takes a database from user_version
 * n to n + 1. A step that was released is never edited, another is added.
 *
 * Hashes are 20 bytes, times are unix milliseconds, seq and epochs come from
 * the one counter of meta.
 */
#include "config.h"

#include <stdio.h>

#include "schema.h"
#include "schema_hooks.h"

static const char schema_1[] =
"CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"

"CREATE TABLE org ("
"	id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, name TEXT NOT NULL UNIQUE,"
"	display_name TEXT NOT NULL, billing_email TEXT NOT NULL,"
"	created_ms INTEGER NOT NULL, signing_key TEXT NOT NULL,"
"	options TEXT NOT NULL);"

/* The secret itself is kept nowhere: its BLAKE2b is. */
"CREATE TABLE apikey ("
"	id TEXT PRIMARY KEY, org INTEGER NOT NULL REFERENCES org,"
"	comment TEXT NOT NULL, rights INTEGER NOT NULL,"
"	created_ms INTEGER NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;"
"CREATE INDEX apikey_org ON apikey (org, created_ms, id);"

"CREATE TABLE source ("
"	id INTEGER PRIMARY KEY, org INTEGER NOT NULL REFERENCES org,"
"	hash BLOB NOT NULL, short TEXT NOT NULL, binary BLOB NOT NULL,"
"	content BLOB NOT NULL, name TEXT NOT NULL, format TEXT NOT NULL,"
"	mimetype TEXT NOT NULL, size INTEGER NOT NULL, width INTEGER NOT NULL,"
"	height INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
"	deleted_ms INTEGER NOT NULL DEFAULT 0,"
"	locked INTEGER NOT NULL DEFAULT 0,"
"	protected INTEGER NOT NULL DEFAULT 0,"
"	opaque INTEGER NOT NULL DEFAULT 0,"
"	animated INTEGER NOT NULL DEFAULT 0, user_meta TEXT NOT NULL,"
"	dynamic_meta TEXT NOT NULL, static_meta TEXT NOT NULL,"
"	UNIQUE (org, hash), UNIQUE (org, short));"
"CREATE INDEX source_content ON source (content);"
"CREATE INDEX source_deleted ON source (org, deleted_ms, id)"
"	WHERE deleted_ms > 0;"
/* One for each field that a list may be sorted and filtered by. */
"CREATE INDEX source_created ON source (org, created_ms, id)"
"	WHERE deleted_ms = 0;"
"CREATE INDEX source_name ON source (org, name, id) WHERE deleted_ms = 0;"
"CREATE INDEX source_size ON source (org, size, id) WHERE deleted_ms = 0;"
"CREATE INDEX source_width ON source (org, width, id) WHERE deleted_ms = 0;"
"CREATE INDEX source_height ON source (org, height, id) WHERE deleted_ms = 0;"
"CREATE INDEX source_format ON source (org, format, id) WHERE deleted_ms = 0;"
"CREATE INDEX source_mimetype ON source (org, mimetype, id)"
"	WHERE deleted_ms = 0;"
"CREATE INDEX source_binary ON source (org, binary, id) WHERE deleted_ms = 0;"

/* How many, so that a list's total need not count them. */
"CREATE TABLE source_count ("
"	org INTEGER NOT NULL, deleted INTEGER NOT NULL, n INTEGER NOT NULL,"
"	PRIMARY KEY (org, deleted)) WITHOUT ROWID;"
"CREATE TRIGGER source_added AFTER INSERT ON source BEGIN"
"	INSERT INTO source_count VALUES (new.org, new.deleted_ms > 0, 1)"
"	ON CONFLICT DO UPDATE SET n = n + 1; END;"
"CREATE TRIGGER source_removed AFTER DELETE ON source BEGIN"
"	UPDATE source_count SET n = n - 1"
"	WHERE org = old.org AND deleted = (old.deleted_ms > 0); END;"
"CREATE TRIGGER source_moved AFTER UPDATE OF deleted_ms ON source "
"WHEN (old.deleted_ms > 0) <> (new.deleted_ms > 0) BEGIN"
"	UPDATE source_count SET n = n - 1"
"	WHERE org = old.org AND deleted = (old.deleted_ms > 0);"
"	INSERT INTO source_count VALUES (new.org, new.deleted_ms > 0, 1)"
"	ON CONFLICT DO UPDATE SET n = n + 1; END;"

"CREATE TABLE alias ("
"	org INTEGER NOT NULL REFERENCES org, name TEXT NOT NULL,"
"	hash BLOB NOT NULL, created_ms INTEGER NOT NULL,"
"	updated_ms INTEGER NOT NULL, epoch INTEGER NOT NULL,"
"	seq INTEGER NOT NULL, PRIMARY KEY (org, name)) WITHOUT ROWID;"
"CREATE INDEX alias_hash ON alias (org, hash, name);"

/*
 * What an alias pointed at before, up to to_seq. Never updated; the oldest
 * have the lowest id.
 */
"CREATE TABLE alias_history ("
"	id INTEGER PRIMARY KEY, org INTEGER NOT NULL, name TEXT NOT NULL,"
"	hash BLOB NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,"
"	to_seq INTEGER NOT NULL);"
"CREATE INDEX alias_history_name ON alias_history (org, name, to_seq);"

"CREATE TABLE stack ("
"	org INTEGER NOT NULL REFERENCES org, name TEXT NOT NULL,"
"	created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
"	seq INTEGER NOT NULL, definition TEXT NOT NULL,"
"	PRIMARY KEY (org, name)) WITHOUT ROWID;"

/*
 * Epochs outlive what they belong to: a name that comes back must not meet
 * what caches kept under an epoch of before.
 */
"CREATE TABLE epoch ("
"	org INTEGER NOT NULL, kind INTEGER NOT NULL, key BLOB NOT NULL,"
"	epoch INTEGER NOT NULL, revoked INTEGER NOT NULL,"
"	PRIMARY KEY (org, kind, key)) WITHOUT ROWID;"

"CREATE TABLE change ("
"	seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, org TEXT NOT NULL,"
"	key TEXT NOT NULL, hash BLOB, epoch INTEGER NOT NULL,"
"	revoked INTEGER NOT NULL, gone INTEGER NOT NULL);"

/* stamp_ms: when it was counted for the quota; NULL: it was not. */
"CREATE TABLE purge ("
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
"	org INTEGER NOT NULL REFERENCES org, kind INTEGER NOT NULL,"
"	key TEXT NOT NULL, created_ms INTEGER NOT NULL, stamp_ms INTEGER,"
"	soft INTEGER NOT NULL DEFAULT 0, sources TEXT NOT NULL);"
"CREATE INDEX purge_quota ON purge (org, kind, stamp_ms)"
"	WHERE stamp_ms IS NOT NULL;"
"CREATE INDEX purge_org ON purge (org, id);"

"CREATE TABLE target ("
"	id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
"	created_ms INTEGER NOT NULL);"
"CREATE TABLE ban ("
"	id INTEGER PRIMARY KEY AUTOINCREMENT, purge INTEGER,"
"	created_ms INTEGER NOT NULL, header TEXT NOT NULL,"
"	value TEXT NOT NULL, org TEXT NOT NULL,"
"	soft INTEGER NOT NULL DEFAULT 0);"
"CREATE INDEX ban_purge ON ban (purge);"
/* round 0: owed; 1: acknowledged, to be sent once more at due_ms. */
"CREATE TABLE delivery ("
"	target INTEGER NOT NULL REFERENCES target ON DELETE CASCADE,"
"	ban INTEGER NOT NULL REFERENCES ban ON DELETE CASCADE,"
"	round INTEGER NOT NULL DEFAULT 0, due_ms INTEGER NOT NULL DEFAULT 0,"
"	PRIMARY KEY (target, ban)) WITHOUT ROWID;"
"CREATE INDEX delivery_ban ON delivery (ban);";

/*
 * Soft purges. A target that is soft hears of them: who keeps pictures by
 * something else than the map, and is told by more than a ban.
 */
static const char schema_2[] =
"ALTER TABLE epoch ADD COLUMN soft INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE change ADD COLUMN soft INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE target ADD COLUMN soft INTEGER NOT NULL DEFAULT 0;";

/* A target of one organization owes nothing of another's. */
static const char schema_3[] =
"ALTER TABLE target ADD COLUMN org TEXT;";

/*
 * When a right to see it was taken away last, and how often within an hour; and
 * which stack another stands on, so that both lose it.
 */
static const char schema_4[] =
"ALTER TABLE epoch ADD COLUMN withdrawn_ms INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE epoch ADD COLUMN withdrawn_n INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE stack ADD COLUMN base TEXT;"
"UPDATE stack SET base = json_extract(definition, "
"	'$.stack_options.basestack') WHERE json_valid(definition);"
"CREATE INDEX stack_base ON stack (org, base) WHERE base IS NOT NULL;";

/* What each organization has, for its quotas; those deleted count, too. */
static const char schema_5[] =
"CREATE TABLE usage ("
"	org INTEGER PRIMARY KEY REFERENCES org, images INTEGER NOT NULL,"
"	bytes INTEGER NOT NULL, aliases INTEGER NOT NULL,"
"	stacks INTEGER NOT NULL, keys INTEGER NOT NULL,"
"	history INTEGER NOT NULL);"
"INSERT INTO usage SELECT id,"
"	(SELECT coalesce(sum(n), 0) FROM source_count c WHERE c.org = org.id),"
"	(SELECT coalesce(sum(size), 0) FROM source INDEXED BY source_size"
"	    WHERE source.org = org.id AND deleted_ms = 0) +"
"	(SELECT coalesce(sum(size), 0) FROM source INDEXED BY source_deleted"
"	    WHERE source.org = org.id AND deleted_ms > 0),"
"	(SELECT count(*) FROM alias WHERE alias.org = org.id),"
"	(SELECT count(*) FROM stack WHERE stack.org = org.id),"
"	(SELECT count(*) FROM apikey WHERE apikey.org = org.id),"
"	(SELECT count(*) FROM alias_history h WHERE h.org = org.id) FROM org;";

/*
 * Several signing keys of an organization, the newest of the highest id; and
 * the end and last use of each key, 0: none.
 */
static const char schema_6[] =
"CREATE TABLE signing_key ("
"	org INTEGER NOT NULL REFERENCES org, id INTEGER NOT NULL,"
"	key TEXT NOT NULL, created_ms INTEGER NOT NULL,"
"	expires_ms INTEGER NOT NULL DEFAULT 0,"
"	used_ms INTEGER NOT NULL DEFAULT 0,"
"	PRIMARY KEY (org, id)) WITHOUT ROWID;"
"INSERT INTO signing_key (org, id, key, created_ms)"
"	SELECT id, 1, signing_key, created_ms FROM org;"
"ALTER TABLE org DROP COLUMN signing_key;"
"ALTER TABLE apikey ADD COLUMN expires_ms INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE apikey ADD COLUMN used_ms INTEGER NOT NULL DEFAULT 0;";

/*
 * Where an alias pointed at its last purge or when it was made, and just
 * before: NULL where that is nowhere else. A map that follows the feed has to be
 * made anew if there are any.
 */
static const char schema_7[] =
"ALTER TABLE alias ADD COLUMN shown BLOB;"
"ALTER TABLE alias ADD COLUMN previous BLOB;"
"ALTER TABLE change ADD COLUMN shown BLOB;"
"ALTER TABLE change ADD COLUMN previous BLOB;"
"UPDATE alias SET shown = (SELECT nullif(h.hash, alias.hash)"
"	FROM alias_history h WHERE h.org = alias.org AND h.name = alias.name"
"	AND h.to_seq > alias.epoch ORDER BY h.to_seq LIMIT 1),"
"	previous = (SELECT nullif(h.hash, alias.hash)"
"	FROM alias_history h WHERE h.org = alias.org AND h.name = alias.name"
"	AND h.to_seq > alias.epoch ORDER BY h.to_seq DESC LIMIT 1)"
"	WHERE EXISTS (SELECT 1 FROM alias_history h WHERE h.org = alias.org"
"	AND h.name = alias.name AND h.to_seq > alias.epoch);"
"UPDATE meta SET value = value + 1 WHERE key = 'seq' AND EXISTS"
"	(SELECT 1 FROM alias WHERE shown IS NOT NULL OR previous IS NOT NULL);"
"UPDATE meta SET value = (SELECT value FROM meta WHERE key = 'seq')"
"	WHERE key = 'floor' AND EXISTS"
"	(SELECT 1 FROM alias WHERE shown IS NOT NULL OR previous IS NOT NULL);";

/* lines: JSON, a line a change; of one organization and transaction. */
static const char schema_8[] =
"CREATE TABLE audit ("
"	org INTEGER NOT NULL REFERENCES org, ms INTEGER NOT NULL,"
"	n INTEGER NOT NULL, bytes INTEGER NOT NULL, lines BLOB NOT NULL,"
"	PRIMARY KEY (org, ms, n)) WITHOUT ROWID;"
"CREATE TABLE audit_size ("
"	org INTEGER PRIMARY KEY REFERENCES org, bytes INTEGER NOT NULL);";

/* The edition of static_meta, or NULL: each picture's ETag asks for it. */
static const char schema_9[] =
"ALTER TABLE source ADD COLUMN edition INTEGER;"
"UPDATE source SET edition = " SOURCE_EDITION("static_meta")
"	WHERE json_valid(static_meta);";

/* Networks between commas from which a key may be used; "": from everywhere. */
static const char schema_10[] =
"ALTER TABLE apikey ADD COLUMN allowed_ips TEXT NOT NULL DEFAULT '';";

/* A day is of UTC, since 1970. One on which nothing changed has no row. */
static const char schema_11[] =
"CREATE TABLE daily ("
"	org INTEGER NOT NULL REFERENCES org, day INTEGER NOT NULL,"
"	bytes INTEGER NOT NULL, files INTEGER NOT NULL,"
"	sent INTEGER NOT NULL, PRIMARY KEY (org, day)) WITHOUT ROWID;";

/*
 * What URLs of others led to: url is a digest, n rises with each, so that the
 * oldest are found.
 */
static const char schema_12[] =
"CREATE TABLE IF NOT EXISTS remote ("
"	org INTEGER NOT NULL REFERENCES org, url BLOB NOT NULL,"
"	n INTEGER NOT NULL, hash BLOB NOT NULL,"
"	PRIMARY KEY (org, url)) WITHOUT ROWID;"
"CREATE UNIQUE INDEX IF NOT EXISTS remote_n ON remote (org, n);";

/*
 * What images are found by (terms.h). Of a field whose values are listed by
 * how often they occur, term_text numbers and counts the values, and
 * term_column has those numbers image by image. term_stale has the images that
 * changed in the running transaction, each with what its terms were made of,
 * or NULLs for a new one.
 */
static const char schema_13[] =
"CREATE TABLE IF NOT EXISTS term_field ("
"	id INTEGER PRIMARY KEY, org INTEGER NOT NULL REFERENCES org,"
"	deleted INTEGER NOT NULL, name TEXT NOT NULL,"
"	UNIQUE (org, deleted, name));"
"CREATE TABLE IF NOT EXISTS term ("
"	field INTEGER NOT NULL, value NOT NULL, source INTEGER NOT NULL,"
"	PRIMARY KEY (field, value, source)) WITHOUT ROWID;"
"CREATE TABLE IF NOT EXISTS term_text ("
"	field INTEGER NOT NULL, value TEXT NOT NULL, no INTEGER NOT NULL,"
"	n INTEGER NOT NULL, PRIMARY KEY (field, value)) WITHOUT ROWID;"
"CREATE UNIQUE INDEX IF NOT EXISTS term_text_no ON term_text (field, no);"
"CREATE INDEX IF NOT EXISTS term_text_free ON term_text (field) WHERE n = 0;"
"CREATE TABLE IF NOT EXISTS term_column ("
"	field INTEGER NOT NULL, chunk INTEGER NOT NULL,"
"	entries BLOB NOT NULL, PRIMARY KEY (field, chunk)) WITHOUT ROWID;"
"CREATE TABLE IF NOT EXISTS term_stale ("
"	source INTEGER PRIMARY KEY, org INTEGER, deleted INTEGER, name TEXT,"
"	user_meta TEXT, dynamic_meta TEXT);"
"CREATE TRIGGER IF NOT EXISTS term_added AFTER INSERT ON source BEGIN"
"	INSERT INTO term_stale (source) VALUES (new.id)"
"	ON CONFLICT DO NOTHING; END;"
"CREATE TRIGGER IF NOT EXISTS term_removed AFTER DELETE ON source BEGIN"
"	INSERT INTO term_stale VALUES (old.id, old.org, old.deleted_ms > 0,"
"	old.name, old.user_meta, old.dynamic_meta) ON CONFLICT DO NOTHING; END;"
"CREATE TRIGGER IF NOT EXISTS term_changed AFTER UPDATE"
"	OF deleted_ms, name, user_meta, dynamic_meta ON source"
"	WHEN (old.deleted_ms > 0) <> (new.deleted_ms > 0)"
"	OR old.name <> new.name OR old.user_meta <> new.user_meta"
"	OR old.dynamic_meta <> new.dynamic_meta BEGIN"
"	INSERT INTO term_stale VALUES (old.id, old.org, old.deleted_ms > 0,"
"	old.name, old.user_meta, old.dynamic_meta) ON CONFLICT DO NOTHING; END;";

/*
 * Who changed an alias and why, here for as it is now, and in its history for as
 * it was; texts are NULL where there are none. tags has them in order between
 * commas, and alias_tag finds aliases by them. A row of the history that a delete
 * made keeps both texts. Up to history_ms, rows of the history may be gone.
 */
static const char schema_14[] =
"ALTER TABLE alias ADD COLUMN actor TEXT;"
"ALTER TABLE alias ADD COLUMN comment TEXT;"
"ALTER TABLE alias ADD COLUMN description TEXT;"
"ALTER TABLE alias ADD COLUMN tags TEXT;"
"ALTER TABLE alias_history ADD COLUMN actor TEXT;"
"ALTER TABLE alias_history ADD COLUMN comment TEXT;"
"ALTER TABLE alias_history ADD COLUMN description TEXT;"
"ALTER TABLE alias_history ADD COLUMN tags TEXT;"
"CREATE TABLE alias_tag ("
"	org INTEGER NOT NULL REFERENCES org, tag TEXT NOT NULL,"
"	name TEXT NOT NULL, PRIMARY KEY (org, tag, name)) WITHOUT ROWID;"
"ALTER TABLE usage ADD COLUMN history_ms INTEGER NOT NULL DEFAULT 0;"
"UPDATE usage SET history_ms = h.ms FROM (SELECT org, min(to_ms) AS ms "
"	FROM alias_history GROUP BY org) AS h WHERE h.org = usage.org;";

/*
 * Sessions of the dashboard, and links that begin one: of the secret the digest
 * alone, as with keys. The aliases that changed last. And when a target had
 * acknowledged all of a purge.
 */
static const char schema_15[] =
"CREATE TABLE session ("
"	digest BLOB PRIMARY KEY,"
"	apikey TEXT NOT NULL REFERENCES apikey ON DELETE CASCADE,"
"	created_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL,"
"	link INTEGER NOT NULL) WITHOUT ROWID;"
"CREATE INDEX session_apikey ON session (apikey, link, used_ms);"
"CREATE INDEX alias_seq ON alias (org, seq);"
"CREATE TABLE acked ("
"	purge INTEGER NOT NULL,"
"	target INTEGER NOT NULL REFERENCES target ON DELETE CASCADE,"
"	ms INTEGER NOT NULL, PRIMARY KEY (purge, target)) WITHOUT ROWID;"
"CREATE INDEX acked_target ON acked (target);";

/*
 * Planned changes. A plan without a name has one item; *next_ms* is when it
 * happens or goes back, 0 if it does neither. An item without a hash deletes;
 * *was* is what the alias pointed at before, if it pointed anywhere. due_ms of
 * an alias is the next_ms of its plan that is next.
 */
static const char schema_16[] =
"ALTER TABLE alias ADD COLUMN due_ms INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE change ADD COLUMN due_ms INTEGER NOT NULL DEFAULT 0;"
"CREATE TABLE plan ("
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
"	org INTEGER NOT NULL REFERENCES org, name TEXT,"
"	state INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
"	until_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL,"
"	created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
"	ended_ms INTEGER NOT NULL, author TEXT NOT NULL,"
"	comment TEXT NOT NULL, reason TEXT NOT NULL);"
"CREATE INDEX plan_org ON plan (org, id);"
"CREATE UNIQUE INDEX plan_name ON plan (org, name) WHERE name IS NOT NULL;"
"CREATE INDEX plan_next ON plan (next_ms) WHERE next_ms > 0;"
"CREATE INDEX plan_ended ON plan (ended_ms) WHERE ended_ms > 0;"
"CREATE TABLE plan_item ("
"	plan INTEGER NOT NULL REFERENCES plan, alias TEXT NOT NULL,"
"	org INTEGER NOT NULL, hash BLOB, only_if BLOB, was BLOB,"
"	PRIMARY KEY (plan, alias)) WITHOUT ROWID;"
"CREATE INDEX plan_alias ON plan_item (org, alias, plan);";

/* preview: the map holds the key's digest. Older maps lack plans: filled anew. */
static const char schema_18[] =
"ALTER TABLE signing_key ADD COLUMN preview INTEGER NOT NULL DEFAULT 0;"
"CREATE INDEX signing_key_preview ON signing_key (org, id) WHERE preview = 1;"
"UPDATE meta SET value = value + EXISTS (SELECT 1 FROM plan) WHERE key = 'seq';"
"UPDATE meta SET value = (SELECT value FROM meta WHERE key = 'seq')"
"	WHERE key = 'floor' AND EXISTS (SELECT 1 FROM plan);";

static const char *const schema_steps[] = {
	schema_1, schema_2, schema_3, schema_4, schema_5, schema_6,
	schema_7, schema_8, schema_9, schema_10, schema_11, schema_12,
	schema_13, schema_14, schema_15, schema_16, SCHEMA_HOOKS, schema_18
};

#define SCHEMA_VERSION	((int)(sizeof schema_steps / sizeof schema_steps[0]))

static int
schema_version(struct db *db)
{
	sqlite3_stmt *s = NULL;
	int version = -1;

	if (sqlite3_prepare_v2(db->h, "PRAGMA user_version", -1, &s, NULL) ==
	    SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		version = sqlite3_column_int(s, 0);
	(void)sqlite3_finalize(s);
	return (version);
}

bool
schema_is_new(struct db *db)
{

	return (schema_version(db) == 0);
}

bool
schema_is_current(struct db *db)
{

	return (schema_version(db) == SCHEMA_VERSION);
}

static int
schema_step(struct db *db, int version)
{
	char sql[64];

	(void)snprintf(sql, sizeof sql, "PRAGMA user_version=%d", version + 1);
	if (db_exec(db, "BEGIN IMMEDIATE") == 0 &&
	    db_exec(db, schema_steps[version]) == 0 &&
	    db_exec(db, sql) == 0 && db_exec(db, "COMMIT") == 0)
		return (0);
	(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
	return (-1);
}

int
schema_migrate(struct db *db, char *err, size_t err_len)
{
	int version;

	version = schema_version(db);
	if (version > SCHEMA_VERSION) {
		(void)snprintf(err, err_len, "the database is of version %d, "
		    "made by a newer moniker; this one knows %d: install the "
		    "newer one, or restore a backup of before",
		    version, SCHEMA_VERSION);
		return (-1);
	}
	for (; version >= 0 && version < SCHEMA_VERSION; version++)
		if (schema_step(db, version) != 0)
			version = -2;
	if (version >= 0)
		return (0);
	(void)snprintf(err, err_len, "cannot bring the database to version "
	    "%d: %s: it is unchanged; check the disk, or restore a backup",
	    SCHEMA_VERSION, sqlite3_errmsg(db->h));
	return (-1);
}
