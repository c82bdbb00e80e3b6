/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/time.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "worker/give_up.h"
#include "worker/sandbox.h"
#include "wire/wire.h"

/* Ready to be sent, since a handler of signals must not make them. */
static struct wire_reply too_late, no_memory = {
	.status = RENDER_LIMIT, .last = 1, .gave_up = 1,
	.error = "the image needs more memory than the limit of a worker",
};
static volatile sig_atomic_t busy, hurried;
static int socket_fd;

static void
say_no_memory(void)
{
	(void)wire_send(socket_fd, &no_memory, sizeof no_memory, NULL, 0);
	_exit(0);
}

/*
 * The decoder is left wherever it is: nothing of this process is used again.
 */
static void
on_time(int sig)
{
	(void)sig;
	if (!busy || !hurried)
		return;
	(void)wire_send(socket_fd, &too_late, sizeof too_late, NULL, 0);
	_exit(0);
}

/* A thread's stack */
#define STACK		((size_t)8 << 20)

/*
 * abort(); of libjxl and GLib, a trap; of what draws PDF, the use of what
 * malloc() did not give. What else is behind one ends as it would. A library
 * that got no thread tells by no errno, but neither would we get a stack.
 */
static void
on_crash(int sig)
{
	if (busy && (errno == ENOMEM || !sandbox_has_room(STACK)))
		say_no_memory();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
	/* In a namespace of its own the kernel spares a worker its signals. */
	if (getpid() == 1)
		_exit(WIRE_SIGNAL + sig);
}

/* The limit of sandbox_more_cpu(), which would end it by default */
static void
on_limit(int sig)
{
	_exit(WIRE_SIGNAL + sig);
}

/* Milliseconds of processor time in a second below which nothing is done */
#define STIRS		5

static long spent;	/* at the last look; of the handler and its timer */

/*
 * libde265 waits for ever for a thread that it could not start, and a worker
 * without room for a stack that does nothing is taken to be there.
 */
static void
on_look(int sig)
{
	struct timespec t;
	long now;

	(void)sig;
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
		return;
	now = t.tv_sec * 1000 + t.tv_nsec / 1000000;
	if (busy && now - spent < STIRS && !sandbox_has_room(STACK))
		say_no_memory();
	spent = now;
}

/* Once a second, or never again */
static void
look(bool on)
{
	struct itimerval t = { { on, 0 }, { on, 0 } };

	spent = -STIRS;
	(void)setitimer(ITIMER_REAL, &t, NULL);
}

int
give_up_open(int sock)
{
	struct sigaction late = { .sa_handler = on_time,
	    .sa_flags = SA_RESTART };
	struct sigaction looks = { .sa_handler = on_look,
	    .sa_flags = SA_RESTART };
	struct sigaction crashed = { .sa_handler = on_crash }, is;
	struct sigaction limit = { .sa_handler = on_limit };

	socket_fd = sock;
	if (sigaction(SIGPROF, &late, NULL) != 0 ||
	    sigaction(SIGALRM, &looks, NULL) != 0 ||
	    sigaction(SIGXCPU, &limit, NULL) != 0 ||
	    sigaction(SIGILL, &crashed, NULL) != 0 ||
	    sigaction(SIGABRT, &crashed, NULL) != 0 ||
	    sigaction(SIGTRAP, &crashed, NULL) != 0 ||
	    sigaction(SIGSEGV, NULL, &is) != 0)
		return (-1);
	/* A sanitizer has more to say of it. */
	return (is.sa_handler != SIG_DFL ? 0 :
	    sigaction(SIGSEGV, &crashed, NULL));
}

/* Processor time, so that other work of the machine does not count. */
static void
timer(unsigned ms)
{
	struct itimerval t = { .it_value = { ms / 1000,
	    (suseconds_t)(ms % 1000) * 1000 } };

	(void)setitimer(ITIMER_PROF, &t, NULL);
}

void
give_up_begin(void)
{
	errno = 0;
	busy = 1;
	look(true);
}

void
give_up_after(unsigned ms, const char *what)
{
	hurried = 0;
	too_late = (struct wire_reply){ .status = RENDER_LIMIT, .last = 1,
	    .gave_up = 1 };
	(void)snprintf(too_late.error, sizeof too_late.error, "%s takes longer "
	    "than the limit of %u ms", what, ms);
	hurried = 1;
	timer(ms);
}

void
give_up_at_leisure(void)
{
	hurried = 0;
	timer(0);
}

void
give_up_end(void)
{
	busy = 0;
	look(false);
	give_up_at_leisure();
}
