/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file is, by its first bytes: decided before any library sees it. The
 * sniffers of libvips itself can be hung by a file of 185 bytes.
 */
#ifndef SNIFF_H
#define SNIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "recipe/format.h"

/* Bytes at the beginning of a file that tell; the rest is not looked at. */
#define SNIFF_LEN	16384

/* FORMAT_MAX if it is unknown. */
enum format sniff(const void *data, size_t len);

/*
 * In XML the "<" of the first element, which may have a declaration, comments
 * and a DOCTYPE before it; *end* if there is none.
 */
const char *sniff_root(const char *p, const char *end);

/* The name of a kind that people send and we do not take, or NULL. */
const char *sniff_other(const void *data, size_t len);

/*
 * The size that a GIF's screen declares, since the library reports that of
 * its first frame. False when *data* is too short.
 */
bool sniff_gif_screen(const void *data, size_t len, unsigned *width,
    unsigned *height);

#endif
