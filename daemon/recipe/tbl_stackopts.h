/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack options: STACKOPT(identifier, name, type, min, max, default,
 * values, doc), with the meanings of tbl_ops.h.
 */
#define NO_EFFECT	"Accepted for compatibility, without effect"

STACKOPT(autoformat, "autoformat", BOOL, 0, 1, "false", NULL,
    "Choose AVIF, JXL or WebP by the Accept header")
STACKOPT(af_exclude, "autoformat.exclude", STR, 0, 0, NULL, "words",
    "Formats (avif, jxl, webp) that autoformat may not choose, separated by "
    "commas; other words are without effect")
STACKOPT(af_include, "autoformat.include", STR, 0, 0, NULL, "words",
    NO_EFFECT)
STACKOPT(dpr, "dpr", NUM, 1, 10, "1", NULL,
    "Device pixel ratio: multiplies lengths; needs a resize")
STACKOPT(jpg_quality, "jpg.quality", INT, 1, 100, "80", NULL,
    "Lowered by 10 when dpr is above 1.5 and it is not given")
STACKOPT(webp_quality, "webp.quality", INT, 1, 100, "80", NULL,
    "100 is lossless; lowered as jpg.quality")
STACKOPT(avif_quality, "avif.quality", INT, 1, 100, "45", NULL, "Quality")
STACKOPT(avif_effort, "avif.effort", INT, 0, 4, NULL, NULL,
    "The higher it is, the smaller the file and the longer the wait: 4 takes "
    "a third off the size of 0, in 30 times its time. The setting "
    "render_avif_effort says what it is when it is not given")
STACKOPT(heif_quality, "heif.quality", INT, 1, 100, "40", NULL, "Quality")
STACKOPT(jxl_quality, "jxl.quality", INT, 1, 100, "70", NULL, "Quality")
STACKOPT(gif_quality, "gif.quality", INT, 1, 100, "70", NULL,
    "Fewer colours and more dither the lower it is")
STACKOPT(png_level, "png.compression_level", INT, 0, 9, "7", NULL,
    "Effort of the compression")
STACKOPT(pngquant, "pngquant.quality", INT, 10, 100, "100", NULL,
    "Below 100 a PNG gets a palette of at most 256 colours")
STACKOPT(interlacing, "interlacing.mode", ENUM, 0, 0, "plane",
    "none|line|plane|partition",
    "Progressive JPEG; PNG and GIF are interlaced when it is given")
STACKOPT(basestack, "basestack", STR, 0, 0, NULL, "stack",
    "A stack whose operations and options go before; not in a URL")
STACKOPT(source_file, "source_file", BOOL, 0, 1, "false", NULL,
    "Deliver the bytes of the source image as they are; not in a URL")
STACKOPT(disposition, "content_disposition", ENUM, 0, 0, "inline",
    "inline|attachment", "Show, or save under the slug of the URL")
STACKOPT(protected, "protected", BOOL, 0, 1, "false", NULL,
    "Render only for a signed URL; not in a URL")
STACKOPT(transparency_color, "transparency.color", COLOR, 0, 0, NULL, NULL,
    "Colour behind transparency, for every format")
STACKOPT(jpg_color, "jpg.transparency.color", COLOR, 0, 0, "FFFFFF", NULL,
    "Colour behind transparency in a JPEG")
STACKOPT(jpg_autoformat, "jpg.transparency.autoformat", ENUM, 0, 0, "false",
    "false|true|png|webp",
    "What a picture with transparency becomes when JPEG was asked for")
STACKOPT(jpg_convert, "jpg.transparency.convert", BOOL, 0, 1, "false", NULL,
    "Put the colour behind transparency before the operations run")
STACKOPT(optim_quality, "optim.quality", INT, 0, 10, "5", NULL,
    "General quality: each step from 5 adds or takes 3 of the quality of JPEG, "
    "WebP, AVIF, HEIF and JPEG XL, where that one is not given")
STACKOPT(optim_disable, "optim.disable_all", BOOL, 0, 1, "false", NULL,
    NO_EFFECT)
STACKOPT(optim_immediate, "optim.immediate", BOOL, 0, 1, "false", NULL,
    NO_EFFECT)
STACKOPT(pdf_page, "pdf.page", INT, 1, 1000, NULL, NULL,
    "The page of a PDF, the first when it is not given; 400 if there is none")
STACKOPT(pdf_dpi, "pdf.dpi", INT, 10, 1000, NULL, NULL,
    "Pixels an inch of a PDF before the operations, 72 when it is not given")

#undef NO_EFFECT
#undef STACKOPT
