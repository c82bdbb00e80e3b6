/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crops that follow an area. The area is painted red: where it is after the
 * operations before the crop is measured in pixels, and from there each part is
 * calculated anew.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render_picture.h"

#define WIDTH	240
#define HEIGHT	160
#define BORDER	10

static struct recipe_image known = { .hash = "", .format = "png",
    .width = WIDTH, .height = HEIGHT };

struct rect {
	double	x, y, w, h;
};

static const struct rect mark = { 150, 36, 40, 24 };

/* Green within a white border, and red at the mark; each frame its own. */
static void
colour_of(int x, int y, int frame, VipsPel *p)
{
	bool inside = x >= BORDER && y >= BORDER && x < WIDTH - BORDER &&
	    y < HEIGHT - BORDER;
	bool red = x >= mark.x && x < mark.x + mark.w && y >= mark.y &&
	    y < mark.y + mark.h;

	p[0] = red ? (VipsPel)(255 - 20 * frame) : inside ? 0 : 255;
	p[1] = red ? 0 : inside ? (VipsPel)(160 + 20 * frame) : 255;
	p[2] = red ? 0 : inside ? 40 : 255;
}

static VipsImage *
marked(int frames)
{
	VipsImage *im = ramp(WIDTH, HEIGHT, 3, frames), *out;

	out = vips_image_copy_memory(im);
	assert_non_null(out);
	g_object_unref(im);
	for (int y = 0; y < out->Ysize; y++)
		for (int x = 0; x < WIDTH; x++)
			colour_of(x, y % HEIGHT, y / HEIGHT,
			    VIPS_IMAGE_ADDR(out, x, y));
	return (out);
}

/* The box of what is red in frame *n* of *frames*. */
static struct rect
find_red(VipsImage *im, int n, int frames)
{
	int left = im->Xsize, top = im->Ysize, right = -1, bottom = -1;
	int height = im->Ysize / frames;
	VipsPel *p;

	for (int y = 0; y < height; y++)
		for (int x = 0; x < im->Xsize; x++) {
			p = VIPS_IMAGE_ADDR(im, x, n * height + y);
			if (p[0] < 150 || p[1] > 100 || (im->Bands == 4 &&
			    p[3] < 128))
				continue;
			left = x < left ? x : left;
			right = x > right ? x : right;
			top = y < top ? y : top;
			bottom = y;
		}
	return (right < 0 ? (struct rect){ 0, 0, 0, 0 } :
	    (struct rect){ left, top, right + 1 - left, bottom + 1 - top });
}

/*--------------------------------------------------------------------
 * What a crop has to give
 */

enum how { CENTRED, RATIO, BOX, AROUND, WITHIN };

struct crop {
	const char	*text;
	enum how	how;
	double		w, h, scale;
};

#define SUBJECT	"\"subject_area\":{\"x\":150,\"y\":36,\"width\":40," \
	"\"height\":24}"
#define PERCENT	"\"subject_area\":{\"x\":62.5,\"y\":22.5," \
	"\"width\":16.66666667,\"height\":15,\"percentage\":true}"
#define CROP	"\"crop_area\":{\"x\":150,\"y\":36,\"width\":40," \
	"\"height\":24}"
#define OTHER	"\"subject_area\":{\"x\":20,\"y\":120}"

static const struct {
	const char	*metadata;
	struct crop	crop;
} crops[] = {
	{ "{" SUBJECT "}", { "crop-width-50-height-30",
	    CENTRED, 50, 30, 100 } },
	{ "{" PERCENT "}", { "crop-width-50-height-30-anchor-subjectarea",
	    CENTRED, 50, 30, 100 } },
	/* The subject area before the crop area */
	{ "{" SUBJECT ",\"crop_area\":{\"x\":0,\"y\":0,\"width\":9,"
	    "\"height\":9}}", { "crop-width-20-height-60-anchor-auto",
	    CENTRED, 20, 60, 100 } },
	{ "{" SUBJECT "}", { "crop-width-1-height-1-mode-ratio",
	    RATIO, 1, 1, 100 } },
	{ "{" SUBJECT "}", { "crop-width-9-height-16-mode-ratio-scale-60",
	    RATIO, 9, 16, 60 } },
	{ "{" SUBJECT "}", { "crop-width-7-height-5-mode-box",
	    BOX, 1, 1, 100 } },
	{ "{" PERCENT "}", { "crop-width-3-height-1-mode-area",
	    AROUND, 3, 1, 100 } },
	{ "{" SUBJECT "}", { "crop-width-1-height-2-mode-area",
	    AROUND, 1, 2, 100 } },
	{ "{" CROP "}", { "crop-width-5-height-70", BOX, 1, 1, 100 } },
	{ "{" CROP "}", { "crop-width-5-height-70-mode-box", BOX, 1, 1, 100 } },
	{ "{" CROP "," OTHER "}", { "crop-width-5-height-70-anchor-croparea",
	    BOX, 1, 1, 100 } },
	{ "{" CROP "}", { "crop-width-1-height-1-mode-ratio",
	    WITHIN, 1, 1, 100 } },
	{ "{" CROP "}", { "crop-width-1-height-1-mode-area",
	    AROUND, 1, 1, 100 } },
	/* By name, before all others */
	{ "{" OTHER ",\"multi_areas\":{\"one\":{" OTHER "},\"two_2\":{" CROP
	    "}}}", { "crop-area-two_2", BOX, 1, 1, 100 } },
	{ "{" OTHER ",\"multi_areas\":{\"two_2\":{" SUBJECT "}}}",
	    { "crop-area-two_2-mode-ratio", BOX, 1, 1, 100 } },
	{ "{" OTHER ",\"multi_areas\":{\"two_2\":{" SUBJECT "}}}",
	    { "crop-width-16-height-9-mode-ratio-area-two_2",
	    RATIO, 16, 9, 100 } },
	{ "{" OTHER ",\"multi_areas\":{\"two_2\":{" CROP "}}}",
	    { "crop-width-2-height-1-mode-ratio-area-two_2-anchor-left_top",
	    WITHIN, 2, 1, 100 } },
};

#define N_CROPS	(sizeof crops / sizeof *crops)

/* Which part of a picture that is w x h, the mark of which is at *m*. */
static struct rect
part_of(const struct crop *c, double dpr, double w, double h, struct rect m)
{
	struct rect r = { 0, 0, c->w * dpr, c->h * dpr };
	double most = fmin(w / c->w, h / c->h), s = most;

	if (c->how == BOX)
		return (m);
	if (c->how == AROUND)
		s = fmin(most, fmax(m.w / c->w, m.h / c->h));
	else if (c->how == WITHIN)
		s = fmin(m.w / c->w, m.h / c->h);
	if (c->how != CENTRED) {
		r.w = c->w * s;
		r.h = c->h * s;
	}
	r.w *= c->scale / 100;
	r.h *= c->scale / 100;
	r.w = fmin(r.w, w);
	r.h = fmin(r.h, h);
	r.x = fmax(0, fmin(m.x + m.w / 2 - r.w / 2, w - r.w));
	r.y = fmax(0, fmin(m.y + m.h / 2 - r.h / 2, h - r.h));
	return (r);
}

static void
near(const char *what, const char *which, double is, double want, double by)
{
	if (fabs(is - want) > by)
		fail_msg("%s: %s is %g, not %g", what, which, is, want);
}

static double
clip(double d, double most)
{
	return (fmax(0, fmin(d, most)));
}

/* Frame *n* of *im* is the part *r*, and the mark *m* is where it has to be. */
static void
check_part(const char *what, VipsImage *im, int n, int frames, struct rect r,
    struct rect m)
{
	double height = (double)im->Ysize / frames;
	struct rect red = find_red(im, n, frames);
	double left = clip(m.x - r.x, r.w), top = clip(m.y - r.y, r.h);

	/* Of a ratio both sides are off when one was measured badly. */
	double by_x = 2 * fmax(1, r.w / r.h), by_y = 2 * fmax(1, r.h / r.w);

	near(what, "width", im->Xsize, r.w, by_x);
	near(what, "height", height, r.h, by_y);
	near(what, "left of the mark", red.x, left, by_x);
	near(what, "top of the mark", red.y, top, by_y);
	near(what, "right of the mark", red.x + red.w,
	    clip(m.x + m.w - r.x, r.w), by_x);
	near(what, "bottom of the mark", red.y + red.h,
	    clip(m.y + m.h - r.y, r.h), by_y);
}

/*--------------------------------------------------------------------*/

struct chain {
	const char	*before, *after;
	double		dpr;
};

/* A source as a file. */
struct file {
	void	*buf;
	size_t	len;
};

static VipsImage *
render(const struct file *f, const char *segments)
{
	struct rendered out;
	VipsImage *res, *copy;

	render_bytes(f->buf, f->len, segments, "png", NULL, &out);
	if (out.r.status != RENDER_OK)
		fail_msg("%s: %s", segments, out.error);
	res = vips_image_new_from_buffer(out.data, out.len, "", NULL);
	assert_non_null(res);
	copy = vips_image_copy_memory(res);
	assert_non_null(copy);
	g_object_unref(res);
	free(out.data);
	return (copy);
}

/* Each *step*th crop, after the operations of *c*. */
static void
check_chain(const struct file *f, const struct chain *c, size_t first,
    size_t step)
{
	char segments[512];
	VipsImage *whole, *out;
	struct rect m;

	known.dynamic_metadata = NULL;
	(void)snprintf(segments, sizeof segments, "%s%s", c->before, c->after);
	whole = render(f, segments);
	m = find_red(whole, 0, 1);
	if (m.w < 4)
		fail_msg("%s: no mark", segments);
	for (size_t i = first % step; i < N_CROPS; i += step) {
		known.dynamic_metadata = crops[i].metadata;
		(void)snprintf(segments, sizeof segments, "%s%s%s%s",
		    c->before, *c->before != '\0' ? "--" : "",
		    crops[i].crop.text, c->after);
		out = render(f, segments);
		check_part(segments, out, 0, 1, part_of(&crops[i].crop,
		    c->dpr, whole->Xsize, whole->Ysize, m), m);
		g_object_unref(out);
	}
	g_object_unref(whole);
}

static void
test_chains(void **state)
{
	static const struct chain chains[] = {
		{ "", "", 1 },
		{ "resize-width-120", "", 1 },
		{ "resize-width-120-height-120-mode-absolute", "", 1 },
		{ "resize-width-100-height-100-mode-fill", "", 1 },
		{ "resize-width-120", "/o-dpr-2", 2 },
		{ "resize-width-400", "", 1 },
		{ "resize-width-400-upscale-false", "", 1 },
		{ "resize-width-200-upscale-false", "/o-dpr-3", 3 },
		{ "rotate-angle-90", "", 1 },
		{ "rotate-angle-180--resize-width-150", "", 1 },
		{ "resize-width-200--rotate-angle-%2D90", "", 1 },
		{ "rotate-angle-30", "", 1 },
		{ "rotate-angle-200-background_opacity-100", "", 1 },
		{ "autorotate-height-9", "", 1 },
		{ "autorotate-height-9-rotation_direction-counterclockwise",
		    "", 1 },
		{ "crop-width-120-height-70-anchor-110_20", "", 1 },
		{ "resize-width-180--crop-width-90-height-60-anchor-88_9--"
		    "resize-width-140", "", 1 },
		{ "trim", "", 1 },
		{ "trim--rotate-angle-45--resize-width-150--trim", "", 1 },
		{ "dropshadow-horizontal-9-vertical-%2D20-sigma-4", "", 1 },
		{ "composition-mode-foreground-width-300-height-200-anchor-"
		    "right_bottom", "", 1 },
		{ "composition-mode-foreground-width-300-height-300-angle-20-"
		    "anchor-7_9--resize-width-200", "", 1 },
		{ "composition-mode-background-width-20-height-20-angle-20-"
		    "secondary_color-0000ff", "", 1 },
		{ "blur-sigma-1--resize-width-120--sepia-enabled-false", "",
		    1 },
	};
	VipsImage *im = marked(1);
	struct file f;

	(void)state;
	encode(im, ".png", &f.buf, &f.len);
	g_object_unref(im);
	/* All of them with nothing before */
	for (size_t i = 0; i < sizeof chains / sizeof *chains; i++)
		check_chain(&f, &chains[i], i, i == 0 ? 1 : 2);
	g_free(f.buf);
}

/* The area counts in the upright picture, whose size the API tells. */
static void
test_orientations(void **state)
{
	/* What a reader does to a picture of each orientation, undone. */
	static const struct {
		int	angle;
		bool	flip;	/* left and right, before */
	} undo[] = { { 0, false }, { 0, false }, { 0, true }, { 180, false },
	    { 180, true }, { 270, true }, { 270, false }, { 90, true },
	    { 90, false } };
	static const struct chain chains[] = { { "", "", 1 },
	    { "resize-width-100", "", 1 },
	    { "rotate-angle-90--resize-width-100", "", 1 } };
	VipsImage *im = marked(1), *t[3];
	struct file f[2];

	(void)state;
	for (int o = 1; o <= 8; o++) {
		assert_int_equal(undo[o].flip ? vips_flip(im, &t[0],
		    VIPS_DIRECTION_HORIZONTAL, NULL) : vips_copy(im, &t[0],
		    NULL), 0);
		assert_int_equal(vips_rot(t[0], &t[1],
		    undo[o].angle / 90, NULL), 0);
		t[2] = vips_image_copy_memory(t[1]);
		vips_image_set_int(t[2], VIPS_META_ORIENTATION, o);
		encode(t[2], ".webp[lossless]", &f[0].buf, &f[0].len);
		encode(t[2], ".jpg[Q=100]", &f[1].buf, &f[1].len);
		for (size_t i = 0; i < 3; i++) {
			check_chain(&f[i > 0], &chains[i], (size_t)o + i, 4);
			g_object_unref(t[i]);
		}
		g_free(f[0].buf);
		g_free(f[1].buf);
	}
	g_object_unref(im);
}

/* A page is what the API tells of it, whatever it is rendered at. */
static void
test_pdf(void **state)
{
	static char page[] = "%PDF-1.4\n"
	    "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
	    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
	    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 240 160]"
	    "/Contents 4 0 R/Resources<<>>>>endobj\n"
	    "4 0 obj<</Length 28>>stream\n1 0 0 rg 150 100 40 24 re f\n"
	    "endstream endobj\ntrailer<</Root 1 0 R>>\n";
	static const struct chain chains[] = { { "", "", 1 },
	    { "", "/o-pdf.dpi-144", 1 },
	    { "resize-width-200--rotate-angle-90", "/o-pdf.dpi-100", 1 } };
	const struct file f = { page, sizeof page - 1 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		check_chain(&f, &chains[i], i, 3);
}

static VipsImage *
animation(const struct file *f, const char *segments)
{
	struct rendered out;
	VipsImage *res, *copy;

	render_bytes(f->buf, f->len, segments, "webp", NULL, &out);
	if (out.r.status != RENDER_OK)
		fail_msg("%s: %s", segments, out.error);
	res = vips_image_new_from_buffer(out.data, out.len, "", "n", -1, NULL);
	assert_non_null(res);
	copy = vips_image_copy_memory(res);
	if (vips_image_get_n_pages(copy) != 3)
		fail_msg("%s: %d frames", segments,
		    vips_image_get_n_pages(copy));
	g_object_unref(res);
	free(out.data);
	return (copy);
}

static void
test_animations(void **state)
{
	static const char *const before[] = { "", "resize-width-120--",
	    "rotate-angle-90--", "dropshadow-horizontal-30--",
	    "composition-mode-foreground-width-260-height-170--" };
	static const char *const suffixes[] = { ".gif", ".webp[lossless]" };
	VipsImage *im = marked(3), *whole, *out;
	struct file f[2];
	char segments[512];
	struct rect m;

	(void)state;
	for (int i = 0; i < 2; i++)
		encode(im, suffixes[i], &f[i].buf, &f[i].len);
	g_object_unref(im);
	for (size_t i = 0; i < 2 * sizeof before / sizeof *before; i++) {
		(void)snprintf(segments, sizeof segments, "%snoop",
		    before[i / 2]);
		known.dynamic_metadata = NULL;
		whole = animation(&f[i % 2], segments);
		m = find_red(whole, 2, 3);
		for (size_t k = i % 3; k < N_CROPS; k += 3) {
			known.dynamic_metadata = crops[k].metadata;
			(void)snprintf(segments, sizeof segments, "%s%s",
			    before[i / 2], crops[k].crop.text);
			out = animation(&f[i % 2], segments);
			for (int n = 0; n < 3; n++)
				check_part(segments, out, n, 3,
				    part_of(&crops[k].crop, 1, whole->Xsize,
				    whole->Ysize / 3.0, m), m);
			g_object_unref(out);
		}
		g_object_unref(whole);
	}
	g_free(f[0].buf);
	g_free(f[1].buf);
}

/*--------------------------------------------------------------------*/

/* With *metadata* the picture of *segments* is that of *same* without. */
static void
check_same(const char *metadata, const char *segments, const char *same)
{
	VipsImage *im = marked(1), *a, *b;
	struct file f;
	double differs;

	encode(im, ".png", &f.buf, &f.len);
	g_object_unref(im);
	known.dynamic_metadata = metadata;
	a = render(&f, segments);
	known.dynamic_metadata = NULL;
	b = render(&f, same);
	g_free(f.buf);
	if (a->Xsize != b->Xsize || a->Ysize != b->Ysize)
		fail_msg("%s: %d x %d, not %d x %d", segments, a->Xsize,
		    a->Ysize, b->Xsize, b->Ysize);
	assert_int_equal(vips_subtract(a, b, &im, NULL), 0);
	assert_int_equal(vips_deviate(im, &differs, NULL), 0);
	if (differs != 0)
		fail_msg("%s: not as %s", segments, same);
	g_object_unref(im);
	g_object_unref(a);
	g_object_unref(b);
}

/* Rows of dynamic metadata, a chain that may follow it, and one that does not */
static void
check_all(const char *const t[][3], size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_same(t[i][0], t[i][1], t[i][2]);
}

/* A part for an area is that of a place, pixel by pixel. */
static void
test_places(void **state)
{
	static const char *const t[][3] = {
		{ "{" SUBJECT "}", "crop-width-50-height-30",
		    "crop-width-50-height-30-anchor-145_33" },
		{ "{" SUBJECT "}", "resize-width-120--crop-width-50-height-30",
		    "resize-width-120--crop-width-50-height-30-anchor-60_9" },
		{ "{" CROP "}", "crop-width-9-height-9",
		    "crop-width-40-height-24-anchor-150_36" },
		{ "{" CROP "}", "crop-width-9-height-9-scale-50",
		    "crop-width-20-height-12-anchor-160_42" },
		{ "{" CROP "}", "crop-width-9-height-9-movearea_x-50-"
		    "movearea_y-%2D25",
		    "crop-width-40-height-24-anchor-170_30" },
		{ "{" SUBJECT "}", "crop-width-40-height-20-movearea_x-%2D100",
		    "crop-width-40-height-20-anchor-110_38" },
		/* It stays inside. */
		{ "{\"subject_area\":{\"x\":239,\"y\":0}}",
		    "crop-width-50-height-50",
		    "crop-width-50-height-50-anchor-right_top" },
		/* Over the edge: what is inside */
		{ "{\"crop_area\":{\"x\":200,\"y\":100,\"width\":500,"
		    "\"height\":500}}", "crop-width-50-height-50",
		    "crop-width-40-height-60-anchor-200_100" },
		/* Held back: in the ratio asked for, about the area */
		{ "{" SUBJECT "}", "resize-width-900-upscale-false--"
		    "crop-width-900-height-900",
		    "crop-width-160-height-160-anchor-80_0" },
		/* Bigger than may be made, but for the part */
		{ "{" SUBJECT "}", "resize-width-10000--crop-width-100-height-"
		    "100", "crop-width-1-height-1-anchor-170_48--"
		    "resize-width-100" },
	};

	(void)state;
	check_all(t, sizeof t / sizeof *t);
}

/* A crop that names a place, or an area that the image does not have */
static void
test_no_area_to_follow(void **state)
{
	static const char *const t[][3] = {
		/* Places, smart and faces follow nothing. */
		{ "{" SUBJECT "}", "crop-width-50-height-30-anchor-left_top",
		    "crop-width-50-height-30-anchor-left_top" },
		{ "{" SUBJECT "}", "crop-width-50-height-30-anchor-smart",
		    "crop-width-50-height-30-anchor-smart" },
		{ "{" SUBJECT "}", "crop-width-50-height-30-anchor-face",
		    "crop-width-50-height-30-anchor-center_center" },
		/* Areas that the image lacks, or that were cut off */
		{ "{}", "crop-width-50-height-30-fallback-left_top",
		    "crop-width-50-height-30-anchor-left_top" },
		{ "{" CROP "}", "crop-width-50-height-30-anchor-subjectarea-"
		    "fallback-left_top",
		    "crop-width-50-height-30-anchor-left_top" },
		{ "{" SUBJECT "}", "crop-width-50-height-30-anchor-croparea-"
		    "fallback-right_bottom",
		    "crop-width-50-height-30-anchor-right_bottom" },
		{ "{" SUBJECT "}", "crop-width-60-height-60-anchor-left_top--"
		    "crop-width-30-height-30-fallback-right_top",
		    "crop-width-30-height-30-anchor-30_0" },
		{ "{\"multi_areas\":{\"a\":{" SUBJECT "}}}",
		    "crop-width-60-height-60-anchor-left_top--crop-area-a",
		    "crop-width-60-height-60-anchor-left_top" },
		{ "{\"multi_areas\":{\"a\":{" SUBJECT "}}," SUBJECT "}",
		    "crop-area-b", "noop" },
		{ "{\"multi_areas\":{\"a\":{" CROP "}}," SUBJECT "}",
		    "crop-width-50-height-30-area-b",
		    "crop-width-50-height-30-anchor-145_33" },
		{ "{\"subject_area\":\"x\"}", "crop-width-50-height-30",
		    "crop-width-50-height-30" },
		{ "not JSON", "crop-width-50-height-30",
		    "crop-width-50-height-30" },
	};

	(void)state;
	check_all(t, sizeof t / sizeof *t);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_orientations),
		cmocka_unit_test(test_pdf),
		cmocka_unit_test(test_animations),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_no_area_to_follow),
	};

	worker_entry(argc, argv);
	render_known = &known;
	render_takes_pdf = true;
	return (cmocka_run_group_tests(tests, render_group_start,
	    render_group_end));
}
