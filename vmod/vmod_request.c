/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client asks for by headers, and the body that it sends. */
#include "config.h"

#include <stdlib.h>

#include "cache/cache.h"

#include "etag.h"
#include "range.h"
#include "vcc_moniker_if.h"

VCL_BOOL
vmod_is_range(VRT_CTX, VCL_STRING range)
{
	long long low;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	return (range_parse(range, &low));
}

VCL_BOOL
vmod_is_beyond(VRT_CTX, VCL_STRING range, VCL_STRING length)
{
	long long low;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	return (length != NULL && range_parse(range, &low) &&
	    low >= atoll(length));
}

VCL_BOOL
vmod_is_listed(VRT_CTX, VCL_STRING list, VCL_STRING etag)
{

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	if (list == NULL || etag == NULL)
		return (0);
	if (etag[0] == 'W' && etag[1] == '/')
		etag += 2;
	return (etag_listed(list, etag, ETAG_WEAK));
}

/* Works for HTTP/1 and HTTP/2, without a look at the headers. */
VCL_BOOL
vmod_has_body(VRT_CTX)
{

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	return (ctx->req != NULL && ctx->req->req_body_status != NULL &&
	    ctx->req->req_body_status != BS_NONE);
}

/*
 * The thread of the client waits for this fetch meanwhile, and Varnish itself
 * writes the same from here when a body cannot be read.
 */
VCL_VOID
vmod_drop_body(VRT_CTX)
{
	struct req *req;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	req = ctx->bo != NULL ? ctx->bo->req : ctx->req;
	if (req != NULL && req->req_body_status != NULL &&
	    req->req_body_status->avail > 0 && req->doclose == SC_NULL)
		req->doclose = SC_RX_BODY;
}

VCL_VOID
vmod_keep_body(VRT_CTX)
{

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	if (ctx->req != NULL && ctx->req->doclose == SC_RX_BODY)
		ctx->req->doclose = SC_NULL;
}
