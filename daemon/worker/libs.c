/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Distributions package coders apart: libheif of Debian 13 loads those of AVIF
 * and HEIF as plugins. And the same recipe makes other bytes with other
 * versions, which ETags have to tell.
 */
#include "config.h"

#include <dlfcn.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include <jxl/decode.h>
#include <lcms2.h>
#include <libheif/heif.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <vips/vips.h>
#include <webp/encode.h>

#include "worker/libs.h"

/* The operations of libvips for each format but those of libheif */
static const struct {
	enum format	format;
	const char	*load, *save;	/* NULL: not its */
} coders[] = {
	{ FORMAT_JPG, "jpegload_buffer", "jpegsave_buffer" },
	{ FORMAT_PNG, "pngload_buffer", "pngsave_buffer" },
	{ FORMAT_GIF, "gifload_buffer", "gifsave_buffer" },
	{ FORMAT_WEBP, "webpload_buffer", "webpsave_buffer" },
	{ FORMAT_TIFF, "tiffload_buffer", NULL },
	{ FORMAT_JXL, "jxlload_buffer", "jxlsave_buffer" },
	{ FORMAT_SVG, "svgload_buffer", NULL },
	{ FORMAT_PDF, "pdfload_buffer", NULL },
	{ FORMAT_JP2, "jp2kload_buffer", NULL },
};

/* Libraries behind libvips, by a function that returns their version */
static const char *const behind[][2] = {
	{ "cairo", "cairo_version_string" },
	{ "harfbuzz", "hb_version_string" },
	{ "pango", "pango_version_string" },
	{ "poppler", "poppler_get_version" },
	{ "zlib", "zlibVersion" },
};

static void __attribute__((format(printf, 2, 3)))
add(struct wire_libs *l, const char *fmt, ...)
{
	size_t at = strlen(l->names);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(l->names + at, sizeof l->names - at, fmt, ap);
	va_end(ap);
}

static void
add_behind(struct wire_libs *l, const char *name, const char *function)
{
	/* C has no way from one to the other but through its bytes. */
	void *found = dlsym(RTLD_DEFAULT, function);
	const char *(*version)(void);

	if (found == NULL)
		return;
	memcpy(&version, &found, sizeof version);
	add(l, ", %s %s", name, version());
}

/* The letters of "text"; only an instance tells its version. */
static void
add_freetype(struct wire_libs *l)
{
	FT_Library library;
	int major, minor, patch;

	if (FT_Init_FreeType(&library) != 0)
		return;
	FT_Library_Version(library, &major, &minor, &patch);
	add(l, ", freetype %d.%d.%d", major, minor, patch);
	(void)FT_Done_FreeType(library);
}

/* Librsvg has numbers instead of a function. */
static void
add_librsvg(struct wire_libs *l)
{
	const unsigned *major = dlsym(RTLD_DEFAULT, "rsvg_major_version");
	const unsigned *minor = dlsym(RTLD_DEFAULT, "rsvg_minor_version");
	const unsigned *micro = dlsym(RTLD_DEFAULT, "rsvg_micro_version");

	if (major != NULL && minor != NULL && micro != NULL)
		add(l, ", librsvg %u.%u.%u", *major, *minor, *micro);
}

static bool
vips_has(const char *base, const char *operation)
{
	return (operation != NULL && vips_type_find(base, operation) != 0);
}

static void
look_at_vips(struct wire_libs *l)
{
	for (size_t i = 0; i < sizeof coders / sizeof *coders; i++) {
		uint32_t bit = UINT32_C(1) << coders[i].format;

		l->reads |= vips_has("VipsForeignLoad", coders[i].load) ?
		    bit : 0;
		l->writes |= vips_has("VipsForeignSave", coders[i].save) ?
		    bit : 0;
	}
	l->writes |= UINT32_C(1) << FORMAT_BLUR |
	    UINT32_C(1) << FORMAT_THUMBHASH;
}

/* A context has libheif load its plugins. */
static void
look_at_heif(struct wire_libs *l)
{
	static const struct {
		enum format		format;
		enum heif_compression_format of;
	} codes[] = {
		{ FORMAT_AVIF, heif_compression_AV1 },
		{ FORMAT_HEIF, heif_compression_HEVC },
	};
	struct heif_context *context = heif_context_alloc();
	bool loads = vips_has("VipsForeignLoad", "heifload_buffer");
	bool saves = vips_has("VipsForeignSave", "heifsave_buffer");

	add(l, ", libheif %s", heif_get_version());
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		uint32_t bit = UINT32_C(1) << codes[i].format;
		struct heif_encoder *e = NULL;

		if (loads && heif_have_decoder_for_format(codes[i].of))
			l->reads |= bit;
		if (!saves || heif_context_get_encoder_for_format(context,
		    codes[i].of, &e).code != heif_error_Ok)
			continue;
		l->writes |= bit;
		add(l, ", %s", heif_encoder_get_name(e));
		heif_encoder_release(e);
	}
	heif_context_free(context);
}

const struct wire_libs *
libs_look(void)
{
	static struct wire_libs l;

	if (l.names[0] != '\0')
		return (&l);
	add(&l, "libvips %s, lcms %d, libwebp %x, libjxl %u",
	    vips_version_string(), cmsGetEncodedCMMversion(),
	    (unsigned)WebPGetEncoderVersion(), (unsigned)JxlDecoderVersion());
	look_at_vips(&l);
	look_at_heif(&l);
	for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
		add_behind(&l, behind[i][0], behind[i][1]);
	add_freetype(&l);
	add_librsvg(&l);
	(void)crypto_generichash((unsigned char *)&l.tag, sizeof l.tag,
	    (const unsigned char *)l.names, strlen(l.names), NULL, 0);
	return (&l);
}

bool
libs_read(enum format f)
{
	return ((libs_look()->reads & UINT32_C(1) << f) != 0);
}

bool
libs_write(enum format f)
{
	return ((libs_look()->writes & UINT32_C(1) << f) != 0);
}
