/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions: their values, their errors, and their bounds. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"

static struct expr_room room;

/* What names stand for here. */
static bool
look(void *arg, const char *name, struct expr_value *out, char *why,
    size_t len)
{
	static const struct {
		const char *name, *text;
	} texts[] = {
		{ "$w", "600" }, { "$h", "0" }, { "$r", "1.2" },
		{ "$width", "500" }, { "$color", "001122" },
		{ "$t2", "_no_text_" }, { "$a", "notset" },
		{ "$empty", "" }, { "$zero", "0" }, { "$word", "abc" },
		{ "image.format", "jpeg" }, { "options.format", "webp" },
		{ "$same", "abc" },
	};
	static const struct {
		const char *name;
		int n;
	} numbers[] = {
		{ "image.width", 400 }, { "image.height", 300 },
		{ "$defaultWidth", 900 }, { "$defaultHeight", 600 },
		{ "$finalWidth", 800 }, { "$finalHeight", 500 }, { "$s", 2 },
		{ "options.dpr", 2 }, { "image.detection_face.height", 50 },
	};
	static const char *const no[] = { "$shadow", "image.hasSubjectArea",
	    "image.hasDetectionFace" };

	(void)arg;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(texts[i].name, name) == 0)
			return (*out = expr_of_text(texts[i].text), true);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strcmp(numbers[i].name, name) == 0)
			return (*out = expr_of_int(numbers[i].n), true);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (strcmp(no[i], name) == 0)
			return (*out = expr_of_bool(false), true);
	if (strcmp(name, "image.isAnimated") == 0)
		return (*out = expr_of_bool(true), true);
	if (strcmp(name, "$null") == 0)
		return (*out = (struct expr_value){ .type = EXPR_NULL }, true);
	(void)snprintf(why, len, "there is no \"%s\"", name);
	return (false);
}

/* "int 3", "text abc", "at 4: sentence" ... */
static const char *
show(const char *text)
{
	static const char *const types[] = { "null", "bool ", "int ", "real ",
	    "text " };
	static char out[400];
	struct expr_fault f;
	struct expr_value v;
	struct expr *e = expr_parse(text, strlen(text), &f);

	room.used = 0;
	if (e == NULL || !expr_eval(e, look, NULL, &room, &v, &f))
		(void)snprintf(out, sizeof out, "at %u: %s", f.at, f.why);
	else
		(void)snprintf(out, sizeof out, "%s%s", types[v.type],
		    expr_text(&v, &room));
	expr_free(e);
	return (out);
}

struct want {
	const char *text, *value;
};

static void
check(const struct want *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(show(w[i].text), w[i].value) != 0)
			fail_msg("%s: %s, not %s", w[i].text, show(w[i].text),
			    w[i].value);
}

#define CHECK(w)	check(w, sizeof w / sizeof *(w))

/* What public stacks have. */
static void
test_found(void **state)
{
	static const struct want wants[] = {
		{ "$w", "text 600" },
		{ "$w / 2", "int 300" },
		{ "$width - 50", "int 450" },
		{ "$finalHeight ", "int 500" },
		{ "$h * $r", "real 0" },
		{ "$w == 0 ? ($h == 0 ? $defaultWidth : ($h * $r)) : $w",
		    "text 600" },
		{ "$h == 0 ? $finalWidth / $r : $h", "real 666.66666666667" },
		{ "$defaultWidth / $defaultHeight", "real 1.5" },
		{ "$defaultHeight > 0 ? ($defaultWidth / $defaultHeight) : "
		    "(image.width / image.height)", "real 1.5" },
		{ "$s == 1 ? true : false", "bool " },
		{ "true", "bool 1" },
		{ "'#' ~ $color", "text #001122" },
		{ "$width / 7", "real 71.428571428571" },
		{ "300 + ($shadow ? 4 :0)", "int 300" },
		{ "$t2 != \"_no_text_\" ? true : false", "bool " },
		{ "$a === 'notset' ? ((image.hasSubjectArea || "
		    "image.hasDetectionFace || image.isAnimated) ? 'auto' : "
		    "'smart') : $a", "text auto" },
		{ "(image.width)", "int 400" },
		{ "-rad2deg(atan(image.height / image.width))",
		    "real -36.869897645844" },
		{ "image.hasDetectionFace ? image.detection_face.height * 1.5 "
		    ": (image.height > image.width ? image.width : "
		    "image.height)", "int 300" },
		{ "options.dpr >= 2", "bool 1" },
		{ "options.dpr > 1.5", "bool 1" },
		{ "options.format == \"webp\"", "bool 1" },
		{ "$s != 1 && options.dpr >= 2", "bool 1" },
	};

	(void)state;
	CHECK(wants);
	assert_string_equal(show("$h == 0 ? $finalWidth / $r : $h") + 5,
	    show("800 / 1.2") + 5);
}

/* Each level of precedence against the next. */
static void
test_levels(void **state)
{
	static const struct want wants[] = {
		{ "true or false and false", "bool 1" },
		{ "true || false && false", "bool 1" },
		{ "2 and 0 | 1", "bool 1" },
		{ "1 | 3 ^ 1", "int 3" },
		{ "4 ^ 5 & 1", "int 5" },
		{ "3 & 1 == 1", "int 1" },
		{ "6 & 3 == 3", "int 0" },
		{ "1 == 2 - 1", "bool 1" },
		{ "1 - 2 - 3", "int -4" },
		{ "1 + 2 ~ 3", "int 24" },
		{ "1 ~ 2 + 3", "int 15" },
		{ "'a' ~ 2 * 3", "text a6" },
		{ "not 1 == 0", "bool 1" },
		{ "not 0 * 3", "bool 1" },
		{ "!0 ~ 'x'", "text 1x" },
		{ "2 + 3 * 4", "int 14" },
		{ "12 / 2 * 3", "int 18" },
		{ "7 % 4 * 2", "int 6" },
		{ "2 * 3 ** 2", "int 18" },
		{ "2 ** 3 ** 2", "int 512" },
		{ "-2 ** 2", "int 4" },
		{ "2 ** -1", "real 0.5" },
		{ "- - 2", "int 2" },
		{ "+'3'", "int 3" },
		{ "1 ? 2 : 0 ? 3 : 4", "int 2" },
		{ "0 ? 2 : 0 ? 3 : 4", "int 4" },
		{ "0 ?: 5", "int 5" },
		{ "7 ?: 5", "int 7" },
		{ "1 ? 2", "int 2" },
		{ "0 ? 2", "null" },
		{ "null ?? 3", "int 3" },
		{ "0 ?? 3", "int 0" },
		{ "null ?? null ?? 4", "int 4" },
		{ "(1 + 2) * 3", "int 9" },
	};

	(void)state;
	CHECK(wants);
}

static void
test_operators(void **state)
{
	static const struct want wants[] = {
		{ "1 < 2", "bool 1" }, { "2 < 1", "bool " },
		{ "2 <= 2", "bool 1" }, { "2 >= 3", "bool " },
		{ "3 > 2", "bool 1" }, { "1 != 1", "bool " },
		{ "1 === 1", "bool 1" }, { "1 === 1.0", "bool " },
		{ "1 !== '1'", "bool 1" }, { "'a' === 'a'", "bool 1" },
		{ "null === null", "bool 1" }, { "true === true", "bool 1" },
		{ "\"2\" == 2", "bool 1" }, { "null == 0", "bool 1" },
		{ "null == ''", "bool 1" }, { "null == '0'", "bool " },
		{ "0 == 'abc'", "bool " }, { "'1e1' == '10'", "bool 1" },
		{ "'abc' == 'ABC'", "bool " }, { "true == 'x'", "bool 1" },
		{ "false == ''", "bool 1" }, { "'031' == 31", "bool 1" },
		{ "' 1' == 1", "bool 1" }, { "'1 ' == 1", "bool 1" },
		{ "'abc' < 'abd'", "bool 1" }, { "'10' < '9'", "bool " },
		{ "2 in [1, 2]", "bool 1" }, { "2 in []", "bool " },
		{ "2 not in [1, 3]", "bool 1" },
		{ "$word in ['x', 'abc']", "bool 1" },
		{ "not (2 in [2])", "bool " },
		{ "$word contains 'b'", "bool 1" },
		{ "$word starts with 'ab'", "bool 1" },
		{ "$word ends   with 'bc'", "bool 1" },
		{ "$word ends with 'abcd'", "bool " },
		{ "true and not false", "bool 1" },
		{ "0 and $nosuch", "bool " }, { "1 or $nosuch", "bool 1" },
		{ "1 ? 2 : $nosuch", "int 2" },
		{ "$zero ? 1 : 2", "int 2" }, { "$empty ? 1 : 2", "int 2" },
		{ "7 % 3", "int 1" }, { "-7 % 3", "int -1" },
		{ "7 / 2", "real 3.5" }, { "0.1 + 0.2", "real 0.3" },
		{ "1_000", "int 1000" }, { ".9", "real 0.9" },
		{ "1e3", "real 1000" }, { "1.5e-1", "real 0.15" },
		{ "null + 1", "int 1" }, { "true + 1", "int 2" },
		{ "9223372036854775807 + 1", "real 9.2233720368548e+18" },
		{ "-9223372036854775807 - 1", "int -9223372036854775808" },
		{ "(-9223372036854775807 - 1) % -1", "int 0" },
		{ "min(3, '1', 2)", "text 1" }, { "max(1, 2.5)", "real 2.5" },
		{ "abs(-3)", "int 3" }, { "abs(-3.5)", "real 3.5" },
		{ "round(2.5)", "real 3" }, { "round(-2.5)", "real -3" },
		{ "floor(2.9)", "real 2" }, { "ceil('2.1')", "real 3" },
		{ "sqrt(16)", "real 4" }, { "deg2rad(180) > 3.14", "bool 1" },
		{ "'it\\'s'", "text it's" }, { "\"a\\\\b\"", "text a\\b" },
		{ "TRUE", "bool 1" }, { "Null", "null" },
	};

	(void)state;
	CHECK(wants);
}

static void
test_errors(void **state)
{
	static const struct want wants[] = {
		{ "", "at 0: more is expected" },
		{ "1 +", "at 3: more is expected" },
		{ "1 2", "at 2: \"2\" is not expected" },
		{ "(1", "at 2: \")\" is expected" },
		{ "1)", "at 1: \")\" is not expected" },
		{ "a ? b ? c", "at 0: there is no \"a\"" },
		{ "1 @ 2", "at 2: this character is not allowed" },
		{ "$ + 1", "at 0: \"$\" must be followed by a name" },
		{ "'abc", "at 0: the text has no end" },
		{ "'abc\\", "at 0: the text has no end" },
		{ "1 + foo(2)", "at 4: there is no function \"foo\"" },
		{ "constant('PHP_OS')",
		    "at 0: there is no function \"constant\"" },
		{ "enum('X')", "at 0: there is no function \"enum\"" },
		{ "sqrt()", "at 0: the function takes 1 to 1 values, not 0" },
		{ "min(1)", "at 0: the function takes 2 to 16 values, not 1" },
		{ "1..3", "at 1: \"..\" is not supported" },
		{ "$w matches '/x/'", "at 3: \"matches\" is not supported" },
		{ "[1]", "at 0: a list may only stand behind \"in\"" },
		{ "{a: 1}", "at 0: a list may only stand behind \"in\"" },
		{ "1 in 2", "at 5: a list is expected behind \"in\"" },
		{ "1 + 1 / 0", "at 6: division by zero" },
		{ "1 % 0.5", "at 2: division by zero" },
		{ "1 + $word", "at 2: \"abc\" is not a number" },
		{ "-$word", "at 0: \"abc\" is not a number" },
		{ "sqrt($word)", "at 0: sqrt: \"abc\" is not a number" },
		{ "10.0 ** 400", "at 5: the result is not a finite number" },
		{ "sqrt(-1)", "at 0: the result is not a finite number" },
		{ "1e300 | 1", "at 6: the number is too big" },
		{ "2 * $nosuch", "at 4: there is no \"$nosuch\"" },
		{ "1e999", "at 0: the number is too long" },
	};

	(void)state;
	CHECK(wants);
}

/* *n times *text, then *end. */
static char *
many(const char *text, unsigned n, const char *end)
{
	char *out = calloc(1, n * strlen(text) + strlen(end) + 1);

	assert_non_null(out);
	for (unsigned i = 0; i < n; i++)
		strcat(out, text);
	return (strcat(out, end));
}

static void
refuses(const char *text, unsigned n, const char *end, const char *why)
{
	char *all = many(text, n, end);

	if (strstr(show(all), why) == NULL)
		fail_msg("%u times %s: %s", n, text, show(all));
	free(all);
}

static void
test_bounds(void **state)
{
	static const char *const deep = "nested too deeply";

	(void)state;
	refuses("(", 900, "1", deep);
	refuses("!", 900, "1", deep);
	refuses("-", 900, "1", deep);
	refuses("1?", 450, "1", deep);
	refuses("1**", 300, "1", deep);
	refuses("abs(", 200, "1", deep);
	refuses("1+(", 300, "1", deep);
	refuses("1 ", 501, "", "longer than 1000 bytes");
	refuses("1+", 450, "1", "too many values");
	refuses("$a+", 300, "1", "too many parts");
	refuses("1+", 150, "1", "int 151");
	refuses("(", 60, "1", "\")\" is expected");
	/* 700 bytes times 20 do not fit where text is made. */
	refuses("'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'~", 25, "1", "too much text");
}

static void
test_names(void **state)
{
	const char *text = "$b + image.width * $b - options.jpg.quality";
	struct expr_fault f;
	struct expr *e = expr_parse(text, strlen(text), &f);
	unsigned at;

	(void)state;
	assert_non_null(e);
	assert_string_equal(expr_name(e, 0, &at), "$b");
	assert_int_equal(at, 0);
	assert_string_equal(expr_name(e, 1, &at), "image.width");
	assert_int_equal(at, 5);
	assert_string_equal(expr_name(e, 2, NULL), "options.jpg.quality");
	assert_null(expr_name(e, 3, NULL));
	expr_free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
