/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every statement of the store, S(name, parameters, SQL). The parameters are
 * what ?1, ?2 and so on stand for, in this order; db.h says which C types
 * they take. ?1 is the organization's name wherever a table has one, so that
 * an unknown organization finds nothing and inserts nothing.
 * tests/unit/t_store_plan.c looks at the plan of each.
 */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#define ORG1	"(SELECT id FROM org WHERE name = ?1)"
/* Of the items of plans, those of variants of the alias ?2: "`" is "_" + 1. */
#define VARIANTS							\
	" AND i.alias > ?2 || '" NAME_VARIANT "' AND i.alias < ?2 || '_`'"

/* In the order that source_row() reads them. */
#define SOURCE_COLS							\
	"hash, short, binary, content, name, format, mimetype, size, "	\
	"width, height, created_ms, deleted_ms, locked, protected, "	\
	"opaque, animated, user_meta, dynamic_meta, static_meta, id, "	\
	"edition"
#define ALIAS_COLS							\
	"name, hash, created_ms, updated_ms, epoch, seq, shown, previous, " \
	"coalesce(description, tags) IS NOT NULL, due_ms"
#define ALIAS_TEXTS	ALIAS_COLS ", description, tags"
/* In the order that past_row() reads them; *t*: the table. */
#define PAST_COLS(t, from_ms, to_ms, to_seq)				\
	t "hash, " from_ms ", " to_ms ", " to_seq ", " t "actor, "	\
	"(SELECT comment FROM apikey WHERE id = " t "actor), " t "comment, " \
	"NOT EXISTS (SELECT 1 FROM source s WHERE s.org = " t "org "	\
	"AND s.hash = " t "hash AND s.deleted_ms = 0)"
#define PLAN_COLS							\
	"p.id, o.name, coalesce(p.name, ''), p.state, p.at_ms, "	\
	"p.until_ms, p.next_ms, p.created_ms, p.updated_ms, "		\
	"p.ended_ms, p.author, p.comment, p.reason, (SELECT count(*) "	\
	"FROM plan_item n WHERE n.plan = p.id) "
#define HOOK_COLS							\
	"w.id, o.name, w.url, w.events, w.description, w.secret, "	\
	"w.old_secret, w.old_until_ms, w.state, w.reason, w.created_ms, " \
	"w.updated_ms, w.delivered_ms, w.failing_ms, w.next_ms, "	\
	"w.tries, w.pending, w.lost "
/* As event_row() reads them; the body may follow. */
#define EVENT_COLS							\
	"e.id, e.type, e.created_ms, d.state, d.tries, d.tried_ms, "	\
	"d.code, d.error "
#define STACK_COLS	"name, created_ms, seq, definition"
#define PURGE_COLS							\
	"id, kind, key, created_ms, stamp_ms, soft, (SELECT "		\
	"count(DISTINCT d.target) FROM ban b JOIN delivery d "		\
	"ON d.ban = b.id WHERE b.purge = purge.id AND d.round = 0)"
#define ORG_COLS							\
	"uuid, name, display_name, billing_email, created_ms, options"
#define SIGN_COLS	"id, key, created_ms, expires_ms, used_ms, preview"

/* The edition in JSON, or NULL. The probe writes it: a small number. */
#define SOURCE_EDITION(meta)						\
	"CASE WHEN json_type(" meta ", '$.edition') = 'integer' AND "	\
	"json_extract(" meta ", '$.edition') BETWEEN 0 AND 1000000 "	\
	"THEN json_extract(" meta ", '$.edition') END"

/* Ids rise with time: looks no further than the first row to be kept. */
#define EXPIRE(table, column)						\
	"DELETE FROM " table " WHERE id < coalesce((SELECT id FROM "	\
	table " WHERE " column " >= ?1 ORDER BY id LIMIT 1), "		\
	"9223372036854775807)"

#define STORE_STATEMENTS(S)						\
S(BEGIN, NONE, "BEGIN IMMEDIATE")					\
S(BEGIN_READ, NONE, "BEGIN")						\
S(COMMIT, NONE, "COMMIT")						\
S(ROLLBACK, NONE, "ROLLBACK")						\
S(SAVEPOINT, NONE, "SAVEPOINT job")					\
S(ROLLBACK_TO, NONE, "ROLLBACK TO job")					\
S(RELEASE, NONE, "RELEASE job")						\
									\
S(META_GET, TEXT(key), "SELECT value FROM meta WHERE key = ?1")		\
S(META_SET, TEXT(key) TEXT(value),					\
    "INSERT OR REPLACE INTO meta VALUES (?1, ?2)")			\
S(META_SET_INT, TEXT(key) INT(value),					\
    "INSERT OR REPLACE INTO meta VALUES (?1, ?2)")			\
S(META_SET_BLOB, TEXT(key) BLOB(value),					\
    "INSERT OR REPLACE INTO meta VALUES (?1, ?2)")			\
									\
S(IMAGES_KEPT, NONE, "SELECT coalesce(sum(n), 0) FROM source_count")	\
/* Once, after an older database was restored: 3 is the store's		\
 * CHANGE_ORGANIZATION. */						\
S(RESTORED_EPOCHS, INT(epoch),						\
    "INSERT OR REPLACE INTO epoch (org, kind, key, "			\
    "epoch, revoked, soft) SELECT o.id, 3, '', ?1, 0, coalesce((SELECT " \
    "e.soft FROM epoch e WHERE e.org = o.id AND e.kind = 3 "		\
    "AND e.key = ''), 0) FROM org o")					\
S(RESTORED_BANS, INT(now),						\
    "INSERT INTO ban (purge, created_ms, header, value, "		\
    "org) SELECT 0, ?1, 'x-moniker-org', name, name FROM org")		\
S(RESTORED_OWED, INT(now),						\
    "INSERT INTO delivery (target, ban) SELECT t.id, b.id "		\
    "FROM ban b JOIN target t ON coalesce(t.org, b.org) = b.org "	\
    "WHERE b.purge = 0 AND b.created_ms = ?1 "				\
    "AND b.header = 'x-moniker-org'")					\
									\
S(CHANGE_INSERT, INT(seq) INT(kind) TEXT(org) TEXT(key) HASH(hash)	\
    INT(epoch) INT(revoked) INT(gone) INT(soft) HASH(shown)		\
    HASH(previous) INT(due),						\
    "INSERT INTO change (seq, kind, org, key, hash, epoch, "		\
    "revoked, gone, soft, shown, previous, due_ms) "			\
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")	\
S(CHANGE_AFTER, INT(seq),						\
    "SELECT seq, kind, org, key, hash, epoch, revoked, "		\
    "gone, soft, shown, previous, due_ms FROM change WHERE seq > ?1 "	\
    "ORDER BY seq")							\
S(CHANGE_PRUNE, INT(seq), "DELETE FROM change WHERE seq <= ?1")		\
S(SNAP_ALIAS, NONE,							\
    "SELECT a.seq, 0, o.name, a.name, a.hash, a.epoch, 0, 0, "		\
    "0, a.shown, nullif(a.previous, a.shown), a.due_ms "		\
    /* in this order, lest the planner go by alias_hash: twice the time */ \
    "FROM org o CROSS JOIN alias a ON a.org = o.id "			\
    "ORDER BY o.id, a.name")						\
S(SNAP_EPOCH, NONE,							\
    "SELECT max(e.epoch, e.soft), e.kind, o.name, e.key, "		\
    "NULL, e.epoch, e.revoked, 0, e.soft, NULL, NULL, 0 "		\
    "FROM org o CROSS JOIN epoch e ON e.org = o.id WHERE e.kind <> 0")	\
S(SNAP_COUNT, NONE, "SELECT (SELECT count(*) FROM alias) + "		\
    "(SELECT count(*) FROM epoch)")					\
									\
S(EPOCH_GET, TEXT(org) INT(kind) TEXT(key),				\
    "SELECT epoch, revoked, soft FROM epoch WHERE org = " ORG1		\
    " AND kind = ?2 AND key = ?3")					\
S(EPOCH_SET, TEXT(org) INT(kind) TEXT(key) INT(epoch) INT(revoked)	\
    INT(soft), "INSERT INTO epoch (org, kind, key, epoch, "		\
    "revoked, soft) SELECT id, ?2, ?3, ?4, ?5, ?6 FROM org "		\
    "WHERE name = ?1 ON CONFLICT (org, kind, key) DO UPDATE "		\
    "SET epoch = excluded.epoch, revoked = excluded.revoked, "		\
    "soft = excluded.soft")						\
S(WITHDRAWN_GET, TEXT(org) INT(kind) TEXT(key),				\
    "SELECT withdrawn_ms, withdrawn_n FROM epoch "			\
    "WHERE org = " ORG1 " AND kind = ?2 AND key = ?3")			\
S(WITHDRAWN_SET, TEXT(org) INT(kind) TEXT(key) INT(now) INT(n),		\
    "UPDATE epoch SET withdrawn_ms = ?4, "				\
    "withdrawn_n = ?5 WHERE org = " ORG1 " AND kind = ?2 AND key = ?3")	\
									\
S(ORG_GET, TEXT(name), "SELECT " ORG_COLS " FROM org WHERE name = ?1")	\
S(ORG_INSERT, TEXT(name) TEXT(uuid) TEXT(display) TEXT(email)		\
    INT(created) TEXT(options),						\
    "INSERT INTO org (name, uuid, display_name, "			\
    "billing_email, created_ms, options) "				\
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")					\
S(ORG_UPDATE, TEXT(name) TEXT(display) TEXT(email) TEXT(options),	\
    "UPDATE org SET display_name = ?2, billing_email = ?3, "		\
    "options = ?4 WHERE name = ?1")					\
/* Of few: the text is looked for, so that no damaged row is parsed. */	\
S(ORG_FALLBACK, TEXT(name), "SELECT options FROM org WHERE name = ?1 "	\
    "AND instr(options, 'fallback_image')")				\
S(FALLBACK_EACH, NONE, "SELECT name, options FROM org "			\
    "WHERE instr(options, 'fallback_image')")				\
S(ORG_EACH, TEXT(after),						\
    "SELECT " ORG_COLS " FROM org WHERE name > ?1 "			\
    "ORDER BY name")							\
									\
S(KEY_INSERT, TEXT(org) TEXT(id) TEXT(comment) INT(rights)		\
    INT(created) BLOB(digest) INT(expires) TEXT(allowed),		\
    "INSERT INTO apikey (id, org, comment, rights, created_ms, digest, "	\
    "expires_ms, allowed_ips) SELECT ?2, id, ?3, ?4, ?5, ?6, ?7, ?8 "	\
    "FROM org WHERE name = ?1")						\
S(KEY_UPDATE, TEXT(org) TEXT(id) TEXT(comment) INT(expires) INT(rights)	\
    TEXT(allowed),							\
    "UPDATE apikey SET comment = ?3, expires_ms = ?4, rights = ?5, "	\
    "allowed_ips = ?6 WHERE org = " ORG1 " AND id = ?2")		\
S(KEY_OTHERS, TEXT(org) TEXT(id) INT(rights) INT(now),			\
    "SELECT 1 FROM apikey WHERE org = " ORG1 " AND id <> ?2 AND "	\
    "rights & ?3 AND (expires_ms = 0 OR expires_ms > ?4) LIMIT 1")	\
S(KEY_USED, TEXT(id) INT(used),						\
    "UPDATE apikey SET used_ms = ?2 WHERE id = ?1")			\
S(KEY_DELETE, TEXT(org) TEXT(id),					\
    "DELETE FROM apikey WHERE org = " ORG1 " AND id = ?2")		\
S(KEY_GET, TEXT(id),							\
    "SELECT k.id, o.name, k.comment, k.rights, k.created_ms, "		\
    "k.expires_ms, k.used_ms, k.allowed_ips, k.digest FROM apikey k "	\
    "JOIN org o ON o.id = k.org WHERE k.id = ?1")			\
S(KEY_EACH, TEXT(org),							\
    "SELECT k.id, ?1, k.comment, k.rights, k.created_ms, "		\
    "k.expires_ms, k.used_ms, k.allowed_ips "				\
    "FROM apikey k WHERE k.org = " ORG1 " ORDER BY k.created_ms, k.id")	\
									\
S(SESSION_NEW, BLOB(digest) TEXT(apikey) INT(now) INT(link),		\
    "INSERT INTO session (digest, apikey, created_ms, used_ms, link) "	\
    "SELECT ?1, id, ?3, ?3, ?4 FROM apikey WHERE id = ?2")		\
S(SESSION_TRIM, TEXT(apikey) INT(link) INT(most),			\
    "DELETE FROM session WHERE apikey = ?1 AND link = ?2 AND "		\
    "used_ms < (SELECT used_ms FROM session WHERE apikey = ?1 "		\
    "AND link = ?2 ORDER BY used_ms DESC LIMIT 1 OFFSET ?3)")		\
S(SESSION_GET, BLOB(digest),						\
    "SELECT apikey, created_ms, used_ms, link FROM session "		\
    "WHERE digest = ?1")						\
S(SESSION_USED, BLOB(digest) INT(now),					\
    "UPDATE session SET used_ms = ?2 WHERE digest = ?1")		\
S(SESSION_END, BLOB(digest), "DELETE FROM session WHERE digest = ?1")	\
S(SESSION_EXPIRE, INT(created) INT(used) INT(linked),			\
    "DELETE FROM session WHERE created_ms < ?1 "			\
    "OR NOT link AND used_ms < ?2 OR link AND created_ms < ?3")		\
									\
S(DAY_SENT, TEXT(org) INT(day) INT(sent),				\
    "INSERT INTO daily (org, day, bytes, files, sent) "			\
    "SELECT u.org, ?2, u.bytes, coalesce(c.n, 0), ?3 FROM usage u "	\
    "LEFT JOIN source_count c ON c.org = u.org AND c.deleted = 0 "	\
    "WHERE u.org = " ORG1 " ON CONFLICT (org, day) "			\
    "DO UPDATE SET sent = sent + excluded.sent")			\
S(DAY_LEVELS, INT(day),							\
    "INSERT INTO daily (org, day, bytes, files, sent) "			\
    "SELECT u.org, ?1, u.bytes, coalesce(c.n, 0), 0 FROM usage u "	\
    "LEFT JOIN source_count c ON c.org = u.org AND c.deleted = 0 "	\
    "WHERE (u.bytes, coalesce(c.n, 0)) IS NOT (SELECT bytes, files "	\
    "FROM daily WHERE org = u.org ORDER BY day DESC LIMIT 1) "		\
    "ON CONFLICT (org, day) DO UPDATE SET bytes = excluded.bytes, "	\
    "files = excluded.files")						\
S(DAY_NOW, TEXT(org),							\
    "SELECT coalesce(u.bytes, 0), coalesce(c.n, 0) FROM org o "		\
    "LEFT JOIN usage u ON u.org = o.id "				\
    "LEFT JOIN source_count c ON c.org = o.id AND c.deleted = 0 "	\
    "WHERE o.name = ?1")						\
S(DAY_EACH, TEXT(org) INT(from) INT(to),				\
    "SELECT day, bytes, files, sent FROM daily WHERE org = " ORG1	\
    " AND day >= coalesce((SELECT max(day) FROM daily WHERE org = " ORG1 \
    " AND day < ?2), ?2) AND day <= ?3 ORDER BY day")			\
S(DAY_EXPIRE, INT(before),						\
    "DELETE FROM daily WHERE day < ?1 AND day < (SELECT max(day) "	\
    "FROM daily d WHERE d.org = daily.org AND d.day <= ?1)")		\
									\
S(SIGN_EACH, TEXT(org),							\
    "SELECT " SIGN_COLS " FROM signing_key WHERE org = " ORG1		\
    " ORDER BY id DESC")						\
S(SIGN_INSERT, TEXT(org) INT(id) TEXT(key) INT(created) INT(expires),	\
    "INSERT INTO signing_key (org, id, key, created_ms, "		\
    "expires_ms) SELECT id, ?2, ?3, ?4, ?5 FROM org WHERE name = ?1")	\
S(SIGN_EXPIRES, TEXT(org) INT(id) INT(expires),				\
    "UPDATE signing_key SET expires_ms = ?3 "				\
    "WHERE org = " ORG1 " AND id = ?2")					\
S(SIGN_SWEEP, TEXT(org) INT(now),					\
    "DELETE FROM signing_key WHERE org = " ORG1				\
    " AND expires_ms > 0 AND expires_ms <= ?2")				\
S(SIGN_USED, TEXT(org) INT(id) INT(used),				\
    "UPDATE signing_key SET used_ms = ?3 "				\
    "WHERE org = " ORG1 " AND id = ?2")					\
S(SIGN_DELETE, TEXT(org) INT(id),					\
    "DELETE FROM signing_key WHERE org = " ORG1				\
    " AND id = ?2")							\
S(SIGN_PREVIEW, TEXT(org) INT(id),					\
    "UPDATE signing_key SET preview = 1 WHERE org = " ORG1		\
    " AND id = ?2")							\
S(PREVIEW_EACH, NONE, "SELECT o.name, k.id, k.key, k.expires_ms "	\
    "FROM signing_key k INDEXED BY signing_key_preview CROSS JOIN org o "	\
    "ON o.id = k.org WHERE k.preview = 1")				\
									\
S(SOURCE_GET, TEXT(org) HASH(hash),					\
    "SELECT " SOURCE_COLS " FROM source WHERE org = " ORG1		\
    " AND hash = ?2")							\
S(SOURCE_SHORT, TEXT(org) HASH(lowest) HASH(highest) INT(digits)	\
    INT(deleted), "SELECT hash, (deleted_ms > 0) = ?5 FROM source "	\
    "WHERE org = " ORG1 " AND hash BETWEEN ?2 AND ?3 "			\
    "AND length(short) = ?4")						\
S(SOURCE_RANGE, TEXT(org) HASH(lowest) HASH(highest) INT(deleted),	\
    "SELECT hash FROM source WHERE org = " ORG1				\
    " AND hash BETWEEN ?2 AND ?3 AND (deleted_ms > 0) = ?4 LIMIT 2")	\
S(SOURCE_OF_BINARY, TEXT(org) HASH(binary),				\
    "SELECT hash FROM source WHERE org = " ORG1				\
    " AND binary = ?2 AND deleted_ms = 0 LIMIT 1")			\
S(SOURCE_NEIGHBOURS, TEXT(org) HASH(lowest) HASH(highest),		\
    "SELECT hash, short FROM source WHERE org = " ORG1			\
    " AND hash BETWEEN ?2 AND ?3")					\
S(SOURCE_INSERT, TEXT(org) HASH(hash) TEXT(prefix) HASH(binary)		\
    HASH(content) TEXT(name) TEXT(format) TEXT(mimetype) INT(size)	\
    INT(width) INT(height) INT(created) INT(locked) INT(protected)	\
    INT(opaque) INT(animated) TEXT(user_meta) TEXT(dynamic_meta)	\
    TEXT(static_meta),							\
    "INSERT INTO source (org, hash, short, binary, "			\
    "content, name, format, mimetype, size, width, height, "		\
    "created_ms, locked, protected, opaque, animated, user_meta, "	\
    "dynamic_meta, static_meta, edition) SELECT id, ?2, ?3, ?4, ?5, "	\
    "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, " \
    SOURCE_EDITION("?19") " FROM org WHERE name = ?1")			\
S(SOURCE_UPDATE, TEXT(org) HASH(hash) TEXT(name) INT(deleted)		\
    INT(locked) TEXT(user_meta) TEXT(static_meta),			\
    "UPDATE source SET name = ?3, deleted_ms = ?4, "			\
    "locked = ?5, user_meta = ?6, static_meta = ?7 "			\
    "WHERE org = " ORG1 " AND hash = ?2")				\
S(SOURCE_DYNAMIC, TEXT(org) HASH(hash) TEXT(dynamic_meta),		\
    "UPDATE source SET dynamic_meta = ?3 WHERE org = " ORG1		\
    " AND hash = ?2")							\
S(SOURCE_COUNT, TEXT(org) INT(deleted),					\
    "SELECT n FROM source_count WHERE org = " ORG1			\
    " AND deleted = ?2")						\
S(SOURCE_EXISTS, TEXT(org) INT(id),					\
    "SELECT 1 FROM source WHERE id = ?2 AND org = " ORG1)		\
S(SOURCE_USES, HASH(content),						\
    "SELECT 1 FROM source WHERE content = ?1 LIMIT 1")			\
									\
S(REMOTE_GET, TEXT(org) HASH(url),					\
    "SELECT hash FROM remote WHERE org = " ORG1 " AND url = ?2")	\
S(REMOTE_PUT, TEXT(org) HASH(url) HASH(hash),				\
    "INSERT OR REPLACE INTO remote SELECT id, ?2, coalesce((SELECT "	\
    "max(n) FROM remote WHERE org = o.id), 0) + 1, ?3 "			\
    "FROM org o WHERE name = ?1")					\
S(REMOTE_TRIM, TEXT(org) INT(most),					\
    "DELETE FROM remote WHERE org = " ORG1 " AND n <= (SELECT max(n) "	\
    "FROM remote WHERE org = " ORG1 ") - ?2")				\
S(REMOTE_FOLLOW, TEXT(org) HASH(from) HASH(to),				\
    "UPDATE remote SET hash = ?3 WHERE org = " ORG1 " AND hash = ?2")	\
S(REMOTE_FORGET, TEXT(org) HASH(url),					\
    "DELETE FROM remote WHERE org = " ORG1 " AND url = ?2")		\
									\
S(TERM_STALE, INT(after),						\
    "SELECT source, org, deleted, name, user_meta, dynamic_meta "	\
    "FROM term_stale WHERE source > ?1 ORDER BY source LIMIT 1")	\
S(TERM_STALE_CLEAR, NONE, "DELETE FROM term_stale")			\
S(TERM_IMAGE, INT(id), "SELECT id, org, deleted_ms > 0, name, "	\
    "user_meta, dynamic_meta FROM source WHERE id = ?1")		\
S(TERM_FIELD_GET, INT(org_id) INT(deleted) TEXT(name),			\
    "SELECT id FROM term_field WHERE org = ?1 AND deleted = ?2 "	\
    "AND name = ?3")							\
S(TERM_FIELD_FIND, TEXT(org) INT(deleted) TEXT(name),			\
    "SELECT id FROM term_field WHERE org = " ORG1 " AND deleted = ?2 "	\
    "AND name = ?3")							\
S(TERM_FIELD_NEW, INT(org_id) INT(deleted) TEXT(name),			\
    "INSERT INTO term_field (org, deleted, name) VALUES (?1, ?2, ?3)")	\
S(TERM_FIELD_EMPTY, INT(after),						\
    "SELECT id FROM term_field WHERE id > ?1 AND NOT EXISTS "		\
    "(SELECT 1 FROM term WHERE field = term_field.id) "			\
    "ORDER BY id LIMIT 1")						\
S(TERM_FIELD_DELETE, INT(field), "DELETE FROM term_field WHERE id = ?1") \
S(TERM_ADD_INT, INT(field) INT(value) INT(source),			\
    "INSERT OR IGNORE INTO term VALUES (?1, ?2, ?3)")			\
S(TERM_ADD_REAL, INT(field) REAL(value) INT(source),			\
    "INSERT OR IGNORE INTO term VALUES (?1, ?2, ?3)")			\
S(TERM_ADD_TEXT, INT(field) TEXT(value) INT(source),			\
    "INSERT OR IGNORE INTO term VALUES (?1, ?2, ?3)")			\
S(TERM_DROP_INT, INT(field) INT(value) INT(source),			\
    "DELETE FROM term WHERE field = ?1 AND value = ?2 AND source = ?3")	\
S(TERM_DROP_REAL, INT(field) REAL(value) INT(source),			\
    "DELETE FROM term WHERE field = ?1 AND value = ?2 AND source = ?3")	\
S(TERM_DROP_TEXT, INT(field) TEXT(value) INT(source),			\
    "DELETE FROM term WHERE field = ?1 AND value = ?2 AND source = ?3")	\
S(TERM_HAS_INT, INT(field) INT(value) INT(source), "SELECT 1 "		\
    "FROM term WHERE field = ?1 AND value = ?2 AND source = ?3")		\
S(TERM_HAS_REAL, INT(field) REAL(value) INT(source), "SELECT 1 "	\
    "FROM term WHERE field = ?1 AND value = ?2 AND source = ?3")		\
S(TERM_HAS_TEXT, INT(field) TEXT(value) INT(source), "SELECT 1 "	\
    "FROM term WHERE field = ?1 AND value = ?2 AND source = ?3")		\
/* How many terms; how many are counted; of how many values wrongly. */	\
S(TERM_CHECK, NONE, "SELECT (SELECT count(*) FROM term), "		\
    "(SELECT coalesce(sum(n), 0) FROM term_text), "			\
    "(SELECT count(*) FROM term_text x WHERE n <> (SELECT count(*) "	\
    "FROM term t WHERE t.field = x.field AND t.value = x.value))")	\
S(TERM_TEXT_GET, INT(field) TEXT(value),				\
    "SELECT no FROM term_text WHERE field = ?1 AND value = ?2")		\
S(TERM_TEXT_COUNT, INT(field) TEXT(value) INT(n),			\
    "UPDATE term_text SET n = n + ?3 WHERE field = ?1 AND value = ?2")	\
S(TERM_TEXT_FREE, INT(field),						\
    "SELECT value FROM term_text WHERE field = ?1 AND n = 0 LIMIT 1")	\
S(TERM_TEXT_REUSE, INT(field) TEXT(was) TEXT(value),			\
    "UPDATE term_text SET value = ?3, n = 1 "				\
    "WHERE field = ?1 AND value = ?2")					\
S(TERM_TEXT_NEW, INT(field) TEXT(value),				\
    "INSERT INTO term_text VALUES (?1, ?2, coalesce((SELECT max(no) "	\
    "FROM term_text WHERE field = ?1), -1) + 1, 1)")			\
S(TERM_TEXT_MAX, INT(field),						\
    "SELECT max(no) FROM term_text WHERE field = ?1")			\
S(TERM_TEXT_NAME, INT(field) INT(no),					\
    "SELECT value FROM term_text WHERE field = ?1 AND no = ?2")		\
S(TERM_TEXT_SUM, INT(field),						\
    "SELECT sum(n) FROM term_text WHERE field = ?1")			\
S(TERM_TEXT_EACH, INT(field),						\
    "SELECT no, n FROM term_text WHERE field = ?1")			\
S(TERM_TEXT_DELETE, INT(field), "DELETE FROM term_text WHERE field = ?1") \
S(TERM_COLUMN_GET, INT(field) INT(chunk),				\
    "SELECT entries FROM term_column WHERE field = ?1 AND chunk = ?2")	\
S(TERM_COLUMN_EACH, INT(field), "SELECT chunk, entries "		\
    "FROM term_column WHERE field = ?1 ORDER BY chunk")			\
S(TERM_COLUMN_PUT, INT(field) INT(chunk) BLOB(entries),		\
    "INSERT OR REPLACE INTO term_column VALUES (?1, ?2, ?3)")		\
S(TERM_COLUMN_DELETE, INT(field) INT(chunk),				\
    "DELETE FROM term_column WHERE field = ?1 AND chunk = ?2")		\
S(TERM_COLUMN_PAIRS, INT(field),					\
    "SELECT t.source, x.no FROM term t JOIN term_text x "		\
    "ON x.field = t.field AND x.value = t.value "			\
    "WHERE t.field = ?1 ORDER BY t.source, x.no")			\
S(TERM_IMAGE_EACH, NONE, "SELECT id, org, deleted_ms > 0, name, "	\
    "user_meta, dynamic_meta FROM source")				\
S(TERM_FIELD_EACH, NONE, "SELECT id, name FROM term_field")		\
S(TERM_TEXT_FILL, INT(field),						\
    "INSERT INTO term_text SELECT field, value, "			\
    "row_number() OVER (ORDER BY value) - 1, count(*) FROM term "	\
    "WHERE field = ?1 GROUP BY value")					\
S(TERM_COLUMN_DROP, INT(field),						\
    "DELETE FROM term_column WHERE field = ?1")				\
									\
S(USAGE_GET, TEXT(org),							\
    "SELECT coalesce(u.images, 0), coalesce(u.bytes, 0), "		\
    "coalesce(u.aliases, 0), coalesce(u.stacks, 0), "			\
    "coalesce(u.keys, 0), coalesce(u.history, 0), o.options, "		\
    "coalesce(u.history_ms, 0) FROM org o "				\
    "LEFT JOIN usage u ON u.org = o.id WHERE o.name = ?1")		\
S(USAGE_EACH, NONE,							\
    "SELECT u.images, u.bytes, u.aliases, u.stacks, u.keys, "		\
    "u.history, o.options, o.name "					\
    "FROM usage u JOIN org o ON o.id = u.org")				\
S(USAGE_SET, TEXT(org) INT(images) INT(bytes) INT(aliases) INT(stacks)	\
    INT(keys) INT(history) INT(history_ms),				\
    "UPDATE usage SET images = ?2, bytes = ?3, aliases = ?4, "		\
    "stacks = ?5, keys = ?6, history = ?7, history_ms = ?8 "		\
    "WHERE org = " ORG1)						\
S(USAGE_NEW, TEXT(org) INT(images) INT(bytes) INT(aliases) INT(stacks)	\
    INT(keys) INT(history) INT(history_ms),				\
    "INSERT INTO usage SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 "		\
    "FROM org WHERE name = ?1")						\
									\
S(AUDIT_ADD, TEXT(org) INT(ms) INT(bytes) BLOB(lines),			\
    "INSERT INTO audit SELECT id, ?2, coalesce((SELECT "		\
    "max(n) + 1 FROM audit WHERE org = o.id AND ms = ?2), 1), ?3, ?4 "	\
    "FROM org o WHERE name = ?1")					\
S(AUDIT_SIZE, TEXT(org),						\
    "SELECT bytes FROM audit_size WHERE org = " ORG1)			\
S(AUDIT_SIZE_SET, TEXT(org) INT(bytes),					\
    "INSERT OR REPLACE INTO audit_size "				\
    "SELECT id, ?2 FROM org WHERE name = ?1")				\
S(AUDIT_TRIM, TEXT(org),						\
    "DELETE FROM audit WHERE org = " ORG1 " AND (ms, n) <= "		\
    "(SELECT ms, n FROM audit WHERE org = " ORG1 " ORDER BY ms, n "	\
    "LIMIT 1 OFFSET 1) RETURNING bytes")				\
S(AUDIT_EXPIRE, TEXT(org) INT(before),					\
    "DELETE FROM audit WHERE org = " ORG1 " AND ms < ?2 "		\
    "RETURNING bytes")							\
S(AUDIT_NEWEST, TEXT(org) INT(from) INT(to) INT(n),			\
    "SELECT n, ms, lines FROM audit WHERE org = " ORG1			\
    " AND ms >= ?2 AND (ms, n) <= (?3, ?4) ORDER BY ms DESC, n DESC")	\
S(AUDIT_OLDEST, TEXT(org) INT(from) INT(to) INT(n),			\
    "SELECT n, ms, lines FROM audit WHERE org = " ORG1			\
    " AND ms <= ?3 AND (ms, n) >= (?2, ?4) ORDER BY ms, n")		\
									\
S(ALIAS_GET, TEXT(org) TEXT(name),					\
    "SELECT " ALIAS_COLS " FROM alias WHERE org = " ORG1		\
    " AND name = ?2")							\
S(ALIAS_INSERT, TEXT(org) TEXT(name) HASH(hash) INT(created)		\
    INT(epoch) INT(seq) TEXT(actor) TEXT(comment),			\
    "INSERT INTO alias (org, name, hash, created_ms, updated_ms, "	\
    "epoch, seq, actor, comment) SELECT id, ?2, ?3, ?4, ?4, ?5, ?6, "	\
    "?7, ?8 FROM org WHERE name = ?1")					\
S(ALIAS_UPDATE, TEXT(org) TEXT(name) HASH(hash) INT(updated) INT(seq)	\
    HASH(shown) HASH(previous) TEXT(actor) TEXT(comment),		\
    "UPDATE alias SET hash = ?3, updated_ms = ?4, seq = ?5, "		\
    "shown = ?6, previous = ?7, actor = ?8, comment = ?9 "		\
    "WHERE org = " ORG1 " AND name = ?2")				\
S(ALIAS_SHOW, TEXT(org) TEXT(name),					\
    "SELECT " ALIAS_TEXTS " FROM alias WHERE org = " ORG1		\
    " AND name = ?2")							\
S(ALIAS_TEXT, TEXT(org) TEXT(name) TEXT(description) TEXT(tags)		\
    INT(seq), "UPDATE alias SET description = nullif(?3, ''), "		\
    "tags = nullif(?4, ''), seq = ?5 WHERE org = " ORG1 " AND name = ?2") \
S(ALIAS_PRESENT, TEXT(org) TEXT(name),					\
    "SELECT " PAST_COLS("alias.", "updated_ms", "0", "seq")		\
    " FROM alias WHERE org = " ORG1 " AND name = ?2")			\
S(TAG_ADD, TEXT(org) TEXT(tag) TEXT(name),				\
    "INSERT INTO alias_tag (org, tag, name) SELECT id, ?2, ?3 "		\
    "FROM org WHERE name = ?1")						\
S(TAG_HAS, TEXT(org) TEXT(tag) TEXT(name),				\
    "SELECT 1 FROM alias_tag WHERE org = " ORG1				\
    " AND tag = ?2 AND name = ?3")					\
/* In the order of names, and of those that point there. */		\
S(TAGGED_OF, TEXT(org) TEXT(tag) HASH(hash) INT(limit),			\
    "SELECT name FROM alias_tag CROSS JOIN alias USING (org, name) "	\
    "WHERE org = " ORG1 " AND tag = ?2 AND hash = ?3 "			\
    "ORDER BY name LIMIT ?4")						\
S(TAG_DROP, TEXT(org) TEXT(tag) TEXT(name),				\
    "DELETE FROM alias_tag WHERE org = " ORG1				\
    " AND tag = ?2 AND name = ?3")					\
S(ALIAS_EPOCH, TEXT(org) TEXT(name) INT(epoch),				\
    "UPDATE alias SET epoch = ?3, shown = NULL, "			\
    "previous = NULL WHERE org = " ORG1 " AND name = ?2")		\
S(ALIAS_DELETE, TEXT(org) TEXT(name),					\
    "DELETE FROM alias WHERE org = " ORG1 " AND name = ?2")		\
S(ALIAS_EACH, TEXT(org) TEXT(lower) TEXT(after) TEXT(upper)		\
    INT(limit), "SELECT " ALIAS_TEXTS " FROM alias WHERE org = " ORG1	\
    " AND name >= ?2 AND name <> ?3 AND name < ?4 ORDER BY name LIMIT ?5") \
S(ALIAS_TAGGED, TEXT(org) TEXT(lower) TEXT(after) TEXT(upper)		\
    INT(limit) TEXT(tag), "SELECT " ALIAS_TEXTS " FROM alias_tag "	\
    "CROSS JOIN alias USING (org, name) WHERE org = " ORG1		\
    " AND tag = ?6 AND name >= ?2 AND name <> ?3 AND name < ?4 "	\
    "ORDER BY name LIMIT ?5")						\
S(ALIAS_NEWEST, TEXT(org) INT(before) INT(limit),			\
    "SELECT " ALIAS_TEXTS " FROM alias INDEXED BY alias_seq "		\
    "WHERE org = " ORG1 " AND seq < ?2 ORDER BY seq DESC LIMIT ?3")	\
/* Told by name: the planner prefers the primary key, which is the order. */ \
S(ALIAS_OF, TEXT(org) TEXT(lower) TEXT(after) TEXT(upper) INT(limit)	\
    HASH(hash),								\
    "SELECT " ALIAS_TEXTS " FROM alias INDEXED BY alias_hash "		\
    "WHERE org = " ORG1 " AND hash = ?6 AND name >= ?2 "		\
    "AND name <> ?3 AND name < ?4 ORDER BY name LIMIT ?5")		\
/* The alias as it is: what it has only then goes with it. */		\
S(HISTORY_ADD, TEXT(org) TEXT(name) INT(to) INT(seq) INT(gone),		\
    "INSERT INTO alias_history (org, name, hash, from_ms, to_ms, "	\
    "to_seq, actor, comment, description, tags) SELECT org, name, "	\
    "hash, updated_ms, ?3, ?4, actor, comment, "			\
    "iif(?5, description, NULL), iif(?5, tags, NULL) FROM alias "	\
    "WHERE org = " ORG1 " AND name = ?2")				\
S(HISTORY_ENDS, NONE, "SELECT (SELECT min(id) FROM alias_history), "	\
    "(SELECT max(id) FROM alias_history)")				\
/* Walks the ids, which rise with time, and not the organization. */	\
S(HISTORY_TRIM, TEXT(org) INT(after) INT(to) INT(limit),		\
    "DELETE FROM alias_history WHERE id IN (SELECT id "			\
    "FROM alias_history WHERE id > ?2 AND id <= ?3 AND +org = " ORG1	\
    " ORDER BY id LIMIT ?4) RETURNING to_ms")				\
S(HISTORY_EXPIRED, INT(before),						\
    "SELECT o.name, count(*), max(to_ms) FROM alias_history h "	\
    "JOIN org o ON o.id = h.org WHERE h.id < coalesce((SELECT id FROM "	\
    "alias_history WHERE to_ms >= ?1 ORDER BY id LIMIT 1), "		\
    "9223372036854775807) GROUP BY o.id")				\
S(HISTORY_SINCE, TEXT(org) TEXT(name) INT(seq),				\
    "SELECT DISTINCT hash FROM alias_history "				\
    "WHERE org = " ORG1 " AND name = ?2 AND to_seq > ?3")		\
S(HISTORY_ANY, TEXT(org) TEXT(name),					\
    "SELECT 1 FROM alias_history WHERE org = " ORG1 " "			\
    "AND name = ?2 LIMIT 1")						\
S(HISTORY_STATES, TEXT(org) TEXT(name) INT(limit),			\
    "SELECT hash, from_ms, to_ms FROM alias_history WHERE org = " ORG1	\
    " AND name = ?2 ORDER BY to_seq DESC LIMIT ?3")			\
/* What it had when it was deleted, if it is not there. */		\
S(HISTORY_TEXTS, TEXT(org) TEXT(name),					\
    "SELECT description, tags FROM alias_history WHERE org = " ORG1	\
    " AND name = ?2 AND NOT EXISTS (SELECT 1 FROM alias a WHERE "	\
    "a.org = alias_history.org AND a.name = ?2) "			\
    "ORDER BY to_seq DESC LIMIT 1")					\
S(HISTORY_GONE, TEXT(org),						\
    "SELECT history_ms FROM usage WHERE org = " ORG1)			\
/* Names whose alias was made, moved or deleted since. */		\
S(CHANGED_SINCE, TEXT(org) TEXT(lower) TEXT(upper) INT(since)		\
    INT(limit), "SELECT name FROM alias WHERE org = " ORG1		\
    " AND name >= ?2 AND name < ?3 AND created_ms > ?4 "		\
    "UNION SELECT name FROM alias_history WHERE org = " ORG1		\
    " AND name >= ?2 AND name < ?3 AND to_ms > ?4 "			\
    "ORDER BY name LIMIT ?5")						\
S(TAGGED_SINCE, TEXT(org) TEXT(tag) INT(since) INT(limit),		\
    "SELECT name FROM alias_tag t WHERE org = " ORG1 " AND tag = ?2 "	\
    "AND EXISTS (SELECT 1 FROM alias a WHERE a.org = t.org "		\
    "AND a.name = t.name AND a.updated_ms > ?3) "			\
    "ORDER BY name LIMIT ?4")						\
S(ALIASES_AFTER, TEXT(org) INT(seq),					\
    "SELECT DISTINCT key FROM change WHERE seq > ?2 AND kind = 0 "	\
    "AND org = ?1")							\
S(HISTORY_EACH, TEXT(org) TEXT(name) INT(before) INT(limit),		\
    "SELECT " PAST_COLS("alias_history.", "from_ms", "to_ms", "to_seq")	\
    " FROM alias_history WHERE org = " ORG1 " AND name = ?2 "		\
    "AND to_seq < ?3 ORDER BY to_seq DESC LIMIT ?4")			\
									\
S(PLAN_INSERT, TEXT(org) TEXT(name) INT(now) TEXT(author),		\
    "INSERT INTO plan (org, name, state, at_ms, until_ms, next_ms, "	\
    "created_ms, updated_ms, ended_ms, author, comment, reason) "	\
    "SELECT id, ?2, 0, 0, 0, 0, ?3, ?3, 0, ?4, '', '' "			\
    "FROM org WHERE name = ?1")						\
S(PLAN_SAVE, INT(id) INT(state) INT(at) INT(until) INT(next)		\
    INT(updated) INT(ended) TEXT(comment) TEXT(reason) TEXT(author),	\
    "UPDATE plan SET state = ?2, at_ms = ?3, until_ms = ?4, "		\
    "next_ms = ?5, updated_ms = ?6, ended_ms = ?7, comment = ?8, "	\
    "reason = ?9, author = ?10 WHERE id = ?1")				\
S(PLAN_DELETE, INT(id), "DELETE FROM plan WHERE id = ?1")		\
S(PLAN_BY_ID, TEXT(org) INT(id), "SELECT " PLAN_COLS			\
    "FROM plan p JOIN org o ON o.id = p.org WHERE p.id = ?2 "		\
    "AND o.name = ?1 AND p.name IS NULL")				\
S(PLAN_BY_NAME, TEXT(org) TEXT(name), "SELECT " PLAN_COLS		\
    "FROM plan p JOIN org o ON o.id = p.org WHERE p.org = " ORG1	\
    " AND p.name = ?2")							\
S(PLAN_EACH, TEXT(org) INT(sets) INT(state) INT(from) INT(to)		\
    INT(after) INT(limit), "SELECT " PLAN_COLS				\
    "FROM plan p INDEXED BY plan_org CROSS JOIN org o ON o.id = p.org "	\
    "WHERE p.org = " ORG1 " AND p.id > ?6 "				\
    "AND (?2 = 0 OR p.name IS NOT NULL) AND (?3 < 0 OR p.state = ?3) "	\
    "AND p.at_ms >= ?4 AND p.at_ms < ?5 ORDER BY p.id LIMIT ?7")		\
S(PLAN_EACH_ALIAS, TEXT(org) TEXT(alias) INT(state) INT(from) INT(to)	\
    INT(after) INT(limit), "SELECT " PLAN_COLS				\
    "FROM plan_item i INDEXED BY plan_alias "				\
    "CROSS JOIN plan p ON p.id = i.plan JOIN org o ON o.id = p.org "	\
    "WHERE i.org = " ORG1 " AND i.alias = ?2 AND i.plan > ?6 "		\
    "AND (?3 < 0 OR p.state = ?3) AND p.at_ms >= ?4 AND p.at_ms < ?5 "	\
    "ORDER BY i.plan LIMIT ?7")						\
S(PLAN_COUNT, TEXT(org), "SELECT count(*), coalesce(sum(name IS NOT "	\
    "NULL), 0), coalesce(sum(next_ms > 0), 0) FROM plan "		\
    "WHERE org = " ORG1 " AND (next_ms > 0 OR name IS NOT NULL)")	\
S(PLAN_OVERLAP, TEXT(org) TEXT(alias) INT(at) INT(end) INT(id),		\
    "SELECT 1 FROM plan_item i INDEXED BY plan_alias "			\
    "CROSS JOIN plan p ON p.id = i.plan WHERE i.org = " ORG1		\
    " AND i.alias = ?2 AND p.id <> ?5 AND p.next_ms > 0 "		\
    "AND (p.at_ms = ?3 OR (p.at_ms < ?4 AND max(p.at_ms, p.until_ms) "	\
    "> ?3)) LIMIT 1")							\
S(PLAN_EVENTS, TEXT(org) TEXT(alias),					\
    "SELECT p.state, p.at_ms, p.until_ms, i.hash, i.was "		\
    "FROM plan_item i INDEXED BY plan_alias "				\
    "CROSS JOIN plan p ON p.id = i.plan WHERE i.org = " ORG1		\
    " AND i.alias = ?2 AND p.next_ms > 0 ORDER BY p.at_ms, p.id")	\
S(PLAN_VARIANTS, TEXT(org) TEXT(alias),					\
    "SELECT min(p.next_ms) FROM plan_item i INDEXED BY plan_alias "	\
    "CROSS JOIN plan p ON p.id = i.plan WHERE i.org = " ORG1 VARIANTS	\
    " AND p.next_ms > 0")						\
S(PLAN_ANY, TEXT(org) TEXT(alias),					\
    "SELECT 1 FROM plan_item i INDEXED BY plan_alias "			\
    "CROSS JOIN plan p ON p.id = i.plan WHERE i.org = " ORG1		\
    " AND i.alias = ?2 AND p.next_ms > 0 UNION ALL "			\
    "SELECT 1 FROM plan_item i INDEXED BY plan_alias "			\
    "CROSS JOIN plan p ON p.id = i.plan WHERE i.org = " ORG1 VARIANTS	\
    " AND p.next_ms > 0 LIMIT 1")					\
S(PLAN_NEXT, NONE, "SELECT min(next_ms), count(*) FROM plan "		\
    "WHERE next_ms > 0")						\
/* What goes back comes before what begins. */				\
S(PLAN_DUE, INT(next) INT(limit), "SELECT " PLAN_COLS			\
    "FROM plan p JOIN org o ON o.id = p.org "				\
    "WHERE p.next_ms = ?1 AND p.next_ms > 0 AND p.org = (SELECT org "	\
    "FROM plan WHERE next_ms = ?1 AND next_ms > 0 LIMIT 1) "		\
    "ORDER BY p.state DESC, p.id LIMIT ?2")				\
S(PLAN_ENDED, INT(before) INT(limit),					\
    "SELECT id FROM plan WHERE ended_ms > 0 AND ended_ms < ?1 "		\
    "AND name IS NULL LIMIT ?2")					\
S(PLAN_ITEM_PUT, TEXT(org) INT(plan) TEXT(alias) HASH(hash)		\
    HASH(only_if), "INSERT INTO plan_item (org, plan, alias, hash, "	\
    "only_if) SELECT id, ?2, ?3, ?4, ?5 FROM org WHERE name = ?1")	\
S(PLAN_ITEM_WAS, INT(plan) TEXT(alias) HASH(was),			\
    "UPDATE plan_item SET was = ?3 WHERE plan = ?1 AND alias = ?2")	\
S(PLAN_ITEMS, INT(plan), "SELECT alias, hash, only_if, was "		\
    "FROM plan_item WHERE plan = ?1 ORDER BY alias")			\
S(PLAN_ITEMS_DELETE, INT(plan),						\
    "DELETE FROM plan_item WHERE plan = ?1")				\
/* For the map, of sets that are not live: 2 is PLAN_ACTIVE. */		\
S(PLAN_EACH_SET, NONE, "SELECT o.name, p.id FROM plan p "		\
    "INDEXED BY plan_name CROSS JOIN org o ON o.id = p.org "		\
    "WHERE p.name IS NOT NULL")						\
S(PLAN_EACH_ITEM, NONE, "SELECT o.name, p.id, i.alias, i.hash "		\
    "FROM plan p INDEXED BY plan_name "					\
    "CROSS JOIN plan_item i ON i.plan = p.id "				\
    "CROSS JOIN org o ON o.id = p.org "					\
    "WHERE p.name IS NOT NULL AND p.state <> 2")			\
S(PLAN_EACH_NEXT, NONE, "SELECT DISTINCT o.name, i.alias "		\
    "FROM plan p INDEXED BY plan_next "					\
    "CROSS JOIN plan_item i ON i.plan = p.id "				\
    "CROSS JOIN org o ON o.id = p.org WHERE p.next_ms > 0")		\
S(ALIAS_DUE, TEXT(org) TEXT(name) INT(due),				\
    "UPDATE alias SET due_ms = ?3 WHERE org = " ORG1 " AND name = ?2")	\
									\
S(HOOK_INSERT, TEXT(org) TEXT(url) TEXT(events) TEXT(description)	\
    TEXT(secret) INT(state) INT(now),					\
    "INSERT INTO webhook (org, url, events, description, secret, "	\
    "state, created_ms, updated_ms) SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, " \
    "?7 FROM org WHERE name = ?1")					\
S(HOOK_SAVE, INT(id) TEXT(url) TEXT(events) TEXT(description)		\
    TEXT(secret) TEXT(old) INT(until) INT(state) TEXT(reason) INT(now)	\
    INT(failing) INT(next) INT(tries), "UPDATE webhook SET url = ?2, "	\
    "events = ?3, description = ?4, secret = ?5, old_secret = ?6, "	\
    "old_until_ms = ?7, state = ?8, reason = ?9, updated_ms = ?10, "	\
    "failing_ms = ?11, next_ms = ?12, tries = ?13 WHERE id = ?1")	\
S(HOOK_DELETE, INT(id), "DELETE FROM webhook WHERE id = ?1")		\
S(HOOK_GET, TEXT(org) INT(id), "SELECT " HOOK_COLS "FROM webhook w "	\
    "JOIN org o ON o.id = w.org WHERE w.id = ?2 AND o.name = ?1")	\
S(HOOK_BY_ID, INT(id), "SELECT " HOOK_COLS "FROM webhook w "		\
    "JOIN org o ON o.id = w.org WHERE w.id = ?1")			\
S(HOOK_EACH, TEXT(org), "SELECT " HOOK_COLS				\
    "FROM webhook w INDEXED BY webhook_org CROSS JOIN org o "		\
    "ON o.id = w.org WHERE w.org = " ORG1 " ORDER BY w.id")		\
S(HOOK_COUNT, TEXT(org),						\
    "SELECT count(*) FROM webhook WHERE org = " ORG1)			\
S(HOOK_ANY, NONE, "SELECT 1 FROM webhook INDEXED BY webhook_on "	\
    "WHERE state = 0 LIMIT 1")						\
S(HOOK_FOR, TEXT(org), "SELECT id, events, pending "			\
    "FROM webhook INDEXED BY webhook_on WHERE org = " ORG1		\
    " AND state = 0")							\
S(HOOK_STATS, NONE, "SELECT coalesce(sum(state = 0), 0), "		\
    "coalesce(sum(state = 1), 0), coalesce(sum(state = 2), 0), "	\
    "coalesce(sum(pending), 0), coalesce(sum(lost), 0), coalesce(min("	\
    "CASE WHEN failing_ms > 0 AND state = 0 THEN failing_ms END), 0) "	\
    "FROM webhook")							\
S(HOOK_DUE, INT(now) INT(limit), "SELECT " HOOK_COLS			\
    "FROM webhook w INDEXED BY webhook_due CROSS JOIN org o "		\
    "ON o.id = w.org WHERE w.state = 0 AND w.pending > 0 "		\
    "AND w.next_ms <= ?1 ORDER BY w.next_ms LIMIT ?2")			\
S(HOOK_NEXT, INT(now), "SELECT min(next_ms) "				\
    "FROM webhook INDEXED BY webhook_due WHERE state = 0 "		\
    "AND pending > 0 AND next_ms > ?1")					\
S(HOOK_EVENT_INSERT, TEXT(org) TEXT(type) INT(now) TEXT(body),		\
    "INSERT INTO hook_event (org, type, created_ms, body) "		\
    "SELECT id, ?2, ?3, ?4 FROM org WHERE name = ?1")			\
S(HOOK_QUEUE, INT(hook) INT(event),					\
    "INSERT INTO hook_delivery (webhook, event) VALUES (?1, ?2)")	\
S(HOOK_PENDING, INT(hook) INT(now), "UPDATE webhook SET next_ms = "	\
    "CASE WHEN pending = 0 THEN ?2 ELSE next_ms END, "			\
    "pending = pending + 1 WHERE id = ?1")				\
S(HOOK_LOST, INT(hook),							\
    "UPDATE webhook SET lost = lost + 1 WHERE id = ?1")			\
S(HOOK_FIRST, INT(hook), "SELECT " EVENT_COLS ", e.body "		\
    "FROM hook_delivery d INDEXED BY hook_delivery_state "		\
    "CROSS JOIN hook_event e ON e.id = d.event "			\
    "WHERE d.webhook = ?1 AND d.state = 0 ORDER BY d.event LIMIT 1")	\
S(HOOK_EVENT_GET, INT(hook) INT(event), "SELECT " EVENT_COLS ", e.body " \
    "FROM hook_delivery d JOIN hook_event e ON e.id = d.event "		\
    "WHERE d.webhook = ?1 AND d.event = ?2")				\
S(HOOK_LOG, INT(hook) INT(before) INT(limit), "SELECT " EVENT_COLS	\
    "FROM hook_delivery d CROSS JOIN hook_event e ON e.id = d.event "	\
    "WHERE d.webhook = ?1 AND d.event < ?2 "				\
    "ORDER BY d.event DESC LIMIT ?3")					\
S(HOOK_LOG_STATE, INT(hook) INT(before) INT(limit) INT(state),		\
    "SELECT " EVENT_COLS						\
    "FROM hook_delivery d INDEXED BY hook_delivery_state "		\
    "CROSS JOIN hook_event e ON e.id = d.event "			\
    "WHERE d.webhook = ?1 AND d.state = ?4 AND d.event < ?2 "		\
    "ORDER BY d.event DESC LIMIT ?3")					\
S(HOOK_TRIED, INT(hook) INT(event) INT(state) INT(now) INT(code)	\
    TEXT(error), "UPDATE hook_delivery SET state = ?3, "		\
    "tries = tries + 1, tried_ms = ?4, code = ?5, error = ?6 "		\
    "WHERE webhook = ?1 AND event = ?2 AND state = 0")			\
S(HOOK_RESULT, INT(hook) INT(settled) INT(state) TEXT(reason)		\
    INT(delivered) INT(failing) INT(next) INT(tries),			\
    "UPDATE webhook SET pending = max(pending - ?2, 0), state = ?3, "	\
    "reason = ?4, delivered_ms = ?5, failing_ms = ?6, next_ms = ?7, "	\
    "tries = ?8 WHERE id = ?1")						\
S(HOOK_RESEND, INT(hook) INT(event),					\
    "UPDATE hook_delivery SET state = 0 WHERE webhook = ?1 "		\
    "AND event = ?2 AND state <> 0")					\
S(HOOK_FORGET, INT(hook),						\
    "DELETE FROM hook_delivery WHERE webhook = ?1 RETURNING event")	\
S(HOOK_TRIM, INT(hook) INT(kept),					\
    "DELETE FROM hook_delivery WHERE webhook = ?1 AND state = 1 "	\
    "AND event < (SELECT k.event FROM hook_delivery k "			\
    "WHERE k.webhook = ?1 AND k.state = 1 ORDER BY k.event DESC "	\
    "LIMIT 1 OFFSET ?2) RETURNING event")				\
/* Ids rise with time; what still has to be sent stays. */		\
S(HOOK_EXPIRE, INT(before) INT(limit),					\
    "DELETE FROM hook_delivery WHERE event IN (SELECT id "		\
    "FROM hook_event WHERE id < coalesce((SELECT id FROM hook_event "	\
    "WHERE created_ms >= ?1 ORDER BY id LIMIT 1), "			\
    "9223372036854775807) ORDER BY id LIMIT ?2) AND (state <> 0 "	\
    "OR (SELECT w.state FROM webhook w WHERE w.id = webhook) <> 0) "	\
    "RETURNING event")							\
S(HOOK_RECOUNT, NONE, "UPDATE webhook SET pending = (SELECT count(*) "	\
    "FROM hook_delivery d WHERE d.webhook = webhook.id "		\
    "AND d.state = 0) WHERE state <> 0")				\
S(HOOK_EVENT_SWEEP, INT(event), "DELETE FROM hook_event WHERE id = ?1 "	\
    "AND NOT EXISTS (SELECT 1 FROM hook_delivery WHERE event = ?1)")	\
S(BAN_PURGE, INT(ban), "SELECT p.id, o.name, p.kind, p.key "		\
    "FROM ban b JOIN purge p ON p.id = b.purge "			\
    "JOIN org o ON o.id = p.org WHERE b.id = ?1")			\
									\
S(STACK_GET, TEXT(org) TEXT(name),					\
    "SELECT " STACK_COLS " FROM stack WHERE org = " ORG1		\
    " AND name = ?2")							\
S(STACK_SEQ, TEXT(org) TEXT(name),					\
    "SELECT seq FROM stack WHERE org = " ORG1 " AND name = ?2")		\
S(STACK_EACH, TEXT(org) TEXT(after) INT(limit),				\
    "SELECT " STACK_COLS " FROM stack WHERE org = " ORG1		\
    " AND name > ?2 ORDER BY name LIMIT ?3")				\
S(STACK_PUT, TEXT(org) TEXT(name) INT(now) INT(seq) TEXT(definition)	\
    TEXT(base),								\
    "INSERT INTO stack (org, name, created_ms, updated_ms, "		\
    "seq, definition, base) SELECT id, ?2, ?3, ?3, ?4, ?5, "		\
    "nullif(?6, '') FROM org "						\
    "WHERE name = ?1 ON CONFLICT (org, name) DO UPDATE "		\
    "SET updated_ms = excluded.updated_ms, seq = excluded.seq, "	\
    "definition = excluded.definition, base = excluded.base")		\
/* A ring of stacks does no harm: UNION gives each once. */		\
S(STACKS_ON, TEXT(org) TEXT(name) INT(limit),				\
    "WITH RECURSIVE one (name) AS (SELECT ?2 UNION "			\
    "SELECT s.name FROM one JOIN stack s ON s.org = " ORG1		\
    " AND s.base = one.name) SELECT name FROM one LIMIT ?3")		\
S(STACK_DELETE, TEXT(org) TEXT(name),					\
    "DELETE FROM stack WHERE org = " ORG1 " AND name = ?2")		\
									\
S(QUOTA_FUTURE, TEXT(org) INT(kind) INT(now),				\
    "UPDATE purge SET stamp_ms = ?3 WHERE org = " ORG1			\
    " AND kind = ?2 AND stamp_ms > ?3")					\
S(QUOTA_STAMPS, TEXT(org) INT(kind) INT(after) INT(limit),		\
    "SELECT stamp_ms FROM purge WHERE org = " ORG1			\
    " AND kind = ?2 AND stamp_ms > ?3 ORDER BY stamp_ms DESC LIMIT ?4")	\
S(PURGE_INSERT, TEXT(org) INT(kind) TEXT(key) INT(now) INT(soft)	\
    TEXT(sources), "INSERT INTO purge (org, kind, key, created_ms, "	\
    "stamp_ms, soft, sources) SELECT id, ?2, ?3, ?4, ?4, ?5, ?6 "	\
    "FROM org WHERE name = ?1")						\
S(PURGE_UNCOUNTED, TEXT(org) INT(kind) TEXT(key) INT(now) INT(soft)	\
    TEXT(sources), "INSERT INTO purge (org, kind, key, created_ms, "	\
    "soft, sources) SELECT id, ?2, ?3, ?4, ?5, ?6 FROM org "		\
    "WHERE name = ?1")							\
									\
S(PURGE_GET, TEXT(org) INT(id),						\
    "SELECT " PURGE_COLS " FROM purge WHERE id = ?2 "			\
    "AND org = " ORG1)							\
S(PURGE_EACH, TEXT(org) INT(before) INT(limit),				\
    "SELECT " PURGE_COLS " FROM purge WHERE org = " ORG1		\
    " AND id < ?2 ORDER BY id DESC LIMIT ?3")				\
S(PURGE_TARGETS, INT(purge) INT(created) INT(soft) TEXT(org),		\
    "SELECT t.name, EXISTS (SELECT 1 FROM ban b "			\
    "JOIN delivery d ON d.ban = b.id AND d.target = t.id "		\
    "WHERE b.purge = ?1 AND d.round = 0), (SELECT a.ms FROM acked a "	\
    "WHERE a.purge = ?1 AND a.target = t.id) FROM target t "		\
    "WHERE t.created_ms <= ?2 AND t.soft >= ?3 "			\
    "AND coalesce(t.org, ?4) = ?4 ORDER BY t.name")			\
S(PURGE_PENDING, INT(purge),						\
    "SELECT 1 FROM ban b JOIN delivery d ON d.ban = b.id "		\
    "WHERE b.purge = ?1 AND d.round = 0 LIMIT 1")			\
									\
S(TARGET_EACH, NONE, "SELECT id, name FROM target ORDER BY name")	\
S(TARGET_PUT, TEXT(name) INT(now) INT(soft) TEXT(org),			\
    "INSERT INTO target (name, created_ms, soft, org) "			\
    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE "		\
    "SET soft = excluded.soft, org = excluded.org")			\
S(TARGET_DELETE, INT(id), "DELETE FROM target WHERE id = ?1")		\
S(BAN_INSERT, INT(purge) INT(now) TEXT(header) TEXT(value) TEXT(org)	\
    INT(soft),								\
    "INSERT INTO ban (purge, created_ms, header, value, org, "		\
    "soft) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")				\
S(DELIVERY_INSERT, INT(ban) INT(soft) TEXT(org),			\
    "INSERT INTO delivery (target, ban) "				\
    "SELECT id, ?1 FROM target WHERE soft >= ?2 "			\
    "AND coalesce(org, ?3) = ?3")					\
S(DELIVERY_EACH, TEXT(target) INT(after) INT(now) INT(limit)		\
    INT(latest), "SELECT b.id, b.purge, b.created_ms, d.round, "	\
    "b.header, b.value, b.org, b.soft FROM delivery d JOIN ban b "	\
    "ON b.id = d.ban WHERE d.target = (SELECT id FROM target "		\
    "WHERE name = ?1) AND d.ban > ?2 "					\
    "AND (d.due_ms <= ?3 OR d.due_ms > ?5) "				\
    "ORDER BY d.ban LIMIT ?4")						\
S(DELIVERY_DUE, TEXT(target),						\
    "SELECT min(due_ms) FROM delivery WHERE target = "			\
    "(SELECT id FROM target WHERE name = ?1)")				\
S(DELIVERY_COUNT, TEXT(target),						\
    "SELECT count(*), min(b.created_ms) FROM delivery d "		\
    "JOIN ban b ON b.id = d.ban WHERE d.target = "			\
    "(SELECT id FROM target WHERE name = ?1) AND d.round = 0")		\
S(DELIVERY_REPEAT, TEXT(target) INT(ban) INT(due),			\
    "UPDATE delivery SET round = 1, due_ms = ?3 "			\
    "WHERE target = (SELECT id FROM target WHERE name = ?1) "		\
    "AND ban = ?2 AND round = 0")					\
S(DELIVERY_DELETE, TEXT(target) INT(ban),				\
    "DELETE FROM delivery WHERE target = "				\
    "(SELECT id FROM target WHERE name = ?1) AND ban = ?2")		\
/* When it owes no more of the purge. */				\
S(ACKED, TEXT(target) INT(ban) INT(now),				\
    "INSERT INTO acked SELECT b.purge, t.id, ?3 FROM ban b "		\
    "JOIN target t ON t.name = ?1 WHERE b.id = ?2 AND b.purge > 0 "	\
    "AND NOT EXISTS (SELECT 1 FROM ban o JOIN delivery d "		\
    "ON d.ban = o.id AND d.target = t.id WHERE o.purge = b.purge "	\
    "AND d.round = 0) ON CONFLICT DO NOTHING")				\
S(ACKED_EXPIRE, NONE, "DELETE FROM acked WHERE purge < "		\
    "coalesce((SELECT min(id) FROM purge), 0)")				\
S(BAN_SWEEP, INT(ban), "DELETE FROM ban WHERE id = ?1 AND NOT EXISTS "	\
    "(SELECT 1 FROM delivery WHERE ban = ?1)")				\
S(BAN_EXPIRE, INT(before), EXPIRE("ban", "created_ms"))			\
S(PURGE_EXPIRE, INT(before), EXPIRE("purge", "created_ms"))		\
S(HISTORY_EXPIRE, INT(before), EXPIRE("alias_history", "to_ms"))	\
S(STACK_EXPIRED, INT(before) INT(limit),				\
    "SELECT o.name, s.name FROM stack s "				\
    "JOIN org o ON o.id = s.org WHERE s.name >= '_preview' "		\
    "AND s.name < '_previex' AND s.updated_ms < ?1 LIMIT ?2")		\
S(SOURCE_EXPIRED, INT(before) INT(limit),				\
    "SELECT s.id, s.content, s.size, o.name "				\
    "FROM source s INDEXED BY source_deleted "				\
    "CROSS JOIN org o ON o.id = s.org WHERE s.deleted_ms > 0 "		\
    "AND s.deleted_ms < ?1 LIMIT ?2")					\
S(SOURCE_REMOVE, INT(id), "DELETE FROM source WHERE id = ?1")		\
S(BAN_SWEEP_ALL, NONE, "DELETE FROM ban WHERE NOT EXISTS "		\
    "(SELECT 1 FROM delivery d WHERE d.ban = ban.id)")

#endif
