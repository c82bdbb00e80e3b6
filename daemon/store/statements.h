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

#include "statements_alias.h"
#include "statements_hook.h"
#include "statements_key.h"
#include "statements_org.h"
#include "statements_plan.h"
#include "statements_purge.h"
#include "statements_source.h"
#include "statements_term.h"

#define ORG1	"(SELECT id FROM org WHERE name = ?1)"
/* Ids rise with time: looks no further than the first row to be kept. */
#define EXPIRE(table, column)						\
	"DELETE FROM " table " WHERE id < coalesce((SELECT id FROM "	\
	table " WHERE " column " >= ?1 ORDER BY id LIMIT 1), "		\
	"9223372036854775807)"

/* Transactions, what is known of the database, changes and epochs. */
#define STATE_STATEMENTS(S)						\
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
    "withdrawn_n = ?5 WHERE org = " ORG1 " AND kind = ?2 AND key = ?3")

#define STORE_STATEMENTS(S)						\
	STATE_STATEMENTS(S)						\
	ORG_STATEMENTS(S)						\
	KEY_STATEMENTS(S)						\
	SOURCE_STATEMENTS(S)						\
	TERM_STATEMENTS(S)						\
	ALIAS_STATEMENTS(S)						\
	PLAN_STATEMENTS(S)						\
	HOOK_STATEMENTS(S)						\
	PURGE_STATEMENTS(S)

#endif
