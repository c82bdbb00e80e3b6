/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <libheif/heif.h>
#include <stdint.h>
#include <string.h>

#include "worker/heif_header.h"

#define BOX_HEAD	8

/* Length of the box at *p*, where *len* bytes follow; 0 if it is invalid. */
static size_t
box_len(const unsigned char *p, size_t len)
{
	uint64_t n = 0;
	int from = 0, to = 4;

	if (memcmp(p, "\0\0\0\1", 4) == 0 && len >= BOX_HEAD + 8) {
		from = BOX_HEAD;	/* it does not fit there */
		to = BOX_HEAD + 8;
	}
	for (int i = from; i < to; i++)
		n = n << 8 | p[i];
	return (n >= BOX_HEAD && n <= len ? (size_t)n : 0);
}

/* The box "meta" of the file, which lists its images; NULL if it is odd. */
static const unsigned char *
find_meta(const unsigned char *p, size_t len, size_t *size)
{
	size_t at = 0;

	while (len - at > BOX_HEAD) {
		size_t n = box_len(p + at, len - at);

		if (n == 0)
			break;
		*size = n;
		if (memcmp(p + at + 4, "meta", 4) == 0)
			return (p + at);
		at += n;
	}
	return (NULL);
}

/* Some image of the file is opacity, by the two names that it has. */
static bool
lists_alpha(const void *data, size_t len)
{
	static const char *const names[] = {
	    "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
	    "urn:mpeg:hevc:2015:auxid:1" };
	const unsigned char *meta;
	size_t size;

	if ((meta = find_meta(data, len, &size)) == NULL)
		return (false);
	for (size_t i = 0; i < 2; i++)
		if (memmem(meta, size, names[i], strlen(names[i]) + 1) != NULL)
			return (true);
	return (false);
}

/* Configurations of codecs: where they say that there is no colour. */
static const struct {
	char	type[4];
	size_t	at;
	unsigned char mask, grey;
} codecs[] = {
	{ { 'a', 'v', '1', 'C' }, 2, 0x10, 0x10 },
	{ { 'h', 'v', 'c', 'C' }, 16, 0x03, 0x00 },
};

/* Opacity is always grey: the picture is if there is nothing else. */
static bool
all_grey(const void *data, size_t len)
{
	const unsigned char *meta, *p, *end;
	size_t size, found = 0;

	if ((meta = find_meta(data, len, &size)) == NULL)
		return (false);
	end = meta + size;
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
		for (p = meta; (p = memmem(p, (size_t)(end - p),
		    codecs[i].type, 4)) != NULL; found++) {
			p += 4;
			if ((size_t)(end - p) <= codecs[i].at ||
			    (p[codecs[i].at] & codecs[i].mask) !=
			    codecs[i].grey)
				return (false);
		}
	return (found > 0);
}

static enum heif_range
find_range(struct heif_image_handle *image, const void *data, size_t len)
{
	struct heif_color_profile_nclx *nclx = NULL;
	bool grey = all_grey(data, len), full, rgb;

	if (heif_image_handle_get_nclx_color_profile(image, &nclx).code !=
	    heif_error_Ok || nclx == NULL)
		return (grey ? HEIF_STREAM : HEIF_FULL);
	full = nclx->full_range_flag != 0;
	rgb = nclx->matrix_coefficients ==
	    heif_matrix_coefficients_RGB_GBR;
	heif_nclx_color_profile_free(nclx);
	if (full || !(grey || rgb))
		return (HEIF_FULL);
	return (grey ? HEIF_NARROW : HEIF_NARROW_RGB);
}

static void
read_nclx(struct heif_image_handle *image, struct heif_header *h)
{
	struct heif_color_profile_nclx *nclx = NULL;

	if (heif_image_handle_get_raw_color_profile_size(image) > 0 ||
	    heif_image_handle_get_nclx_color_profile(image, &nclx).code !=
	    heif_error_Ok || nclx == NULL)
		return;
	h->nclx = true;
	h->primaries = (int)nclx->color_primaries;
	h->transfer = (int)nclx->transfer_characteristics;
	heif_nclx_color_profile_free(nclx);
}

struct heif_header
heif_header(const void *data, size_t len)
{
	struct heif_header h = { .nclx = false };
	struct heif_context *c = heif_context_alloc();
	struct heif_image_handle *image = NULL;

	if (c != NULL && heif_context_read_from_memory_without_copy(c, data,
	    len, NULL).code == heif_error_Ok &&
	    heif_context_get_primary_image_handle(c, &image).code ==
	    heif_error_Ok) {
		h.premultiplied =
		    heif_image_handle_is_premultiplied_alpha(image) != 0;
		h.alpha_lost =
		    !heif_image_handle_has_alpha_channel(image) &&
		    lists_alpha(data, len);
		h.range = find_range(image, data, len);
		read_nclx(image, &h);
	}
	heif_image_handle_release(image);
	heif_context_free(c);
	return (h);
}
