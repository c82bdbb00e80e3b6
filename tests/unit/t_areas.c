/* SPDX-License-Identifier: BSD-2-Clause */
/* The areas of an image: what is taken, and where they go with the pixels. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "recipe/exprs.h"
#include "recipe/recipe.h"
#include "recipe/recipe_crop.h"
#include "url.h"

static json_t *
parsed(const char *json)
{
	json_t *v = json_loads(json, JSON_DECODE_ANY, NULL);

	if (v == NULL)
		fail_msg("%s", json);
	return (v);
}

/* An image of 600 x 400; *sentence* NULL: *json* is good. */
static void
check(const char *name, const char *json, const char *sentence)
{
	json_t *v = parsed(json);
	char err[256] = "";

	if (areas_check(name, v, 600, 400, err, sizeof err) !=
	    (sentence == NULL ? 0 : -1) ||
	    strncmp(err, sentence == NULL ? "" : sentence,
	    sentence == NULL ? 1 : strlen(sentence)) != 0)
		fail_msg("%s %s: %s", name, json, err);
	json_decref(v);
}

#define SUB	"subject_area"
#define CRP	"crop_area"

static void
test_good(void **state)
{
	(void)state;
	check(SUB, "{\"x\":0,\"y\":0}", NULL);
	check(SUB, "{\"x\":599,\"y\":399,\"width\":9999}", NULL);
	check(SUB, "{\"x\":1.0,\"y\":2,\"percentage\":false}", NULL);
	check(SUB, "{\"x\":99.9,\"y\":0.5,\"width\":0.1,\"percentage\":true}",
	    NULL);
	check(CRP, "{\"x\":0,\"y\":0,\"width\":100,\"height\":100,"
	    "\"percentage\":true}", NULL);
	check("multi_areas", "{\"a_1\":{\"crop_area\":{\"x\":1,\"y\":2,"
	    "\"width\":3,\"height\":4}},\"B\":{\"subject_area\":{\"x\":1,"
	    "\"y\":2},\"crop_area\":{\"x\":1,\"y\":2,\"width\":3,"
	    "\"height\":4}}}", NULL);
	assert_true(areas_is_object(CRP));
	assert_true(areas_is_object("multi_areas"));
	assert_false(areas_is_object("version"));
	assert_false(areas_is_object("detection_face"));
}

static void
test_bad(void **state)
{
	static const char *const t[][3] = {
		{ SUB, "[]", "subject_area: must be an object" },
		{ SUB, "\"a\"", "subject_area: must be an object" },
		{ SUB, "{}", "subject_area.x: is missing" },
		{ SUB, "{\"x\":1}", "subject_area.y: is missing" },
		{ SUB, "{\"x\":\"1\",\"y\":1}",
		    "subject_area.x: must be an integer from 0" },
		{ SUB, "{\"x\":1.5,\"y\":1}",
		    "subject_area.x: must be an integer" },
		{ SUB, "{\"x\":1,\"y\":-1}", "subject_area.y: must be an int" },
		{ SUB, "{\"x\":1,\"y\":1e300}", "subject_area.y: must be" },
		{ SUB, "{\"x\":1,\"y\":1,\"width\":0}",
		    "subject_area.width: must be an integer from 1" },
		{ SUB, "{\"x\":1,\"y\":1,\"height\":0,\"percentage\":true}",
		    "subject_area.height: must be a number from above 0" },
		{ SUB, "{\"x\":101,\"y\":1,\"percentage\":true}",
		    "subject_area.x: must be a number from 0 to 100" },
		{ SUB, "{\"x\":100,\"y\":1,\"percentage\":true}",
		    "subject_area.x: lies outside" },
		{ SUB, "{\"x\":1,\"y\":1,\"percentage\":1}",
		    "subject_area.percentage: must be true or false" },
		{ SUB, "{\"x\":1,\"y\":1,\"z\":1}",
		    "subject_area.z: unknown field" },
		{ SUB, "{\"x\":600,\"y\":1}",
		    "subject_area.x: lies outside of the image" },
		{ SUB, "{\"x\":1,\"y\":400}", "subject_area.y: lies outside" },
		{ CRP, "{\"x\":1,\"y\":1}", "crop_area.width: is missing" },
		{ CRP, "{\"x\":1,\"y\":1,\"width\":2}",
		    "crop_area.height: is missing" },
		{ "multi_areas", "[]", "multi_areas: must be an object" },
		{ "multi_areas", "{}", "multi_areas: must be an object" },
		{ "multi_areas", "{\"a-b\":{}}", "multi_areas.a-b: a name" },
		{ "multi_areas", "{\"\":{}}", "multi_areas.: a name" },
		{ "multi_areas", "{\"a\":{}}", "multi_areas.a: must be" },
		{ "multi_areas", "{\"a\":{\"x\":1,\"y\":1}}",
		    "multi_areas.a.x: must be subject_area or crop_area" },
		{ "multi_areas", "{\"a\":{\"crop_area\":{\"x\":1,\"y\":1}}}",
		    "multi_areas.a.crop_area.width: is missing" },
		{ "multi_areas", "{\"a\":{\"crop_area\":{\"x\":1,\"y\":1,"
		    "\"width\":1,\"height\":1},\"subject_area\":{\"x\":1}}}",
		    "multi_areas.a.subject_area.y: is missing" },
		{ "face", "{}", "face: unknown area" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		check(t[i][0], t[i][1], t[i][2]);
}

static void
test_bounds(void **state)
{
	json_t *many = json_object();
	char name[AREA_NAME_MAX + 2], err[256];

	(void)state;
	for (int i = 0; i <= AREAS_MAX; i++) {
		(void)snprintf(name, sizeof name, "a%d", i);
		assert_int_equal(areas_check("multi_areas", many, 0, 0, err,
		    sizeof err), i == 0 ? -1 : 0);
		json_object_set_new(many, name, json_pack("{s:{s:i, s:i}}",
		    SUB, "x", 900, "y", 900));
	}
	assert_int_equal(areas_check("multi_areas", many, 0, 0, err,
	    sizeof err), -1);
	json_object_clear(many);
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	json_object_set_new(many, name, json_pack("{s:{s:i, s:i}}", SUB, "x",
	    1, "y", 1));
	assert_int_equal(areas_check("multi_areas", many, 0, 0, err,
	    sizeof err), -1);
	json_decref(many);
}

static void
test_get(void **state)
{
	json_t *m = parsed("{\"subject_area\":{\"x\":10,\"y\":20},"
	    "\"crop_area\":{\"x\":1},\"multi_areas\":{"
	    "\"both\":{\"crop_area\":{\"x\":1,\"y\":2,\"width\":3,"
	    "\"height\":4},\"subject_area\":{\"x\":5,\"y\":6}},"
	    "\"crop\":{\"crop_area\":{\"x\":25,\"y\":50,\"width\":50,"
	    "\"height\":12.5,\"percentage\":true}}}}");
	struct area a;

	(void)state;
	assert_true(areas_get(m, AREA_SUBJECT, &a));
	assert_true(a.kind == AREA_SUBJECT && a.x == 10 && a.y == 20 &&
	    a.w == 1 && a.h == 1);
	/* What is not valid is not there. */
	assert_false(areas_get(m, AREA_CROP, &a));
	assert_int_equal(a.kind, AREA_NONE);
	assert_false(areas_named(m, "none", &a));
	assert_true(areas_named(m, "both", &a));
	assert_true(a.kind == AREA_SUBJECT && a.x == 5);
	assert_true(areas_named(m, "crop", &a));
	a = area_in_pixels(&a, 600, 400);
	assert_true(a.kind == AREA_CROP && a.x == 150 && a.y == 200 &&
	    a.w == 300 && a.h == 50 && !a.percent);
	json_decref(m);
	assert_false(areas_get(NULL, AREA_SUBJECT, &a));
}

/*--------------------------------------------------------------------
 * Random operations: each moves five points, one by one; the map is asked once
 * at the end.
 */

static uint64_t seed = 88172645463325252;

/* From 0 to below 1 */
static double
draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((double)(seed >> 11) / 9007199254740992.0);
}

static int
draw_int(int from, int to)
{
	return (from + (int)(draw() * (to - from + 1)));
}

struct picture {
	double complex	p[5];		/* area: corners, middle */
	struct size	size;
	struct affine	map;		/* up to the last pixels */
	struct geom	g;		/* since */
};

static void
move_points(struct picture *t, double sx, double sy, double x, double y)
{
	for (int i = 0; i < 5; i++)
		t->p[i] = creal(t->p[i]) * sx + x +
		    (cimag(t->p[i]) * sy + y) * I;
}

static void
settle(struct picture *t)
{
	struct affine a = affine_geom(&t->g);

	t->map = affine_then(&t->map, &a);
	t->g = (struct geom){ 0, 0, t->size.width, t->size.height,
	    t->size.width, t->size.height };
}

static void
resized(struct picture *t)
{
	struct size to = { draw_int(1, 900), draw_int(1, 900) };

	move_points(t, (double)to.width / t->size.width,
	    (double)to.height / t->size.height, 0, 0);
	t->g.width = to.width;
	t->g.height = to.height;
	t->size = to;
}

static void
cropped(struct picture *t)
{
	struct size to = { draw_int(1, t->size.width),
	    draw_int(1, t->size.height) };
	int x = draw_int(0, t->size.width - to.width);
	int y = draw_int(0, t->size.height - to.height);
	double fx = t->g.w / t->g.width, fy = t->g.h / t->g.height;

	move_points(t, 1, 1, -x, -y);
	t->g = (struct geom){ t->g.x + x * fx, t->g.y + y * fy,
	    to.width * fx, to.height * fy, to.width, to.height };
	t->size = to;
}

/* Its own size comes of where the corners go. */
static void
turned(struct picture *t)
{
	double degrees = draw() < 0.5 ? 90 * draw_int(0, 3) : draw() * 360;
	double complex z = cexp(I * degrees * M_PI / 180);
	double complex from = (t->size.width + t->size.height * I) / 2, d, to;
	struct size size;
	struct affine a;

	settle(t);
	d = conj(from) * z;	/* two corners tell for all four */
	size.width = (int)rint(2 * fmax(fabs(creal(from * z)),
	    fabs(creal(d))));
	size.height = (int)rint(2 * fmax(fabs(cimag(from * z)),
	    fabs(cimag(d))));
	to = (size.width + size.height * I) / 2;
	for (int i = 0; i < 5; i++)
		t->p[i] = (t->p[i] - from) * z + to;
	a = affine_turn(degrees, t->size, size);
	t->map = affine_then(&t->map, &a);
	t->size = size;
	t->g = (struct geom){ 0, 0, size.width, size.height, size.width,
	    size.height };
}

static void
framed(struct picture *t)
{
	int x = draw_int(0, 50), y = draw_int(0, 50);
	struct affine a = affine_shift(x, y);

	settle(t);
	move_points(t, 1, 1, x, y);
	t->map = affine_then(&t->map, &a);
	t->size.width += x + draw_int(0, 50);
	t->size.height += y + draw_int(0, 50);
	t->g = (struct geom){ 0, 0, t->size.width, t->size.height,
	    t->size.width, t->size.height };
}

/* What is seen of the points' box; false: nothing. */
static bool
points_box(const struct picture *t, struct box *b)
{
	double x[2] = { INFINITY, -INFINITY }, y[2] = { INFINITY, -INFINITY };

	for (int i = 0; i < 5; i++) {
		x[0] = fmin(x[0], creal(t->p[i]));
		x[1] = fmax(x[1], creal(t->p[i]));
		y[0] = fmin(y[0], cimag(t->p[i]));
		y[1] = fmax(y[1], cimag(t->p[i]));
	}
	x[0] = fmax(x[0], 0);
	y[0] = fmax(y[0], 0);
	*b = (struct box){ x[0], y[0], fmin(x[1], t->size.width) - x[0],
	    fmin(y[1], t->size.height) - y[0] };
	return (b->w > 0 && b->h > 0);
}

static void
near(double is, double want, double by, const char *what)
{
	if (!(fabs(is - want) <= by))
		fail_msg("%s: %.9g, not %.9g", what, is, want);
}

static struct recipe *
recipe_of(const char *segments, const char *metadata)
{
	const struct recipe_image image = { .hash = "", .format = "png",
	    .width = 600, .height = 400, .dynamic_metadata = metadata };
	int status = 0;
	char err[256] = "";
	struct recipe *r;

	r = recipe_new_for(&image, NULL, &(struct url){
	    .segments = url_text(segments), .format = url_text("png") }, NULL,
	    &status, err, sizeof err);
	if (r == NULL)
		fail_msg("%s: %s", segments, err);
	return (r);
}

/* The part that a crop takes for *at*, by what it has to be. */
static void
check_part(const struct rop *o, struct size have, const struct box *at)
{
	double w = OPTV(o, crop, width), h = OPTV(o, crop, height), x, y;
	bool kept = false, fits = true;
	struct size s = recipe_crop_part(o, have, at, false, &kept, &x, &y);

	assert_true(s.width >= 1 && s.height >= 1 && s.width <= have.width &&
	    s.height <= have.height && x == floor(x) && y == floor(y));
	if (OPTIS(o, crop, mode, "box") || (o->area.kind == AREA_CROP &&
	    OPTIS(o, crop, mode, "absolute"))) {
		near(x, at->x, 0.5, "x of a box");
		near(s.width, fmax(1, at->w), 1, "width of a box");
	} else if (OPTIS(o, crop, mode, "absolute")) {
		near(s.width, fmin(w, have.width), 0, "width");
		near(s.height, fmin(h, have.height), 0, "height");
	} else {
		double most = fmin(have.width / w, have.height / h);
		double around = fmax(at->w / w, at->h / h);

		fits = around <= most;
		if (OPTIS(o, crop, mode, "area"))
			most = fmin(most, around);
		else if (o->area.kind == AREA_CROP)
			most = fmin(at->w / w, at->h / h);
		near(s.width, fmin(w * most, have.width), 1, "width by ratio");
		near(s.height, fmin(h * most, have.height), 1,
		    "height by ratio");
		if (OPTIS(o, crop, mode, "area") && fits)
			assert_true(s.width >= at->w - 0.5 - 1e-6 &&
			    s.height >= at->h - 0.5 - 1e-6);
	}
	near(x + s.width / 2.0, at->x + at->w / 2, 1, "middle across");
	near(y + s.height / 2.0, at->y + at->h / 2, 1, "middle down");
}

static struct area
random_area(enum area_kind kind)
{
	return ((struct area){ kind, false, draw_int(0, 599),
	    draw_int(0, 399), draw_int(1, 600), draw_int(1, 400) });
}

/* A crop to it, of a kind that *n* says. */
static struct recipe *
random_crop(int n, const struct area *a)
{
	static const char *const modes[] = { "absolute", "ratio", "box",
	    "area" };
	char segments[128], metadata[256];

	(void)snprintf(segments, sizeof segments,
	    "crop-width-%d-height-%d-mode-%s", draw_int(1, 500),
	    draw_int(1, 500), modes[n % 4]);
	(void)snprintf(metadata, sizeof metadata, "{\"%s\":{\"x\":%.0f,"
	    "\"y\":%.0f,\"width\":%.0f,\"height\":%.0f}}",
	    a->kind == AREA_SUBJECT ? SUB : CRP, a->x, a->y, a->w, a->h);
	return (recipe_of(segments, metadata));
}

/* *t* becomes an image with the points of *a*, and some operations after it. */
static void
random_picture(struct picture *t, const struct area *a)
{
	static void (*const steps[])(struct picture *) = { resized, cropped,
	    turned, framed, settle };

	*t = (struct picture){ .size = { 600, 400 }, .map = AFFINE_IDLE,
	    .g = { 0, 0, 600, 400, 600, 400 } };
	for (int i = 0; i < 5; i++) {
		double fx = i < 4 ? i % 2 : 0.5, fy = i == 4 ? 0.5 : i > 1;

		t->p[i] = a->x + a->w * fx + (a->y + a->h * fy) * I;
	}
	for (int i = draw_int(0, 6); i > 0; i--)
		steps[draw_int(0, 4)](t);
}

/* Whether something of the area is seen, and then it is where it has to be. */
static bool
check_chain(int n)
{
	struct area a = random_area(n % 2 ? AREA_SUBJECT : AREA_CROP);
	struct box want, got;
	struct picture t;
	struct affine m;
	struct recipe *r = random_crop(n / 2, &a);
	bool there, seen;

	random_picture(&t, &a);
	m = affine_geom(&t.g);
	m = affine_then(&t.map, &m);
	there = recipe_crop_area(&r->ops[0], (struct size){ 600, 400 }, &m,
	    t.size, &got);
	seen = points_box(&t, &want) && want.w > 1e-6 && want.h > 1e-6;
	/* On the very edge both are right. */
	assert_true(seen ? there : !there || got.w < 1e-5 || got.h < 1e-5);
	if (seen) {
		near(got.x, want.x, 1e-6, "left");
		near(got.y, want.y, 1e-6, "top");
		near(got.w, want.w, 1e-6, "width");
		near(got.h, want.h, 1e-6, "height");
		check_part(&r->ops[0], t.size, &got);
	}
	recipe_free(r);
	return (seen);
}

#define CHAINS	20000

static void
test_chains(void **state)
{
	int seen = 0;

	(void)state;
	for (int n = 0; n < CHAINS; n++)
		seen += check_chain(n);
	assert_true(seen > CHAINS / 3);
}

/* However many expressions name it, the metadata is parsed once. */
static void
test_named(void **state)
{
	struct recipe_image image = { .hash = "", .format = "png",
	    .width = 600, .height = 400, .dynamic_metadata =
	    "{\"subject_area\":{\"x\":50,\"y\":25,\"percentage\":true}}" };
	struct exprs_subject s = { .looked = false };
	struct expr_value v;

	(void)state;
	v = exprs_image(&image, &s, "image.subject_area.x");
	assert_int_equal(v.i, 300);
	image.dynamic_metadata = NULL;
	v = exprs_image(&image, &s, "image.subject_area.y");
	assert_int_equal(v.i, 100);
	assert_true(exprs_image(&image, &s, "image.hasSubjectArea").i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_named),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
