/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The senders of bans on a real store, without the rest of the daemon, for the
 * tests of this area:
 *
 *	purge_send DIR TARGET... [-- ALIAS...]
 *
 * opens the store in DIR, makes organization "o" when it is not there, sets
 * the targets, each "name=WAY:VALUE" as in monikerd.conf, and maybe
 * "@SECRETFILE" and then ",timeout=MS", ",repeat=MS" or ",patience=MS" or at
 * last ",organization=NAME", purges the aliases and runs until nothing is owed,
 * or, with PURGE_SEND_MS in the environment, for that long. Prints a line
 * whenever a target's state changes.
 */
#include "config.h"

#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <signal.h>
#include <event2/event.h>

#include "log.h"
#include "purge/purge.h"
#include "store/store_org.h"

#define TARGETS_MAX	8
#define LIMIT_MS	30000
#define TICK_MS		20

static struct event_base *base;
static struct store *store;
static struct purge *purge;
static struct purge_target_conf confs[TARGETS_MAX];
static size_t n_confs;
static unsigned jobs;			/* not done yet */
static long left_ms = LIMIT_MS;
static bool stay;			/* until the time is over */
static char shown[TARGETS_MAX][256];

static void
on_outbox(void *arg)
{
	(void)arg;
	if (purge != NULL)
		purge_kick(purge);
}

static void
on_publish(void *arg, const struct store_change *c, size_t n, uint64_t seq)
{
	(void)arg;
	(void)c;
	(void)n;
	(void)seq;
}

static void
on_org(struct store_job *job)
{
	if (job->status != STORE_OK && job->status != STORE_CREATED)
		(void)printf("org status=%d\n", job->status);
	jobs--;
	free(job);
}

static void
on_purge(struct store_job *job)
{
	struct store_purge *p = (struct store_purge *)job;

	(void)printf("purge %s status=%d\n", p->key, job->status);
	jobs--;
	free(p->sources);
	free(p);
}

/* True when nothing is owed. */
static bool
show(void)
{
	struct purge_target_status s;
	char line[256];
	bool done = true;

	for (size_t i = 0; i < purge_targets(purge); i++) {
		purge_target_status(purge, i, &s);
		(void)snprintf(line, sizeof line, "%s connected=%d pending=%u "
		    "acked=%llu error=\"%s\"", s.name, s.connected, s.pending,
		    (unsigned long long)s.acked, s.error);
		if (strcmp(line, shown[i]) != 0) {
			(void)strcpy(shown[i], line);
			(void)puts(line);
			(void)fflush(stdout);
		}
		done = done && s.pending == 0;
	}
	return (done);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	bool done = show();

	(void)fd;
	(void)what;
	(void)arg;
	left_ms -= TICK_MS;
	if ((done && jobs == 0 && !stay) || left_ms <= 0)
		(void)event_base_loopbreak(base);
}

/* Cuts "key=value" off at the comma before it. */
static unsigned
option(char *text, const char *key)
{
	char *at = strstr(text, key);

	if (at == NULL)
		return (0);
	*at = '\0';
	return ((unsigned)atoi(at + strlen(key)));
}

static const struct {
	const char	*word;
	size_t		at;
} kinds[] = {
	{ "instance:", offsetof(struct purge_target_conf, instance) },
	{ "address:", offsetof(struct purge_target_conf, address) },
	{ "listen:", offsetof(struct purge_target_conf, listen) },
	{ "url:", offsetof(struct purge_target_conf, url) },
	{ "webhook:", offsetof(struct purge_target_conf, webhook) },
};

static int
target(char *text)
{
	struct purge_target_conf *t = &confs[n_confs];
	char *kind = strchr(text, '=');

	if (kind == NULL || n_confs == TARGETS_MAX)
		return (-1);
	t->organization = strstr(text, ",organization=");
	if (t->organization != NULL) {
		*t->organization = '\0';
		t->organization += strlen(",organization=");
	}
	t->repeat_ms = option(text, ",repeat=");
	t->timeout_ms = option(text, ",timeout=");
	t->patience_ms = option(text, ",patience=");
	*kind++ = '\0';
	t->name = text;
	t->secret_file = strchr(kind, '@');
	if (t->secret_file != NULL)
		*t->secret_file++ = '\0';
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(kind, kinds[i].word, strlen(kinds[i].word)) == 0)
			*(char **)(void *)((char *)t + kinds[i].at) =
			    kind + strlen(kinds[i].word);
	n_confs++;
	return (0);
}

static void
enqueue(const char *alias)
{
	struct store_purge *p = calloc(1, sizeof *p);

	if (p == NULL)
		abort();
	(void)strcpy(p->org, "o");
	(void)snprintf(p->key, sizeof p->key, "%s", alias);
	p->kind = PURGE_ALIAS;
	p->job.done = on_purge;
	jobs++;
	store_purge(store, p);
}

static void
organization(void)
{
	struct store_org_put *o = calloc(1, sizeof *o);

	if (o == NULL)
		abort();
	(void)strcpy(o->org.name, "o");
	o->job.done = on_org;
	jobs++;
	store_org_put(store, o);
}

static int
run(const char *dir, char **aliases)
{
	struct store_conf sc = { .dir = dir, .publish = on_publish,
	    .outbox = on_outbox };
	struct timeval tick = { 0, TICK_MS * 1000L };
	struct event *timer;
	char err[256];

	sc.base = base = event_base_new();
	store = store_open(&sc, err, sizeof err);
	purge = store == NULL ? NULL :
	    purge_new(base, store, confs, n_confs, err, sizeof err);
	if (purge == NULL) {
		(void)fprintf(stderr, "purge_send: %s\n", err);
		return (1);
	}
	organization();
	for (; *aliases != NULL; aliases++)
		enqueue(*aliases);
	timer = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	(void)event_add(timer, &tick);
	(void)event_base_dispatch(base);
	event_free(timer);
	(void)show();
	purge_free(purge);
	store_close(store);
	event_base_free(base);
	return (left_ms <= 0 && !stay);
}

/* One that was free a moment ago: varnishd's -M takes no other. */
static int
free_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sa;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return (1);
	(void)printf("%u\n", ntohs(sa.sin_port));
	return (0);
}

int
main(int argc, char **argv)
{
	const char *ms = getenv("PURGE_SEND_MS");
	int i;

	if (argc == 2 && strcmp(argv[1], "free-port") == 0)
		return (free_port());
	if (ms != NULL) {
		left_ms = atol(ms);
		stay = true;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (target(argv[i]) != 0)
			return (64);
	if (argc < 3 || sodium_init() < 0)
		return (64);
	return (run(argv[1], i < argc ? argv + i + 1 : argv + i));
}
