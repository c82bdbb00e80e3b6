/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an answer says to caches in front, whichever variant it shows, or none:
 * another client may be shown another one by the same URL.
 */
#include "config.h"

#include <string.h>

#include "cache/cache.h"

#include "variant.h"
#include "visit.h"

static void
set_vary(VRT_CTX, const char *by)
{
	struct http *hp = ctx->http_resp;
	const char *vary, *header;

	http_CollectHdr(hp, H_Vary);
	if (!http_GetHdr(hp, H_Vary, &vary))
		header = WS_Printf(ctx->ws, "Vary: %s", by);
	else if (strchr(vary, '*') != NULL)
		return;
	else
		header = WS_Printf(ctx->ws, "Vary: %s, %s", vary, by);
	if (header == NULL)
		return;			/* and the workspace is marked */
	http_Unset(hp, H_Vary);
	http_SetHeader(hp, header);
}

/* What may be kept, may be by the client alone. */
static void
set_private(VRT_CTX)
{
	static const char public[] = "public, ";
	struct http *hp = ctx->http_resp;
	const char *control = "", *header;

	http_CollectHdr(hp, H_Cache_Control);
	(void)http_GetHdr(hp, H_Cache_Control, &control);
	if (strstr(control, "no-store") != NULL)
		return;
	if (strncmp(control, public, sizeof public - 1) == 0)
		control += sizeof public - 1;
	header = WS_Printf(ctx->ws, "Cache-Control: private%s%s",
	    *control == '\0' ? "" : ", ", control);
	if (header == NULL)
		return;
	http_Unset(hp, H_Cache_Control);
	http_SetHeader(hp, header);
}

void
variant_answer(VRT_CTX, const struct visit *v)
{

	if (v->variants == NULL)
		return;
	if (v->variants->vary != NULL)
		set_vary(ctx, v->variants->vary);
	if (v->variants->private)
		set_private(ctx);
}
