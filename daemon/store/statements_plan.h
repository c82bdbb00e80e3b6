/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about planned changes and sets. See statements.h. */
#ifndef STATEMENTS_PLAN_H
#define STATEMENTS_PLAN_H

/* Of the items of plans, those of variants of the alias ?2: "`" is "_" + 1. */
#define VARIANTS							\
	" AND i.alias > ?2 || '" NAME_VARIANT "' AND i.alias < ?2 || '_`'"
#define PLAN_COLS							\
	"p.id, o.name, coalesce(p.name, ''), p.state, p.at_ms, "	\
	"p.until_ms, p.next_ms, p.created_ms, p.updated_ms, "		\
	"p.ended_ms, p.author, p.comment, p.reason, (SELECT count(*) "	\
	"FROM plan_item n WHERE n.plan = p.id) "

#define PLAN_STATEMENTS(S)						\
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
    "UPDATE alias SET due_ms = ?3 WHERE org = " ORG1 " AND name = ?2")

#endif
