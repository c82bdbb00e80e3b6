/* SPDX-License-Identifier: BSD-2-Clause */
/* What an upload is, and whether all of it can be decoded. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "wire/sniff.h"
#include "wire/wire.h"
#include "worker/codec.h"
#include "worker/font.h"
#include "worker/give_up.h"
#include "worker/rows.h"
#include "worker/work.h"

/* Up to here the pixels are looked at. */
#define LOOK_MOST	25000000

/* All frames of *s*, and what is behind them. */
static struct source
whole_source(const struct source *s)
{
	struct source all = *s;

	all.load = s->frames;
	source_look_behind(&all);
	return (all);
}

/* Reads the picture, and finds whether no pixel shows what is behind. */
static int
read_picture(struct work *w, const struct source *s, bool *opaque)
{
	VipsImage **t = work_room(w, 1);
	struct source all = whole_source(s);

	*opaque = !s->alpha;
	if (s->format == FORMAT_PNG && png_is_whole(s, opaque))
		return (0);
	if (s->frames > 1 && whole_stays_opaque(s)) {
		*opaque = true;
		return (whole_check(w, s));
	}
	if (!s->alpha || source_is_drawing(s) ||
	    (uint32_t)s->frames > w->limits->frames ||
	    (int64_t)s->width * s->height * s->frames > LOOK_MOST)
		return (whole_check(w, s));
	if (source_image(w, &all, 1, true, &t[0]) == 0) {
		if (!vips_image_hasalpha(t[0])) {
			*opaque = true;
			return (whole_check(w, s));
		}
		if (opaque_find(t[0], opaque) == 0)
			return (0);
	}
	if (s->frames == 1)
		return (work_fail_vips(w));
	/* A later frame is broken: the first ones are shown. */
	vips_error_clear();
	return (whole_check(w, s));
}

/* A drawing has its own limit, which includes that its header is read. */
static void
hurry(const struct work *w, const struct source *s)
{
	if (!source_is_drawing(s))
		give_up_after(w->limits->wall_ms / 2, "decoding the image");
}

void
source_probe(struct work *w, const void *data, size_t len,
    struct wire_reply *reply)
{
	struct source s;
	int width, height;
	bool opaque;

	if (sniff(data, len) == FORMAT_TTF &&
	    (w->limits->allowed & UINT32_C(1) << FORMAT_TTF) != 0) {
		give_up_after(w->limits->wall_ms / 2, "reading the font");
		font_probe(w, data, len, reply);
		return;
	}
	if (source_open(w, &s, data, len) == 0) {
		s.alpha |= s.format == FORMAT_GIF &&
		    gif_background_shows(&s, s.frames);
		hurry(w, &s);
		(void)read_picture(w, &s, &opaque);
		source_size(&s, &width, &height);
		reply->format = s.format;
		reply->width = width;
		reply->height = height;
		reply->frames = (uint32_t)s.frames;
		reply->opaque = opaque;
		(void)snprintf(reply->metadata, sizeof reply->metadata,
		    "{\"orientation\":%d,\"alpha\":%s,\"profile\":%s,"
		    "\"edition\":%u}", s.orientation,
		    reply->opaque ? "false" : "true",
		    s.profile ? "true" : "false", source_edition(&s));
	}
	source_close(&s);
	reply->status = w->status;
	memcpy(reply->error, w->error, sizeof reply->error);
}
