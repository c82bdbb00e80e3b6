/* SPDX-License-Identifier: BSD-2-Clause */
/* What is sent to webhooks. */
#include "config.h"

#include <event2/buffer.h>

#include "api/monitor.h"
#include "api/shared.h"
#include "base/clock.h"
#include "hook/hook.h"
#include "store/store_hook.h"

/* Name, type, help, format, value. */
#define HOOK_METRICS(M)							\
	M(moniker_webhook_pending_events, gauge,			\
	    "Events that webhooks have yet to accept.", "%llu",		\
	    (unsigned long long)s.pending)				\
	M(moniker_webhook_lost_events, gauge,				\
	    "Events that did not fit into the queues of the webhooks that " \
	    "there are.", "%llu", (unsigned long long)s.lost)		\
	M(moniker_webhook_failing_seconds, gauge,			\
	    "For how long the webhook fails that does so longest.", "%.3f", \
	    s.failing_ms == 0 ? 0.0 :					\
	    (double)(clock_wall_ms() - s.failing_ms) / 1000)		\
	M(moniker_webhooks_disabled_total, counter,			\
	    "Webhooks that were disabled because they failed.", "%llu",	\
	    (unsigned long long)n.disabled)				\
	M(moniker_webhooks_sending, gauge, "Events on their way.", "%u",	\
	    n.sending)

void
monitor_hooks(struct evbuffer *b, const struct api *a)
{
	static const char total[] = "moniker_webhook_tries_total";
	struct store_hook_stats s;
	struct hooks_stats n;

	(void)store_hook_stats(a->store, &s);
	hooks_stats(a->hooks, &n);
	monitor_head(b, "moniker_webhooks", "gauge",
	    "Webhooks by what they are.");
	for (int i = 0; i < HOOK_STATES; i++)
		(void)evbuffer_add_printf(b, "moniker_webhooks{state=\"%s\"} "
		    "%llu\n", store_hook_states[i],
		    (unsigned long long)s.states[i]);
	monitor_head(b, total, "counter",
	    "Events that were sent, by what came of it.");
	(void)evbuffer_add_printf(b, "%s{result=\"delivered\"} %llu\n"
	    "%s{result=\"failed\"} %llu\n%s{result=\"refused\"} %llu\n",
	    total, (unsigned long long)n.delivered, total,
	    (unsigned long long)n.failed, total,
	    (unsigned long long)n.refused);
#define M(metric, type, help, fmt, value)				\
	monitor_head(b, #metric, #type, help);				\
	(void)evbuffer_add_printf(b, #metric " " fmt "\n", value);
	HOOK_METRICS(M)
#undef M
}
