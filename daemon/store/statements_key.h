/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about API keys, sessions and signing keys. See statements.h. */
#ifndef STATEMENTS_KEY_H
#define STATEMENTS_KEY_H

#define SIGN_COLS	"id, key, created_ms, expires_ms, used_ms, preview"

#define KEY_STATEMENTS(S)						\
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
    "ON o.id = k.org WHERE k.preview = 1")

#endif
