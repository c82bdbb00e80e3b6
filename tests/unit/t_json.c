/* SPDX-License-Identifier: BSD-2-Clause */
/* Bodies from outside: what is taken, and what is refused with a reason. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/json.h"
#include "api/metadata.h"

static void
good(const char *text, const char *want)
{
	char err[256];
	json_t *v = json_strict(text, strlen(text), err, sizeof err);
	char *got;

	assert_non_null(v);
	got = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	assert_string_equal(got, want);
	free(got);
	json_decref(v);
}

static void
bad(const char *text, const char *word)
{
	char err[256] = "";

	assert_null(json_strict(text, strlen(text), err, sizeof err));
	assert_non_null(strstr(err, word));
}

static void
test_commas(void **state)
{
	(void)state;
	good("{\"hash\": \"a\",\n}", "{\"hash\":\"a\"}");
	good("[1,2 , ]", "[1,2]");
	good("[[1,],]", "[[1]]");
	good("\"[1,]\"", "\"[1,]\"");
	good("\"a\\\",]\"", "\"a\\\",]\"");
	bad("[,]", "line 1");
	bad("{,}", "line 1");
	bad("[1,,]", "line 1");
	bad("{\"a\":,}", "line 1");
	bad("[1],", "line 1");
}

static void
test_refused(void **state)
{
	(void)state;
	bad("", "line 1");
	bad("{\"a\":1,\"a\":2}", "duplicate");
	bad("{\"a\":1,\"\\u0061\":2}", "duplicate");
	bad("\"\xff\"", "decode");
	bad("\"\xc0\x80\"", "decode");
	bad("\"\\ud800\"", "line 1");
	bad("\"\\u0000\"", "u0000");
	bad("{} {}", "line 1");
	bad("99999999999999999999999", "integer");
	bad("1e999", "real");
}

static void
test_depth(void **state)
{
	char text[4096];

	(void)state;
	(void)memset(text, '[', 2000);
	(void)memset(text + 2000, ']', 2000);
	text[4000] = '\0';
	bad(text, "nested");
	(void)memset(text, '[', JSON_DEPTH);
	(void)memset(text + JSON_DEPTH, ']', JSON_DEPTH);
	text[2 * JSON_DEPTH] = '\0';
	good(text, text);
	bad("]]]]{", "line 1");
}

static void
test_clean(void **state)
{
	json_t *v;

	(void)state;
	v = json_clean_string("a\x01\xff b");
	assert_string_equal(json_string_value(v), "a?? b");
	json_decref(v);
	v = json_clean_string("\xc3\xa9\n");
	assert_string_equal(json_string_value(v), "\xc3\xa9?");
	json_decref(v);
}

/* Checks *text* as user metadata; *want* NULL: refused, naming "x". */
static void
metadata(const char *text, const char *want)
{
	json_t *in = json_loads(text, JSON_DECODE_ANY, NULL), *out;
	char err[256] = "", *got;

	assert_non_null(in);
	out = metadata_normalize(in, true, err, sizeof err);
	json_decref(in);
	if (want == NULL) {
		assert_null(out);
		assert_true(err[0] != '\0');
		return;
	}
	got = json_dumps(out, JSON_COMPACT);
	assert_string_equal(got, want);
	free(got);
	json_decref(out);
}

static void
test_metadata(void **state)
{
	(void)state;
	metadata("{\"str:x\":\"a\",\"y\":null}", "{\"x\":\"a\",\"y\":null}");
	metadata("{\"int:x\":3}", "{\"int:x\":3}");
	metadata("{\"double:x\":3}", "{\"double:x\":3}");
	metadata("{\"date:x\":\"2019-12-10T11:13:24Z\"}",
	    "{\"date:x\":\"2019-12-10T11:13:24Z\"}");
	metadata("{\"latlon:x\":\"47.38,8.52\"}",
	    "{\"latlon:x\":\"47.38,8.52\"}");
	metadata("{\"array:x\":[\"a\"]}", "{\"array:x\":[\"a\"]}");
	metadata("{\"x\":1}", NULL);
	metadata("{\"AltText\":\"a\"}", NULL);
	metadata("{\"\":\"a\"}", NULL);
	metadata("{\"int:x\":\"3\"}", NULL);
	metadata("{\"int:x\":3.5}", NULL);
	metadata("{\"date:x\":\"today\"}", NULL);
	metadata("{\"latlon:x\":\" 1, 2\"}", NULL);
	metadata("{\"latlon:x\":\"0x1,2\"}", NULL);
	metadata("{\"a\":\"1\",\"str:a\":\"2\"}", NULL);
	metadata("{\"latlon:x\":\"91,0\"}", NULL);
	metadata("{\"latlon:x\":\"1,2,3\"}", NULL);
	metadata("{\"array:x\":[1]}", NULL);
	metadata("{\"blob:x\":\"a\"}", NULL);
	metadata("{\"int:\":1}", NULL);
	metadata("[]", NULL);
}

static void
test_dates(void **state)
{
	(void)state;
	assert_true(json_date_ms("1970-01-01T00:00:01Z") == 1000);
	assert_true(json_date_ms("1970-01-01T00:00:01.25Z") == 1250);
	assert_true(json_date_ms("1970-01-01T01:00:00+01:00") == 0);
	assert_true(json_date_ms("1969-12-31T23:00:00-01:00") == 0);
	assert_true(json_date_ms("2050-02-08T07:05:00.000Z") ==
	    INT64_C(2527916700000));
	assert_true(json_date_ms("") == -1);
	assert_true(json_date_ms("2050-02-08") == -1);
	assert_true(json_date_ms("2050-02-08T07:05:00") == -1);
	assert_true(json_date_ms("2050-02-08T07:05:00+1:00") == -1);
	assert_true(json_date_ms("2050-02-08T07:05:00Zx") == -1);
	assert_true(json_date_ms("2050-13-08T07:05:00Z") == -1);
	assert_true(json_date_ms("2050-02-29T07:05:00Z") == -1);
	assert_true(json_date_ms("2048-02-29T07:05:00Z") > 0);
	assert_true(json_date_ms("2016-12-31T23:59:60Z") > 0);
	assert_true(json_date_ms("2050-2-8T7:5:0Z") == -1);
	assert_true(json_date_ms(" 2050-02-08T07:05:00Z") == -1);
	assert_true(json_date_ms("2050-02-08T 7:05:00Z") == -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commas),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_dates),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
