/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>

#include "recipe/recipe.h"
#include "recipe/recipe_crop.h"
#include "recipe/recipe_plan.h"

static enum geom_mode
mode_of(const struct rop *o)
{
	return (OPTIS(o, resize, mode, "absolute") ? GEOM_ABSOLUTE :
	    OPTIS(o, resize, mode, "fill") ? GEOM_FILL : GEOM_BOX);
}

/*
 * The factor by which the picture may grow where *asked* is wanted. The
 * options hold lengths already multiplied by dpr.
 */
static double
most_growth(const struct recipe *r, const struct rop *o, double asked)
{
	double dpr = r->so[SO_dpr];
	bool any = OPTV(o, resize, upscale) == 1;
	bool by_dpr = OPTV(o, resize, upscale_dpr) == 1;

	if (any)	/* without dpr: what is asked for at dpr 1 */
		return (by_dpr ? asked : fmax(1, asked / dpr));
	return (by_dpr ? dpr : 1);
}

bool
recipe_may_hold(const struct recipe *r, const struct rop *o)
{
	return (OPTV(o, resize, upscale) != 1 ||
	    (OPTV(o, resize, upscale_dpr) != 1 && r->so[SO_dpr] != 1));
}

/*
 * What grows beyond what is allowed is taken back, keeping its ratio, before it
 * becomes whole pixels: of a side of few pixels these are another ratio.
 */
struct size
recipe_resize_size(const struct recipe *r, const struct rop *o,
    struct size have, bool *held)
{
	struct scale s = geom_scale(have, OPTV(o, resize, width),
	    OPTV(o, resize, height), mode_of(o));
	double asked = fmax(s.x, s.y), most = most_growth(r, o, asked);

	*held = asked > most;
	if (*held)
		s = (struct scale){ s.x / asked * most, s.y / asked * most };
	return (geom_scaled(have, s));
}

/* Times *s* and *percent*, inside *have*. */
static struct size
crop_scaled(const struct rop *o, struct size have, double s)
{
	double percent = OPTV(o, crop, scale) / 100;

	return (geom_scaled((struct size){ 1, 1 }, (struct scale){
	    fmin(OPTV(o, crop, width) * s * percent, have.width),
	    fmin(OPTV(o, crop, height) * s * percent, have.height) }));
}

struct size
recipe_crop_size(const struct rop *o, struct size have, bool held, bool *kept)
{
	double fits = fmin(have.width / OPTV(o, crop, width),
	    have.height / OPTV(o, crop, height));
	struct size s, by_side;

	if (!OPTIS(o, crop, mode, "absolute"))
		return (crop_scaled(o, have, fits));
	by_side = crop_scaled(o, have, 1);
	if (!held)
		return (by_side);
	s = crop_scaled(o, have, fmin(1, fits));
	*kept |= s.width != by_side.width || s.height != by_side.height;
	return (s);
}

/* Whether an operation leaves the size as it is. */
static bool
keeps_size(enum op_id id)
{
	switch (id) {
	case OPS_blur:
	case OPS_sharpen:
	case OPS_grayscale:
	case OPS_sepia:
	case OPS_modulate:
	case OPS_multiply:
	case OPS_alpha:
	case OPS_noop:
		return (true);
	default:
		return (false);
	}
}

int
recipe_edition(const struct recipe *r, int64_t width, int64_t height)
{
	bool known = width > 0 && height > 0 && width <= INT32_MAX &&
	    height <= INT32_MAX, held = false, kept = false;
	struct size s = { (int)width, (int)height };

	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct rop *o = &r->ops[i];

		if (o->id == OPS_resize && known)
			s = recipe_resize_size(r, o, s, &held);
		else if (o->id == OPS_resize)
			held = recipe_may_hold(r, o);
		else if (o->id == OPS_crop && known &&
		    !recipe_crop_is_by_area(o))
			s = recipe_crop_size(o, s, held, &kept);
		else if (o->id == OPS_crop && held &&
		    recipe_crop_is_sized(o) &&
		    OPTIS(o, crop, mode, "absolute"))
			return (-1);
		else if (o->id != OPS_crop ? !keeps_size(o->id) :
		    recipe_crop_is_by_area(o))
			known = false;
	}
	return (kept ? RECIPE_EDITION : 0);
}
