/* SPDX-License-Identifier: BSD-2-Clause */
/* What is fetched from others. */
#include "config.h"

#include <event2/buffer.h>

#include "api/monitor.h"
#include "api/remote.h"
#include "api/shared.h"
#include "fetch/fetch.h"

static void
write_one(struct evbuffer *b, const char *name, const char *type,
    const char *help, uint64_t value)
{
	monitor_head(b, name, type, help);
	(void)evbuffer_add_printf(b, "%s %llu\n", name,
	    (unsigned long long)value);
}

void
monitor_fetches(struct evbuffer *b, const struct api *a)
{
	static const char total[] = "moniker_fetches_total";
	static const char *const results[FETCH_MAX] = {
		[FETCH_OK] = "ok", [FETCH_REFUSED] = "refused",
		[FETCH_FAILED] = "failed", [FETCH_TOO_BIG] = "too_big",
		[FETCH_BUSY] = "busy", [FETCH_BROKEN] = "broken"
	};
	struct remotes_stats rs;
	struct fetch_stats s;

	fetch_stats(a->fetch, &s);
	remotes_stats(a->remotes, &rs);
	monitor_head(b, total, "counter", "URLs that were fetched, or should "
	    "have been, by how it ended.");
	for (int i = 0; i < FETCH_MAX; i++)
		(void)evbuffer_add_printf(b, "%s{result=\"%s\"} %llu\n", total,
		    results[i], (unsigned long long)s.over[i]);
	write_one(b, "moniker_fetch_redirects_total", "counter",
	    "Redirects that were followed.", s.redirects);
	write_one(b, "moniker_fetch_bytes_total", "counter",
	    "Bytes of images that were fetched.", s.bytes);
	write_one(b, "moniker_fetches_running", "gauge",
	    "Processes that fetch.", s.running);
	write_one(b, "moniker_fetches_waiting", "gauge",
	    "URLs that wait for their turn.", s.waiting);
	write_one(b, "moniker_remote_waiting", "gauge",
	    "Requests for pictures that wait for a remote image.",
	    rs.waiting);
	write_one(b, "moniker_remote_kept_failures_total", "counter",
	    "Requests for pictures that were answered by a failure of "
	    "before.", rs.kept_failures);
}
