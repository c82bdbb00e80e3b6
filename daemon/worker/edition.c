/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The edition of a source: raised when pictures of it begin to look otherwise.
 * It goes into their ETags, so that no cache takes an old picture for the new
 * one, and none of the pictures that stay as they were is fetched again.
 */
#include "config.h"

#include "worker/codec.h"

/* Edition 1: colours, opacity and backgrounds as browsers show them. */
static bool
looks_otherwise(const struct source *s)
{
	bool deep_alpha = s->deep && s->alpha;

	switch (s->format) {
	case FORMAT_TIFF:
	case FORMAT_JXL:
		return (true);
	case FORMAT_GIF:
		return (gif_background_shows(s, s->frames));
	case FORMAT_SVG:
		return (s->mended != NULL);	/* had no size */
	case FORMAT_PNG:
	case FORMAT_AVIF:
	case FORMAT_HEIF:
		return (s->is_declared || s->premultiplied || s->misfit ||
		    deep_alpha);
	default:
		return (s->misfit);
	}
}

unsigned
source_edition(const struct source *s)
{
	return (looks_otherwise(s) ? 1 : 0);
}
