/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about source images and remote ones. See statements.h. */
#ifndef STATEMENTS_SOURCE_H
#define STATEMENTS_SOURCE_H

/* In the order that source_row() reads them. */
#define SOURCE_COLS							\
	"hash, short, binary, content, name, format, mimetype, size, "	\
	"width, height, created_ms, deleted_ms, locked, protected, "	\
	"opaque, animated, user_meta, dynamic_meta, static_meta, id, "	\
	"edition"
/* The edition in JSON, or NULL. The probe writes it: a small number. */
#define SOURCE_EDITION(meta)						\
	"CASE WHEN json_type(" meta ", '$.edition') = 'integer' AND "	\
	"json_extract(" meta ", '$.edition') BETWEEN 0 AND 1000000 "	\
	"THEN json_extract(" meta ", '$.edition') END"

#define SOURCE_STATEMENTS(S)						\
S(IMAGES_KEPT, NONE, "SELECT coalesce(sum(n), 0) FROM source_count")	\
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
S(SOURCE_EXPIRED, INT(before) INT(limit),				\
    "SELECT s.id, s.content, s.size, o.name "				\
    "FROM source s INDEXED BY source_deleted "				\
    "CROSS JOIN org o ON o.id = s.org WHERE s.deleted_ms > 0 "		\
    "AND s.deleted_ms < ?1 LIMIT ?2")					\
S(SOURCE_REMOVE, INT(id), "DELETE FROM source WHERE id = ?1")

#endif
