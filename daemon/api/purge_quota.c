/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <jansson.h>

#include "api/kept.h"
#include "api/purge_quota.h"
#include "api/shared.h"
#include "base/clock.h"
#include "conf.h"
#include "http/http.h"
#include "store/store_org.h"

unsigned
purge_quota_limit(const struct api *api, const char *org,
    enum store_purge_kind kind)
{
	const struct conf *conf = api->conf;
	const struct {
		const char	*option;
		unsigned	otherwise;
	} limits[] = {
		[PURGE_ALIAS] = { "purges_alias", conf->purges_alias },
		[PURGE_STACK] = { "purges_stack", conf->purges_stack },
		[PURGE_SOURCE] = { "purges_source", conf->purges_source },
	};
	unsigned limit = limits[kind].otherwise;
	json_t *options = NULL, *own;
	struct store_org o;

	if (store_org_get(api->store, org, &o) == STORE_OK)
		options = kept_options(api->kept, &o);
	own = json_object_get(options, limits[kind].option);
	if (json_is_integer(own) && json_integer_value(own) >= 0)
		limit = (unsigned)json_integer_value(own);
	json_decref(options);
	return (limit);
}

void
purge_quota_headers(struct http_request *req, const struct store_quota *q)
{
	if (q->limit == 0)
		return;
	http_add_headerf(req, "X-RateLimit-Limit", "%u", q->limit);
	http_add_headerf(req, "X-RateLimit-Remaining", "%u", q->remaining);
}

void
purge_quota_retry(struct http_request *req, const struct store_quota *q)
{
	int64_t wait_ms = q->retry_ms - clock_wall_ms();

	/* In whole seconds, and never too early */
	http_add_headerf(req, "X-RateLimit-Retry-After", "%lld",
	    (long long)(q->retry_ms + 999) / 1000);
	http_add_headerf(req, "Retry-After", "%lld",
	    wait_ms > 1000 ? (long long)(wait_ms + 999) / 1000 : 1LL);
}
