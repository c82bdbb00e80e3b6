/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the store share: one in a folder of its own, and calls
 * that wait for their answer. */
#ifndef STORE_UTIL_H
#define STORE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <event2/event.h>

#include "store/store.h"

struct fixture {
	char		dir[64];
	struct event_base *base;
	struct store	*store;
	/* what the publisher was told, by the writer's thread */
	struct store_change changes[4096];
	size_t		n, largest;	/* of one call */
	uint64_t	last_seq;
	unsigned	published, outboxes;
	/* the order of things, 'p', 'o' and 'd', by the loop's thread */
	char		order[64];
};

/* Takes what versions 13 to 18 made from a database. */
#define UNDO_TERMS							\
	"DROP INDEX signing_key_preview;"				\
	"ALTER TABLE signing_key DROP COLUMN preview;"			\
	"DROP TABLE hook_delivery; DROP TABLE hook_event;"		\
	"DROP TABLE webhook;"						\
	"ALTER TABLE alias DROP COLUMN due_ms;"				\
	"ALTER TABLE change DROP COLUMN due_ms;"			\
	"DROP TABLE plan_item; DROP TABLE plan;"			\
	"ALTER TABLE alias DROP COLUMN actor;"				\
	"ALTER TABLE alias DROP COLUMN comment;"			\
	"ALTER TABLE alias DROP COLUMN description;"			\
	"ALTER TABLE alias DROP COLUMN tags;"				\
	"ALTER TABLE alias_history DROP COLUMN actor;"			\
	"ALTER TABLE alias_history DROP COLUMN comment;"		\
	"ALTER TABLE alias_history DROP COLUMN description;"		\
	"ALTER TABLE alias_history DROP COLUMN tags;"			\
	"ALTER TABLE usage DROP COLUMN history_ms;"			\
	"DROP TABLE alias_tag;"						\
	"DROP TABLE session; DROP INDEX alias_seq; DROP TABLE acked;"	\
	"DROP TRIGGER term_added; DROP TRIGGER term_removed;"		\
	"DROP TRIGGER term_changed; DROP TABLE term_stale;"		\
	"DROP TABLE term_column; DROP TABLE term_text;"			\
	"DROP TABLE term; DROP TABLE term_field;"			\
	"DELETE FROM meta WHERE key = 'terms';"

extern int64_t fake_ms;			/* the store's clock */

int fixture_setup(void **state);	/* opened, organization "org" made */
int fixture_teardown(void **state);
void fixture_open(struct fixture *);
void fixture_close(struct fixture *);	/* and keep the folder */

/* Runs the loop until done(). Each gives the job's status. */
void wait_done(struct store_job *);
#define CALL(f, func, op) (						\
	(op)->job.done = wait_done, (op)->job.arg = (f)->base,		\
	func((f)->store, op),						\
	(void)event_base_dispatch((f)->base), (op)->job.status)

/* An image whose bytes are *text*; *hash* may be NULL. */
enum store_status put_image(struct fixture *, const char *org,
    const char *text, char hash[HASH_HEX + 1]);
/* To point the alias *name*, a format, at *hash*; the rest of it is zero. */
struct store_alias_put;
void fill_alias(struct store_alias_put *, const char *org, const char *hash,
    const char *name, ...) __attribute__((format(printf, 4, 5)));
enum store_status put_alias(struct fixture *, const char *org,
    const char *name, const char *hash, bool overwrite);
enum store_status put_named(struct fixture *, const char *name,
    const char *text, char hash[HASH_HEX + 1]);
enum store_status delete_alias(struct fixture *, const char *org,
    const char *name);
enum store_status put_org(struct fixture *, const char *org);
enum store_status purge(struct fixture *, const char *org,
    enum store_purge_kind, const char *key, unsigned limit,
    struct store_purge *out);
void remove_folder(const char *dir);

/* The last that the publisher was told of *key*, or NULL. */
const struct store_change *last_change(struct fixture *,
    enum store_change_kind, const char *key);

/* Bans as a target owes them; at most 64. */
struct bans {
	struct store_ban b[64];
	unsigned	n;
};
unsigned owed(struct fixture *, const char *target, struct bans *);
/* Of organization "org". */
bool has_ban(const struct bans *, const char *header, const char *value);
enum store_status ack(struct fixture *, const char *target,
    const struct bans *, unsigned repeat_ms);
/* These are all targets; *b* may be NULL. */
void targets(struct fixture *, const char *a, const char *b);

#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* For what is no hash: one that names no image. */
struct hash_prefix by_hex(const char *hex);
#define IMAGE(hex)	(&(struct hash_prefix[]){ by_hex(hex) }[0])
/* *hex* is "" for none. */
void assert_hash(const struct hash *, const char *hex);

#endif
