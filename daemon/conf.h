/* SPDX-License-Identifier: BSD-2-Clause */
/* monikerd.conf: typed, checked at start, every key in monikerd.conf(5). */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>
#include <stdint.h>
#include "http/http.h"
#include "purge/purge.h"
#include "render/render.h"

struct conf {
	char		*map_dir;	/* /run/moniker */
	char		*store_dir;	/* /var/lib/moniker */
	/* Unix sockets: images, the API, and monikerctl's (trusted by uid) */
	char		*image_socket, *api_socket, *local_socket;
	char		*pid_file;
	char		*ready_file;	/* written, by rename, when all is up */
	char		*log_level;
	char		*render_host;	/* "http://{organization}.localhost" */
	unsigned	alias_max_age;	/* seconds, of alias URLs at clients */
	unsigned	alias_swr;	/* stale-while-revalidate, seconds */
	unsigned	purges_alias, purges_stack, purges_source; /* an hour */
	uint64_t	upload_max;	/* bytes of one source image */
	struct http_limits http;
	struct render_conf render;
	struct purge_target_conf *targets;
	size_t		n_targets;
};

/* Reads *file*; NULL and "file:line: sentence" in *err*. */
struct conf *conf_read(const char *file, char *err, size_t err_len);
void conf_free(struct conf *);

#endif
