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
#include <vips/vips.h>
#include <zlib.h>

#include "render_attack.h"

/*--------------------------------------------------------------------
 * Broken files
 */

static void
flip(unsigned char *p, size_t len)
{
	for (uint32_t n = 1 + attack_rnd(8); n > 0; n--)
		p[attack_rnd((uint32_t)len)] ^=
		    (unsigned char)(1u << attack_rnd(8));
}

static void
splice(unsigned char *p, size_t len)
{
	size_t n = 1 + attack_rnd((uint32_t)len / 4);
	size_t from = attack_rnd((uint32_t)(len - n));
	size_t to = attack_rnd((uint32_t)(len - n));

	memmove(p + to, p + from, n);
}

/* Extreme numbers, where a header has its sizes. */
static void
extreme(unsigned char *p, size_t len)
{
	static const unsigned char v[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	size_t at = attack_rnd((uint32_t)(len < 200 ? len : 200));

	for (uint32_t n = 1 + attack_rnd(4); n > 0 && at < len; n--)
		p[at++] = v[attack_rnd(5)];
}

static size_t
broken(unsigned char *p, size_t len)
{
	switch (attack_rnd(5)) {
	case 0:
		return (1 + attack_rnd((uint32_t)len - 1));
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
		return (len / 2 + attack_rnd((uint32_t)len / 2));
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
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		size_t len;
		unsigned char *good = attack_picture(kinds[k], &len);

		for (int i = 0; i < n; i++) {
			unsigned char *p = malloc(len);
			size_t left;

			assert_non_null(p);
			memcpy(p, good, len);
			left = broken(p, len);
			(void)snprintf(what, sizeof what, "%s, %d", kinds[k],
			    i);
			(void)attack(p, left, what, NULL);
			free(p);
		}
		g_free(good);
	}
	attack_over();
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
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		assert_int_equal(attack(files[i], strlen(files[i]), files[i],
		    NULL), RENDER_BAD_IMAGE);
	attack_expect("<svg/>", 6, "svg", RENDER_BAD_IMAGE, "render_svg = 1");
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
	    .avail_in = sizeof svg - 1, .next_out = out,
	    .avail_out = sizeof out };

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
	unsigned char *gif = attack_picture(".gif", &len);
	unsigned char *png = attack_picture(".png", &more), *both;
	static const char script[] = "*/=alert(1)//<script>x</script>";

	(void)state;
	both = malloc(len + more + sizeof script);
	assert_non_null(both);
	memcpy(both, gif, len);
	memcpy(both + len, png, more);
	memcpy(both + len + more, script, sizeof script);
	struct rendered out;
	render_bytes(both, len + more + sizeof script, "noop", "gif", NULL,
	    &out);
	assert_int_equal(out.r.status, RENDER_OK);
	assert_string_equal(out.r.mimetype, "image/gif");
	assert_null(memmem(out.data, out.len, "alert", 5));
	free(out.data);
	free(both);
	g_free(gif);
	g_free(png);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_refused_kinds),
		cmocka_unit_test(test_sniffing_hang),
		cmocka_unit_test(test_polyglots),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, attack_start,
	    render_group_end));
}
