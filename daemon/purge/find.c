/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vapi/vsm.h>
#include <event2/event.h>

#include "obj.h"
#include "purge/find.h"
#include "purge/purge.h"

struct find {
	unsigned	magic;
#define FIND_MAGIC	0x66696e64
	/* The thread's and the loop's; the last one frees. */
	atomic_uint	refs;
	int		fd;		/* eventfd: the thread is through */
	/* The loop's. */
	struct event	*event;
	void		(*done)(void *, const struct found *);
	void		*arg;
	/* The thread's, until it has written to fd. */
	char		*instance, *address, *secret_file; /* address: cut */
	struct found	found;
};

static void
find_release(struct find *f)
{
	if (atomic_fetch_sub(&f->refs, 1) > 1)
		return;
	(void)close(f->fd);
	free(f->instance);
	free(f->address);
	free(f->secret_file);
	if (f->found.secret != NULL)
		sodium_memzero(f->found.secret, f->found.secret_len);
	free(f->found.secret);
	f->magic = 0;
	free(f);
}

/*--------------------------------------------------------------------
 * In the thread
 */

static int __attribute__((format(printf, 2, 3)))
find_error(struct find *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(f->found.error, sizeof f->found.error, fmt, ap);
	va_end(ap);
	return (-1);
}

/* The whole of it, or an error: half a secret is another one. */
static int
find_read(struct find *f, int fd, const char *file)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return (find_error(f, "%s: not a regular file", file));
	f->found.secret = malloc(FIND_SECRET_MAX + 1);
	if (f->found.secret == NULL)
		return (find_error(f, "out of memory"));
	while (f->found.secret_len <= FIND_SECRET_MAX) {
		n = read(fd, f->found.secret + f->found.secret_len,
		    FIND_SECRET_MAX + 1 - f->found.secret_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (find_error(f, "%s: %s", file,
			    strerror(errno)));
		if (n == 0)
			return (0);
		f->found.secret_len += (size_t)n;
	}
	return (find_error(f, "%s: is larger than %d bytes", file,
	    FIND_SECRET_MAX));
}

/* A pipe would keep the thread for ever: it is opened without waiting. */
static int
find_secret(struct find *f, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int e;

	if (fd < 0)
		return (find_error(f, "%s: %s", file, strerror(errno)));
	e = find_read(f, fd, file);
	(void)close(fd);
	return (e);
}

static int
find_resolve(struct find *f, const char *host, const char *port)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list, *a;
	int e = getaddrinfo(host, port, &hints, &list);

	if (e != 0)
		return (find_error(f, "%s: %s", host, gai_strerror(e)));
	for (a = list; a != NULL && f->found.n < FIND_ADDRESSES;
	    a = a->ai_next) {
		(void)memcpy(&f->found.address[f->found.n], a->ai_addr,
		    a->ai_addrlen);
		f->found.address_len[f->found.n++] = a->ai_addrlen;
	}
	freeaddrinfo(list);
	return (0);
}

/* "host:port" or "[v6]:port"; varnishd writes "host port" too. Cuts *s*. */
static int
find_address(struct find *f, char *s)
{
	char *port = strrchr(s, ' ');
	size_t n;

	if (port == NULL)
		port = strrchr(s, ':');
	if (port == NULL)
		return (find_error(f, "%s: not host:port", s));
	*port++ = '\0';
	n = strlen(s);
	if (*s == '[' && n > 1 && s[n - 1] == ']') {
		s[n - 1] = '\0';
		s++;
	}
	return (find_resolve(f, s, port));
}

/* What varnishd tells varnishadm: a line an address, and the secret's file. */
static int
find_told(struct find *f, struct vsm *vsm)
{
	char *addresses = VSM_Dup(vsm, "Arg", "-T");
	char *file = VSM_Dup(vsm, "Arg", "-S"), *rest = NULL, *line;
	int e = -1;

	if (addresses == NULL)
		e = find_error(f, "varnishd %s has no -T", f->instance);
	else if (f->secret_file != NULL)
		e = find_secret(f, f->secret_file);
	else
		e = file != NULL ? find_secret(f, file) : 0;
	if (e == 0)
		for (line = strtok_r(addresses, "\n", &rest); line != NULL;
		    line = strtok_r(NULL, "\n", &rest))
			(void)find_address(f, line);
	free(addresses);
	free(file);
	return (f->found.n > 0 ? 0 : -1);
}

static int
find_instance(struct find *f)
{
	struct vsm *vsm = VSM_New();
	int e = -1;

	if (vsm == NULL)
		return (find_error(f, "out of memory"));
	if (VSM_Arg(vsm, 'n', f->instance) < 0 || VSM_Arg(vsm, 't', "0") < 0)
		(void)find_error(f, "%s", VSM_Error(vsm));
	else if (VSM_Attach(vsm, -1) != 0)
		(void)find_error(f, "varnishd %s is not running, or this user "
		    "is not in the group " VARNISH_GROUP, f->instance);
	else
		e = find_told(f, vsm);
	VSM_Destroy(&vsm);
	return (e);
}

static void
find_run(struct find *f)
{
	if (f->instance != NULL)
		(void)find_instance(f);
	else if ((f->secret_file == NULL ||
	    find_secret(f, f->secret_file) == 0) && f->address != NULL)
		(void)find_address(f, f->address);
	/* One good address of several is enough. */
	if (f->found.n > 0)
		f->found.error[0] = '\0';
	else if (f->instance != NULL && f->found.error[0] == '\0')
		(void)find_error(f, "varnishd %s has no -T", f->instance);
}

static void *
find_thread(void *arg)
{
	struct find *f = CAST_OBJ(arg, FIND_MAGIC);
	uint64_t one = 1;

	find_run(f);
	(void)!write(f->fd, &one, sizeof one);
	find_release(f);
	return (NULL);
}

/*--------------------------------------------------------------------
 * In the loop
 */

static void
on_found(evutil_socket_t fd, short what, void *arg)
{
	struct find *f = CAST_OBJ(arg, FIND_MAGIC);
	uint64_t one;

	(void)what;
	/* What the thread did before its write is ours after the read. */
	if (read(fd, &one, sizeof one) != sizeof one) {
		(void)event_add(f->event, NULL);
		return;
	}
	event_free(f->event);
	f->event = NULL;
	f->done(f->arg, &f->found);
	find_release(f);
}

static int
find_spawn(struct find *f)
{
	pthread_attr_t attr;
	pthread_t thread;
	int e;

	if (pthread_attr_init(&attr) != 0)
		return (-1);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)atomic_fetch_add(&f->refs, 1);
	e = pthread_create(&thread, &attr, find_thread, f);
	(void)pthread_attr_destroy(&attr);
	if (e != 0)
		(void)atomic_fetch_sub(&f->refs, 1);
	return (e == 0 ? 0 : -1);
}

/* NULL stays NULL. Returns false when there is no memory. */
static int
find_copy(char **out, const char *s)
{
	*out = s != NULL ? strdup(s) : NULL;
	return (s == NULL || *out != NULL);
}

struct find *
find_start(struct event_base *base, const struct purge_target_conf *conf,
    void (*done)(void *, const struct found *), void *arg)
{
	struct find *f = calloc(1, sizeof *f);

	if (f == NULL)
		return (NULL);
	f->magic = FIND_MAGIC;
	atomic_init(&f->refs, 1);
	f->done = done;
	f->arg = arg;
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->event = f->fd < 0 ? NULL :
	    event_new(base, f->fd, EV_READ, on_found, f);
	if (f->event != NULL && event_add(f->event, NULL) == 0 &&
	    find_copy(&f->instance, conf->instance) &&
	    find_copy(&f->address, conf->listen != NULL ? conf->listen :
	    conf->address) &&
	    find_copy(&f->secret_file, conf->secret_file) &&
	    find_spawn(f) == 0)
		return (f);
	find_cancel(f);
	return (NULL);
}

void
find_cancel(struct find *f)
{
	if (f == NULL)
		return;
	if (f->event != NULL)
		event_free(f->event);
	find_release(f);
}
