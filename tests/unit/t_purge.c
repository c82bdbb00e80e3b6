/* SPDX-License-Identifier: BSD-2-Clause */
/* What may stand in a ban, and what an answer of the CLI looks like. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "purge/ban.h"
#include "purge/cli.h"
#include "purge/target.h"
#include "store/store.h"

#define HASH	"0123456789abcdef0123456789abcdef01234567"

static const struct {
	const char	*org, *header, *value;
	const char	*text;		/* NULL: refused */
} bans[] = {
	{ "demo", "x-moniker-source", HASH, "obj.http.x-moniker-org == demo "
	    "&& obj.http.x-moniker-source == " HASH },
	{ "demo", "x-moniker-alias", "lo_Go1", "obj.http.x-moniker-org == demo"
	    " && obj.http.x-moniker-alias ~ (^|,)lo_Go1(,|$)" },
	{ "a-b", "x-moniker-stack", "thumb-2", "obj.http.x-moniker-org == a-b "
	    "&& obj.http.x-moniker-stack ~ (^|,)thumb-2(,|$)" },
	{ "demo", "x-moniker-secondary", HASH, "obj.http.x-moniker-org == "
	    "demo && obj.http.x-moniker-secondary ~ " HASH },
	{ "demo", "x-moniker-org", "demo", "obj.http.x-moniker-org == demo" },
	/* all of another one */
	{ "demo", "x-moniker-org", "omed", NULL },
	{ "demo", "x-moniker-org", "", NULL },
	{ "", "x-moniker-alias", "logo", NULL },
	{ "", "x-moniker-org", "", NULL },
	{ "demo", "x-moniker-alias", "", NULL },
	{ "demo", "x-moniker-alias", "a b", NULL },
	{ "demo", "x-moniker-alias", "a\" || req.url ~ .", NULL },
	{ "demo", "x-moniker-alias", "a\nstop", NULL },
	{ "demo", "x-moniker-alias", "a\\", NULL },
	{ "demo", "x-moniker-alias", "a&&b", NULL },
	{ "demo", "x-moniker-alias", "a*", NULL },
	{ "demo", "x-moniker-alias", "l\xc3\xb6wen", NULL },
	{ "de mo", "x-moniker-alias", "logo", NULL },
	{ "demo", "x-moniker-source", "0123456789abcdef", NULL },
	{ "demo", "x-moniker-source", HASH "0", NULL },
	{ "demo", "x-moniker-source",
	    "0123456789ABCDEF0123456789ABCDEF01234567", NULL },
	{ "demo", "x-moniker-stack", "*", NULL },
	{ "demo", "x-moniker-stack", "Thumb", NULL },
	{ "demo", "x-moniker-alias", "lo-go", NULL },
	{ "-demo", "x-moniker-alias", "logo", NULL },
	{ "Demo", "x-moniker-alias", "logo", NULL },
	{ "de_mo", "x-moniker-alias", "logo", NULL },
	{ "demo", "x-other", "logo", NULL },
	{ "demo", "", "logo", NULL },
};

static void
test_ban(void **state)
{
	char text[BAN_TEXT_MAX];
	struct store_ban b;

	(void)state;
	for (size_t i = 0; i < sizeof bans / sizeof *bans; i++) {
		(void)memset(&b, 0, sizeof b);
		(void)strcpy(b.org, bans[i].org);
		(void)strcpy(b.header, bans[i].header);
		(void)strcpy(b.value, bans[i].value);
		if (ban_expression(&b, text, sizeof text) == 0) {
			assert_non_null(bans[i].text);
			assert_string_equal(text, bans[i].text);
		} else {
			assert_null(bans[i].text);
			assert_string_equal(text, "");
		}
	}
}

/* The longest of all fits; and what does not fit is refused. */
static void
test_ban_length(void **state)
{
	char text[BAN_TEXT_MAX];
	struct store_ban b = { .header = "x-moniker-alias" };

	(void)state;
	(void)memset(b.org, 'o', ORG_MAX);
	(void)memset(b.value, 'v', NAME_MAX_LEN);
	assert_int_equal(ban_expression(&b, text, sizeof text), 0);
	assert_int_equal(ban_expression(&b, text, 100), -1);
	assert_string_equal(text, "");
}

/* Whatever bytes a row has: refused, or nothing but our own form. */
static void
test_ban_random(void **state)
{
	static const char *const headers[] = { "x-moniker-alias",
	    "x-moniker-stack", "x-moniker-source", "x-moniker-org" };
	char text[BAN_TEXT_MAX], *p;
	struct store_ban b;
	unsigned good = 0;

	(void)state;
	srandom(1);
	for (int i = 0; i < 200000; i++) {
		(void)memset(&b, 0, sizeof b);
		(void)strcpy(b.header, headers[random() % 4]);
		(void)strcpy(b.org, "demo");
		for (long n = random() % 6; n >= 0; n--)
			b.value[n] = (char)(random() % 255 + 1);
		if (ban_expression(&b, text, sizeof text) != 0)
			continue;
		good++;
		assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.=& ~(^|,)$"),
		    strlen(text));
		p = strstr(text, b.value);
		assert_non_null(p);
		assert_int_equal(strcspn(b.value, ".=& ~(^|,)$"), strlen(b.value));
	}
	assert_true(good > 0);
}

static const struct {
	const char	*head;
	unsigned	status;		/* 0: refused */
	size_t		len;
} heads[] = {
	{ "200 0       \n", 200, 0 },
	{ "107 59      \n", 107, 59 },
	{ "200 65536   \n", 200, 65536 },
	{ "200 65537   \n", 0, 0 },
	{ "200 99999999\n", 0, 0 },
	{ "200         \n", 0, 0 },
	{ "20  5       \n", 0, 0 },
	{ "2000 5      \n", 0, 0 },
	{ "200 5 5     \n", 0, 0 },
	{ "200 -1      \n", 0, 0 },
	{ "200  5      \n", 0, 0 },
	{ "200 5        ", 0, 0 },
	{ "HTTP/1.1 200 ", 0, 0 },
	{ "\n\n\n\n\n\n\n\n\n\n\n\n\n", 0, 0 },
};

static void
test_head(void **state)
{
	unsigned status;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		assert_int_equal(strlen(heads[i].head), CLI_HEAD);
		if (cli_head(heads[i].head, &status, &len) != 0) {
			assert_int_equal(heads[i].status, 0);
			continue;
		}
		assert_int_equal(status, heads[i].status);
		assert_int_equal(len, heads[i].len);
	}
}

/* Doubles up to the longest of its kind, less a random half. */
static void
test_backoff(void **state)
{
	char text[] = "x", v4[] = "127.0.0.1:6082", v6[] = "[::1]:6082";
	char name[] = "localhost:6082", other[] = "localhost.net:6082";
	const struct {
		struct purge_target_conf conf;
		uint32_t	max_ms;
	} kinds[] = {
		{ { .instance = text }, 1000 }, { { .address = v4 }, 1000 },
		{ { .address = v6 }, 1000 }, { { .address = name }, 1000 },
		{ { .address = other }, 5000 }, { { .address = text }, 5000 },
		{ { .listen = text }, 5000 }, { { .url = text }, 5000 },
		{ { .webhook = text }, 30000 },
		{ { .address = text, .retry_max_ms = 70 }, 70 },
		{ { .instance = text, .retry_max_ms = 1 }, 1 },
		{ { .instance = text, .retry_max_ms = 3600000 }, 3600000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (unsigned tries = 0; tries < 100; tries++) {
			uint32_t max = kinds[i].max_ms, ms =
			    target_backoff_ms(&kinds[i].conf, tries);

			if (tries < 9 && max > 100u << tries)
				max = 100u << tries;
			assert_in_range(ms, max - max / 2, max);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ban),
		cmocka_unit_test(test_ban_length),
		cmocka_unit_test(test_ban_random),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_backoff),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
