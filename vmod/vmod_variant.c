/* SPDX-License-Identifier: BSD-2-Clause */
/* What VCL says of variants, and asks. */
#include "config.h"

#include <string.h>

#include "cache/cache.h"

#include "memo.h"
#include "object.h"
#include "variant.h"

static bool
is_same(const struct variants *a, const struct variants *b)
{

	return (a != NULL && a->n == b->n && a->private == b->private &&
	    (a->vary == NULL || b->vary == NULL ? a->vary == b->vary :
	    strcmp(a->vary, b->vary) == 0) &&
	    memcmp(a->name, b->name, sizeof a->name) == 0);
}

/* A cache that cannot be told what the answer depends on must not keep it. */
static void
read_vary(struct variants *w, const char *vary)
{

	if (vary == NULL || *vary == '\0')
		return;
	if (variant_vary_good(vary))
		w->vary = vary;
	else
		w->private = true;
}

/* A restart says what was said before, which changes nothing. */
VCL_VOID
vmod_map_set_variants(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING list,
    VCL_STRING vary, VCL_BOOL private)
{
	struct visit *v = object_visit(ctx, m, true);
	struct variants wanted = { .private = private }, *w;

	if (v == NULL)
		return;
	variant_read(&wanted, list);
	read_vary(&wanted, vary);
	if (is_same(v->variants, &wanted))
		return;
	w = WS_Alloc(ctx->ws, sizeof *w);
	if (w == NULL)
		return;		/* and the workspace is marked */
	*w = wanted;
	if (w->vary != NULL)
		w->vary = WS_Copy(ctx->ws, vary, -1);
	v->variants = w;
	v->looked = false;
}

VCL_STRING
vmod_map_variant(VRT_CTX, struct vmod_moniker_map *m)
{
	const struct visit *v = object_visit(ctx, m, false);

	return (v == NULL || !v->looked ? NULL : v->variant);
}

/* Remembered, since most clients of a site say the same. */
VCL_STRING
vmod_language(VRT_CTX, VCL_STRING accept, VCL_STRING offered)
{
	static _Thread_local struct {
		struct memo	accept, offered;
		char		best[URL_LANGUAGES_SIZE];
	} last;
	size_t len, offered_len;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	if (accept == NULL || offered == NULL)
		return ("");
	len = strlen(accept);
	offered_len = strlen(offered);
	if (!memo_is(&last.accept, accept, len) ||
	    !memo_is(&last.offered, offered, offered_len)) {
		(void)url_language(accept, offered, last.best);
		memo_keep(&last.accept, accept, len);
		memo_keep(&last.offered, offered, offered_len);
	}
	return (WS_Copy(ctx->ws, last.best, -1));
}
