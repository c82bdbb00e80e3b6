/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The edge parses URLs by url/, the daemon makes recipes of them: both must
 * take every spelling for the same picture. Over URLs put together at random.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "recipe/recipe.h"
#include "recipe/recipe_data.h"
#include "name/ascii.h"
#include "url.h"

#define URLS	40000
#define H40	"0123456789abcdef0123456789abcdef01234567"

static const char *const pieces[] = {
	"/", "/", "/", "-", "-", "--", "_", ".", "%", "%2D", "%2d", "%5F", "%5f",
	"%67", "%6", "%2F", "%00", "%2E", "%25", "small", "dynamic", "%73mall",
	"resize", "crop", "blur", "noop", "width", "height", "sigma", "anchor",
	"10", "010", "10.0", "%31%30", "-5", "%2D5", "o", "dpr", "2", "v", "x",
	"variables", "options", "$x", "%24x", "-_logo_-", "-_lo%67o_-",
	"%2D_logo_%2D", "-%5flogo%5f-", H40, "abcdef", "%61bcdef", "v1",
	"name-v2", "?", "?v=", "%7B%22x%22%3A7%7D", "{\"x\":8}", "&v=", "&sig=",
	"[", "]", "%5B", "%5d", "[10*2]", "[image.width/2]", "%5Bimage.width%2f2%5D",
	"[-7--9]", "['", "$", "sigopts=", "jpg", ".jpg", ".JPG", ".pn%67", ".png", ".webp", "=", "&",
};

static uint64_t seed = 88172645463325252;

static unsigned
draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((unsigned)(seed % n));
}

static const char *
piece(void)
{
	return (pieces[draw(sizeof pieces / sizeof *pieces)]);
}

/* Mostly of a URL's shape, so that most are pictures. */
static void
make(char *url, size_t size)
{
	static const char *const images[] = { H40, "-_logo_-", "-_lo%67o_-",
	    "abcdef0", "%2D_logo_-", "-_logo%5f-" };
	static const char *const ends[] = { ".jpg", ".JPG", ".png", ".pn%67",
	    "/slug.webp", "/v1.jpg", "/a-v12.png" };
	size_t n = 0;

	*url = '\0';
#define ADD(...)	(n += (size_t)snprintf(url + n, size - n, __VA_ARGS__))
	ADD("/%s", draw(4) == 0 ? piece() : draw(2) ? "dynamic" : "small");
	for (unsigned i = draw(3); i > 0; i--) {
		ADD("/%s", draw(2) ? "resize-width" : piece());
		for (unsigned j = draw(6); j > 0; j--)
			ADD("%s%s", draw(3) ? "-" : "", piece());
	}
	ADD("/%s%s", images[draw(6)], ends[draw(7)]);
	for (unsigned i = draw(4); i > 0; i--)
		ADD("%s%s", i == 1 ? "&" : "?", piece());
#undef ADD
}

static unsigned computed_urls;

/* The digest of the recipe, or the error. */
static void
outcome(const struct url *u, char out[256])
{
	const struct recipe_image image = { .width = 60, .height = 40,
	    .format = "jpg", .hash = H40 };
	struct url lower = *u;
	char format[8], *plain = NULL;
	struct recipe *r = NULL;
	int status;

	for (size_t i = 0; i < u->format.len; i++)
		format[i] = ascii_lower(u->format.p[i]);
	lower.format.p = format;
	if (recipe_is_computed(u)) {
		plain = recipe_compute(&image, NULL, u, out, 256);
		lower.segments = url_text(plain);
		computed_urls += plain != NULL;
	}
	if (plain != NULL || !recipe_is_computed(u))
		r = recipe_new(NULL, &lower, NULL, &status, out, 256);
	free(plain);
	if (r != NULL)
		recipe_digest(r, out);
	else
		(void)strcpy(out, "refused");
	recipe_free(r);
}

static void
test_same_picture(void **state)
{
	char url[4096], canonical[8192], one[256], two[256];
	unsigned pictures = 0, recipes = 0;
	struct url u, c;

	(void)state;
	for (unsigned i = 0; i < URLS; i++) {
		make(url, sizeof url);
		if (url_parse(url, strlen(url), &u) == URL_OTHER ||
		    u.kind == URL_REMOTE)
			continue;
		pictures++;
		assert_true(url_canonical(&u, NULL, canonical,
		    sizeof canonical) > 0);
		assert_int_equal(url_parse(canonical, strlen(canonical), &c),
		    u.kind);
		assert_string_equal(u.alias, c.alias);
		outcome(&u, one);
		outcome(&c, two);
		if (strcmp(one, two) != 0)
			fail_msg("%s: %s, but %s: %s", url, one, canonical,
			    two);
		recipes += strcmp(one, "refused") != 0;
	}
	assert_true(pictures > URLS / 4);
	assert_true(recipes > URLS / 50);
	assert_true(computed_urls > URLS / 500);
}

/* The spelling of a spelling is itself, and the same picture. */
static void
test_spelled_once(void **state)
{
	char url[4096];
	unsigned n = 0;
	struct url u;

	(void)state;
	for (unsigned i = 0; i < URLS / 10; i++) {
		struct url_span format;
		char *one, *two;

		make(url, sizeof url);
		if (url_parse(url, strlen(url), &u) != URL_HASH)
			continue;
		u.format = url_text("png");
		one = recipe_spell(NULL, &u, &format);
		if (one != NULL) {
			u.segments = url_text(one);
			u.query = url_text(NULL);
			two = recipe_spell(NULL, &u, &format);
			if (two == NULL || strcmp(one, two) != 0)
				fail_msg("%s: %s, then %s", url, one, two);
			free(two);
			n++;
		}
		free(one);
	}
	assert_true(n > URLS / 500);
}

/* Stacks of which *width* is computed. */
static json_t *
computed(const char *width)
{
	char err[256];
	json_t *body = json_pack("{s:[{s:s, s:{s:s}}], s:{s:i, s:s}}",
	    "operations", "name", "resize", "expressions", "width", width,
	    "variables", "n", 2, "w", "$n * 30"), *out;

	out = stack_normalize(body, err, sizeof err);
	if (out == NULL)
		fail_msg("%s", err);
	json_decref(body);
	return (out);
}

static void
test_computed(void **state)
{
	static const struct {
		const char *width, *segments, *spelled;
	} wants[] = {
		{ "$w / 2", "", "" },
		{ "$w / 2", "/v-x-1", "" },
		{ "$w / 2", "/v-n-2.0", "" },
		{ "$w / 2", "/v-w-66", "/resize-width-33" },
		{ "$w / 2", "/v-w-066-x-1", "/resize-width-33" },
		{ "$w / 2", "/v-n-3", "/resize-width-45" },
		{ "$w / 2", "/v-w-8--resize-width-45", "/resize-width-45" },
		{ "options.dpr >= 2 ? 30 : 60", "/o-dpr-2",
		    "/resize-width-30--o-dpr-2" },
		/* By the image: the same for all of them. */
		{ "image.width / $n", "/v-x-1", "" },
		{ "image.width / $n", "/v-n-4", "/v-n-4" },
		{ "image.width / $n", "/v-n-4-x-1", "/v-n-4" },
		{ "image.width / $n", "/v-x-1/v-n-3/v-n-4", "/v-n-4" },
		{ "image.width / $w", "/v-n-4", "/v-n-4" },
		{ "image.width / $n", "/o-dpr-02--v-n-4", "/o-dpr-2--v-n-4" },
		{ "image.width / $n", "/resize-width-060",
		    "/resize-width-60" },
	};
	char *one;
	struct url_span format;

	(void)state;
	for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
		json_t *stack = computed(wants[i].width);
		struct url u = { .segments = url_text(wants[i].segments),
		    .format = url_text("png") };

		for (int times = 0; times < 2; times++) {
			one = recipe_spell(stack, &u, &format);
			if (one == NULL || strcmp(one, wants[i].spelled) != 0)
				fail_msg("%s, %s: %s", wants[i].width,
				    wants[i].segments, one);
			free(one);
			u.segments = url_text(wants[i].spelled);
		}
		json_decref(stack);
	}
}

/* Crops lead to one URL for all images, whatever areas these have. */
static void
test_crops(void **state)
{
#define C9	"/crop-width-9-height-9"
	static const char *const t[][2] = {
		{ C9, C9 },
		{ C9 "-anchor-auto", C9 },
		{ C9 "-fallback-center_center", C9 },
		{ C9 "-fallback-smart", C9 },
		{ C9 "-fallback-left_top", C9 "-fallback-left_top" },
		{ C9 "-anchor-subjectarea", C9 "-anchor-subjectarea" },
		{ C9 "-anchor-croparea", C9 "-anchor-croparea" },
		{ C9 "-anchor-left_top-fallback-center_top",
		    C9 "-anchor-left_top" },
		{ C9 "-anchor-smart-fallback-7_9", C9 "-anchor-smart" },
		{ C9 "-anchor-face-fallback-left_top",
		    C9 "-anchor-left_top" },
		{ C9 "-anchor-face-mode-box",
		    C9 "-anchor-center_center-mode-ratio" },
		{ C9 "-area-a", C9 "-area-a" },
		{ C9 "-area-a-anchor-7_9", C9 "-anchor-7_9-area-a" },
		{ C9 "-mode-box", C9 "-mode-box" },
		{ C9 "-mode-area", C9 "-mode-area" },
		{ C9 "-mode-area-anchor-7_9", C9 "-anchor-7_9-mode-ratio" },
		{ C9 "-mode-area-anchor-smart", C9 "-anchor-smart-mode-ratio" },
		{ C9 "-mode-area-anchor-7_9-area-a",
		    C9 "-anchor-7_9-mode-area-area-a" },
		{ "/crop-area-a", "/crop-area-a" },
		{ "/crop-area-a-anchor-7_9-fallback-left_top-mode-box",
		    "/crop-area-a" },
		{ "/crop-area-a-scale-50", "/crop-scale-50-area-a" },
		{ "/crop-area-a--blur-sigma-0--crop-area-a", "/crop-area-a" },
		/* The anchor of a text has one spelling, too. */
		{ "/text-font-0123456-text-A-anchor-007%2Dbottom",
		    "/text-font-0123456-text-A-anchor-7_bottom" },
	};
	struct url_span format;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct url u = { .segments = url_text(t[i][0]),
		    .format = url_text("png") };
		char *one = recipe_spell(NULL, &u, &format);

		if (one == NULL || strcmp(one, t[i][1]) != 0)
			fail_msg("%s: %s", t[i][0], one);
		free(one);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_picture),
		cmocka_unit_test(test_spelled_once),
		cmocka_unit_test(test_computed),
		cmocka_unit_test(test_crops),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
