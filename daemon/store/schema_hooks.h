/* SPDX-License-Identifier: BSD-2-Clause */
/* The step of the schema that made webhooks. */
#ifndef SCHEMA_HOOKS_H
#define SCHEMA_HOOKS_H

/*
 * Webhooks, their events, and the queue and log of each. state 0 is on, and of a
 * delivery pending; *pending* counts those. An event stays as long as some webhook
 * has it.
 */
#define SCHEMA_HOOKS						\
"CREATE TABLE webhook ("						\
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"				\
"	org INTEGER NOT NULL REFERENCES org, url TEXT NOT NULL,"	\
"	events TEXT NOT NULL, description TEXT NOT NULL,"		\
"	secret TEXT NOT NULL, old_secret TEXT NOT NULL DEFAULT '',"	\
"	old_until_ms INTEGER NOT NULL DEFAULT 0,"			\
"	state INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '',"	\
"	created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"	\
"	delivered_ms INTEGER NOT NULL DEFAULT 0,"			\
"	failing_ms INTEGER NOT NULL DEFAULT 0,"				\
"	next_ms INTEGER NOT NULL DEFAULT 0,"				\
"	tries INTEGER NOT NULL DEFAULT 0,"				\
"	pending INTEGER NOT NULL DEFAULT 0,"				\
"	lost INTEGER NOT NULL DEFAULT 0);"				\
"CREATE INDEX webhook_org ON webhook (org, id);"			\
"CREATE INDEX webhook_on ON webhook (org) WHERE state = 0;"		\
"CREATE INDEX webhook_due ON webhook (next_ms)"				\
"	WHERE state = 0 AND pending > 0;"				\
"CREATE TABLE hook_event ("						\
"	id INTEGER PRIMARY KEY AUTOINCREMENT,"				\
"	org INTEGER NOT NULL REFERENCES org, type TEXT NOT NULL,"	\
"	created_ms INTEGER NOT NULL, body TEXT NOT NULL);"		\
"CREATE TABLE hook_delivery ("						\
"	webhook INTEGER NOT NULL REFERENCES webhook,"			\
"	event INTEGER NOT NULL REFERENCES hook_event,"			\
"	state INTEGER NOT NULL DEFAULT 0,"				\
"	tries INTEGER NOT NULL DEFAULT 0,"				\
"	tried_ms INTEGER NOT NULL DEFAULT 0,"				\
"	code INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',"	\
"	PRIMARY KEY (webhook, event)) WITHOUT ROWID;"			\
"CREATE INDEX hook_delivery_state ON hook_delivery (webhook, state, event);"	\
"CREATE INDEX hook_delivery_event ON hook_delivery (event);"

#endif
