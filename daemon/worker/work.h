/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One render, inside a worker.
 *
 * Geometry is lazy: resize and crop only move "part" and the wanted size, and
 * the picture is loaded when an operation asks for pixels, with as much
 * shrink-on-load as the decoder offers and one resize, however many the stack
 * has. Orientation and colour are put right on the small picture.
 */
#ifndef WORK_H
#define WORK_H

#include <vips/vips.h>

#include "worker/declared.h"
#include "worker/heif_header.h"
#include "wire/wire.h"

/* A source image as its header tells it. */
struct source {
	enum format	format;
	const void	*data;
	size_t		len;
	int		width, height;	/* of a frame, as stored */
	int		frames;		/* all that it has */
	int		load;		/* frames that this render needs */
	int		side;		/* the least of a WebP's frames, or 0 */
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

/* The part of the picture that is wanted, and the size it gets. */
struct geom {
	double		x, y, w, h;
	int		width, height;
};

struct work {
	unsigned	magic;
#define WORK_MAGIC	0x574f524b
	const struct recipe *recipe;
	const struct wire_limits *limits;
	struct source	src;
	struct source	*secondary;	/* NULL: none was given */
	struct geom	geom;
	VipsImage	*im;		/* NULL until pixels are needed */
	VipsImage	*scope;		/* holds what a step leaves behind */
	int		frames;		/* of im, one below the other */
	void		*scans;		/* of a JPEG, see jpeg.c */
	bool		flatten;	/* the result has no transparency */
	double		background[3];	/* to flatten on */
	enum render_status status;
	char		error[256];
};

/* Room for *n* images that live until the step is over. */
VipsImage **work_room(struct work *, int n);

/* Fails the render: always -1. work_fail_vips() takes libvips' own words. */
int work_fail(struct work *, enum render_status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int work_fail_vips(struct work *);

/* 0 when a picture of this size may be made; else the render has failed. */
int work_check_size(struct work *, int width, int height);
/* Whether it may be; nothing has failed. */
bool work_size_fits(const struct work *, int width, int height);
/*
 * 0 when *pixel* bytes for each of so many pixels, which the library of the
 * format is known to need, and *rest* more can be had; else it has failed.
 */
int work_check_memory(struct work *, enum format, int width, int height,
    size_t pixel, size_t rest);

/* Loads, crops and resizes what is due: after it w->im is the picture. */
int work_pixels(struct work *);
/* The same, and w->im may be read in any order. */
int work_memory(struct work *);

typedef int work_frame_f(struct work *, const struct rop *, VipsImage *in,
    VipsImage **out);
/* Runs *f* on each frame of w->im. */
int work_each(struct work *, const struct rop *, work_frame_f *f);

/* The whole render, into *fd*; fills *reply*. */
void work_render(struct work *, int fd, struct wire_reply *reply);
void work_free(struct work *);

/* source.c: opens by the header, checks the limits. 0, or -1 and w->error. */
int source_open(struct work *, struct source *, const void *data, size_t len);
/* Frees what it holds, after an error too; not *data*. */
void source_close(struct source *);
/* Loads *scale* (at most 1 for photos) or what the decoder has above it. */
int source_pixels(struct work *, const struct source *, double scale,
    VipsImage **out);
/* The scale at which a side was loaded. */
double source_scale(const struct source *, int loaded, int whole);
/* Size with the orientation applied. */
void source_size(const struct source *, int *width, int *height);
void source_probe(struct work *, const void *data, size_t len,
    struct wire_reply *reply);
unsigned source_edition(const struct source *);
/*
 * Whether no pixel of an image with opacity shows what is behind; all of them
 * are read. 0, or -1.
 */
int opaque_find(VipsImage *, bool *opaque);

/*
 * source_limits.c: 0, or the render has failed: by the bytes alone, before a
 * decoder sees them; and by what the header said.
 */
int source_check_file(struct work *, const struct source *);
int source_check_header(struct work *, const struct source *);
/* What is of no known kind: always -1. */
int source_refuse_kind(struct work *, const void *data, size_t len);

/*
 * png.c: whether it is surely whole; of one with opacity also whether no pixel
 * shows what is behind, else *opaque* is left alone. False: the pixels tell.
 */
bool png_is_whole(const struct source *, bool *opaque);

/*
 * gif.c: whether the frames alone tell that nothing is ever seen through it;
 * whether the background is seen in one of the first *n* frames where
 * libvips would not leave it transparent; the size that browsers give it; and
 * the frames that *s* loads, in memory, *header* telling all but pixels and
 * size. -1 and libvips' error.
 */
bool gif_stays_opaque(const struct source *s);
bool gif_background_shows(const struct source *s, int n);
void gif_size(const struct source *s, int *width, int *height);
int gif_lay(const struct source *s, VipsImage *header, VipsImage **out);

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

/*
 * tiff.c, jxl.c: the picture in 8 or 16 bits, in memory or read from top to
 * bottom; with *pixels* false all but those may be missing. -1 and libvips'
 * error, or the render has failed.
 */
int tiff_load(struct work *, const void *data, size_t len, bool pixels,
    VipsImage **out);
int heif_load(struct work *, const struct source *, bool pixels,
    VipsImage **out);
int jxl_load(const void *data, size_t len, bool pixels, VipsImage **out);

/* load.c: *part* of a source at its wanted size, upright, sRGB, 8 bits. */
int load_part(struct work *, const struct source *, const struct geom *part,
    VipsImage **out);
/* The same for a picture that is loaded. */
int resize_part(struct work *, VipsImage *in, const struct geom *part,
    VipsImage **out);
/*
 * To *width* x *height*, by factors of 1 or more: vips_resize() of 8.14 would
 * move the picture by half a pixel.
 */
int resize_grow(VipsImage *in, VipsImage **out, double sx, double sy,
    int width, int height);
/*
 * roll.c: each of *n* frames, one below the other in *roll*, through *f*; what
 * comes out is a roll again.
 */
typedef int roll_frame_f(struct work *, const void *arg, VipsImage *frame,
    VipsImage **out);
int roll_map(struct work *, VipsImage *roll, int n, roll_frame_f *f,
    const void *arg, VipsImage **out);
/*
 * resize_part() for *n* frames one below the other, in memory if n > 1;
 * and a roll without its alpha channel if that is opaque throughout.
 */
int resize_roll(struct work *, VipsImage *in, int n, const struct geom *part,
    VipsImage **out);
int roll_drop_opaque(VipsImage *in, VipsImage **out);

/* color.c */
/*
 * The profile that colours have to be converted by. NULL: there is none, it is
 * sRGB, or it is of another colour space than the pixels.
 */
const void *color_profile(VipsImage *, size_t *len);
/* There is one that is not of the pixels' colour space. */
bool color_misfit(VipsImage *);
int color_to_srgb(struct work *, VipsImage *in, VipsImage **out);
int color_flatten(struct work *, VipsImage *in, const double rgb[3],
    VipsImage **out);
/* *in* in *format*; reals become bytes to the nearest: vips_cast() cuts off. */
int color_round(VipsImage *in, VipsBandFormat format, VipsImage **out);
/*
 * The colours weighed by opacity, in as many bits, for what mixes pixels: dark
 * fringes would grow without it; and back.
 */
int color_weigh(struct work *, VipsImage *in, VipsImage **out);
int color_unweigh(struct work *, VipsImage *in, VipsImage **out);
/* 3 bands of colour and 1 of alpha (NULL if there is none) */
int color_split(struct work *, VipsImage *in, VipsImage **rgb,
    VipsImage **alpha);
int color_join(struct work *, VipsImage *rgb, VipsImage *alpha,
    VipsImage **out);
/* RGBA, opaque where there was no transparency */
int color_rgba(struct work *, VipsImage *in, VipsImage **out);
void color_rgb(double packed, double rgb[3]);

/* icc.c: by *profile*, in memory. -1: not possible for this picture */
int icc_to_srgb(struct work *, VipsImage *in, const void *profile, size_t len,
    VipsImage **out);

/* save.c */
enum format save_format(const struct work *);
bool save_drops_alpha(const struct work *, enum format);
int save(struct work *, enum format, int fd, int64_t *len);

/*
 * jpeg.c: a progressive JPEG's scans that a shrink by 8 needs, to be freed;
 * NULL when the file is another or broken.
 */
void *jpeg_first_scans(const void *data, size_t len, size_t *out_len);
/* Passes over the picture that decoding takes; 0 when the file is broken. */
unsigned jpeg_scans(const void *data, size_t len);
/* The marker of the end is there; also when nothing could be before it. */
bool jpeg_has_end(const void *data, size_t len);
/*
 * A tiny file of the heads of it, without the data of its scans, of which none
 * can make the decoder fail; to be freed. NULL when it does not end as it
 * should.
 */
void *jpeg_heads(const void *data, size_t len, size_t *out_len);
/*
 * jpeg_pixels.c: the pixels of a JPEG of *header* as big, shrunk by *shrink*
 * (1, 2, 4, 8; the remainder is dropped), in memory. -1 and libvips' error.
 */
int jpeg_pixels(VipsImage *header, const void *data, size_t len, int shrink,
    VipsImage **out);
/*
 * 0 when all of it can be decoded; *strict*: and no coefficient is missing, as
 * at the end of a file that was cut short and given a new end. -1 and libvips'
 * error.
 */
int jpeg_check(const void *data, size_t len, bool strict);

/*
 * reduce.c: to *width*, at most that of *in*; the height stays. The pixels of
 * the result may be asked for in any order, and by any thread, if those of *in*
 * may. -1 and libvips' error.
 */
int reduce_width(VipsImage *in, int width, VipsImage **out);

/*
 * rows.c: *f* for each row of an image from top to bottom, until it fails (-1);
 * and a copy in memory, or NULL and libvips' error.
 */
typedef int row_f(void *arg, int y, const VipsPel *row);
int rows_each(VipsImage *, row_f *f, void *arg);
VipsImage *rows_in_memory(VipsImage *);
/*
 * The same for *n* frames one below the other, up to the first that cannot be
 * made: *whole* of them, or NULL and libvips' error.
 */
VipsImage *rows_of_frames(VipsImage *, int n, int *whole);

/*
 * still.c: one frame of 8 bits, grey or sRGB (others: sRGB, with or without
 * alpha), to *buf*, to be freed; *q*: quality, 100 for a WebP without loss. -1
 * and libvips' error.
 */
int still_jpg(VipsImage *, int q, bool progressive, void **buf, size_t *len);
int still_webp(VipsImage *, int q, void **buf, size_t *len);

/* heif.c: the same as HEIF */
int heif_save(VipsImage *, int q, void **buf, size_t *len);

/* geom.c */
struct size {
	int	width, height;
};
struct rect {
	int	x, y, w, h;
};
/* *g* in whole pixels of a frame that is *width* x *height*. */
struct rect geom_whole(const struct geom *g, int width, int height);
/*
 * Cuts *g* down to what lies around the part of size *s* at *x, *y of the
 * planned picture, where it is to be found at *x, *y then.
 */
void geom_around(struct geom *g, double *x, double *y, struct size s);
struct scale {
	double	x, y;
};
/* What fits *in* into a box by *mode* (of resize); NAN: that side is free. */
struct scale geom_scale(struct size in, double width, double height,
    const char *mode);
/* *in* times *s* in whole pixels, at least one a side. */
struct size geom_scaled(struct size in, struct scale s);
/* The two together. */
struct size geom_fit(struct size in, double width, double height,
    const char *mode);
/*
 * Where a part of *part* lies in *whole* by "X_Y" (words or pixels times
 * *dpr*); false for anchors that depend on the picture.
 */
bool geom_anchor(const char *anchor, double dpr, struct size whole,
    struct size part, double *x, double *y);

/* op_blur.c: of a picture without alpha; fast for a wide *sigma* too */
int blur_opaque(struct work *, VipsImage *in, VipsImage **out, double sigma);

/*
 * vector.c: whether libvips generates code; that it must not; room for it,
 * before the sandbox; which renders may use it; and that the rest of one does so
 * for each of its frames.
 */
bool vector_generates(void);
void vector_disable(void);
void vector_reserve(void);
void vector_for(const struct work *);
void vector_for_frames(int n);

/* Each operation's function; PLAN ones work on w itself. */
typedef int op_plan_f(struct work *, const struct rop *);
#define OP_FN_PLAN(name)	op_plan_f op_##name;
#define OP_FN_PIXEL(name)	work_frame_f op_##name;
#define OP(name, kind, required, one_of, doc)	OP_FN_##kind(name)
#define OPT(...)
#define OP_END(name)
#include "recipe/tbl_ops.h"

#endif
