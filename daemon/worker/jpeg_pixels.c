/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pixels of a JPEG, shrunk by its decoder, straight into memory.
 *
 * The loader of libvips hands the decoder 4 kB at a time, at whose seams it
 * takes its slow way for a third of the blocks. With the whole file at hand,
 * and no threads and no cache of lines between, a photo takes 1 to 5 ms less.
 */
#include "config.h"

#include <malloc.h>
#include <string.h>

#include "worker/jpeg.h"
#include "worker/jpeg_errors.h"

struct reader {
	struct jpeg_decompress_struct c;	/* first: handlers get it */
	struct jpeg_errors errors;
	bool		strict;		/* no coefficient may be missing */
};

/* Below 0 are the decoder's warnings, of which one is that the file ends. */
static void
on_message(j_common_ptr c, int level)
{
	const struct reader *r = (const struct reader *)c;

	if (level >= 0)
		return;
	if (c->err->msg_code == JWRN_JPEG_EOF ||
	    (r->strict && c->err->msg_code == JWRN_HIT_MARKER))
		c->err->error_exit(c);
}

static void
copy_row(const JSAMPLE *from, VipsPel *to, size_t n, bool invert)
{
	if (!invert)
		memcpy(to, from, n);
	for (size_t i = 0; invert && i < n; i++)
		to[i] = (VipsPel)(255 - from[i]);
}

/*
 * All rows of *out*, which the decoder may round up to one more. Inks are
 * stored as what they leave of the light, as Photoshop began to.
 */
static void
read_rows(struct reader *r, VipsImage *out)
{
	j_decompress_ptr c = &r->c;
	JSAMPARRAY row;

	if (c->output_components != out->Bands ||
	    c->output_width < (JDIMENSION)out->Xsize ||
	    c->output_height < (JDIMENSION)out->Ysize)
		ERREXIT(c, JERR_BAD_STATE);
	row = c->mem->alloc_sarray((j_common_ptr)c, JPOOL_IMAGE,
	    c->output_width * (JDIMENSION)c->output_components, 1);
	for (int y = 0; y < out->Ysize; y++) {
		(void)jpeg_read_scanlines(c, row, 1);
		copy_row(row[0], VIPS_IMAGE_ADDR(out, 0, y),
		    VIPS_IMAGE_SIZEOF_LINE(out),
		    c->out_color_space == JCS_CMYK);
	}
}

/* The decoder's end of the file is not looked at: rows may follow ours. */
static int
decode(const void *data, size_t len, int shrink, bool strict,
    void (*read)(struct reader *, VipsImage *), VipsImage *out)
{
	struct reader r;

	r.c.err = jpeg_errors_init(&r.errors);
	r.c.err->emit_message = on_message;
	r.strict = strict;
	if (setjmp(r.errors.failed) != 0) {
		jpeg_destroy_decompress(&r.c);
		return (-1);
	}
	jpeg_create_decompress(&r.c);
	jpeg_mem_src(&r.c, data, len);
	(void)jpeg_read_header(&r.c, TRUE);
	/* Its coefficients are held whole: what is free must not add to it. */
	if (jpeg_has_multiple_scans(&r.c))
		(void)malloc_trim(0);
	r.c.scale_num = 1;
	r.c.scale_denom = (unsigned)shrink;
	(void)jpeg_start_decompress(&r.c);
	read(&r, out);
	jpeg_destroy_decompress(&r.c);
	return (0);
}

/*--------------------------------------------------------------------
 * Whether it can be decoded
 */

/* Scans that a progressive JPEG has not got show in the bits it lacks. */
static bool
lacks_bits(j_decompress_ptr c)
{
	if (!c->progressive_mode || c->coef_bits == NULL)
		return (false);
	for (int i = 0; i < c->num_components; i++)
		for (int k = 0; k < DCTSIZE2; k++)
			if (c->coef_bits[i][k] != 0)
				return (true);
	return (false);
}

static void
pass_rows(struct reader *r, VipsImage *none)
{
	j_decompress_ptr c = &r->c;
	JSAMPARRAY row = c->mem->alloc_sarray((j_common_ptr)c, JPOOL_IMAGE,
	    c->output_width * (JDIMENSION)c->output_components, 1);

	(void)none;
	while (c->output_scanline < c->output_height)
		(void)jpeg_read_scanlines(c, row, 1);
	if (r->strict && lacks_bits(c))
		ERREXIT(c, JWRN_JPEG_EOF);
}

int
jpeg_check(const void *data, size_t len, bool strict)
{
	return (decode(data, len, 8, strict, pass_rows, NULL));
}

/*--------------------------------------------------------------------*/

int
jpeg_pixels(VipsImage *header, const void *data, size_t len, int shrink,
    VipsImage **out)
{
	VipsImage *im = vips_image_new_memory();

	*out = NULL;
	if (vips_image_pipelinev(im, VIPS_DEMAND_STYLE_ANY, header,
	    NULL) == 0) {
		im->Xsize = header->Xsize / shrink;
		im->Ysize = header->Ysize / shrink;
		if (vips_image_write_prepare(im) == 0 &&
		    decode(data, len, shrink, false, read_rows, im) == 0)
			*out = im;
	}
	if (*out == NULL)
		g_object_unref(im);
	return (*out == NULL ? -1 : 0);
}
