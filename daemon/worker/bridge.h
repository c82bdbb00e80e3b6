/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bridges over what the libraries of today lack. Each is 1 as long as the
 * version compiled against needs it, and its line says when it may go; a build
 * with CPPFLAGS=-DBRIDGE_NAME=0 does without, to try that or to measure what it
 * is worth. doc/architecture-render.rst has the table.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <vips/vips.h>

#define VIPS_BEFORE(minor)	\
	(VIPS_MAJOR_VERSION == 8 && VIPS_MINOR_VERSION < (minor))

/* vector.c: may go with Debian 12; libvips 8.15 resizes by Highway, not ORC. */
#ifndef BRIDGE_ORC
#define BRIDGE_ORC	VIPS_BEFORE(15)
#endif

/* reduce.c: may go with Debian 12; Highway shrinks along rows, too. */
#ifndef BRIDGE_REDUCE
#define BRIDGE_REDUCE	VIPS_BEFORE(15)
#endif

/* save.c, webp.c: may go with Debian 12; webpsave of 8.15 knows "keep". */
#ifndef BRIDGE_STRIP
#define BRIDGE_STRIP	VIPS_BEFORE(15)
#endif

/*
 * color.c: stays; 8.16 weighs red, green and blue in another way, and a picture
 * must not depend on the release of a distribution.
 */
#ifndef BRIDGE_GREY
#define BRIDGE_GREY	!VIPS_BEFORE(16)
#endif

/*
 * webp.c: may go with Debian 12. Asked at run time (WebPGetEncoderVersion),
 * since libwebp's headers do not tell their version.
 */
#ifndef BRIDGE_ALPH
#define BRIDGE_ALPH	1
#endif
#define ALPH_UNTIL	0x010300	/* the first that needs no help */

/* heif.c: may go when heifsave takes x265's preset; 8.14 to 8.18 do not. */
#ifndef BRIDGE_HEIF
#define BRIDGE_HEIF	1
#endif

#endif
