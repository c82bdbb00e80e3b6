/* SPDX-License-Identifier: BSD-2-Clause */
/* The organization that a task belongs to. */
#include "config.h"

#include <string.h>

#include "cache/cache.h"

#include "memo.h"
#include "visit.h"

const char *
visit_host(VRT_CTX, struct visit *v, const char *host)
{
	static _Thread_local struct {
		struct memo	host;
		char		org[ORG_MAX + 1];	/* "": none */
	} last;
	size_t len;

	if (v->org_set)
		return (v->org);
	v->org_set = true;
	if (host == NULL)
		return (NULL);
	len = strlen(host);
	if (!memo_is(&last.host, host, len)) {
		if (!name_host_org(host, last.org))
			*last.org = '\0';
		memo_keep(&last.host, host, len);
	}
	if (*last.org != '\0')
		v->org = visit_copy(ctx, v, last.org, strlen(last.org));
	return (v->org);
}

const char *
visit_org(VRT_CTX, struct visit *v)
{
	const struct http *hp;
	const char *host = NULL;

	if (v->org_set)
		return (v->org);
	hp = ctx->http_req != NULL ? ctx->http_req : ctx->http_bereq;
	if (hp != NULL)
		(void)http_GetHdr(hp, H_Host, &host);
	return (visit_host(ctx, v, host));
}

void
visit_set_org(VRT_CTX, struct visit *v, const char *org)
{

	if (org != NULL && !name_is_org_shown(org))
		org = NULL;
	/* A restart sets what is set already. */
	if (v->org_set && (org == NULL || v->org == NULL ? org == v->org :
	    strcmp(org, v->org) == 0))
		return;
	v->org_set = true;
	v->org = org == NULL ? NULL : visit_copy(ctx, v, org, strlen(org));
	v->looked = false;
	v->planned = NULL;
}
