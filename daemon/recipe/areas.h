/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The areas of a source image, which its dynamic metadata has: what a crop is
 * centred on (subject area), or cut to (crop area).
 */
#ifndef AREAS_H
#define AREAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/* The longest name of one of multi_areas, and how many there may be. */
#define AREA_NAME_MAX	54
#define AREAS_MAX	100

enum area_kind { AREA_NONE, AREA_SUBJECT, AREA_CROP };

/* In pixels of the upright source image, or in percent of its sides. */
struct area {
	enum area_kind	kind;
	bool		percent;
	double		x, y, w, h;
};

/* "subject_area", "crop_area" or "multi_areas" */
bool areas_is_object(const char *name);
/*
 * Checks *v*, which is to be the object *name*, for an image of that size; 0:
 * unknown. 0, or -1 and a sentence that begins with the field.
 */
int areas_check(const char *name, const json_t *v, int64_t width,
    int64_t height, char *err, size_t err_len);

/*
 * What *metadata*, which holds all objects, has as subject_area or crop_area.
 * False, and of kind AREA_NONE, if there is none, or one that is not valid.
 */
bool areas_get(const json_t *metadata, enum area_kind, struct area *);
/* The area *name* of multi_areas: its subject area, else its crop area. */
bool areas_named(const json_t *metadata, const char *name, struct area *);
/* In pixels, of a source image of that size. */
struct area area_in_pixels(const struct area *, int64_t width,
    int64_t height);

#endif
