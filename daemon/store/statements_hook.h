/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements about webhooks, their events and deliveries. See statements.h. */
#ifndef STATEMENTS_HOOK_H
#define STATEMENTS_HOOK_H

#define HOOK_COLS							\
	"w.id, o.name, w.url, w.events, w.description, w.secret, "	\
	"w.old_secret, w.old_until_ms, w.state, w.reason, w.created_ms, " \
	"w.updated_ms, w.delivered_ms, w.failing_ms, w.next_ms, "	\
	"w.tries, w.pending, w.lost "
/* As event_row() reads them; the body may follow. */
#define EVENT_COLS							\
	"e.id, e.type, e.created_ms, d.state, d.tries, d.tried_ms, "	\
	"d.code, d.error "

#define HOOK_STATEMENTS(S)						\
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
    "AND NOT EXISTS (SELECT 1 FROM hook_delivery WHERE event = ?1)")

#endif
