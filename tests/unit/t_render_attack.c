/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that mean harm: each is answered in time, no worker dies or outgrows
 * its limit, and a good picture is rendered right after. ATTACKS=n breaks n
 * files of each format instead of the few of make check; ATTACK_SEED=n starts
 * elsewhere.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vips/vips.h>
#include <zlib.h>

#include "render_util.h"

#define SLOWEST_MS	2000

static uint64_t seed = 20240229;

static uint32_t
rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((uint32_t)(seed >> 32) % n);
}

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

static unsigned char *
picture(const char *suffix, size_t *len)
{
	VipsImage *noise, *out;
	void *buf;

	assert_int_equal(vips_gaussnoise(&noise, 97, 61, "mean", 128.0,
	    NULL), 0);
	assert_int_equal(vips_cast_uchar(noise, &out, NULL), 0);
	assert_int_equal(vips_image_write_to_buffer(out, suffix, &buf, len,
	    NULL), 0);
	g_object_unref(noise);
	g_object_unref(out);
	return (buf);
}

/* Renders once; the time it took. */
static double
timed(const void *data, size_t len, struct rendered *out)
{
	double t = now_ms();

	render_bytes(data, len, "resize-width-10", "png", NULL, out);
	free(out->data);
	return (now_ms() - t);
}

/* Renders, minds the time, and gives the status. */
static enum render_status
attack(const void *data, size_t len, const char *what, char *error)
{
	struct rendered out;
	double t = timed(data, len, &out);

	/* Twice slow is not the machine's other work. */
	if (t > SLOWEST_MS && (t = timed(data, len, &out)) > SLOWEST_MS)
		fail_msg("%s: answered after %.0f ms", what, t);
	if (out.r.status == RENDER_CRASHED || out.r.status == RENDER_FAILED)
		fail_msg("%s: %s (seed %llu)", what, out.error,
		    (unsigned long long)seed);
	if (error != NULL)
		(void)strcpy(error, out.error);
	return (out.r.status);
}

static void
expect(const void *data, size_t len, const char *what,
    enum render_status status, const char *words)
{
	char error[256];

	if (attack(data, len, what, error) != status ||
	    strstr(error, words) == NULL)
		fail_msg("%s: not status %d but: %s", what, (int)status,
		    error);
}

static void
still_works(void)
{
	size_t len;
	unsigned char *p = picture(".jpg", &len);
	struct render_stats st;

	assert_int_equal(attack(p, len, "good", NULL), RENDER_OK);
	g_free(p);
	render_pool_stats(render_pool_of_file(), &st);
	assert_int_equal(st.crashed, 0);
}

/*--------------------------------------------------------------------
 * Broken files
 */

static void
flip(unsigned char *p, size_t len)
{
	for (uint32_t n = 1 + rnd(8); n > 0; n--)
		p[rnd((uint32_t)len)] ^= (unsigned char)(1u << rnd(8));
}

static void
splice(unsigned char *p, size_t len)
{
	size_t n = 1 + rnd((uint32_t)len / 4);
	size_t from = rnd((uint32_t)(len - n)), to = rnd((uint32_t)(len - n));

	memmove(p + to, p + from, n);
}

/* Extreme numbers, where a header has its sizes. */
static void
extreme(unsigned char *p, size_t len)
{
	static const unsigned char v[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	size_t at = rnd((uint32_t)(len < 200 ? len : 200));

	for (uint32_t n = 1 + rnd(4); n > 0 && at < len; n--)
		p[at++] = v[rnd(5)];
}

static size_t
broken(unsigned char *p, size_t len)
{
	switch (rnd(5)) {
	case 0:
		return (1 + rnd((uint32_t)len - 1));
	case 1:
		flip(p, len);
		return (len);
	case 2:
		splice(p, len);
		return (len);
	case 3:
		extreme(p, len);
		return (len);
	default:
		flip(p, len);
		extreme(p, len);
		return (len / 2 + rnd((uint32_t)len / 2));
	}
}

static void
test_broken(void **state)
{
	static const char *const kinds[] = { ".jpg", ".png", ".gif", ".webp",
	    ".avif", ".heic", ".tif", ".jxl", ".tif[compression=deflate]",
	    ".png[bitdepth=4,palette]", ".jpg[interlace]" };
	const char *env = getenv("ATTACKS");
	int n = env == NULL ? 25 : atoi(env);
	char what[64];

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		size_t len;
		unsigned char *good = picture(kinds[k], &len);

		for (int i = 0; i < n; i++) {
			unsigned char *p = malloc(len);
			size_t left;

			assert_non_null(p);
			memcpy(p, good, len);
			left = broken(p, len);
			(void)snprintf(what, sizeof(what), "%s, %d", kinds[k],
			    i);
			(void)attack(p, left, what, NULL);
			free(p);
		}
		g_free(good);
	}
	still_works();
}

/*--------------------------------------------------------------------
 * Bombs: small files that would be huge pictures
 */

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
	expect(p, len, "PNG 60000x60000", RENDER_LIMIT, "60000");
	len = png_bomb(p, 10000, 100 << 20, NULL);
	expect(p, len, "PNG 10000x10000", RENDER_LIMIT, "limit");
	len = png_bomb(p, 5000, 25005000, NULL);
	(void)attack(p, len, "PNG 5000x5000 of 25 kB", NULL);
	expect(gif, sizeof(gif) - 1, "GIF 65535x65535", RENDER_LIMIT,
	    "65535");
	jpg = picture(".jpg", &len);
	for (size_t i = 0; i + 9 < len; i++)	/* the size in SOF0 */
		if (jpg[i] == 0xff && jpg[i + 1] == 0xc0) {
			memset(jpg + i + 5, 0xfd, 4);
			break;
		}
	expect(jpg, len, "JPEG 65021x65021", RENDER_LIMIT, "65021");
	g_free(jpg);
	free(p);
	still_works();
}

/* Scans of a few bytes, each of which is a pass over the picture */
static void
test_scan_bomb(void **state)
{
	enum { SCANS = 5000 };
	size_t len, at = 0, scan = 0;
	unsigned char *jpg = picture(".jpg[interlace]", &len), *p;

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
	expect(p, at + 2, "JPEG of 5000 scans", RENDER_LIMIT, "scans");
	free(p);
	g_free(jpg);
	still_works();
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
	unsigned char *p = picture(".png", &len);

	(void)state;
	for (size_t i = 0; i < sizeof(segments) / sizeof(*segments); i++) {
		render_bytes(p, len, segments[i], "png", NULL, &out);
		if (out.r.status != RENDER_LIMIT)
			fail_msg("%s: %d %s", segments[i], (int)out.r.status,
			    out.error);
		assert_non_null(strstr(out.error, "over the limit"));
	}
	g_free(p);
	still_works();
}

#ifndef MONIKER_SANITIZED
/* libjxl ends the process that has no memory for it. */
static void
test_huge_jxl(void **state)
{
	struct rendered out;
	size_t len;
	unsigned char *p = picture(".png", &len);

	(void)state;
	render_bytes(p, len, "resize-width-6000-height-3400-mode-absolute",
	    "jxl", NULL, &out);
	if (out.r.status != RENDER_LIMIT)
		fail_msg("%d %s", (int)out.r.status, out.error);
	assert_non_null(strstr(out.error, "limit of 1024 MB"));
	g_free(p);
	still_works();
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
	still_works();
}

/*--------------------------------------------------------------------
 * What is not allowed
 */

static void
test_refused_kinds(void **state)
{
	static const char *const files[] = {
		("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" "
		"height=\"9\"><image href=\"file:///etc/passwd\"/></svg>"),
		"<?xml version=\"1.0\"?>\n<!-- x --><svg width=\"9\"/>",
		"%PDF-1.4\n", "\x1f\x8b\x08\0\0\0\0\0\0\x03",
		"P6\n10 10\n255\n", "#?RADIANCE\n", "1 1\n7\n", "8BPS\0\1",
		"\0\0\x01\0\1\0", "BM\x36\0", "%!PS-Adobe-3.0 EPSF", "a,b\n",
		"#EXTM3U\nfile:///etc/passwd\n", "push graphic-context\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		assert_int_equal(attack(files[i], strlen(files[i]), files[i],
		    NULL), RENDER_BAD_IMAGE);
	expect("<svg/>", 6, "svg", RENDER_BAD_IMAGE, "not allowed");
	assert_int_equal(attack("x", 1, "one byte", NULL), RENDER_BAD_IMAGE);
	assert_int_equal(attack("", 0, "nothing", NULL), RENDER_BAD_IMAGE);
}

/* A packed SVG cut short, at which libvips' own sniffing never ends */
static void
test_sniffing_hang(void **state)
{
	static const char svg[] = "<svg xmlns='http://www.w3.org/2000/svg' "
	    "width='100' height='100'><rect width='9' height='9'/></svg>";
	unsigned char out[512];
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)svg,
	    .avail_in = sizeof(svg) - 1, .next_out = out,
	    .avail_out = sizeof(out) };

	(void)state;
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, 0),
	    Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	for (size_t len = 1; len <= z.total_out; len += 7)
		assert_int_equal(attack(out, len, "svgz", NULL),
		    RENDER_BAD_IMAGE);
	(void)deflateEnd(&z);
}

/* Two formats in one file: what the first bytes say counts. */
static void
test_polyglots(void **state)
{
	size_t len, more;
	unsigned char *gif = picture(".gif", &len);
	unsigned char *png = picture(".png", &more), *both;
	static const char script[] = "*/=alert(1)//<script>x</script>";

	(void)state;
	both = malloc(len + more + sizeof(script));
	assert_non_null(both);
	memcpy(both, gif, len);
	memcpy(both + len, png, more);
	memcpy(both + len + more, script, sizeof(script));
	struct rendered out;
	render_bytes(both, len + more + sizeof(script), "noop", "gif", NULL,
	    &out);
	assert_int_equal(out.r.status, RENDER_OK);
	assert_string_equal(out.r.mimetype, "image/gif");
	assert_null(memmem(out.data, out.len, "alert", 5));
	free(out.data);
	free(both);
	g_free(gif);
	g_free(png);
}

static int
start(void **state)
{
	const char *env = getenv("ATTACK_SEED");

	(void)state;
	if (env != NULL)
		seed = strtoull(env, NULL, 10) | 1;
	return (VIPS_INIT("t_render_attack"));
}

static int
end(void **state)
{
	(void)state;
	render_end();
	return (0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_scan_bomb),
		cmocka_unit_test(test_huge_results),
#ifndef MONIKER_SANITIZED
		/* A sanitized worker has no limit of memory. */
		cmocka_unit_test(test_huge_jxl),
#endif
		cmocka_unit_test(test_text_bomb),
		cmocka_unit_test(test_refused_kinds),
		cmocka_unit_test(test_sniffing_hang),
		cmocka_unit_test(test_polyglots),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, start, end));
}
