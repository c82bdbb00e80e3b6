/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TIFF by libvips, and what it has to be helped with: which sample is opacity,
 * Lab, and YCbCr that is not a JPEG's.
 */
#include "config.h"

#include "base/trust_me.h"
#include "worker/codec.h"
#include "worker/tiff.h"
#include "worker/work.h"

/*--------------------------------------------------------------------
 * YCbCr: libtiff's own conversion
 */

/* JPEG's decoder makes RGB of its YCbCr by itself. */
static bool
by_libtiff(const struct tiff_kind *k)
{
	return (k->photometric == PHOTOMETRIC_YCBCR &&
	    k->compression != COMPRESSION_JPEG);
}

static int
make_header(TIFF *t, VipsImage *im)
{
	uint32_t width = 0, height = 0;
	uint16_t orientation = 1;

	(void)TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &width);
	(void)TIFFGetField(t, TIFFTAG_IMAGELENGTH, &height);
	(void)TIFFGetFieldDefaulted(t, TIFFTAG_ORIENTATION, &orientation);
	if (width < 1 || height < 1 ||
	    width >= (uint32_t)VIPS_MAX_COORD ||
	    height >= (uint32_t)VIPS_MAX_COORD) {
		vips_error("tiff", "its size is out of bounds");
		return (-1);
	}
	vips_image_init_fields(im, (int)width, (int)height, 3,
	    VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB,
	    1, 1);
	vips_image_set_int(im, VIPS_META_ORIENTATION, orientation);
	return (0);
}

static void
unpack(const uint32_t *from, VipsImage *im)
{
	VipsPel *to = VIPS_IMAGE_ADDR(im, 0, 0);
	size_t n = VIPS_IMAGE_N_PELS(im);

	for (size_t i = 0; i < n; i++, to += 3) {
		to[0] = (VipsPel)TIFFGetR(from[i]);
		to[1] = (VipsPel)TIFFGetG(from[i]);
		to[2] = (VipsPel)TIFFGetB(from[i]);
	}
}

/* All of the picture as it is stored, whatever its orientation. */
static int
read_rgb(TIFF *t, VipsImage *im)
{
	size_t n = VIPS_IMAGE_N_PELS(im);
	uint32_t *raster = g_try_malloc(n * sizeof *raster);
	char why[1024] = "out of memory";
	TIFFRGBAImage img;
	int done = 0;

	if (raster != NULL && TIFFRGBAImageBegin(&img, t, 1, why)) {
		img.req_orientation = img.orientation;
		done = TIFFRGBAImageGet(&img, raster, (uint32_t)im->Xsize,
		    (uint32_t)im->Ysize) && vips_image_write_prepare(im) == 0;
		TIFFRGBAImageEnd(&img);
	} else
		vips_error("tiff", "%s", why);
	if (done)
		unpack(raster, im);
	g_free(raster);
	return (done ? 0 : -1);
}

static int
load_ycbcr(TIFF *t, bool pixels, VipsImage **out)
{
	VipsImage *im = vips_image_new_memory();

	*out = NULL;
	if (make_header(t, im) == 0 && (!pixels || read_rgb(t, im) == 0))
		*out = im;
	else
		g_object_unref(im);
	return (*out == NULL ? -1 : 0);
}

/*--------------------------------------------------------------------
 * Lab
 */

/* ICCLab as numbers from 0, of which *most* is an L of 100 */
static int
lab_of_icc(VipsImage *in, VipsImage **out)
{
	bool deep = in->BandFmt == VIPS_FORMAT_USHORT;
	double one = deep ? 1 / 256.0 : 1;
	double a[3] = { deep ? 100 / 65280.0 : 100 / 255.0, one, one };
	double b[3] = { 0, -128, -128 };

	return (vips_linear(in, out, a, b, 3, NULL));
}

static int
lab_of(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 2);

	if (in->Coding == VIPS_CODING_LABQ)
		return (vips_LabQ2Lab(in, out, NULL));
	if (vips_extract_band(in, &t[0], 0, "n", 3, NULL))
		return (-1);
	if (in->Type == VIPS_INTERPRETATION_LABS)
		return (vips_LabS2Lab(t[0], out, NULL));
	if (lab_of_icc(t[0], &t[1]))
		return (-1);
	return (vips_copy(t[1], out, "interpretation",
	    VIPS_INTERPRETATION_LAB, NULL));
}

/* Opacity, which the loader may have made signed; 8 bits */
static int
lab_alpha(struct work *w, VipsImage *in, int band, VipsImage **out)
{
	VipsImage **t = work_room(w, 2);

	if (vips_extract_band(in, &t[0], band, NULL))
		return (-1);
	if (in->BandFmt == VIPS_FORMAT_UCHAR)
		return (vips_copy(t[0], out, NULL));
	if (vips_copy(t[0], &t[1], "format", VIPS_FORMAT_USHORT, NULL))
		return (-1);
	return (vips_cast(t[1], out, VIPS_FORMAT_UCHAR, "shift", TRUE, NULL));
}

/*
 * The usual white is D50, as that of the space profiles are joined by; some
 * programs write D65, libvips' own, and say so.
 */
static int
lab_to_rgb(const struct tiff_kind *k, VipsImage *in, VipsImage **out)
{
	if (k->white_d65)
		return (vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB,
		    NULL));
	return (vips_icc_export(in, out, "pcs", VIPS_PCS_LAB,
	    "output_profile", "srgb", "intent", VIPS_INTENT_RELATIVE,
	    "depth", 8, NULL));
}

static int
lab_to_srgb(struct work *w, const struct tiff_kind *k, VipsImage *in,
    VipsImage **out)
{
	VipsImage **t = work_room(w, 3);
	VipsImage *im;

	if (lab_of(w, in, &t[0]) != 0 || lab_to_rgb(k, t[0], &t[1]))
		return (-1);
	if (k->alpha < 0)
		im = g_object_ref(t[1]);
	else if (lab_alpha(w, in, 3 + k->alpha, &t[2]) != 0 ||
	    vips_bandjoin2(t[1], t[2], &im, NULL))
		return (-1);
	if (vips_copy(im, out, "interpretation", VIPS_INTERPRETATION_sRGB,
	    NULL)) {
		g_object_unref(im);
		return (-1);
	}
	g_object_unref(im);
	(void)vips_image_remove(*out, VIPS_META_ICC_NAME);
	return (0);
}

/*--------------------------------------------------------------------*/

static int
colors_of(const VipsImage *im)
{
	switch (im->Type) {
	case VIPS_INTERPRETATION_B_W:
	case VIPS_INTERPRETATION_GREY16:
		return (1);
	case VIPS_INTERPRETATION_CMYK:
		return (4);
	default:
		return (3);
	}
}

/*
 * A TIFF may have any number of samples behind its colours, of which one is
 * opacity. The others (masks, spot colours) go: no step after this one expects
 * them.
 */
static int
drop_others(struct work *w, const struct tiff_kind *k, VipsImage *in,
    VipsImage **out)
{
	VipsImage **t = work_room(w, 2);
	int colors = colors_of(in), most = colors + (k->alpha >= 0);

	if (in->Bands <= most && k->alpha <= 0)
		return (vips_copy(in, out, NULL));
	if (k->alpha <= 0)
		return (vips_extract_band(in, out, 0, "n", most, NULL));
	if (vips_extract_band(in, &t[0], 0, "n", colors, NULL) ||
	    vips_extract_band(in, &t[1], colors + k->alpha, NULL))
		return (-1);
	return (vips_bandjoin2(t[0], t[1], out, NULL));
}

static int
load_by_vips(struct work *w, const struct tiff_kind *k, const void *data,
    size_t len, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);

	if (vips_tiffload_buffer(TRUST_ME(data), len, &t[0],
	    "access", VIPS_ACCESS_SEQUENTIAL,
	    "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL))
		return (-1);
	if (k->photometric == PHOTOMETRIC_CIELAB ||
	    k->photometric == PHOTOMETRIC_ICCLAB)
		return (lab_to_srgb(w, k, t[0], out));
	return (drop_others(w, k, t[0], out));
}

int
tiff_load(struct work *w, const void *data, size_t len, bool pixels,
    VipsImage **out)
{
	struct bytes b = { data, len, 0 };
	TIFF *t = tiff_open(&b);
	struct tiff_kind k;
	const char *why;
	int rc;

	if (t == NULL)
		return (-1);
	tiff_look(t, &k);
	if ((why = tiff_refusal(&k)) != NULL)
		rc = work_fail(w, RENDER_BAD_IMAGE, "the TIFF %s", why);
	else if (by_libtiff(&k))
		rc = load_ycbcr(t, pixels, out);
	else
		rc = load_by_vips(w, &k, data, len, out);
	TIFFClose(t);
	return (rc);
}
