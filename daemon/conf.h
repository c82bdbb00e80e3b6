/* SPDX-License-Identifier: BSD-2-Clause */
/* monikerd.conf: typed, checked at start, every key in monikerd.conf(5). */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "conf_check.h"
#include "fetch/fetch.h"
#include "hook/hook.h"
#include "http/http.h"
#include "purge/purge.h"
#include "render/render.h"

struct conf {
	char		*map_dir;
	char		*store_dir;
	/* Unix sockets: images, the API, and monikerctl's (trusted by uid) */
	char		*image_socket, *api_socket, *local_socket;
	char		*metrics_listen; /* "127.0.0.1:9158", or "" */
	char		*image_listen, *api_listen; /* "host:port" or "" */
	char		*dashboard_dir;	/* of its files, or "" */
	char		*api_url;	/* "https://api.example.net", or "" */
	char		*pid_file;
	char		*ready_file;	/* written, by rename, when all is up */
	char		*log_level;
	char		*render_host;	/* "http://{organization}.localhost" */
	unsigned	alias_max_age;	/* seconds, of alias URLs at clients */
	unsigned	alias_swr;	/* stale-while-revalidate, seconds */
	unsigned	alias_fallback;	/* the previous one before an error */
	unsigned	purges_alias, purges_stack, purges_source; /* an hour */
	unsigned	overwrite_purges;	/* 1: of its own accord */
	/* of an organization that has none of its own; 0: none */
	uint64_t	quota_images, quota_bytes, quota_aliases, quota_stacks;
	uint64_t	quota_keys, quota_history;
	unsigned	audit_days;
	uint64_t	audit_max;	/* bytes of an organization; 0: any */
	unsigned	search_max_ms;	/* 0: any */
	unsigned	auth_failures;	/* a minute and address; 0: any */
	uint64_t	map_max;	/* bytes; 0: half of its file system */
	uint64_t	upload_max;	/* bytes of one source image */
	uint64_t	ready_free;	/* bytes of disk, for /ready */
	char		*s3_url, *s3_region, *s3_key_file;	/* or "" */
	unsigned	s3_timeout_ms, blob_workers;
	uint64_t	blob_cache;	/* bytes */
	struct http_limits http;
	struct render_conf render;
	struct fetch_conf fetch;
	struct fetch_conf hook_fetch;	/* ca_file is that of fetch */
	struct hook_conf hook;
	struct purge_target_conf *targets;
	size_t		n_targets;
};

/* Reads *file*. NULL and "file:line: sentence" in *err*. */
struct conf *conf_read(const char *file, char *err, size_t err_len);
void conf_free(struct conf *);
/* Sets what follows from other keys; for conf_read() and conf_reload(). */
void conf_derive(struct conf *);

/*
 * Writes a line to *f* for each path that this process could not use as a
 * daemon with these settings would; returns how many. Paths that are not there
 * yet may be by the time that the daemon starts.
 */
unsigned conf_warn(const struct conf *, FILE *f);

/*
 * Reads *file* again and takes over into *live* what a running daemon can
 * change. Tells of each key that differs, NULL for the "varnish" sections, and
 * whether it was taken. Returns 0; or -1, *err*, and nothing was changed.
 */
struct conf_key;
typedef void conf_told_f(void *arg, const struct conf_key *, bool taken);
int conf_reload(struct conf *live, const char *file, conf_told_f *told,
    void *arg, char *err, size_t err_len);

/* A key, as the parser, the manual and the example file must agree on it. */
struct conf_key {
	const char	*name;
	const char	*fallback;	/* as one writes it; NULL: not set */
	enum conf_kind	kind;
	long		min, max;	/* of a number */
	long		unit;		/* what the number is multiplied by */
	bool		live;		/* conf_reload() takes it over */
	size_t		offset, size;	/* in struct conf, or of a section */
};
const struct conf_key *conf_keys(size_t *n);
/* Those of a "varnish" section, in struct purge_target_conf. */
const struct conf_key *conf_target_keys(size_t *n);

#endif
