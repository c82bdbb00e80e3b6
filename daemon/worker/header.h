/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file's own structure tells before a decoder sees it: numbers that
 * cost the decoder time which pixels do not show. Nothing here is trusted, and
 * each function is one pass over *data* at most.
 */
#ifndef HEADER_H
#define HEADER_H

#include <stddef.h>

/* PNG: bytes of text that is packed, and so may unpack to a thousandfold. */
size_t header_png_text(const void *data, size_t len);

/* WebP: frames, of which libwebp finds the nth by passing all before it. */
size_t header_webp_frames(const void *data, size_t len);

/* WebP: the least side of what a frame of an animation changes, or 0. */
size_t header_webp_side(const void *data, size_t len);

/* TIFF: directories, each compared to all before it. A circle counts on. */
size_t header_tiff_pages(const void *data, size_t len);

/* SVG: what may be an element, about 2 kB of memory each. */
size_t header_svg_elements(const void *data, size_t len);

/* The most that header_tiff_pages() counts */
#define HEADER_PAGES	100000u

#endif
