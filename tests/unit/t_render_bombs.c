/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small files, and short recipes, that would be huge pictures: refused by what
 * they say of themselves, before a worker has spent time or memory on them.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>
#include <zlib.h>

#include "render_attack.h"

static void
put32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
}

static size_t
png_chunk(unsigned char *p, const char *type, const void *data, size_t len)
{
	put32(p, (uint32_t)len);
	memcpy(p + 4, type, 4);
	if (len > 0)
		memcpy(p + 8, data, len);
	put32(p + 8 + len, (uint32_t)crc32(0, p + 4, (unsigned)len + 4));
	return (len + 12);
}

/* A PNG that says it is *side* x *side*, with *len* zeros of pixels. */
static size_t
png_bomb(unsigned char *p, uint32_t side, size_t zeros, const char *text)
{
	unsigned char ihdr[13] = { 0 }, *z = calloc(1, zeros);
	uLongf zlen = compressBound(zeros);
	unsigned char *c = malloc(zlen);
	size_t at = 8;

	assert_true(z != NULL && c != NULL);
	assert_int_equal(compress2(c, &zlen, z, zeros, 9), Z_OK);
	memcpy(p, "\x89PNG\r\n\x1a\n", 8);
	put32(ihdr, side);
	put32(ihdr + 4, side);
	ihdr[8] = 8;
	at += png_chunk(p + at, "IHDR", ihdr, 13);
	if (text != NULL) {
		memmove(c + 6, c, zlen);
		memcpy(c, "Title\0", 6);
		c[6] = 0;
		at += png_chunk(p + at, text, c, zlen + 6);
	} else
		at += png_chunk(p + at, "IDAT", c, zlen);
	at += png_chunk(p + at, "IEND", NULL, 0);
	free(z);
	free(c);
	return (at);
}

static void
test_bombs(void **state)
{
	static const unsigned char gif[] = "GIF89a\xff\xff\xff\xff\x80\0\0"
	    "\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";
	unsigned char *p = malloc(1 << 20), *jpg;
	size_t len;

	(void)state;
	assert_non_null(p);
	len = png_bomb(p, 60000, 1000, NULL);
	attack_expect(p, len, "PNG 60000x60000", RENDER_LIMIT, "60000");
	len = png_bomb(p, 10000, 100 << 20, NULL);
	attack_expect(p, len, "PNG 10000x10000", RENDER_LIMIT, "limit");
	len = png_bomb(p, 5000, 25005000, NULL);
	(void)attack(p, len, "PNG 5000x5000 of 25 kB", NULL);
	attack_expect(gif, sizeof gif - 1, "GIF 65535x65535", RENDER_LIMIT,
	    "65535");
	jpg = attack_picture(".jpg", &len);
	for (size_t i = 0; i + 9 < len; i++)	/* the size in SOF0 */
		if (jpg[i] == 0xff && jpg[i + 1] == 0xc0) {
			memset(jpg + i + 5, 0xfd, 4);
			break;
		}
	attack_expect(jpg, len, "JPEG 65021x65021", RENDER_LIMIT, "65021");
	g_free(jpg);
	free(p);
	attack_over();
}

/* Scans of a few bytes, each of which is a pass over the picture */
static void
test_scan_bomb(void **state)
{
	enum { SCANS = 5000 };
	size_t len, at = 0, scan = 0;
	unsigned char *jpg = attack_picture(".jpg[interlace]", &len), *p;

	(void)state;
	for (size_t i = 0; i + 1 < len; i++)
		if (jpg[i] == 0xff && jpg[i + 1] == 0xda)
			scan = i;	/* the last one */
	assert_true(scan > 0);
	p = malloc(len + (size_t)SCANS * (len - scan));
	assert_non_null(p);
	memcpy(p, jpg, scan);
	at = scan;
	for (int i = 0; i < SCANS; i++) {
		memcpy(p + at, jpg + scan, len - 2 - scan);
		at += len - 2 - scan;
	}
	memcpy(p + at, "\xff\xd9", 2);
	attack_expect(p, at + 2, "JPEG of 5000 scans", RENDER_LIMIT, "scans");
	free(p);
	g_free(jpg);
	attack_over();
}

/* Recipes whose result would be huge: refused, before a worker is lost */
static void
test_huge_results(void **state)
{
	static const char *const segments[] = {
		"composition-mode-foreground-width-10000-height-10000",
		("resize-width-10--composition-mode-background-width-10000-"
		    "height-10000/o-dpr-10"),
		"resize-width-10000-height-10000-mode-absolute",
		"dropshadow-sigma-9000",
	};
	struct rendered out;
	size_t len;
	unsigned char *p = attack_picture(".png", &len);

	(void)state;
	for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
		render_bytes(p, len, segments[i], "png", NULL, &out);
		if (out.r.status != RENDER_LIMIT)
			fail_msg("%s: %d %s", segments[i], (int)out.r.status,
			    out.error);
		assert_non_null(strstr(out.error, "over the limit"));
	}
	g_free(p);
	attack_over();
}

#ifndef MONIKER_SANITIZED
/* libjxl ends the process that has no memory for it. */
static void
test_huge_jxl(void **state)
{
	struct rendered out;
	size_t len;
	unsigned char *p = attack_picture(".png", &len);

	(void)state;
	render_bytes(p, len, "resize-width-6000-height-3400-mode-absolute",
	    "jxl", NULL, &out);
	if (out.r.status != RENDER_LIMIT)
		fail_msg("%d %s", (int)out.r.status, out.error);
	assert_non_null(strstr(out.error, "limit of 1024 MB"));
	g_free(p);
	attack_over();
}
#endif

/* Text chunks that unpack to 100 MB */
static void
test_text_bomb(void **state)
{
	unsigned char *p = malloc(1 << 20);
	size_t len;

	(void)state;
	assert_non_null(p);
	len = png_bomb(p, 10, 100 << 20, "zTXt");
	(void)attack(p, len, "PNG with zTXt", NULL);
	free(p);
	attack_over();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_scan_bomb),
		cmocka_unit_test(test_huge_results),
#ifndef MONIKER_SANITIZED
		/* A sanitized worker has no limit of memory. */
		cmocka_unit_test(test_huge_jxl),
#endif
		cmocka_unit_test(test_text_bomb),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, attack_start,
	    render_group_end));
}
