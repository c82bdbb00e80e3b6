/* SPDX-License-Identifier: BSD-2-Clause */
/* The formats of images that are read or written, from tbl_formats.h. */
#ifndef FORMAT_H
#define FORMAT_H

enum format {
#define FORMAT(id, ext, mime, holds)	FORMAT_##id,
#include "tbl_formats.h"
	FORMAT_MAX
};

#define FORMAT_ALPHA	1u
#define FORMAT_MOVES	2u	/* more than one frame */
#define FORMAT_SAVES	4u	/* can be written */
#define FORMAT_TEXT	8u	/* a short text, never read as an image */

struct formatspec {
	const char	*ext, *mime;
	unsigned	holds;
};
extern const struct formatspec formats[FORMAT_MAX];

/* The format of an extension, jpeg, heic and tif too; else FORMAT_MAX. */
enum format format_find(const char *ext, size_t len);

#endif
