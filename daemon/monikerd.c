/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the parts together and runs the event loop. */
#include "config.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "api/api.h"
#include "api/shared.h"
#include "bucket_conf.h"
#include "conf.h"
#include "listen.h"
#include "log.h"
#include "map.h"
#include "monikerd.h"
#include "notify.h"
#include "obj.h"
#include "publish.h"
#include "unreachable.h"

#define HEARTBEAT_MS	100
#define HURRY_MS	1	/* between two, while they have much to do */
/* Running requests may end within this after a signal. */
#define DRAIN_MS	5000

struct daemon {
	unsigned		magic;
#define DAEMON_MAGIC		0x4eb7a176
	struct conf		*conf;
	const char		*conf_file;
	struct event_base	*base;
	struct publisher	*publisher;
	struct store		*store;
	struct render_pool	*pool;
	struct purge		*purge;
	struct fetch		*fetch;
	struct hooks		*hooks;
	struct api		*api;
	struct http_server	*http;
	struct event		*heartbeat, *hurry, *drain;
	struct event		*sigterm, *sigint, *sighup;
	unsigned		watchdog_ms, since_watchdog_ms;
	bool			stopping;
};

/*
 * A map of millions whose folder was removed is made anew in many pieces.
 * Between two of them the loop serves, and the store's thread gets the map.
 */
static void
on_hurry(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = { 0, HURRY_MS * 1000L };
	struct daemon *d = CAST_OBJ(arg, DAEMON_MAGIC);

	(void)fd;
	(void)what;
	if (publisher_heartbeat(d->publisher))
		(void)event_add(d->hurry, &soon);
}

static bool
on_ready(void *publisher)
{
	return (publisher_alive(publisher));
}

static void
on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = CAST_OBJ(arg, DAEMON_MAGIC);

	on_hurry(fd, what, arg);
	d->since_watchdog_ms += HEARTBEAT_MS;
	if (d->watchdog_ms == 0 || d->since_watchdog_ms < d->watchdog_ms)
		return;
	d->since_watchdog_ms = 0;
	notify("WATCHDOG=1");
}

static void
on_drain(evutil_socket_t fd, short what, void *arg)
{
	static int waited;
	struct daemon *d = CAST_OBJ(arg, DAEMON_MAGIC);

	(void)fd;
	(void)what;
	waited += HEARTBEAT_MS;
	if (http_server_connections(d->http) == 0 || waited >= DRAIN_MS)
		(void)event_base_loopbreak(d->base);
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	static const struct timeval tick = { 0, HEARTBEAT_MS * 1000L };
	struct daemon *d = CAST_OBJ(arg, DAEMON_MAGIC);

	(void)what;
	if (d->stopping) {
		(void)event_base_loopbreak(d->base);
		return;
	}
	d->stopping = true;
	log_info("stopping", KV("signal", (int)sig));
	notify("STOPPING=1");
	http_server_drain(d->http);
	/* Each is told how its purge stands, rather than cut off. */
	purge_wait_no_more(d->purge);
	if (http_server_connections(d->http) == 0)
		(void)event_base_loopbreak(d->base);
	else
		(void)event_add(d->drain, &tick);
}

/* To Varnish, which says it to browsers. */
static void
daemon_settings(struct daemon *d)
{
	const struct map_settings s = {
		.alias_max_age = d->conf->alias_max_age,
		.alias_swr = d->conf->alias_swr,
		.alias_fallback = d->conf->alias_fallback != 0
	};

	const struct store_limits l = {
		.purges[PURGE_ALIAS] = d->conf->purges_alias,
		.purges[PURGE_STACK] = d->conf->purges_stack,
		.purges[PURGE_SOURCE] = d->conf->purges_source,
		.quota[USE_IMAGES] = (int64_t)d->conf->quota_images,
		.quota[USE_BYTES] = (int64_t)d->conf->quota_bytes,
		.quota[USE_ALIASES] = (int64_t)d->conf->quota_aliases,
		.quota[USE_STACKS] = (int64_t)d->conf->quota_stacks,
		.quota[USE_KEYS] = (int64_t)d->conf->quota_keys,
		.quota[USE_HISTORY] = (int64_t)d->conf->quota_history,
		.disk_free = d->conf->ready_free,
		.audit_days = d->conf->audit_days,
		.audit_max = (int64_t)d->conf->audit_max,
		.read_ms = d->conf->search_max_ms,
		.overwrite_purges = d->conf->overwrite_purges != 0,
		.hook_queue = (int64_t)d->conf->hook.queue,
	};

	publisher_settings(d->publisher, &s);
	publisher_bound(d->publisher, d->conf->map_max);
	store_limits_set(d->store, &l);
}

static void
on_conf_told(void *arg, const struct conf_key *k, bool taken)
{
	const char *name = k != NULL ? k->name : "varnish";

	(void)arg;
	if (taken)
		log_info("reload", KV("key", name), KV("taken", 1));
	else
		log_warn("reload", "restart monikerd for it", KV("key", name),
		    KV("taken", 0));
}

static void
on_hup(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = CAST_OBJ(arg, DAEMON_MAGIC);
	enum log_level level;
	char err[512];

	(void)sig;
	(void)what;
	if (conf_reload(d->conf, d->conf_file, on_conf_told, NULL, err,
	    sizeof err) != 0) {
		log_error("reload", "mend it and send SIGHUP again; until then "
		    "all stays as it was", KV("error", err));
		return;
	}
	if (log_level_parse(d->conf->log_level, &level) == 0)
		log_set_level(level);
	http_server_set_limits(d->http, &d->conf->http);
	daemon_settings(d);
	api_reload(d->api);
	log_info("reloaded", KV("file", d->conf_file));
}

static void
on_outbox(void *arg)
{
	struct daemon *d = CAST_OBJ(arg, DAEMON_MAGIC);

	if (d->purge != NULL)
		purge_kick(d->purge);
}

static void
on_hooked(void *arg)
{
	struct daemon *d = CAST_OBJ(arg, DAEMON_MAGIC);

	if (d->hooks != NULL)
		hooks_kick(d->hooks);
}

static int
daemon_serve(struct daemon *d, int fd, int tag)
{
	return (fd < 0 ? -1 : http_server_listen(d->http, fd, tag));
}

/* Listens on TCP if *address* is given. */
static int
daemon_listen_tcp(struct daemon *d, const char *address, int tag, char *err,
    size_t err_len)
{

	if (*address == '\0')
		return (0);
	return (daemon_serve(d, listen_tcp(address, err, err_len), tag));
}

/* The local socket is for the daemon's user; the others are for Varnish. */
static int
daemon_listen(struct daemon *d, char *err, size_t err_len)
{
	const struct conf *c = d->conf;

	http_server_spare(d->http, LISTEN_LOCAL);
	if (daemon_serve(d, listen_unix(c->image_socket, 0666, err, err_len),
	    LISTEN_IMAGE) != 0 ||
	    daemon_serve(d, listen_unix(c->api_socket, 0666, err, err_len),
	    LISTEN_API) != 0 ||
	    daemon_serve(d, listen_unix(c->local_socket, 0600, err, err_len),
	    LISTEN_LOCAL) != 0 ||
	    daemon_listen_tcp(d, c->image_listen, LISTEN_IMAGE, err,
	    err_len) != 0 ||
	    daemon_listen_tcp(d, c->api_listen, LISTEN_API, err,
	    err_len) != 0 ||
	    daemon_listen_tcp(d, c->metrics_listen, LISTEN_MONITOR, err,
	    err_len) != 0)
		return (-1);
	return (0);
}

/* The database, and the map that follows it. */
static int
daemon_start_data(struct daemon *d, bool anew, char *err, size_t err_len)
{
	struct store_conf sc = {
		.dir = d->conf->store_dir, .base = d->base,
		.publish = publisher_publish,
		.outbox = on_outbox, .outbox_arg = d,
		.hooked = on_hooked, .hooked_arg = d, .anew = anew,
	};
	const struct store_bucket_conf bucket = bucket_conf(d->conf);
	struct store_follower follower;

	if (*d->conf->s3_url != '\0')
		sc.bucket = &bucket;
	(void)snprintf(err, err_len, "out of memory");
	d->publisher = publisher_new();
	if (d->publisher == NULL)
		return (-1);
	sc.publish_arg = d->publisher;
	if (publisher_found(d->conf->map_dir, &follower))
		sc.follower = &follower;
	d->store = store_open(&sc, err, err_len);
	if (d->store == NULL)
		return (-1);
	daemon_settings(d);
	/* The data is ours alone now: that is of one that was killed. */
	notify_file_remove(d->conf->ready_file);
	return (publisher_attach(d->publisher, d->conf->map_dir, d->store, err,
	    err_len));
}

/* Each part needs those before it. Returns -1 and a sentence in *err*. */
static int
daemon_start(struct daemon *d, char *err, size_t err_len)
{
	if (daemon_start_data(d, false, err, err_len) != 0 ||
	    (d->pool = render_pool_new(d->base, &d->conf->render, err,
	    err_len)) == NULL ||
	    (d->purge = purge_new(d->base, d->store, d->conf->targets,
	    d->conf->n_targets, err, err_len)) == NULL)
		return (-1);
	(void)snprintf(err, err_len, "out of memory");
	d->fetch = fetch_new(d->base, &d->conf->fetch);
	d->hooks = hooks_new(d->base, d->store, &d->conf->hook_fetch,
	    &d->conf->hook);
	if (d->fetch == NULL || d->hooks == NULL)
		return (-1);
	d->api = api_new(d->conf, d->store, d->pool, d->purge, d->fetch);
	if (d->api != NULL)
		d->api->hooks = d->hooks;
	if (d->api == NULL || (d->http = http_server_new(d->base,
	    &d->conf->http, &api_handler, d->api)) == NULL)
		return (-1);
	api_on_ready(d->api, on_ready, d->publisher);
	if (daemon_listen(d, err, err_len) != 0)
		return (-1);
	purge_kick(d->purge);
	hooks_kick(d->hooks);
	return (0);
}

static void
daemon_stop(struct daemon *d)
{
	struct event *const events[] = { d->heartbeat, d->hurry, d->drain,
	    d->sigterm, d->sigint, d->sighup };

	/* Fails the requests that wait for it while there still is a server. */
	fetch_free(d->fetch);
	hooks_free(d->hooks);
	d->hooks = NULL;
	api_stop(d->api);
	http_server_free(d->http);
	/* The store's last jobs find it no more: on_outbox(), purge_report(). */
	purge_free(d->purge);
	d->purge = NULL;
	render_pool_free(d->pool);
	/* Its last jobs still publish and answer. */
	store_close(d->store);
	publisher_free(d->publisher);
	api_free(d->api);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i] != NULL)
			event_free(events[i]);
	/* A buffer whose callback is due is only freed once that has run. */
	(void)event_base_loop(d->base, EVLOOP_NONBLOCK);
	event_base_free(d->base);
}

static int
daemon_events(struct daemon *d)
{
	static const struct timeval tick = { 0, HEARTBEAT_MS * 1000L };

	d->heartbeat = event_new(d->base, -1, EV_PERSIST, on_heartbeat, d);
	d->hurry = event_new(d->base, -1, 0, on_hurry, d);
	d->drain = event_new(d->base, -1, EV_PERSIST, on_drain, d);
	d->sigterm = evsignal_new(d->base, SIGTERM, on_signal, d);
	d->sigint = evsignal_new(d->base, SIGINT, on_signal, d);
	d->sighup = evsignal_new(d->base, SIGHUP, on_hup, d);
	if (d->heartbeat == NULL || d->hurry == NULL || d->drain == NULL ||
	    d->sigterm == NULL || d->sigint == NULL || d->sighup == NULL)
		return (-1);
	(void)event_add(d->heartbeat, &tick);
	(void)event_add(d->sigterm, NULL);
	(void)event_add(d->sigint, NULL);
	(void)event_add(d->sighup, NULL);
	return (0);
}

/* What to do about *err*, which ended the start. */
static const char *
start_hint(const struct daemon *d, const char *err)
{
	static const int denied[] = { EACCES, EPERM, EROFS };

	for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
		if (strstr(err, strerror(denied[i])) != NULL)
			return ("start it as a user who may write there, or "
			    "give that user the folder");
	/* Whatever comes last in daemon_start() */
	if (d->http != NULL)
		return ("stop what uses the address, or set another one in "
		    "monikerd.conf");
	if (d->pool == NULL && d->publisher != NULL)
		return ("mend it and start again; monikerd --fsck looks at "
		    "the data");
	return ("mend it and start again");
}

int
monikerd_run(struct conf *conf, const char *file)
{
	struct daemon d = {
		.magic = DAEMON_MAGIC, .conf = conf, .conf_file = file,
		.watchdog_ms = notify_watchdog_ms()
	};
	const char *hint;
	char err[512];
	int rc = EX_UNAVAILABLE;

	d.base = http_event_base();
	if (d.base == NULL || daemon_events(&d) != 0) {
		log_error("start", "free some, or raise the limit of the unit",
		    KV("error", "out of memory"));
		return (EX_OSERR);
	}
	if (daemon_start(&d, err, sizeof err) != 0) {
		hint = start_hint(&d, err);
		log_error("start", hint, KV("error", err));
	} else if (notify_file(conf->pid_file) != 0 ||
	    notify_file(conf->ready_file) != 0)
		log_error("start", "pid_file or ready_file cannot be written: "
		    "look at its folder", KV("error", strerror(errno)));
	else {
		log_info("ready", KV("version", PACKAGE_VERSION),
		    KV("image", conf->image_socket),
		    KV("api", conf->api_socket), KV("map", conf->map_dir));
		unreachable_warn(d.store);
		notify("READY=1");
		(void)event_base_dispatch(d.base);
		rc = EX_OK;
		notify_file_remove(conf->ready_file);
	}
	daemon_stop(&d);
	return (rc);
}

int
monikerd_begin_anew(struct conf *conf)
{
	struct daemon d = { .magic = DAEMON_MAGIC, .conf = conf };
	char err[512];
	int rc;

	d.base = http_event_base();
	if (d.base == NULL)
		return (EX_OSERR);
	rc = daemon_start_data(&d, true, err, sizeof err);
	if (rc != 0)
		(void)fprintf(stderr, "monikerd: %s\n", err);
	else
		(void)printf("%s: has an empty database now\n",
		    conf->store_dir);
	daemon_stop(&d);
	return (rc == 0 ? EX_OK : EX_UNAVAILABLE);
}
