/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of monikerd.conf: each one once. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "conf.h"
#include "conf_keys.h"

#define LIVE	true
#define START	false
#define FIELD(type, f)	offsetof(type, f), sizeof ((type *)0)->f

/*
 * Name, field, default; for text what it must be, for a number its range and
 * the factor of the unit in its name; whether a reload takes it over.
 */
#define TEXT(n, f, d, check, when)					\
	{ #n, d, CONF_ ## check, 0, 0, 1, when, FIELD(struct conf, f) }
#define NUMBER(n, f, d, lo, hi, unit, when)				\
	{ #n, #d, CONF_NUMBER, lo, hi, unit, when, FIELD(struct conf, f) }

static const struct conf_key keys[] = {
	TEXT(map_dir, map_dir, "/run/moniker/map", PATH, START),
	TEXT(store_dir, store_dir, "/var/lib/moniker", PATH, START),
	TEXT(image_socket, image_socket, "/run/moniker/image.sock", SOCKET,
	    START),
	TEXT(api_socket, api_socket, "/run/moniker/api.sock", SOCKET, START),
	TEXT(local_socket, local_socket, "/run/moniker/local.sock", SOCKET,
	    START),
	TEXT(image_listen, image_listen, "", LISTEN, START),
	TEXT(api_listen, api_listen, "", LISTEN, START),
	TEXT(metrics_listen, metrics_listen, "", LISTEN, START),
	TEXT(dashboard_dir, dashboard_dir, "/usr/share/moniker/dashboard", FILE,
	    LIVE),
	TEXT(api_url, api_url, "", ORIGIN, LIVE),
	TEXT(pid_file, pid_file, "", FILE, START),
	TEXT(ready_file, ready_file, "", FILE, START),
	TEXT(log_level, log_level, "info", LEVEL, LIVE),
	TEXT(render_host, render_host, "http://{organization}.localhost",
	    RENDER_HOST, LIVE),
	NUMBER(alias_max_age, alias_max_age, 60, 0, 31536000, 1, LIVE),
	NUMBER(alias_swr, alias_swr, 600, 0, 31536000, 1, LIVE),
	NUMBER(alias_fallback, alias_fallback, 0, 0, 1, 1, LIVE),
	NUMBER(purges_alias, purges_alias, 10, 0, 1000000, 1, LIVE),
	NUMBER(purges_stack, purges_stack, 5, 0, 1000000, 1, LIVE),
	NUMBER(purges_source, purges_source, 5, 0, 1000000, 1, LIVE),
	NUMBER(overwrite_purges, overwrite_purges, 0, 0, 1, 1, LIVE),
	NUMBER(quota_images, quota_images, 1000000, 0, 1000000000000, 1, LIVE),
	NUMBER(quota_mb, quota_bytes, 0, 0, 1073741824, 1 << 20, LIVE),
	NUMBER(quota_aliases, quota_aliases, 1000000, 0, 1000000000000, 1,
	    LIVE),
	NUMBER(quota_stacks, quota_stacks, 1000, 0, 1000000000000, 1, LIVE),
	NUMBER(quota_keys, quota_keys, 100, 0, 1000000000000, 1, LIVE),
	NUMBER(quota_history, quota_history, 1000000, 0, 1000000000000, 1,
	    LIVE),
	NUMBER(audit_days, audit_days, 365, 0, 36500, 1, LIVE),
	NUMBER(audit_mb, audit_max, 256, 0, 1048576, 1 << 20, LIVE),
	NUMBER(search_max_ms, search_max_ms, 5000, 0, 600000, 1, LIVE),
	NUMBER(auth_failures, auth_failures, 30, 0, 1000000, 1, LIVE),
	NUMBER(map_max_mb, map_max, 0, 0, 1073741824, 1 << 20, LIVE),
	NUMBER(upload_max_mb, upload_max, 1180, 1, 1048576, 1 << 20, LIVE),
	NUMBER(ready_free_mb, ready_free, 256, 0, 1073741824, 1 << 20, LIVE),
	TEXT(s3_url, s3_url, "", BUCKET, START),
	TEXT(s3_region, s3_region, "us-east-1", NAME, START),
	TEXT(s3_key_file, s3_key_file, "", FILE, START),
	NUMBER(s3_timeout_ms, s3_timeout_ms, 10000, 1000, 600000, 1, START),
	NUMBER(blob_workers, blob_workers, 4, 1, 64, 1, START),
	NUMBER(blob_cache_mb, blob_cache, 10240, 1, 1073741824, 1 << 20,
	    START),
	NUMBER(http_head_bytes, http.head_bytes, 32768, 1024, 1048576, 1, LIVE),
	NUMBER(http_head_ms, http.head_ms, 5000, 10, 600000, 1, LIVE),
	NUMBER(http_idle_ms, http.idle_ms, 65000, 10, 86400000, 1, LIVE),
	NUMBER(http_body_rate, http.body_rate, 1024, 0, 1073741824, 1, LIVE),
	NUMBER(http_body_grace_ms, http.body_grace_ms, 10000, 100, 600000, 1,
	    LIVE),
	NUMBER(http_linger_ms, http.linger_max_ms, 30000, 100, 600000, 1, LIVE),
	NUMBER(http_connections, http.connections, 4000, 1, 100000, 1, LIVE),
	NUMBER(render_workers, render.workers, 0, 0, 256, 1, START),
	NUMBER(render_reserve, render.reserve, 1, 0, 16, 1, START),
	NUMBER(render_nice, render.nice, 10, 0, 19, 1, START),
	NUMBER(render_isolate, render.isolate, 0, 0, 1, 1, START),
	NUMBER(render_queue, render.queue, 200, 1, 100000, 1, START),
	NUMBER(render_wall_ms, render.wall_ms, 20000, 100, 600000, 1, START),
	NUMBER(render_memory_mb, render.memory, 1024, 64, 1048576, 1 << 20,
	    START),
	NUMBER(render_megapixels, render.pixels, 225, 1, 10000, 1000000, START),
	NUMBER(render_side, render.side, 30000, 1, 1000000, 1, START),
	NUMBER(render_frames, render.frames, 300, 1, 100000, 1, START),
	NUMBER(render_output_mb, render.output, 100, 1, 10000, 1 << 20, START),
	NUMBER(render_svg, render.allow_svg, 0, 0, 1, 1, START),
	NUMBER(render_pdf, render.allow_pdf, 0, 0, 1, 1, START),
	NUMBER(render_jp2, render.allow_jp2, 0, 0, 1, 1, START),
	NUMBER(render_ttf, render.allow_ttf, 0, 0, 1, 1, START),
	NUMBER(render_avif_effort, render.avif_effort, 2, 0, 4, 1, START),
	NUMBER(render_jit, render.jit, 1, 0, 1, 1, START),
	NUMBER(render_partial, render.allow_partial, 0, 0, 1, 1, START),
	TEXT(fetch_allow, fetch.allow, "", HOSTS, LIVE),
	TEXT(fetch_ports, fetch.ports, "80 443", PORTS, LIVE),
	TEXT(fetch_allow_addresses, fetch.allow_nets, "", NETS, LIVE),
	TEXT(fetch_ca_file, fetch.ca_file,
	    "/etc/ssl/certs/ca-certificates.crt", PATH, LIVE),
	NUMBER(fetch_max_mb, fetch.max_bytes, 100, 1, 1048576, 1 << 20, LIVE),
	NUMBER(fetch_timeout_ms, fetch.timeout_ms, 20000, 100, 600000, 1,
	    LIVE),
	NUMBER(fetch_rate, fetch.rate, 1024, 0, 1073741824, 1, LIVE),
	NUMBER(fetch_redirects, fetch.redirects, 3, 0, 20, 1, LIVE),
	NUMBER(fetch_at_once, fetch.at_once, 16, 1, 1000, 1, LIVE),
	NUMBER(fetch_at_once_org, fetch.at_once_org, 4, 1, 1000, 1, LIVE),
	NUMBER(fetch_retry_s, fetch.retry_s, 60, 0, 86400, 1, LIVE),
	NUMBER(fetch_remembered, fetch.remembered, 100000, 1, 1000000000, 1,
	    LIVE),
	TEXT(webhook_allow, hook_fetch.allow, "", HOSTS, LIVE),
	TEXT(webhook_ports, hook_fetch.ports, "443", PORTS, LIVE),
	TEXT(webhook_allow_addresses, hook_fetch.allow_nets, "", NETS, LIVE),
	NUMBER(webhook_timeout_ms, hook_fetch.timeout_ms, 15000, 100, 600000, 1,
	    LIVE),
	NUMBER(webhook_at_once, hook_fetch.at_once, 16, 1, 1000, 1, LIVE),
	NUMBER(webhook_at_once_org, hook_fetch.at_once_org, 4, 1, 1000, 1,
	    LIVE),
	NUMBER(webhook_max, hook.most, 20, 0, 100, 1, LIVE),
	NUMBER(webhook_queue, hook.queue, 100000, 1, 10000000, 1, LIVE),
	NUMBER(webhook_retry_max_ms, hook.retry_max_ms, 300000, 10, 86400000, 1,
	    LIVE),
	NUMBER(webhook_refused_ms, hook.refused_ms, 3600000, 0, 86400000, 1,
	    LIVE),
	NUMBER(webhook_give_up_ms, hook.give_up_ms, 432000000, 100, 2592000000,
	    1, LIVE),
};
#define N_KEYS	(sizeof keys / sizeof *keys)

#undef TEXT
#undef NUMBER
#define TEXT(n, check)							\
	{ #n, NULL, CONF_ ## check, 0, 0, 1, START,			\
	    FIELD(struct purge_target_conf, n) }
#define NUMBER(n, d, lo, hi)						\
	{ #n, #d, CONF_NUMBER, lo, hi, 1, START,			\
	    FIELD(struct purge_target_conf, n) }

/* The keys of a "varnish" section. */
static const struct conf_key target_keys[] = {
	TEXT(instance, TEXT),
	TEXT(address, ADDRESS),
	TEXT(listen, ADDRESS),
	TEXT(url, URL),
	TEXT(webhook, URL),
	TEXT(organization, ORGANIZATION),
	TEXT(secret_file, PATH),
	TEXT(user, TEXT),
	NUMBER(map, 2, 0, 2),
	NUMBER(repeat_ms, 0, 0, 86400000),
	NUMBER(timeout_ms, 10000, 100, 600000),
	NUMBER(retry_max_ms, 0, 0, 3600000),
};
#define N_TARGET_KEYS	(sizeof target_keys / sizeof *target_keys)

const struct conf_key *
conf_keys(size_t *n)
{
	*n = N_KEYS;
	return (keys);
}

const struct conf_key *
conf_target_keys(size_t *n)
{
	*n = N_TARGET_KEYS;
	return (target_keys);
}

const struct conf_key *
conf_key_find(const char *name, bool in_section)
{
	const struct conf_key *k = in_section ? target_keys : keys;
	size_t n = in_section ? N_TARGET_KEYS : N_KEYS;

	for (; n > 0; n--, k++)
		if (strcmp(k->name, name) == 0)
			return (k);
	return (NULL);
}

char **
conf_key_text(const struct conf_key *k, void *of)
{
	return ((char **)(void *)((char *)of + k->offset));
}

/*--------------------------------------------------------------------
 * What was meant
 */

#define WORD_MAX	32
#define FAR		3	/* so many mistakes are another word */

static size_t
min3(size_t a, size_t b, size_t c)
{
	return (a < b ? (a < c ? a : c) : (b < c ? b : c));
}

/* Letters to change, put in or leave out to make *b* of *a* (Levenshtein). */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], len = strlen(b), left, above;

	if (len > WORD_MAX || strlen(a) > WORD_MAX)
		return (FAR);
	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		left = row[0];
		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			above = row[j];
			row[j] = min3(row[j - 1] + 1, above + 1, left +
			    (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0));
			left = above;
		}
	}
	return (row[len]);
}

const char *
conf_key_meant(const char *name, bool in_section)
{
	const struct conf_key *k = in_section ? target_keys : keys;
	size_t n = in_section ? N_TARGET_KEYS : N_KEYS, d, best_d = FAR;
	const char *best = NULL;

	for (; n > 0; n--, k++)
		if ((d = distance(name, k->name)) < best_d) {
			best = k->name;
			best_d = d;
		}
	return (best);
}
