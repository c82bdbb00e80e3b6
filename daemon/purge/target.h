/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One receiver of bans: takes its rows from the store's outbox, a window at a
 * time, gives them to its transport and acknowledges them. All of it is the
 * event loop's thread.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "purge/purge.h"
#include "store/store.h"

#define TARGET_WINDOW	64	/* rows in flight; the most one ack takes */

struct event;
struct find;
struct found;
struct target;

enum target_answer {
	TARGET_PENDING,
	TARGET_ACK,		/* done, for good */
	TARGET_RETRY,		/* not now: this row and the rest come again */
	TARGET_REFUSED		/* never: our mistake, dropped with a log line */
};

/*
 * Milliseconds until one who could not be reached *tries* times in a row, and
 * once more now, is tried again.
 */
uint32_t target_backoff_ms(const struct purge_target_conf *, unsigned tries);

/* How bans travel. None of these may wait. */
struct transport {
	/* *link* is zeroed at first, and begins with this number. */
	unsigned link_magic;
	size_t	link_size;
	/* Begins; target_up() or target_down() follows, now or later. */
	void	(*open)(struct target *, const struct found *);
	/*
	 * PENDING: target_answer() follows, in the order of sending. REFUSED:
	 * it cannot be expressed. RETRY: not now.
	 */
	enum target_answer (*send)(struct target *, const struct store_ban *);
	/* Nothing to send for a while: is the receiver alive? */
	void	(*idle)(struct target *);
	/* Drops what open() began; of no effect when there is nothing. */
	void	(*close)(struct target *);
	/* The last of it, after close(); NULL: nothing is left. */
	void	(*free)(struct target *);
};

enum target_state { TARGET_DOWN, TARGET_OPENING, TARGET_UP };

struct target {
	unsigned		magic;
#define TARGET_MAGIC		0x74617267
	struct event_base	*base;
	struct store		*store;
	const struct purge_target_conf *conf;
	const struct transport	*transport;
	void			*link;		/* the transport's */
	struct find		*find;		/* where it is; or NULL */
	enum target_state	state;
	bool			was_up;
	int64_t			since_ms;	/* was_up, or not; unix time */
	struct event		*timer;
	bool			paused;		/* until the timer */
	unsigned		tries;		/* failures in a row */
	bool			refused;	/* the last one, for the secret */
	/* The window: rows read, with what became of them. */
	int64_t			ids[TARGET_WINDOW];
	enum target_answer	answers[TARGET_WINDOW];
	size_t			n, next;	/* next: without answer */
	bool			sending;
	bool			acking;		/* a job of the store's is out */
	bool			dead;		/* freed when it comes back */
	uint64_t		acked, failed;
	char			error[128];
};

/* NULL when there is no memory. *conf* must outlive it. */
struct target *target_new(struct event_base *, struct store *,
    const struct purge_target_conf *);
void target_free(struct target *);
/* The outbox has rows. */
void target_kick(struct target *);

/*--------------------------------------------------------------------
 * For transports
 */

extern const struct transport transport_cli, transport_http;

void target_up(struct target *);
/* *why* is a sentence for the operator. */
void target_down(struct target *, const char *why);
void target_answer(struct target *, enum target_answer, const char *why);
/* Alive or not, as the idle check found out. NULL: alive. */
void target_note(struct target *, const char *why);

#endif
