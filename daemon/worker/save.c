/* SPDX-License-Identifier: BSD-2-Clause */
/* Which format the result gets, and writing it. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "wire/wire.h"
#include "worker/bridge.h"
#include "worker/codec.h"
#include "worker/color.h"
#include "worker/libs.h"
#include "worker/save.h"
#include "worker/webp.h"
#include "worker/work.h"

/*--------------------------------------------------------------------
 * Format
 */

static bool
source_moves(const struct work *w)
{
	return (w->src.load > 1);
}

/* The picture may have transparency: the source has, or an operation makes. */
static bool
may_have_alpha(const struct work *w)
{
	if (w->im != NULL)
		return (vips_image_hasalpha(w->im));
	if (w->src.alpha)
		return (true);
	for (unsigned i = 0; i < w->recipe->n_ops; i++)
		switch (w->recipe->ops[i].id) {
		case OPS_rotate:
		case OPS_composition:
		case OPS_dropshadow:
		case OPS_alpha:
		case OPS_circlemask:
			return (true);
		default:
			break;
		}
	return (false);
}

/* The bigger side that a format's own header can say */
static int
most_side(enum format f)
{
	return (f == FORMAT_WEBP ? 16383 : f == FORMAT_AVIF ||
	    f == FORMAT_HEIF ? 16384 : 65535);
}

/* Pixels up to which JXL is chosen: each takes its encoder about 100 bytes. */
#define JXL_CHOSEN	4000000

/* Nobody asked for *f*, so it has to fit; until w->im is there it does. */
static bool
holds_size(const struct work *w, enum format f)
{
	int height = w->im == NULL ? 0 : w->im->Ysize / w->frames;
	int width = w->im == NULL ? 0 : w->im->Xsize;

	return (width <= most_side(f) && height <= most_side(f) &&
	    (f != FORMAT_JXL || (int64_t)width * height <= JXL_CHOSEN));
}

static bool
may_choose(const struct work *w, enum format f)
{
	const struct recipe *r = w->recipe;

	if (!(r->accept & UINT32_C(1) << f) ||
	    recipe_listed(recipe_text(r, r->so[SO_af_exclude]), formats[f].ext))
		return (false);
	if (!holds_size(w, f) || !libs_write(f))
		return (false);
	return (!source_moves(w) || (formats[f].holds & FORMAT_MOVES) != 0);
}

/* A JPEG that was asked for a picture with transparency. */
static enum format
jpg_or_alpha(const struct work *w)
{
	const struct recipe *r = w->recipe;

	if (r->so[SO_transparency_color] >= 0 || !may_have_alpha(w) ||
	    SOIS(r, jpg_autoformat, "false"))
		return (FORMAT_JPG);
	return (SOIS(r, jpg_autoformat, "webp") ? FORMAT_WEBP : FORMAT_PNG);
}

enum format
save_format(const struct work *w)
{
	/* In the order of what a photo weighs at the qualities by default */
	static const enum format best[] = { FORMAT_AVIF, FORMAT_JXL,
	    FORMAT_WEBP };
	enum format f = w->recipe->format;

	if (formats[f].holds & FORMAT_TEXT)
		return (f);
	if (f == FORMAT_JPG)
		f = jpg_or_alpha(w);
	for (size_t i = 0; i < sizeof best / sizeof *best; i++)
		if (may_choose(w, best[i]))
			return (best[i]);
	return (f);
}

bool
save_drops_alpha(const struct work *w, enum format f)
{
	return (!(formats[f].holds & FORMAT_ALPHA) ||
	    w->recipe->so[SO_transparency_color] >= 0);
}

/*--------------------------------------------------------------------
 * Metadata
 */

static bool
is_kept(const char *field)
{
	static const char *const keep[] = { "width", "height", "bands",
	    "format", "coding", "interpretation", "xoffset", "yoffset",
	    "xres", "yres", "filename", VIPS_META_PAGE_HEIGHT,
	    VIPS_META_N_PAGES, "delay", "loop", "background" };

	for (size_t i = 0; i < sizeof keep / sizeof *keep; i++)
		if (strcmp(field, keep[i]) == 0)
			return (true);
	return (false);
}

/*
 * webpsave of libvips 8.14 ignores "strip", so what must not leave is taken out
 * of the image itself: all but what is listed.
 */
static int
remove_fields(VipsImage *im)
{
	char **fields = vips_image_get_fields(im);

	if (fields == NULL)
		return (-1);
	for (char **f = fields; *f != NULL; f++)
		if (!is_kept(*f))
			(void)vips_image_remove(im, *f);
	g_strfreev(fields);
	return (0);
}

/* A copy without metadata */
static int
strip(struct work *w, VipsImage *in, VipsImage **out)
{
	if (vips_copy(in, out, "xres", 1.0, "yres", 1.0, NULL) ||
	    (BRIDGE_STRIP && remove_fields(*out) != 0))
		return (-1);
	if (w->frames == 1) {
		(void)vips_image_remove(*out, VIPS_META_PAGE_HEIGHT);
		(void)vips_image_remove(*out, VIPS_META_N_PAGES);
	}
	return (0);
}

/*--------------------------------------------------------------------
 * Encoders
 */

static int
quality(const struct work *w, enum stackopt_id id)
{
	return ((int)w->recipe->so[id]);
}

/* Interlaced where it was asked for in words; JPEG by default. */
static gboolean
interlaced(const struct work *w)
{
	return (w->recipe->so_given[SO_interlacing] &&
	    !SOIS(w->recipe, interlacing, "none"));
}

/* 8 bits of sRGB, or of grey where *grey* may be. */
static int
to_8_bits(struct work *w, VipsImage *in, bool grey, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);

	if (vips_colourspace(in, &t[0], grey && in->Bands < 3 ?
	    VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL))
		return (-1);
	return (vips_cast_uchar(t[0], out, NULL));
}

static int
save_jpg(struct work *w, VipsImage *in, void **buf, size_t *len)
{
	VipsImage **t = work_room(w, 1);

	if (to_8_bits(w, in, true, &t[0]) != 0)
		return (-1);
	return (vips_jpegsave_buffer(t[0], buf, len,
	    "Q", quality(w, SO_jpg_quality), "optimize_coding", TRUE,
	    "interlace", !SOIS(w->recipe, interlacing, "none"),
	    "strip", TRUE, NULL));
}

static int
save_png(struct work *w, VipsImage *in, void **buf, size_t *len)
{
	return (vips_pngsave_buffer(in, buf, len,
	    "compression", quality(w, SO_png_level),
	    "interlace", interlaced(w),
	    "palette", quality(w, SO_pngquant) < 100,
	    "Q", quality(w, SO_pngquant), "strip", TRUE, NULL));
}

static int
save_webp(struct work *w, VipsImage *in, void **buf, size_t *len)
{
	int q = quality(w, SO_webp_quality);
	VipsImage **t = work_room(w, 1);

	if (w->frames == 1) {
		if (to_8_bits(w, in, false, &t[0]) != 0)
			return (-1);
		return (webp_save(t[0], q, buf, len));
	}
	if (vips_webpsave_buffer(in, buf, len, "Q", q, "lossless", q == 100,
	    "strip", TRUE, NULL))
		return (-1);
	if (BRIDGE_STRIP)
		*len = webp_strip(*buf, *len);
	if (vips_image_hasalpha(in))
		webp_declare_alpha(*buf, *len);
	return (0);
}

static int
save_heif(struct work *w, VipsImage *in, void **buf, size_t *len)
{
	VipsImage **t = work_room(w, 1);

	if (to_8_bits(w, in, false, &t[0]) != 0)
		return (-1);
	return (heif_save(t[0], quality(w, SO_heif_quality), buf, len));
}

/*
 * What an effort spares in time it takes of the look, not only of the size: so
 * much more quality makes up for it (doc/architecture-render.rst).
 */
static const int avif_more[] = { 7, 5, 5, 2, 0 };

/* The chosen quality decides about the colours, of which lower ones keep half. */
#define AVIF_FULL_COLOR	90

static VipsForeignSubsample
avif_subsample(int q)
{
	return (q >= AVIF_FULL_COLOR ? VIPS_FOREIGN_SUBSAMPLE_OFF :
	    VIPS_FOREIGN_SUBSAMPLE_ON);
}

/*
 * Big results get less effort, so that they take seconds: at 17 megapixels a
 * photo takes 0.7 s of effort 1, 2.5 s of 2, 10 s of 4, for a size within 6 %.
 */
static int
avif_effort(const struct work *w, const VipsImage *im)
{
	int64_t pixels = (int64_t)im->Xsize * im->Ysize;
	int most = pixels <= 4000000 ? 4 : pixels <= 12000000 ? 2 : 1;

	return (VIPS_MIN((int)w->recipe->so[SO_avif_effort], most));
}

static int
save_avif(struct work *w, VipsImage *in, void **buf, size_t *len)
{
	int q = quality(w, SO_avif_quality), effort = avif_effort(w, in);

	return (vips_heifsave_buffer(in, buf, len,
	    "Q", VIPS_MIN(q + avif_more[effort], 100),
	    "subsample_mode", avif_subsample(q),
	    "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1,
	    "effort", effort, "strip", TRUE, NULL));
}

static int
save_gif(struct work *w, VipsImage *in, void **buf, size_t *len)
{
	double q = quality(w, SO_gif_quality);

	/* Effort 3 takes a quarter of the time of 7 for 3 % more bytes. */
	return (vips_gifsave_buffer(in, buf, len, "effort", 3,
	    "interframe_maxerror", (100 - q) / 10,
	    "bitdepth", q < 25 ? 5 : q < 50 ? 6 : q < 65 ? 7 : 8,
	    "interlace", interlaced(w), "strip", TRUE, NULL));
}

static int
save_jxl(struct work *w, VipsImage *in, void **buf, size_t *len)
{
	return (vips_jxlsave_buffer(in, buf, len,
	    "Q", quality(w, SO_jxl_quality), "effort", 3, "strip", TRUE,
	    NULL));
}

static int
save_text(struct work *w, enum format f, VipsImage *in, void **buf,
    size_t *len)
{
	VipsImage **t = work_room(w, 1);

	if (to_8_bits(w, in, false, &t[0]) != 0)
		return (-1);
	return (f == FORMAT_BLUR ? blurhash_save(t[0], buf, len) :
	    thumbhash_save(w, t[0], buf, len));
}

static int
encode(struct work *w, enum format f, VipsImage *in, void **buf, size_t *len)
{
	switch (f) {
	case FORMAT_JPG:
		return (save_jpg(w, in, buf, len));
	case FORMAT_PNG:
		return (save_png(w, in, buf, len));
	case FORMAT_WEBP:
		return (save_webp(w, in, buf, len));
	case FORMAT_AVIF:
		return (save_avif(w, in, buf, len));
	case FORMAT_HEIF:
		return (save_heif(w, in, buf, len));
	case FORMAT_GIF:
		return (save_gif(w, in, buf, len));
	case FORMAT_JXL:
		return (save_jxl(w, in, buf, len));
	case FORMAT_BLUR:
	case FORMAT_THUMBHASH:
		return (save_text(w, f, in, buf, len));
	default:
		return (work_fail(w, RENDER_BAD_RECIPE, "format %s cannot be "
		    "made", formats[f].ext));
	}
}

static int
write_all(struct work *w, int fd, const char *buf, size_t len)
{
	if ((int64_t)len > w->limits->output)
		return (work_fail(w, RENDER_LIMIT, "the result has %zu bytes, "
		    "over the limit of %lld", len,
		    (long long)w->limits->output));
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (work_fail(w, RENDER_FAILED, "the result "
			    "cannot be written: %s", strerror(errno)));
		buf += n;
		len -= (size_t)n;
	}
	return (0);
}

/*
 * libjxl ends the process when it gets no memory, so what it will need is tried
 * first: measured for effort 3, per pixel, and some for its threads and tables.
 */
#define JXL_PIXEL	84
#define JXL_ALPHA	28
#define JXL_REST	((size_t)64 << 20)

static int
check_memory(struct work *w, enum format f, const VipsImage *im)
{
	size_t pixel = im->Bands % 2 == 0 ? JXL_PIXEL + JXL_ALPHA : JXL_PIXEL;

	return (f != FORMAT_JXL ? 0 : work_check_memory(w, f, im->Xsize,
	    im->Ysize, pixel, JXL_REST));
}

static int
check_format_size(struct work *w, enum format f, const VipsImage *im)
{
	int most = most_side(f);

	if (im->Xsize > most || im->Ysize / w->frames > most)
		return (work_fail(w, RENDER_BAD_RECIPE, "%s holds at most %d "
		    "pixels a side", formats[f].ext, most));
	return (0);
}

int
save(struct work *w, enum format f, int fd, int64_t *len)
{
	VipsImage **t = work_room(w, 2);
	void *buf = NULL;
	size_t n = 0;
	int rc;

	if (!libs_write(f))
		return (work_fail(w, RENDER_LIMIT, "this server cannot write "
		    "%s: it has no coder for it", formats[f].ext));
	if (check_format_size(w, f, w->im) != 0)
		return (-1);
	if (save_drops_alpha(w, f)) {
		if (color_flatten(w, w->im, w->background, &t[0]) != 0)
			return (-1);
	} else
		t[0] = g_object_ref(w->im);
	if (strip(w, t[0], &t[1]) != 0 || check_memory(w, f, t[1]) != 0 ||
	    encode(w, f, t[1], &buf, &n) != 0)
		return (-1);
	rc = write_all(w, fd, buf, n);
	g_free(buf);
	*len = (int64_t)n;
	return (rc);
}
