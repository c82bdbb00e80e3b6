/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about organizations: options, stacks, use, audit. See statements.h. */
#ifndef STATEMENTS_ORG_H
#define STATEMENTS_ORG_H

#define STACK_COLS	"name, created_ms, seq, definition"
#define ORG_COLS							\
	"uuid, name, display_name, billing_email, created_ms, options"

#define ORG_STATEMENTS(S)						\
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
S(STACK_EXPIRED, INT(before) INT(limit),				\
    "SELECT o.name, s.name FROM stack s "				\
    "JOIN org o ON o.id = s.org WHERE s.name >= '_preview' "		\
    "AND s.name < '_previex' AND s.updated_ms < ?1 LIMIT ?2")

#endif
