/* SPDX-License-Identifier: BSD-2-Clause */
/* What the API asks of a recipe, and the digest. */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "recipe/recipe.h"
#include "recipe/recipe_data.h"

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
	return (r->so[SO_autoformat] == 1 &&
	    !(formats[r->format].holds & FORMAT_TEXT));
}

bool
recipe_may_give(const struct recipe *r, enum format f)
{
	if (!(formats[f].holds & FORMAT_SAVES))
		return (false);
	/* A JPEG of what is transparent becomes one of the others. */
	return (f == r->format || (r->accept & UINT32_C(1) << f) != 0 ||
	    (r->format == FORMAT_JPG && (f == FORMAT_PNG ||
	    f == FORMAT_WEBP)));
}

/* Whether *word* is in "a,b,c". */
bool
recipe_listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ",");

		if (n == len && memcmp(list, word, n) == 0)
			return (true);
		list += n + (list[n] == ',');
	}
	return (false);
}

/*--------------------------------------------------------------------
 * Digest: over names and values, not over memory, so that it outlives a
 * change of the tables' order.
 */

static void
digest_text(crypto_generichash_state *st, const char *text)
{
	crypto_generichash_update(st, (const unsigned char *)text,
	    strlen(text));
}

/* opt_round() leaves nothing of a number that "%.9g" would not show. */
static void
digest_value(crypto_generichash_state *st, const struct recipe *r,
    const struct optspec *spec, double v)
{
	char number[32];

	if (isnan(v))
		return;
	digest_text(st, spec->name);
	digest_text(st, "=");
	if (spec->type == OPT_STR)
		digest_text(st, recipe_text(r, v));
	else
		digest_text(st, opt_number(v, number));
	digest_text(st, "\n");
}

/*
 * A PNG or a GIF is interlaced when a URL or stack says "plane", but not by
 * the default of the same name.
 */
static bool
shows_interlacing(const struct recipe *r)
{
	return (r->so_given[SO_interlacing] && (r->format == FORMAT_PNG ||
	    r->format == FORMAT_GIF || !SOIS(r, jpg_autoformat, "false")));
}

/* Nothing without an area: such a picture keeps its tag. */
static void
digest_area(crypto_generichash_state *st, const struct area *a)
{
	char text[128];

	if (a->kind == AREA_NONE)
		return;
	(void)snprintf(text, sizeof text, "area %s %.9g %.9g %.9g %.9g%s\n",
	    a->kind == AREA_CROP ? "crop" : "subject", a->x, a->y, a->w, a->h,
	    a->percent ? " percent" : "");
	digest_text(st, text);
}

/* Raised when the same recipe begins to give another picture. */
#define DIGEST_EDITION	"moniker render 3"

void
recipe_digest(const struct recipe *r, char out[33])
{
	crypto_generichash_state st;
	unsigned char sum[16];
	char head[96];

	crypto_generichash_init(&st, NULL, 0, sizeof sum);
	(void)snprintf(head, sizeof head, "%s %s %x\n", DIGEST_EDITION,
	    formats[r->format].ext, r->accept);
	digest_text(&st, head);
	for (int i = 0; i < SO_MAX; i++)
		if (i != SO_avif_effort || recipe_may_give(r, FORMAT_AVIF))
			digest_value(&st, r, &stackopts[i], r->so[i]);
	if (shows_interlacing(r))
		digest_text(&st, "interlacing.mode is given\n");
	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct opspec *spec = &opspecs[r->ops[i].id];

		digest_text(&st, "op ");
		digest_text(&st, spec->name);
		digest_text(&st, "\n");
		for (unsigned j = 0; j < spec->n_opts; j++)
			digest_value(&st, r, &spec->opts[j],
			    r->ops[i].v[j]);
		digest_area(&st, &r->ops[i].area);
	}
	crypto_generichash_final(&st, sum, sizeof sum);
	sodium_bin2hex(out, 33, sum, sizeof sum);
}
