/* SPDX-License-Identifier: BSD-2-Clause */
/* What organizations show for what is not there. */
#include "config.h"

#include <event2/buffer.h>

#include "api/metrics.h"
#include "api/monitor.h"
#include "api/shared.h"
#include "store/store_org.h"

static void
fallback_user_add(struct evbuffer *b, const struct fallback_user *u)
{
	for (size_t i = 0; i < FALLBACK_WHYS && u->last > 0; i++)
		if (u->n[i] > 0)
			(void)evbuffer_add_printf(b, "moniker_fallbacks_total"
			    "{organization=\"%s\",why=\"%s\"} %llu\n", u->org,
			    metrics_fallback_whys[i],
			    (unsigned long long)u->n[i]);
}

void
monitor_fallbacks(struct evbuffer *b, const struct api *api)
{
	monitor_head(b, "moniker_fallbacks_total", "counter", "Fallback images "
	    "sent by the daemon, of the organizations that showed one last.");
	for (size_t i = 0; i < QUOTA_USERS; i++)
		fallback_user_add(b, &api->metrics->fallbacks.user[i]);
	monitor_head(b, "moniker_fallback_images_missing", "gauge",
	    "Organizations whose fallback_image is not there.");
	(void)evbuffer_add_printf(b, "moniker_fallback_images_missing %u\n",
	    store_fallbacks_missing(api->store));
}
