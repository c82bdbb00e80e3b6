/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about the terms that images are found by. See statements.h. */
#ifndef STATEMENTS_TERM_H
#define STATEMENTS_TERM_H

#define TERM_STATEMENTS(S)						\
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
    "DELETE FROM term_column WHERE field = ?1")

#endif
