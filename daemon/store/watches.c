/* SPDX-License-Identifier: BSD-2-Clause */
/* Purges that somebody waits for, until each target has acknowledged them. */
#include "config.h"

#include "store_priv.h"

void
store_purge_watch(struct store *st, struct store_watch *w)
{

	w->next = st->watches;
	st->watches = w;
	/* It may be done already. */
	deliver_acked(st);
}

static void
watch_remove(struct store_watch **p, const struct store_watch *w)
{

	while (*p != NULL && *p != w)
		p = &(*p)->next;
	if (*p != NULL)
		*p = w->next;
}

void
store_purge_unwatch(struct store *st, struct store_watch *w)
{

	watch_remove(&st->watches, w);
	watch_remove(&st->watches_ready, w);
}

static bool
watch_ready(struct store *st, const struct store_watch *w)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(&st->rd, &rc, ST_PURGE_PENDING, w->purge);
	if (s != NULL)
		db_reset(s);
	return (rc == 0);
}

void
watch_check(struct store *st)
{
	struct store_watch *w, **p;

	for (p = &st->watches; (w = *p) != NULL;)
		if (watch_ready(st, w)) {
			*p = w->next;
			w->next = st->watches_ready;
			st->watches_ready = w;
		} else
			p = &w->next;
	/* A done() may unwatch any other. */
	while ((w = st->watches_ready) != NULL) {
		st->watches_ready = w->next;
		w->done(w);
	}
}
