/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about aliases, their tags and their history. See statements.h. */
#ifndef STATEMENTS_ALIAS_H
#define STATEMENTS_ALIAS_H

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

#define ALIAS_STATEMENTS(S)						\
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
S(HISTORY_EXPIRE, INT(before), EXPIRE("alias_history", "to_ms"))

#endif
