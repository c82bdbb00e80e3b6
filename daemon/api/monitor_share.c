/* SPDX-License-Identifier: BSD-2-Clause */
/* Use of the render workers by the organizations that asked most recently. */
#include "config.h"

#include <event2/buffer.h>

#include "api/monitor.h"
#include "render/render.h"

/* Name, type, help, format and value of a user *u*. */
#define SHARE_METRICS(M)						\
	M(moniker_render_share_seconds_total, counter,			\
	    "Time in workers' hands, by the organizations that asked last.", \
	    "%.6f", (double)u.used_us / 1e6)				\
	M(moniker_render_share_begun_total, counter,			\
	    "Renders and probes of uploads that a worker took.", "%llu", \
	    (unsigned long long)u.begun)				\
	M(moniker_render_share_refused_total, counter,			\
	    "Refused with 503: the queue was full, and most of it theirs.", \
	    "%llu", (unsigned long long)u.refused)			\
	M(moniker_render_share_waiting, gauge,				\
	    "Renders and probes that wait.", "%u", u.waiting)

void
monitor_shares(struct evbuffer *b, const struct render_pool *pool)
{
	struct render_user u;

#define M(metric, type, help, fmt, value)				\
	monitor_head(b, #metric, #type, help);				\
	for (size_t i = 0; render_pool_user(pool, i, &u); i++)		\
		(void)evbuffer_add_printf(b, #metric			\
		    "{organization=\"%s\"} " fmt "\n", u.org, value);
	SHARE_METRICS(M)
#undef M
}
