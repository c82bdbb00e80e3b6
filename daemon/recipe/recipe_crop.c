/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>
#include <string.h>

#include "recipe/recipe_crop.h"
#include "recipe/recipe_plan.h"

bool
anchor_is_place(const char *anchor)
{
	return (strpbrk(anchor, "_-") != NULL);
}

bool
recipe_crop_is_sized(const struct rop *o)
{
	return (OPTGIVEN(o, crop, width) || OPTGIVEN(o, crop, height));
}

bool
recipe_crop_is_by_area(const struct rop *o)
{
	return (o->area.kind != AREA_NONE && (o->area.kind == AREA_CROP ||
	    OPTIS(o, crop, mode, "box") || OPTIS(o, crop, mode, "area") ||
	    !recipe_crop_is_sized(o)));
}

void
recipe_crop_follow(const struct recipe *r, struct rop *o,
    const json_t *metadata)
{
	const char *anchor = recipe_text(r, OPTV(o, crop, anchor));
	const char *name = recipe_text(r, OPTV(o, crop, area));
	bool any = strcmp(anchor, "auto") == 0;

	o->area.kind = AREA_NONE;
	if (name != NULL && areas_named(metadata, name, &o->area))
		return;
	if (!recipe_crop_is_sized(o))	/* to that one alone */
		return;
	if ((any || strcmp(anchor, "subjectarea") == 0) &&
	    areas_get(metadata, AREA_SUBJECT, &o->area))
		return;
	if (any || strcmp(anchor, "croparea") == 0)
		(void)areas_get(metadata, AREA_CROP, &o->area);
}

bool
recipe_crop_area(const struct rop *o, struct size source,
    const struct affine *map, struct size have, struct box *at)
{
	struct area a;

	if (o->area.kind == AREA_NONE)
		return (false);
	a = area_in_pixels(&o->area, source.width, source.height);
	*at = affine_box(map, &(struct box){ a.x, a.y, a.w, a.h });
	return (box_clip(at, have));
}

static double
whole(double d)
{
	return (floor(d + 0.5));
}

/* The very box, its edges on whole pixels. */
static struct size
exact(const struct box *at, double *x, double *y)
{
	*x = whole(at->x);
	*y = whole(at->y);
	return ((struct size){ (int)fmax(1, whole(at->x + at->w) - *x),
	    (int)fmax(1, whole(at->y + at->h) - *y) });
}

/*
 * In the ratio of width and height: the most that a crop area holds, or the
 * least that holds the area, as far as the picture reaches.
 */
static struct size
in_ratio(const struct rop *o, struct size have, const struct box *at)
{
	double w = OPTV(o, crop, width), h = OPTV(o, crop, height);
	double s = fmin(have.width / w, have.height / h);

	if (OPTIS(o, crop, mode, "area"))
		s = fmin(s, fmax(at->w / w, at->h / h));
	else
		s = fmin(at->w / w, at->h / h);
	return (geom_scaled((struct size){ 1, 1 }, (struct scale){
	    fmin(w * s, have.width), fmin(h * s, have.height) }));
}

static struct size
by_area(const struct rop *o, struct size have, const struct box *at,
    double *x, double *y)
{
	double percent = OPTV(o, crop, scale) / 100;
	struct size s;

	if (recipe_crop_is_sized(o) && (OPTIS(o, crop, mode, "area") ||
	    OPTIS(o, crop, mode, "ratio")))
		s = in_ratio(o, have, at);
	else
		s = exact(at, x, y);
	if (percent == 1)
		return (s);
	*x = NAN;
	return (geom_scaled(s, (struct scale){ percent, percent }));
}

struct size
recipe_crop_part(const struct rop *o, struct size have, const struct box *at,
    bool held, bool *kept, double *x, double *y)
{
	struct size s;

	*x = *y = NAN;
	if (recipe_crop_is_by_area(o))
		s = by_area(o, have, at, x, y);
	else
		s = recipe_crop_size(o, have, held, kept);
	if (isnan(*x)) {	/* about its middle */
		*x = whole(at->x + at->w / 2 - s.width / 2.0);
		*y = whole(at->y + at->h / 2 - s.height / 2.0);
	}
	return (s);
}
