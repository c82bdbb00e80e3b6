/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET /metrics: counters and times in Prometheus's text form 0.0.4. Names,
 * units and suffixes by its naming conventions: base units, _total for
 * counters, _seconds.
 */
#include "config.h"

#include <event2/buffer.h>

#include "api/api.h"
#include "api/endpoints.h"
#include "api/metrics.h"
#include "api/monitor.h"
#include "api/ready.h"
#include "base/clock.h"
#include "map.h"
#include "purge/purge.h"
#include "render/render.h"
#include "store/store_plan.h"

static void
route_labels(char *buf, size_t size, const struct metrics *m, size_t i)
{
	const struct route *table;

	(void)routes(&table);
	if (i + 1 == m->n)
		(void)snprintf(buf, size, "route=\"picture\",method=\"GET\"");
	else
		(void)snprintf(buf, size, "route=\"%s\",method=\"%s\"",
		    table[i].pattern, table[i].method);
}

static void
write_requests(struct evbuffer *b, const struct metrics *m)
{
	char labels[256];

	monitor_head(b, "moniker_http_requests_total", "counter",
	    "Requests by route and status; code 0: the peer went first.");
	for (size_t i = 0; i < m->n; i++) {
		route_labels(labels, sizeof labels, m, i);
		for (int s = 0; s < METRICS_CODES; s++)
			if (m->route[i].code[s] > 0)
				(void)evbuffer_add_printf(b,
				    "moniker_http_requests_total{%s,"
				    "code=\"%d\"} %llu\n", labels, s,
				    (unsigned long long)m->route[i].code[s]);
	}
}

/* *counts* has one more than *limits*, for what is above them all. */
static void
write_histogram(struct evbuffer *b, const char *name, const char *labels,
    const int64_t *limits, size_t n_limits, const uint64_t *counts,
    uint64_t sum_us)
{
	unsigned long long n = 0;

	for (size_t i = 0; i < n_limits; i++) {
		n += counts[i];
		(void)evbuffer_add_printf(b, "%s_bucket{%s,le=\"%g\"} %llu\n",
		    name, labels, (double)limits[i] / 1e6, n);
	}
	n += counts[n_limits];
	(void)evbuffer_add_printf(b, "%s_bucket{%s,le=\"+Inf\"} %llu\n"
	    "%s_sum{%s} %.6f\n%s_count{%s} %llu\n", name, labels, n, name,
	    labels, (double)sum_us / 1e6, name, labels, n);
}

static bool
any(const uint64_t *counts, size_t n)
{
	while (n-- > 0)
		if (counts[n] > 0)
			return (true);
	return (false);
}

static void
write_durations(struct evbuffer *b, const struct metrics *m)
{
	static const char name[] = "moniker_http_request_duration_seconds";
	char labels[256];

	monitor_head(b, name, "histogram",
	    "From the head's last byte to the answer's.");
	for (size_t i = 0; i < m->n; i++) {
		if (!any(m->route[i].bucket, METRICS_BOUNDS + 1))
			continue;
		route_labels(labels, sizeof labels, m, i);
		write_histogram(b, name, labels, metrics_bounds, METRICS_BOUNDS,
		    m->route[i].bucket, m->route[i].sum_us);
	}
}

static void
write_render_times(struct evbuffer *b, const struct render_pool *pool)
{
	static const char name[] = "moniker_render_duration_seconds";
	struct render_time t;
	char labels[64];

	monitor_head(b, name, "histogram", "In a worker's hands, by the "
	    "heaviest family of operations and the format that came out.");
	for (size_t i = 0; render_pool_time(pool, i, &t); i++) {
		if (!any(t.bucket, RENDER_TIME_BOUNDS + 1))
			continue;
		(void)snprintf(labels, sizeof labels,
		    "operation=\"%s\",format=\"%s\"", t.operation, t.format);
		write_histogram(b, name, labels, render_time_bounds,
		    RENDER_TIME_BOUNDS, t.bucket, t.sum_us);
	}
}

static void
write_purges(struct evbuffer *b, const struct metrics *m)
{
	const char *const *kinds = metrics_purge_kinds;

	monitor_head(b, "moniker_purges_total", "counter",
	    "Purges asked for: accepted, or refused as over the quota.");
	for (size_t k = 0; k < PURGE_KINDS; k++)
		(void)evbuffer_add_printf(b, "moniker_purges_total{kind=\"%s\","
		    "result=\"accepted\"} %llu\nmoniker_purges_total{kind="
		    "\"%s\",result=\"over_quota\"} %llu\n", kinds[k],
		    (unsigned long long)m->purges[k][true], kinds[k],
		    (unsigned long long)m->purges[k][false]);
}

static void
write_respelled(struct evbuffer *b, const struct metrics *m)
{
	monitor_head(b, "moniker_urls_respelled_total", "counter",
	    "Other spellings of a picture's URL for which a Varnish was told "
	    "the canonical one.");
	(void)evbuffer_add_printf(b, "moniker_urls_respelled_total %llu\n",
	    (unsigned long long)m->respelled);
}

static void
write_borrowed(struct evbuffer *b, const struct metrics *m)
{
	monitor_head(b, "moniker_org_fallbacks_total", "counter",
	    "Requests for an image that the organization lacks and its "
	    "render_org_fallback has.");
	(void)evbuffer_add_printf(b, "moniker_org_fallbacks_total %llu\n",
	    (unsigned long long)m->borrowed);
}

/* Name, type, help, value: of one number each. */
#define RENDER_METRICS(M)						\
	M(moniker_render_workers, gauge, "Worker processes alive.", workers) \
	M(moniker_render_busy_workers, gauge, "Workers that render.", busy) \
	M(moniker_render_queue_length, gauge, "Jobs that wait.", waiting) \
	M(moniker_renders_total, counter, "Pictures made.", rendered)	\
	M(moniker_renders_joined_total, counter,			\
	    "Requests that shared a render under way.", joined)		\
	M(moniker_render_queue_probes, gauge,				\
	    "Of those, uploads to be looked at.", probes)		\
	M(moniker_render_recycled_workers_total, counter,		\
	    "Workers ended before they saw another organization.", recycled) \
	M(moniker_render_crashes_total, counter,			\
	    "Workers that died or were killed.", crashed)		\
	M(moniker_renders_refused_total, counter,			\
	    "Renders refused with 503, the queue being full.", refused)

static void
write_render(struct evbuffer *b, const struct render_pool *pool)
{
	struct render_stats s;

	render_pool_stats(pool, &s);
#define M(name, type, help, field)					\
	monitor_head(b, #name, #type, help);				\
	(void)evbuffer_add_printf(b, #name " %llu\n",			\
	    (unsigned long long)s.field);
	RENDER_METRICS(M)
#undef M
}

/* Name, type, help, format and value of the store's numbers *s*. */
#define STORE_METRICS(M)						\
	M(moniker_store_transactions_total, counter,			\
	    "Transactions, each of writes that waited.", "%llu",	\
	    (unsigned long long)s.batches)				\
	M(moniker_store_failed_transactions_total, counter,		\
	    "Transactions rolled back: disk full or broken.", "%llu",	\
	    (unsigned long long)s.failed_batches)			\
	M(moniker_store_writes_total, counter, "Writes in all of them.", \
	    "%llu", (unsigned long long)s.jobs)				\
	M(moniker_store_commit_seconds_total, counter,			\
	    "Time that all of them took.", "%.6f",			\
	    (double)s.commit_us / 1e6)					\
	M(moniker_map_publish_seconds_total, counter,			\
	    "Time that it took to bring them to the map.", "%.6f",	\
	    (double)s.publish_us / 1e6)					\
	M(moniker_store_failing, gauge,					\
	    "1 when the last transaction failed.", "%d", s.failing ? 1 : 0) \
	M(moniker_store_free_bytes, gauge,				\
	    "Room on the data folder's disk.", "%llu",			\
	    (unsigned long long)s.disk_free)

static void
write_store(struct evbuffer *b, struct store *store)
{
	struct store_stats s;

	store_stats(store, &s);
#define M(metric, type, help, fmt, value)				\
	monitor_head(b, #metric, #type, help);				\
	(void)evbuffer_add_printf(b, #metric " " fmt "\n", value);
	STORE_METRICS(M)
#undef M
}

static void
write_plans(struct evbuffer *b, struct store *store)
{
	struct store_plan_stats s;

	store_plan_stats(store, &s);
	monitor_head(b, "moniker_plans_pending", "gauge",
	    "Planned changes that have yet to happen, or to go back.");
	(void)evbuffer_add_printf(b, "moniker_plans_pending %llu\n",
	    (unsigned long long)s.pending);
	monitor_head(b, "moniker_plans_total", "counter",
	    "Planned changes whose time came.");
	(void)evbuffer_add_printf(b, "moniker_plans_total{result=\"done\"} "
	    "%llu\nmoniker_plans_total{result=\"failed\"} %llu\n",
	    (unsigned long long)s.fired, (unsigned long long)s.failed);
}

static void
write_map(struct evbuffer *b, const struct map_status *s, int64_t now_ms)
{
	static const char *const kinds[MAP_KINDS] = {
		[MAP_KIND_ALIAS] = "alias",
		[MAP_KIND_SOURCE] = "source",
		[MAP_KIND_STACK] = "stack",
		[MAP_KIND_ORGANIZATION] = "organization",
		[MAP_KIND_FALLBACK] = "fallback",
		[MAP_KIND_PLAN] = "plan",
		[MAP_KIND_PREVIEW] = "preview",
	};

	monitor_head(b, "moniker_map_records", "gauge",
	    "Records of the shared map.");
	for (int k = 1; k < MAP_KINDS; k++)
		(void)evbuffer_add_printf(b, "moniker_map_records{kind=\"%s\"}"
		    " %llu\n", kinds[k], (unsigned long long)s->entries[k]);
	monitor_head(b, "moniker_map_generation", "gauge",
	    "The map's generation; rises when it is made anew. 0: no map.");
	(void)evbuffer_add_printf(b, "moniker_map_generation %llu\n",
	    (unsigned long long)s->generation);
	monitor_head(b, "moniker_map_heartbeat_age_seconds", "gauge",
	    "Since the map's last sign of life; under 1 when all is well.");
	(void)evbuffer_add_printf(b, "moniker_map_heartbeat_age_seconds "
	    "%.3f\n", s->heartbeat_ms == 0 ? 0.0 :
	    (double)(now_ms - (int64_t)s->heartbeat_ms) / 1000);
}

static double
target_lag(const struct purge_target_status *t, int64_t now_ms)
{
	return (t->oldest_ms == 0 ? 0.0 :
	    (double)(now_ms - t->oldest_ms) / 1000);
}

/* Name, type, help, format and value of a target's status *t*. */
#define TARGET_METRICS(M)						\
	M(moniker_purge_target_up, gauge,				\
	    "1 while the CLI connection is authenticated.", "%d",	\
	    t.connected ? 1 : 0)					\
	M(moniker_purge_pending_bans, gauge,				\
	    "Bans that the target has yet to acknowledge.", "%u", t.pending) \
	M(moniker_purge_lag_seconds, gauge,				\
	    "Age of the oldest of them.", "%.3f", target_lag(&t, now_ms)) \
	M(moniker_purge_acknowledged_bans_total, counter,		\
	    "Bans acknowledged.", "%llu", (unsigned long long)t.acked)	\
	M(moniker_purge_failed_bans_total, counter,			\
	    "Bans that failed and are tried again.", "%llu",		\
	    (unsigned long long)t.failed)

static void
write_targets(struct evbuffer *b, const struct purge *p, int64_t now_ms)
{
	struct purge_target_status t;

#define M(metric, type, help, fmt, value)				\
	monitor_head(b, #metric, #type, help);				\
	for (size_t i = 0; i < purge_targets(p); i++) {			\
		purge_target_status(p, i, &t);				\
		(void)evbuffer_add_printf(b, #metric "{target=\"%s\"} " fmt \
		    "\n", t.name, value);				\
	}
	TARGET_METRICS(M)
#undef M
}

/*--------------------------------------------------------------------*/

static void
write_ready(struct evbuffer *b, const struct call *c,
    const struct map_status *map)
{
	monitor_head(b, "moniker_ready", "gauge",
	    "1 while /ready answers 200; else it says why not.");
	(void)evbuffer_add_printf(b, "moniker_ready %d\n",
	    ready_why_not(c, map) == NULL ? 1 : 0);
}

static void
metrics_get(struct call *c)
{
	struct evbuffer *b = evbuffer_new();
	struct map_status map;

	if (b == NULL) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	ready_map(c, &map);
	monitor_head(b, "moniker_build_info", "gauge",
	    "The version that runs.");
	(void)evbuffer_add_printf(b, "moniker_build_info{version=\"%s\"} 1\n",
	    PACKAGE_VERSION);
	write_ready(b, c, &map);
	write_requests(b, c->api->metrics);
	write_durations(b, c->api->metrics);
	write_respelled(b, c->api->metrics);
	write_borrowed(b, c->api->metrics);
	write_render(b, c->api->pool);
	write_render_times(b, c->api->pool);
	monitor_cage(b, c->api->pool);
	monitor_formats(b, c->api->pool);
	monitor_shares(b, c->api->pool);
	monitor_fetches(b, c->api);
	monitor_hooks(b, c->api);
	write_store(b, c->api->store);
	monitor_bucket(b, c->api->store);
	write_plans(b, c->api->store);
	write_map(b, &map, clock_wall_ms());
	write_purges(b, c->api->metrics);
	monitor_fallbacks(b, c->api);
	monitor_purge_quotas(b, c->api);
	monitor_quotas(b, c->api->store);
	write_targets(b, c->api->purge, clock_wall_ms());
	http_add_header(c->req, "Content-Type", "text/plain; version=0.0.4");
	c->answered = true;
	http_reply(c->req, 200, b);
	evbuffer_free(b);
}

const struct endpoint endpoint_metrics = {
	.seen = SEEN_LOCAL | SEEN_MONITOR, .handle = metrics_get,
};
