/* SPDX-License-Identifier: BSD-2-Clause */
/* The areas of an image: what is taken, and where they go with the pixels. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "recipe/areas.h"

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
		{ SUB, "{\"x\":1.5,\"y\":1}", "subject_area.x: must be an int" },
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
		{ SUB, "{\"x\":1,\"y\":1,\"z\":1}", "subject_area.z: there is" },
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
		{ "face", "{}", "face: there is no such area" },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_get),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
