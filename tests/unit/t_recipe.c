/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks and recipes: pure functions, no pixels. */
#include "config.h"
#include "url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "recipe/recipe.h"
#include "recipe/recipe_data.h"

static char err[256];

static struct recipe *
dynamic(const char *segments)
{
	int status = 0;

	err[0] = '\0';
	return (recipe_new(NULL, &(struct url){
	    .segments = url_text(segments),
	    .format = url_text("jpg") },
	    NULL, &status, err, sizeof err));
}

static json_t *
stack(const char *json)
{
	json_t *body = json_loads(json, JSON_DECODE_ANY, NULL), *out;

	assert_non_null(body);
	err[0] = '\0';
	out = stack_normalize(body, err, sizeof err);
	json_decref(body);
	return (out);
}

static void
test_tables(void **state)
{
	json_t *ops = operations_json(), *options = stackoptions_json();
	const json_t *p;

	(void)state;
	p = json_object_get(json_object_get(json_object_get(ops, "resize"),
	    "properties"), "mode");
	assert_string_equal(json_string_value(json_object_get(p, "default")),
	    "box");
	assert_int_equal(json_array_size(json_object_get(p, "values")), 3);
	p = json_object_get(json_object_get(options, "properties"),
	    "jpg.quality");
	assert_int_equal(json_integer_value(json_object_get(p, "default")),
	    80);
	/* Every default is a value that its own entry allows. */
	for (int i = 0; i < OPS_MAX; i++)
		for (unsigned j = 0; j < opspecs[i].n_opts; j++) {
			const struct optspec *o = &opspecs[i].opts[j];
			double d;

			if (o->def != NULL)
				assert_int_equal(opt_parse(o, o->def, o->name,
				    &d, err, sizeof err), 0);
		}
	json_decref(ops);
	json_decref(options);
}

static void
test_segments(void **state)
{
	struct recipe *r = dynamic(
	    "//resize-width-300-mode-fill--crop-width-10-height-20//"
	    "resize-width-400--blur-sigma-2/o-jpg.quality-50--o-dpr-2");

	(void)state;
	assert_non_null(r);
	/* blur is not of the defining segment: nothing to override. */
	assert_int_equal(r->n_ops, 2);
	assert_int_equal(r->ops[0].id, OPS_resize);
	assert_true(OPTV(&r->ops[0], resize, width) == 800);	/* x dpr */
	assert_true(OPTIS(&r->ops[0], resize, mode, "fill"));
	assert_true(OPTV(&r->ops[1], crop, height) == 40);
	assert_true(r->so[SO_jpg_quality] == 50);
	assert_true(r->so[SO_webp_quality] == 70);	/* lowered by dpr */
	recipe_free(r);
}

static void
test_bad_segments(void **state)
{
	static const struct {
		const char *segments, *error;
	} bad[] = {
		{ "resize-width", "pairs" },
		{ "resize", "needs one of width|height" },
		{ "resize-width-0", "resize.width" },
		{ "resize-width-10001", "from 1 to 10000" },
		{ "resize-width-1.5", "whole number" },
		{ "resize-width-0x10", "resize.width" },
		{ "resize-width-nan", "resize.width" },
		{ "resize-width-10-mode-stretch", "box|absolute|fill" },
		{ "resize-width-10-colour-red", "unknown option" },
		{ "fly-height-10", "unknown operation" },
		{ "crop-width-10", "width|height is missing" },
		{ "crop-width-10-area-face", "width|height is missing" },
		{ "crop-anchor-smart", "width|height is missing" },
		{ "crop-width-1-height-1-anchor-top_left", "anchor" },
		{ "noop/o-dpr-2", "needs a resize" },
		{ "noop/o-speed-9", "options.speed" },
		{ "resize-width-$w", "not set" },
		{ "resize-width-%zz", "encoded" },
		{ "rotate-angle-1--rotate-angle-2--rotate-angle-3--rotate-"
		  "angle-4--noop--noop--noop--noop--noop--noop--noop--noop--"
		  "noop--noop--noop--noop--noop", "more than 16" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct recipe *r = dynamic(bad[i].segments);

		if (r != NULL || strstr(err, bad[i].error) == NULL)
			fail_msg("%s: %s", bad[i].segments, err);
	}
}

static void
test_undefined_and_variables(void **state)
{
	struct recipe *r = dynamic("resize-width-$w-height-__undefined__/"
	    "v-w-120");

	(void)state;
	assert_non_null(r);
	assert_true(OPTV(&r->ops[0], resize, width) == 120);
	assert_false(OPTGIVEN(&r->ops[0], resize, height));
	recipe_free(r);
}

static void
test_named_stack(void **state)
{
	json_t *s = stack("{\"operations\":[{\"name\":\"resize\",\"options\":"
	    "{\"width\":\"$w\"}},{\"name\":\"grayscale\",\"options\":[]}],"
	    "\"options\":{\"jpg.quality\":77},\"variables\":{\"w\":100}}");
	int status = 0;
	struct recipe *r;

	(void)state;
	assert_non_null(s);
	r = recipe_new(s, &(struct url){
	    .segments = url_text("resize-height-50--sepia"),
	    .format = url_text("webp"),
	    .query = url_text("sig=1&v=%7B%22w%22%3A+200%7D") },
	    NULL, &status, err, sizeof err);
	assert_non_null(r);
	assert_int_equal(r->n_ops, 2);	/* sepia is not in the stack */
	assert_true(OPTV(&r->ops[0], resize, width) == 200);
	assert_true(OPTV(&r->ops[0], resize, height) == 50);
	assert_true(r->so[SO_jpg_quality] == 77);
	assert_int_equal(r->format, FORMAT_WEBP);
	recipe_free(r);
	json_decref(s);
}

static void
test_bad_stacks(void **state)
{
	static const struct {
		const char *json, *error;
	} bad[] = {
		{ "{\"operations\":{}}", "operations" },
		{ "{\"operations\":[{\"options\":{}}]}", "name" },
		{ "{\"operations\":[{\"name\":\"fly\"}]}", "fly" },
		{ "[{\"name\":\"resize\",\"options\":{\"width\":\"x\"}}]",
		  "resize.width" },
		{ "[{\"name\":\"resize\",\"options\":{\"width\":[1]}}]",
		  "resize.width" },
		{ "[{\"name\":\"resize\",\"options\":{\"mode\":\"box\"}}]",
		  "width|height" },
		{ "{\"options\":{\"jpg.quality\":0}}", "jpg.quality" },
		{ "{\"options\":{\"source_file\":true,\"dpr\":2}}",
		  "source_file" },
		{ "{\"options\":{\"source_file\":1,\"dpr\":2}}",
		  "source_file" },
		{ "{\"options\":{\"source_file\":\"$s\"}}",
		  "options.source_file: may not be a variable" },
		{ "{\"options\":{\"protected\":\"$p\"}}",
		  "options.protected: may not be a variable" },
		{ "{\"options\":{\"basestack\":\"$b\"}}",
		  "options.basestack: may not be a variable" },
		{ "{\"variables\":{\"a\":{}}}", "variables.a" },
		{ "{\"variables\":{\"w\":1,\"h\":\"$w /\"}}",
		  "variables.h: at character 5: more is expected" },
		{ "[{\"name\":\"resize\",\"options\":{\"width\":\"$w*2\"}}]",
		  "belongs into \"expressions\"" },
		{ "[{\"name\":\"resize\",\"options\":{\"width\":\"$\"}}]",
		  "resize.width: \"$\" is not a variable" },
		{ "7", "object" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		json_t *s = stack(bad[i].json);

		if (s != NULL || strstr(err, bad[i].error) == NULL)
			fail_msg("%s: %s", bad[i].json, err);
	}
}

/* A number means what its text does, in the type of its option. */
static void
test_numbers(void **state)
{
	json_t *s = stack("{\"operations\":[{\"name\":\"resize\",\"options\":"
	    "{\"width\":1e2,\"upscale\":0}},{\"name\":\"rotate\",\"options\":"
	    "{\"angle\":0.5,\"background_color\":123456}}],"
	    "\"options\":{\"protected\":1,\"jpg.quality\":5.0}}");
	json_t *want = json_loads("{\"stack_operations\":[{\"name\":"
	    "\"resize\",\"options\":{\"width\":100,\"upscale\":false}},"
	    "{\"name\":\"rotate\",\"options\":{\"angle\":0.5,"
	    "\"background_color\":\"123456\"}}],\"stack_options\":"
	    "{\"protected\":true,\"jpg.quality\":5},"
	    "\"stack_expressions\":[],\"stack_variables\":{}}", 0, NULL);

	(void)state;
	assert_true(json_equal(s, want));
	json_decref(s);
	json_decref(want);
}

/* What PHP's client sends has lists for empty maps. */
static void
test_normal_form(void **state)
{
	json_t *s = stack("{\"operations\":[{\"name\":\"resize\",\"options\":"
	    "{\"width\":\"100\",\"upscale\":\"false\"},\"expressions\":[]}],"
	    "\"options\":[],\"variables\":[],\"expressions\":[]}");
	json_t *want = json_loads("{\"stack_operations\":[{\"name\":"
	    "\"resize\",\"options\":{\"width\":100,\"upscale\":false}}],"
	    "\"stack_options\":{},\"stack_expressions\":[],"
	    "\"stack_variables\":{}}", 0, NULL);

	(void)state;
	assert_non_null(s);
	assert_true(json_equal(s, want));
	json_decref(s);
	json_decref(want);
}

static void
digest_of(const char *segments, const char *format, const char *accept,
    char out[33])
{
	int status = 0;
	struct recipe *r = recipe_new(NULL, &(struct url){
	    .segments = url_text(segments),
	    .format = url_text(format) },
	    accept, &status, err, sizeof err);

	assert_non_null(r);
	recipe_digest(r, out);
	recipe_free(r);
}

static void
test_digest(void **state)
{
	char a[33], b[33];

	(void)state;
	digest_of("resize-width-10-height-20", "jpg", NULL, a);
	digest_of("resize-height-20-width-10--noop", "jpg", "image/webp", b);
	assert_string_equal(a, b);
	digest_of("resize-width-10-height-21", "jpg", NULL, b);
	assert_string_not_equal(a, b);
	digest_of("resize-width-10-height-20", "png", NULL, b);
	assert_string_not_equal(a, b);
	digest_of("resize-width-10-height-20/o-af-true", "jpg", "image/webp",
	    a);
	digest_of("resize-width-10-height-20/o-af-true", "jpg", "image/avif",
	    b);
	assert_string_not_equal(a, b);
}

/* Whether two chains are one picture for the client that sends *accept*. */
static bool
same_digest(const char *x, const char *y, const char *format,
    const char *accept)
{
	char a[33], b[33];

	digest_of(x, format, accept, a);
	digest_of(y, format, accept, b);
	return (strcmp(a, b) == 0);
}

/* In the digest of an AVIF, in words or not; in no other. */
static void
test_avif_effort(void **state)
{
	char before[33], after[33], avif[33];

	(void)state;
	assert_true(same_digest("noop", "o-avif.effort-2", "avif", NULL));
	assert_false(same_digest("noop", "o-avif.effort-3", "avif", NULL));
	assert_true(same_digest("noop", "o-avif.effort-3", "webp", NULL));
	assert_false(same_digest("o-af-1", "o-af-1-avif.effort-3", "jpg",
	    "image/avif"));
	assert_true(same_digest("o-af-1", "o-af-1-avif.effort-3", "jpg",
	    "image/webp"));
	digest_of("o-af-1", "jpg", "image/webp", before);
	digest_of("noop", "avif", NULL, avif);
	recipe_set_avif_effort(4);
	digest_of("o-af-1", "jpg", "image/webp", after);
	assert_string_equal(before, after);
	digest_of("noop", "avif", NULL, after);
	assert_string_not_equal(avif, after);
	assert_true(same_digest("noop", "o-avif.effort-4", "avif", NULL));
	recipe_set_avif_effort(2);
}

/* The digest of *segments* as *format* is *want*, which no release changes. */
static void
kept(const char *segments, const char *format, const char *want)
{
	char got[33];

	digest_of(segments, format, NULL, got);
	assert_string_equal(got, want);
}

/* What two recipes differ in, however late or little, is in their digests. */
static void
test_digest_whole(void **state)
{
	static const struct {
		const char *format, *a, *b;
	} pairs[] = {
#define WORDS	"o-autoformat.exclude-"					\
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"	\
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		{ "jpg", WORDS ",webp", WORDS ",avif" },
		{ "jpg", WORDS, WORDS ",avif" },
#undef WORDS
		{ "png", "noop", "o-interlacing.mode-plane" },
		{ "gif", "noop", "o-interlacing.mode-plane" },
		{ "jpg", "o-jpg.transparency.autoformat-png",
		  "o-jpg.transparency.autoformat-png-interlacing.mode-plane" },
	};
	char a[33], b[33];

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		digest_of(pairs[i].a, pairs[i].format, NULL, a);
		digest_of(pairs[i].b, pairs[i].format, NULL, b);
		assert_string_not_equal(a, b);
	}
}

/* Digests of old stay: whole numbers are written by hand, as printf would. */
static void
test_number_text(void **state)
{
	static const double all[] = { 0, -0.0, 1, -1, 9, 10, 99, 100, -100, 255,
	    1e8, 123456789, 999999999, -999999999, 1e9, 1e10, -1e9, 0.5, -0.5,
	    1.5, 1e-7, 999999999.5, 4294967296.0, 1e300, 33.3333333,
	    HUGE_VAL, -HUGE_VAL };
	char buf[32], want[32];

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		(void)snprintf(want, sizeof want, "%.9g", all[i]);
		assert_string_equal(opt_number(all[i], buf), want);
	}
	for (int i = -70000; i < 70000; i++) {
		(void)snprintf(want, sizeof want, "%.9g", (double)i);
		assert_string_equal(opt_number(i, buf), want);
		assert_true(opt_round(i) == i);
	}
	assert_true(isnan(opt_round(NAN)));
}

/* Numbers of one digest are one number, also where dpr multiplied them. */
static void
test_digest_numbers(void **state)
{
	static const char *const urls[][2] = {
		{ "blur-sigma-0.1234567891", "blur-sigma-0.1234567892" },
		{ "resize-width-333--o-dpr-1.1",
		  "resize-width-333--o-dpr-1.1000000001" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct recipe *a = dynamic(urls[i][0]);
		struct recipe *b = dynamic(urls[i][1]);

		assert_non_null(a);
		assert_non_null(b);
		assert_memory_equal(a, b, sizeof *a);
		recipe_free(a);
		recipe_free(b);
	}
}

static void
test_digest_kept(void **state)
{
	(void)state;
	kept("resize-width-300-mode-fill--crop-width-10-height-20--"
	    "blur-sigma-2.5/o-jpg.quality-50", "jpg",
	    "298e5c32830825fdb297430399efa470");
	kept("resize-width-333--o-dpr-1.1", "png",
	    "e6f625311dd535e383224656199eb0e3");
	kept("rotate-angle-0.123456789--sepia", "webp",
	    "9477595d46d3b3a82feda02780177b1b");
	kept("resize-width-10/o-af-1-autoformat.exclude-avif,webp", "jpg",
	    "d3e9d578c9e5d92ce5e828e26fb1fbb6");
	kept("o-interlacing.mode-line", "jpg",
	    "fb63b7fcb87592c1a8d59fa5a9b39df1");
	kept("composition-mode-foreground-secondary_color-ff0000-anchor-"
	    "left_top", "avif",
	    "5db6384f7f6f17c3ee635cb85c4de098");
}

/* Of no image is any area known. */
static void
test_crop_to_area(void **state)
{
	struct recipe *r = dynamic("resize-width-9--crop-area-my_area--sepia");
	json_t *s;

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->n_ops, 2);
	assert_int_equal(r->ops[1].id, OPS_sepia);
	recipe_free(r);
	r = dynamic("crop-area-a-width-3-height-2");
	assert_non_null(r);
	assert_int_equal(r->n_ops, 1);
	recipe_free(r);
	s = stack("{\"operations\":[{\"name\":\"crop\",\"options\":"
	    "{\"area\":\"main\",\"mode\":\"box\"}}]}");
	assert_non_null(s);
	json_decref(s);
	assert_null(stack("{\"operations\":[{\"name\":\"crop\",\"options\":"
	    "{\"mode\":\"box\"}}]}"));
}

static struct recipe *
with_areas(const char *segments, const char *metadata)
{
	const struct recipe_image image = { .hash = "", .format = "png",
	    .width = 600, .height = 400, .dynamic_metadata = metadata };
	int status = 0;

	err[0] = '\0';
	return (recipe_new_for(&image, NULL, &(struct url){
	    .segments = url_text(segments), .format = url_text("jpg") },
	    NULL, &status, err, sizeof err));
}

/* Whether the two have one digest, and are joined by their recipes. */
static bool
is_same(const char *a_segments, const char *a_metadata,
    const char *b_segments, const char *b_metadata)
{
	struct recipe *a = with_areas(a_segments, a_metadata);
	struct recipe *b = with_areas(b_segments, b_metadata);
	char x[33], y[33];
	bool same;

	assert_non_null(a);
	assert_non_null(b);
	recipe_digest(a, x);
	recipe_digest(b, y);
	same = strcmp(x, y) == 0;
	if (same != recipe_same(a, b))
		fail_msg("%s: joined as they are not tagged", a_segments);
	recipe_free(a);
	recipe_free(b);
	return (same);
}

#define AREA_7	"{\"subject_area\":{\"x\":7,\"y\":9}}"
#define AREA_8	"{\"subject_area\":{\"x\":8,\"y\":9}}"
#define NAMED	"{\"multi_areas\":{\"a\":{\"subject_area\":" \
	"{\"x\":7,\"y\":9}}}}"

/* A picture is another one with other areas, where it follows them. */
static void
test_areas(void **state)
{
	static const char *const c = "crop-width-9-height-9";
	static const char *const places[] = { "resize-width-9", "crop-width-9-"
	    "height-9-anchor-left_top", "crop-width-9-height-9-anchor-face",
	    "crop-width-9-height-9-anchor-smart", "crop-width-9-height-9-"
	    "anchor-croparea", "crop-area-b",
	    "crop-width-9-height-9-enabled-false" };

	(void)state;
	assert_false(is_same(c, AREA_7, c, NULL));
	assert_false(is_same(c, AREA_7, c, AREA_8));
	assert_true(is_same(c, AREA_7, c, "{\"crop_area\":{\"x\":1,\"y\":1,"
	    "\"width\":1,\"height\":1},\"subject_area\":{\"y\":9,"
	    "\"x\":7,\"width\":1}}"));
	assert_false(is_same(c, AREA_7, c, "{\"subject_area\":{\"x\":7,"
	    "\"y\":9,\"percentage\":true}}"));
	assert_true(is_same(c, "{}", c, NULL));
	assert_true(is_same(c, "{\"version\":{\"text\":\"1\"}}", c, NULL));
	assert_true(is_same(c, NAMED, c, NULL));
	assert_false(is_same("crop-area-a", NAMED, "crop-area-a", NULL));
	assert_true(is_same("crop-area-a", NULL, "noop", NULL));
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		assert_true(is_same(places[i], AREA_7, places[i], NULL));
}

static void
check_quality(const char *segments, enum stackopt_id id, double want)
{
	struct recipe *r = dynamic(segments);

	assert_non_null(r);
	assert_int_equal((int)r->so[id], (int)want);
	recipe_free(r);
}

static void
test_optim_quality(void **state)
{
	(void)state;
	check_quality("o-optim.quality-5", SO_jpg_quality, 80);
	check_quality("o-optim.quality-2", SO_jpg_quality, 71);
	check_quality("o-optim.quality-10", SO_jpg_quality, 95);
	check_quality("o-optim.quality-0", SO_jpg_quality, 65);
	check_quality("resize-width-9/o-optim.quality-2-dpr-2",
	    SO_jpg_quality, 61);
	/* What is given stays. */
	check_quality("o-optim.quality-2-jpg.quality-80", SO_jpg_quality, 80);
	/* Only the formats that may come out of ".jpg" */
	check_quality("o-optim.quality-2", SO_avif_quality, 45);
	check_quality("o-optim.quality-2-af-1", SO_avif_quality, 36);
	check_quality("o-optim.quality-10-af-1", SO_webp_quality, 95);
	check_quality("o-optim.quality-2-jpg.transparency.autoformat-png",
	    SO_webp_quality, 71);
}

static void
test_formats(void **state)
{
	int status = 0;

	(void)state;
	assert_null(recipe_new(NULL, &(struct url){
	    .format = url_text("bmp") },
	    NULL, &status, err, sizeof err));
	assert_int_equal(status, 400);
	assert_null(recipe_new(NULL, &(struct url){
	    .format = url_text("tiff") },
	    NULL, &status, err, sizeof err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_bad_segments),
		cmocka_unit_test(test_undefined_and_variables),
		cmocka_unit_test(test_named_stack),
		cmocka_unit_test(test_bad_stacks),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_normal_form),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_avif_effort),
		cmocka_unit_test(test_digest_whole),
		cmocka_unit_test(test_number_text),
		cmocka_unit_test(test_digest_numbers),
		cmocka_unit_test(test_digest_kept),
		cmocka_unit_test(test_crop_to_area),
		cmocka_unit_test(test_areas),
		cmocka_unit_test(test_optim_quality),
		cmocka_unit_test(test_formats),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
