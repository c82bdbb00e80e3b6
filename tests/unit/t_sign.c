/* SPDX-License-Identifier: BSD-2-Clause */
/* The vectors of the contract's part 1.11, and what must not pass. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/sign.h"

#define KEY	"OCOuisGe30QyocYkQN1SPErGGKunyuhZ"
#define JS	"sigopts=%7B%22until%22%3A%222050-02-08T07%3A05%3A00.000Z%22%7D"
#define PHP	"sigopts=%7B%22until%22%3A%222050-02-08T08%3A05%3A00" \
		"%2B00%3A00%22%7D"
#define JS_MS	INT64_C(2527916700000)

static void
check(const char *target, enum sign_status want, int64_t want_until)
{
	int64_t until = -2;

	assert_int_equal(sign_check(target, KEY, 1000, &until), want);
	assert_true(until == want_until);
}

static void
test_vectors(void **state)
{
	(void)state;
	check("/dynamic/c1b110.jpg?sig=62e7a9ccd3dea053", SIGN_GOOD, 0);
	check("/dynamic/c1b110.jpg?v=%7B%22a%22%3A%22b%22%7D"
	    "&sig=9259f07089f76a05", SIGN_GOOD, 0);
	check("/dynamic/c1b110.jpg?sig=9259f07089f76a05"
	    "&v=%7B%22a%22%3A%22b%22%7D", SIGN_GOOD, 0);
	check("/dynamic/c1b110.jpg?" JS "&sig=0f6370995020ce81", SIGN_GOOD,
	    JS_MS);
	check("/dynamic/c1b110.jpg?" PHP "&sig=24f7a7b07122c063", SIGN_GOOD,
	    JS_MS + 3600000);
}

static void
test_refused(void **state)
{
	(void)state;
	check("/dynamic/c1b110.jpg", SIGN_NONE, 0);
	check("/dynamic/c1b110.jpg?xsig=62e7a9ccd3dea053", SIGN_NONE, 0);
	check("/dynamic/c1b110.jpg?sig=", SIGN_BAD, 0);
	check("/dynamic/c1b110.jpg?sig=62e7a9ccd3dea05", SIGN_BAD, 0);
	check("/dynamic/c1b110.jpg?sig=62e7a9ccd3dea0533", SIGN_BAD, 0);
	check("/dynamic/c1b110.jpg?sig=62E7A9CCD3DEA053", SIGN_BAD, 0);
	check("/dynamic/c1b111.jpg?sig=62e7a9ccd3dea053", SIGN_BAD, 0);
	check("/dynamic/c1b110.png?sig=62e7a9ccd3dea053", SIGN_BAD, 0);
	check("/dynamic/c1b110.jpg?v=1&sig=62e7a9ccd3dea053", SIGN_BAD, 0);
	/* The last one counts, so that nothing hides behind a good one. */
	check("/dynamic/c1b110.jpg?sig=62e7a9ccd3dea053&sig=0", SIGN_BAD, 0);
}

static void
test_no_key(void **state)
{
	int64_t until;

	(void)state;
	/* SHA-256 of "/a:" begins so. */
	assert_int_equal(sign_check("/a?sig=0000000000000000", "", 0, &until),
	    SIGN_BAD);
}

static void
test_expired(void **state)
{
	const char *target = "/dynamic/c1b110.jpg?" JS "&sig=0f6370995020ce81";
	int64_t until;

	(void)state;
	assert_int_equal(sign_check(target, KEY, JS_MS - 1, &until),
	    SIGN_GOOD);
	assert_int_equal(sign_check(target, KEY, JS_MS, &until),
	    SIGN_EXPIRED);
}

static void
make(const char *url, const char *sigopts, const char *want)
{
	char *s = sign_url(url, KEY, sigopts);

	if (want == NULL)
		assert_null(s);
	else {
		assert_non_null(s);
		assert_string_equal(s, want);
	}
	free(s);
}

static void
test_made(void **state)
{
	(void)state;
	make("/dynamic/c1b110.jpg", NULL,
	    "/dynamic/c1b110.jpg?sig=62e7a9ccd3dea053");
	make("http://h:80/dynamic/c1b110.jpg?v=%7B%22a%22%3A%22b%22%7D", NULL,
	    "http://h:80/dynamic/c1b110.jpg?v=%7B%22a%22%3A%22b%22%7D"
	    "&sig=9259f07089f76a05");
	/* What signed it before goes. */
	make("/dynamic/c1b110.jpg?sigopts=x&sig=a&sig=b", &PHP[8],
	    "/dynamic/c1b110.jpg?" PHP "&sig=24f7a7b07122c063");
	make("/dynamic/c1b110.jpg?sig", NULL,
	    "/dynamic/c1b110.jpg?sig&sig=0e0ccc1d75b0f3f0");
}

static void
test_not_made(void **state)
{
	static const char *const urls[] = {
		"", "a", "?", "http://", "http://h", "http://h?a=/b", "/a b",
		"/a#b", "/a\tb", "#/a", "//\x7f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		make(urls[i], NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_not_made),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
