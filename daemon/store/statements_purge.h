/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about purges, and bans owed to targets. See statements.h. */
#ifndef STATEMENTS_PURGE_H
#define STATEMENTS_PURGE_H

#define PURGE_COLS							\
	"id, kind, key, created_ms, stamp_ms, soft, (SELECT "		\
	"count(DISTINCT d.target) FROM ban b JOIN delivery d "		\
	"ON d.ban = b.id WHERE b.purge = purge.id AND d.round = 0)"

#define PURGE_STATEMENTS(S)						\
S(BAN_PURGE, INT(ban), "SELECT p.id, o.name, p.kind, p.key "		\
    "FROM ban b JOIN purge p ON p.id = b.purge "			\
    "JOIN org o ON o.id = p.org WHERE b.id = ?1")			\
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
S(BAN_SWEEP_ALL, NONE, "DELETE FROM ban WHERE NOT EXISTS "		\
    "(SELECT 1 FROM delivery d WHERE d.ban = ban.id)")

#endif
