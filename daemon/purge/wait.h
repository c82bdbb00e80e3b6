/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that wait for a purge to be acknowledged; see purge_wait(). */
#ifndef WAIT_H
#define WAIT_H

#include <sys/queue.h>

struct event_base;
struct purge_wait;
struct store;

TAILQ_HEAD(wait_list, purge_wait);

struct purge_wait *wait_new(struct wait_list *, struct event_base *,
    struct store *, int64_t id, unsigned ms, void (*done)(void *), void *arg);
/* Calls all that wait. */
void wait_end(struct wait_list *);

#endif
