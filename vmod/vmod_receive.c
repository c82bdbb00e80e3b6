/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods that do the work of several, and what they are made of. */
#include "config.h"

#include "cache/cache.h"
#include "vcl.h"

#include "deliver.h"
#include "fetch.h"
#include "lookup.h"
#include "object.h"
#include "receive.h"
#include "refuse.h"

VCL_BOOL
vmod_map_receive(VRT_CTX, struct vmod_moniker_map *m, VCL_BOOL sticky)
{
	struct visit *v;

	v = object_visit(ctx, m, true);
	if (ctx->method != VCL_MET_RECV || ctx->req == NULL) {
		VRT_fail(ctx, "moniker: .receive() is for vcl_recv");
		return (0);
	}
	return (receive_request(ctx, m->folder, v, sticky));
}

VCL_VOID
vmod_map_fetch(VRT_CTX, struct vmod_moniker_map *m)
{

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	CHECK_OBJ_NOTNULL(m, VMOD_MONIKER_MAP_MAGIC);
	if (!fetch_unpack(ctx))
		VRT_fail(ctx, "moniker: no room for the headers of a fetch");
}

VCL_BOOL
vmod_map_wants_picture(VRT_CTX, struct vmod_moniker_map *m)
{
	const struct visit *v;

	v = object_visit(ctx, m, false);
	return (v != NULL && v->wants_picture);
}

VCL_STRING
vmod_map_key(VRT_CTX, struct vmod_moniker_map *m)
{
	const char *key = NULL;

	if (ctx->http_req != NULL && !WS_Overflowed(ctx->ws))
		key = lookup_key(ctx, object_visit(ctx, m, false));
	if (key == NULL)
		VRT_fail(ctx, "moniker: there is no key for this request");
	return (key);
}

/* Elsewhere there may be an object without headers, which Varnish asserts. */
VCL_BOOL
vmod_map_is_untouched(VRT_CTX, struct vmod_moniker_map *m)
{

	return (ctx->method == VCL_MET_HIT && ctx->req != NULL &&
	    lookup_untouched(ctx, object_visit(ctx, m, false)));
}

VCL_BOOL
vmod_map_answer(VRT_CTX, struct vmod_moniker_map *m)
{
	struct visit *v;

	v = object_visit(ctx, m, false);
	if (ctx->req == NULL || ctx->http_resp == NULL ||
	    !deliver_usual(ctx, v))
		return (0);
	deliver_answer(ctx, m->folder, v);
	return (1);
}

VCL_BOOL
vmod_map_refuse(VRT_CTX, struct vmod_moniker_map *m)
{

	return (ctx->req != NULL && ctx->http_resp != NULL &&
	    refuse_answer(ctx, object_visit(ctx, m, false)));
}

VCL_STRING
vmod_map_epochs(VRT_CTX, struct vmod_moniker_map *m)
{

	return (lookup_epochs(ctx, object_visit(ctx, m, false), false));
}

VCL_STRING
vmod_map_alias_epochs(VRT_CTX, struct vmod_moniker_map *m)
{

	return (lookup_epochs(ctx, object_visit(ctx, m, false), true));
}

VCL_STRING
vmod_map_soft_epoch(VRT_CTX, struct vmod_moniker_map *m)
{
	const struct visit *v;
	uint64_t soft;

	v = object_visit(ctx, m, false);
	soft = v == NULL || !v->looked ? 0 : lookup_soft(v);
	return (soft == 0 ? NULL : WS_Printf(ctx->ws, "%ju",
	    (uintmax_t)soft));
}
