/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source image: what it is, by its bytes and its header, and its pixels.
 */
#ifndef SOURCE_IMAGE_H
#define SOURCE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <vips/vips.h>

#include "recipe/format.h"
#include "worker/declared.h"
#include "worker/heif_header.h"

struct wire_reply;
struct work;

/* A source image as its header tells it. */
/* Pixels an inch, when nothing else is asked for */
#define PDF_DPI	72.0

struct source {
	enum format	format;
	const void	*data;
	size_t		len;
	int		width, height;	/* of a frame, as stored */
	int		frames;		/* all that it has */
	int		load;		/* frames that this render needs */
	int		side;		/* the least of a WebP's frames, or 0 */
	int		page;		/* of a PDF, from 1 */
	double		dpi;		/* of that */
	int		orientation;	/* 1..8 */
	bool		alpha, deep;	/* deep: more than 8 bits */
	bool		profile;	/* needs a conversion of colour */
	bool		misfit;		/* has one of another colour space */
	bool		shows;		/* a GIF's background does: gif.c */
	bool		premultiplied;	/* in the file */
	enum heif_range	range;
	bool		is_declared;
	struct declared	declared;
	VipsImage	*header;	/* of a JPEG, or NULL */
	void		*mended;	/* *data* where it is not the file's */
};

/* source_open.c */

/* Opens by the header, checks the limits. 0, or -1 and w->error. */
int source_open(struct work *, struct source *, const void *data, size_t len);
/* Frees what it holds, after an error too; not *data*. */
void source_close(struct source *);
/* Size with the orientation applied. */
void source_size(const struct source *, int *width, int *height);

/* source_load.c */

/* Loads *scale* (at most 1 for photos) or what the decoder has above it. */
int source_pixels(struct work *, const struct source *, double scale,
    VipsImage **out);
/* The scale at which a side was loaded. */
double source_scale(const struct source *, int loaded, int whole);
/* The image as the decoder gives it; *pixels* false: all but those will do. */
int source_image(struct work *, const struct source *, double scale,
    bool pixels, VipsImage **out);
/* A drawing is scaled, not shrunk, and its header costs what its pixels do. */
bool source_is_drawing(const struct source *);
/* No hurry any more, but for a drawing of which the pixels are to come. */
void source_at_leisure(const struct work *);

/* probe.c: answers what it is */
void source_probe(struct work *, const void *data, size_t len,
    struct wire_reply *reply);
/* Whether the background of a GIF shows in the frames that are loaded */
void source_look_behind(struct source *);

/* edition.c */
unsigned source_edition(const struct source *);

/*
 * source_limits.c: 0, or the render has failed: by the bytes alone, before a
 * decoder sees them; and by what the header said.
 */
int source_check_file(struct work *, const struct source *);
int source_check_header(struct work *, const struct source *);
/* What is of no known kind, or of one that a setting takes: always -1. */
int source_refuse_kind(struct work *, const void *data, size_t len);
int source_refuse_format(struct work *, enum format);

/* svg.c: gives an SVG without a size one. 0, or its size is refused. */
int svg_size(struct work *, struct source *);

/*
 * whole.c: a JPEG without its end marker gets one, and has failed when more is
 * missing; and whether all of a source can be decoded. 0, or it has failed.
 * And whether the heads of an animation's frames tell that nothing is ever seen
 * through it.
 */
int whole_jpeg(struct work *, struct source *);
int whole_check(struct work *, const struct source *);
bool whole_stays_opaque(const struct source *);

#endif
