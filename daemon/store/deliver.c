/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way back: jobs that are over, from the threads that saw to them to the
 * event loop, whose thread calls their done().
 */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <unistd.h>

#include "plans.h"

/*
 * Jobs that are handed back in one call of the loop: a commit may have
 * hundreds, and whoever only reads would wait for all of their answers.
 */
#define DELIVER		4

void
deliver_wake(struct store *st)
{
	uint64_t one = 1;

	while (write(st->event_fd, &one, sizeof one) < 0 && errno == EINTR)
		continue;
}

void
deliver_finish(struct store *st, struct store_job *j, enum store_status status)
{

	j->status = status;
	(void)pthread_mutex_lock(&st->mtx);
	job_list_append(&st->finished, j);
	(void)pthread_mutex_unlock(&st->mtx);
	deliver_wake(st);
}

void
deliver_acked(struct store *st)
{

	(void)pthread_mutex_lock(&st->mtx);
	st->acked = true;
	(void)pthread_mutex_unlock(&st->mtx);
	deliver_wake(st);
}

/*
 * The loop's thread: bans before answers, answers in the jobs' order. True when
 * there are more than were handed back.
 */
static bool
deliver_some(struct store *st)
{
	struct store_job *j;
	struct job_list list;
	bool banned, acked, planned, hooked, more;

	job_list_init(&list);
	(void)pthread_mutex_lock(&st->mtx);
	for (unsigned n = 0; n < DELIVER && st->finished.first != NULL; n++) {
		j = job_list_take(&st->finished);
		job_list_append(&list, j);
	}
	more = st->finished.first != NULL;
	banned = st->banned;
	acked = st->acked;
	planned = st->planned;
	hooked = st->hooked;
	st->banned = st->acked = st->planned = st->hooked = false;
	(void)pthread_mutex_unlock(&st->mtx);
	if (banned && st->conf.outbox != NULL)
		st->conf.outbox(st->conf.outbox_arg);
	while ((j = job_list_take(&list)) != NULL)
		if (j->done != NULL)
			j->done(j);
	if (acked && st->watches != NULL)
		watch_check(st);
	if (planned)
		plans_arm(st);
	if (hooked && st->conf.hooked != NULL)
		st->conf.hooked(st->conf.hooked_arg);
	return (more);
}

void
deliver_event(evutil_socket_t fd, short what, void *arg)
{
	struct store *st = CAST_OBJ(arg, STORE_MAGIC);
	uint64_t n;

	(void)what;
	(void)!read(fd, &n, sizeof n);
	if (deliver_some(st))
		deliver_wake(st);
}

static void
deliver_called(struct store_job *j)
{

	j->arg = NULL;
}

enum store_status
deliver_call(struct store *st, struct store_job *j, job_run_f *run)
{
	struct pollfd pfd = { .fd = st->event_fd, .events = POLLIN };

	j->done = deliver_called;
	j->arg = j;
	writer_submit(st, j, run, NULL);
	while (j->arg != NULL) {
		(void)poll(&pfd, 1, -1);
		deliver_event(st->event_fd, EV_READ, st);
	}
	return (j->status);
}

void
deliver_all(struct store *st)
{

	while (deliver_some(st))
		continue;
}
