/* SPDX-License-Identifier: BSD-2-Clause */
/* What the API asks of a recipe, and the digest. */
#include "config.h"

#include <sodium.h>
#include <stdio.h>

#include "render/recipe.h"

bool
recipe_source_file(const struct recipe *r)
{
	return (r->so[SO_source_file] == 1);
}

bool
recipe_attachment(const struct recipe *r)
{
	return (SOIS(r, disposition, "attachment"));
}

bool
recipe_varies(const struct recipe *r)
{
	return (r->so[SO_autoformat] == 1);
}

const char *
recipe_secondary(const struct recipe *r)
{
	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct rop *op = &r->ops[i];

		if (op->id == OPS_composition &&
		    OPTGIVEN(op, composition, secondary_image))
			return (recipe_text(r,
			    OPTV(op, composition, secondary_image)));
	}
	return (NULL);
}

bool
recipe_resolve_secondary(struct recipe *r, const char *hash)
{
	int at = recipe_text_add(r, hash);

	for (unsigned i = 0; at >= 0 && i < r->n_ops; i++) {
		struct rop *op = &r->ops[i];

		if (op->id == OPS_composition &&
		    OPTGIVEN(op, composition, secondary_image))
			OPTV(op, composition, secondary_image) = at;
	}
	return (at >= 0);
}

/*--------------------------------------------------------------------
 * Digest: over names and values, not over memory, so that it outlives a
 * change of the tables' order.
 */

static void
digest_value(crypto_generichash_state *st, const struct recipe *r,
    const struct optspec *spec, double v)
{
	char buf[160];
	int n;

	if (isnan(v))
		return;
	if (spec->type == OPT_STR)
		n = snprintf(buf, sizeof(buf), "%s=%.100s\n", spec->name,
		    recipe_text(r, v));
	else
		n = snprintf(buf, sizeof(buf), "%s=%.9g\n", spec->name, v);
	crypto_generichash_update(st, (unsigned char *)buf, (size_t)n);
}

/* Raised when the same recipe begins to give another picture. */
#define DIGEST_EDITION	"moniker render 3"

void
recipe_digest(const struct recipe *r, char out[33])
{
	crypto_generichash_state st;
	unsigned char sum[16];
	char head[96];
	int n;

	crypto_generichash_init(&st, NULL, 0, sizeof(sum));
	n = snprintf(head, sizeof(head), "%s %s %x\n", DIGEST_EDITION,
	    formats[r->format].ext, r->accept);
	crypto_generichash_update(&st, (unsigned char *)head, (size_t)n);
	for (int i = 0; i < SO__MAX; i++)
		digest_value(&st, r, &stackopts[i], r->so[i]);
	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct opspec *spec = &opspecs[r->ops[i].id];

		n = snprintf(head, sizeof(head), "op %s\n", spec->name);
		crypto_generichash_update(&st, (unsigned char *)head,
		    (size_t)n);
		for (unsigned j = 0; j < spec->n_opts; j++)
			digest_value(&st, r, &spec->opts[j],
			    r->ops[i].v[j]);
	}
	crypto_generichash_final(&st, sum, sizeof(sum));
	sodium_bin2hex(out, 33, sum, sizeof(sum));
}
