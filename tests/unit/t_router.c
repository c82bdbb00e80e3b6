/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/router.h"

static const struct route table[] = {
	{ "GET", "/", "root" },
	{ "GET", "/operations", "operations" },
	{ "POST", "/sourceimages/{organization}", "upload" },
	{ "GET", "/sourceimages/{organization}", "list" },
	{ "GET", "/sourceimages/{organization}/{hash}", "get" },
	{ "DELETE", "/sourceimages/{org}/{id}", "delete" },
	{ "GET", "/sourceimages/{organization}/download", "zip" },
	{ "PUT", "/sourceimages/{organization}/alias/{alias}", "put" },
	{ "GET", "/sourceimages/{organization}/{hash}/{what}", "what" },
	{ "GET", "/x/{a}/c", "xac" },
	{ "GET", "/x/b/{c}", "xbc" },
	{ "GET", "/folder/", "folder" },
};
#define N	(sizeof table / sizeof *table)

/* Method and path, and what must come of them: a status or a handler. */
static const struct {
	const char *method, *path;
	int status;
	const char *handler, *more;	/* a parameter's value, or Allow */
} cases[] = {
	{ "GET", "/", 0, "root", NULL },
	{ "GET", "/operations", 0, "operations", NULL },
	{ "HEAD", "/operations", 0, "operations", NULL },
	{ "get", "/operations", 405, NULL, "GET, HEAD, OPTIONS" },
	{ "POST", "/operations", 405, NULL, "GET, HEAD, OPTIONS" },
	{ "OPTIONS", "/sourceimages/o", 405, NULL,
	    "POST, GET, HEAD, OPTIONS" },
	{ "GET", "/sourceimages/o", 0, "list", NULL },
	{ "GET", "/sourceimages/o/abc", 0, "get", "abc" },
	/* Parameters of other names: the same resource all the same. */
	{ "PUT", "/sourceimages/o/abc", 405, NULL,
	    "GET, DELETE, HEAD, OPTIONS" },
	{ "DELETE", "/sourceimages/o/abc", 0, "delete", NULL },
	/* A literal wins, and is then the resource: no other pattern helps. */
	{ "GET", "/sourceimages/o/download", 0, "zip", NULL },
	{ "DELETE", "/sourceimages/o/download", 405, NULL,
	    "GET, HEAD, OPTIONS" },
	{ "GET", "/sourceimages/o/%64ownload", 0, "zip", NULL },
	{ "PUT", "/sourceimages/o/alias/a", 0, "put", NULL },
	{ "HEAD", "/sourceimages/o/alias/a", 405, NULL, "PUT, OPTIONS" },
	/* The leftmost literal decides. */
	{ "GET", "/x/b/c", 0, "xbc", NULL },
	{ "GET", "/x/a/c", 0, "xac", NULL },
	{ "GET", "/x/a/d", 404, NULL, NULL },
	/* One resource, one path. */
	{ "GET", "/operations/", 404, NULL, NULL },
	{ "GET", "/folder/", 0, "folder", NULL },
	{ "GET", "/folder/?q", 0, "folder", NULL },
	{ "GET", "/folder", 404, NULL, NULL },
	{ "GET", "/folder//", 404, NULL, NULL },
	{ "GET", "//operations", 404, NULL, NULL },
	{ "GET", "//", 404, NULL, NULL },
	{ "GET", "/sourceimages/", 404, NULL, NULL },
	{ "GET", "/sourceimages//abc", 404, NULL, NULL },
	{ "GET", "/operations/more", 404, NULL, NULL },
	{ "GET", "/operation", 404, NULL, NULL },
	{ "GET", "/operationss", 404, NULL, NULL },
	{ "GET", "", 404, NULL, NULL },
	{ "OPTIONS", "*", 404, NULL, NULL },
	{ "GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n", 404, NULL, NULL },
	/* Escapes */
	{ "GET", "/sourceimages/o/a%20%C3%A9+b", 0, "get", "a \xc3\xa9+b" },
	{ "GET", "/sourceimages/o/%25", 0, "get", "%" },
	{ "GET", "/sourceimages/o/%", 400, NULL, NULL },
	{ "GET", "/sourceimages/o/%4", 400, NULL, NULL },
	{ "GET", "/sourceimages/o/%4/a", 400, NULL, NULL },
	{ "GET", "/sourceimages/o/%zz", 400, NULL, NULL },
	{ "GET", "/sourceimages/o/a%00b", 400, NULL, NULL },
	{ "GET", "/sourceimages/o/a%0ab", 400, NULL, NULL },
	{ "GET", "/sourceimages/o/a%2fb", 400, NULL, NULL },
	{ "GET", "/sourceimages/o/a%2Fb", 400, NULL, NULL },
};

static void
test_cases(void **state)
{
	struct route_match m;
	const char *value;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		print_message("%s %s\n", cases[i].method, cases[i].path);
		assert_int_equal(route_find(table, N, cases[i].method,
		    cases[i].path, &m), cases[i].status);
		if (cases[i].status == 405)
			assert_string_equal(m.allow, cases[i].more);
		if (cases[i].status != 0) {
			assert_null(m.route);
			continue;
		}
		assert_string_equal(m.route->handler, cases[i].handler);
		value = route_param(&m, "hash");
		if (cases[i].more != NULL)
			assert_string_equal(value, cases[i].more);
	}
}

static void
test_params(void **state)
{
	struct route_match m;

	(void)state;
	assert_int_equal(route_find(table, N, "PUT",
	    "/sourceimages/my-org/alias/logo", &m), 0);
	assert_int_equal(m.n, 2);
	assert_string_equal(route_param(&m, "organization"), "my-org");
	assert_string_equal(route_param(&m, "alias"), "logo");
	assert_null(route_param(&m, "alia"));
	assert_null(route_param(&m, "aliass"));
	assert_null(route_param(&m, ""));
}

static void
test_long_segment(void **state)
{
	struct route_match m;
	char path[600] = "/sourceimages/";
	size_t n = strlen(path);

	(void)state;
	memset(path + n, 'a', 511);
	assert_int_equal(route_find(table, N, "GET", path, &m), 0);
	assert_int_equal(strlen(route_param(&m, "organization")), 511);
	path[n + 511] = 'a';
	assert_int_equal(route_find(table, N, "GET", path, &m), 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_long_segment),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
