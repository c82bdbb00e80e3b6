/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "name/ascii.h"
#include "name/hash.h"
#include "name/name.h"

#define N(a)	(sizeof (a) / sizeof *(a))
#define H40	"0123456789abcdef0123456789abcdef01234567"

enum what { ORG = 1, SHOWN = 2, ALIAS = 4, STACK = 8, URL_STACK = 16,
	RESERVED = 32, PREVIEW = 64 };

/* Each name, and all that it may be the name of. */
static const struct {
	const char	*name;
	int		is;
} names[] = {
	{ "", 0 },
	{ "a", ORG | SHOWN | ALIAS | STACK | URL_STACK },
	{ "7", ORG | SHOWN | ALIAS | STACK | URL_STACK },
	{ "a-b", ORG | SHOWN | STACK | URL_STACK },
	{ "a--b", ORG | SHOWN | STACK | URL_STACK },
	{ "-", STACK | URL_STACK },
	{ "-a", STACK | URL_STACK },
	{ "a-", STACK | URL_STACK },
	{ "a_b", ALIAS | STACK | URL_STACK },
	{ "Ab", ALIAS },
	{ "aB", ALIAS },
	{ "api", ORG | ALIAS | STACK | URL_STACK },
	{ "API", ALIAS },
	{ "apis", ORG | SHOWN | ALIAS | STACK | URL_STACK },
	{ "dynamic", ORG | SHOWN | ALIAS | STACK | URL_STACK | RESERVED },
	{ "dynamic_", ALIAS | STACK | URL_STACK },
	{ "_", ALIAS | STACK | RESERVED },
	{ "_a", ALIAS | STACK | RESERVED },
	{ "_iiif", ALIAS | STACK | RESERVED },
	{ "_albums", ALIAS | STACK | RESERVED },
	{ "_previe", ALIAS | STACK | RESERVED },
	{ "_preview", ALIAS | STACK | URL_STACK | PREVIEW },
	{ "_preview-1", STACK | URL_STACK | PREVIEW },
	{ "preview", ORG | SHOWN | ALIAS | STACK | URL_STACK },
	{ "a.b", 0 }, { ".", 0 }, { "a b", 0 }, { "a/b", 0 }, { "%61", 0 },
	{ "a%20", 0 }, { "a\n", 0 }, { "\x7f", 0 }, { "\xc3\xa4", 0 },
	{ "a:80", 0 }, { "*", 0 }, { "$a", 0 }, { "a\"", 0 },
};

static int
names_of(const char *s)
{

	return ((name_is_org(s) ? ORG : 0) |
	    (name_is_org_shown(s) ? SHOWN : 0) |
	    (name_is_alias(s) ? ALIAS : 0) | (name_is_stack(s) ? STACK : 0) |
	    (name_is_url_stack(s) ? URL_STACK : 0) |
	    (name_is_reserved(s) ? RESERVED : 0) |
	    (name_is_preview(s) ? PREVIEW : 0));
}

static void
test_names(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(names); i++)
		if (names_of(names[i].name) != names[i].is)
			fail_msg("\"%s\" is %d, not %d", names[i].name,
			    names_of(names[i].name), names[i].is);
}

/* Every byte alone and inside a name, against the classes as documented. */
static void
test_bytes(void **state)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789",
	    upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char s[4] = "x?x";
	bool low, up;
	int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		s[1] = (char)c;
		low = strchr(lower, c) != NULL;
		up = strchr(upper, c) != NULL;
		assert_int_equal(name_is_org(s), low || c == '-');
		assert_int_equal(name_is_alias(s), low || up || c == '_');
		assert_int_equal(name_is_stack(s),
		    low || c == '_' || c == '-');
		assert_int_equal(ascii_is_alnum(s[1]), low || up);
		s[2] = '\0';
		assert_int_equal(name_is_org(s), low);
		s[2] = 'x';
	}
}

static void
test_lengths(void **state)
{
	char s[NAME_MAX_LEN + 3];
	size_t n;

	(void)state;
	for (n = 1; n < sizeof s; n++) {
		(void)memset(s, 'a', n);
		s[n] = '\0';
		assert_int_equal(name_is_org(s), n <= ORG_MAX);
		assert_int_equal(name_is_alias(s), n <= NAME_MAX_LEN);
		assert_int_equal(name_is_stack(s), n <= NAME_MAX_LEN);
		assert_int_equal(name_is_url_stack(s), n <= NAME_MAX_LEN);
	}
}

/*--------------------------------------------------------------------*/

static void
test_hash_hex(void **state)
{
	char hex[HASH_HEX + 1];
	struct hash a, b;
	size_t n;

	(void)state;
	assert_int_equal(sizeof a, HASH_LEN);
	assert_true(hash_from_hex(&a, H40, HASH_HEX));
	assert_int_equal(a.b[0], 0x01);
	assert_int_equal(a.b[19], 0x67);
	hash_to_hex(&a, hex);
	assert_string_equal(hex, H40);
	assert_true(hash_from_hex(&b, H40 "89", HASH_HEX));
	assert_true(hash_equal(&a, &b));
	b.b[19]++;
	assert_false(hash_equal(&a, &b));
	for (n = 0; n < HASH_HEX; n++)
		assert_false(hash_from_hex(&a, H40, n));
	assert_false(hash_from_hex(&a, H40 "8", HASH_HEX + 1));
}

/* Each digit of a hash, with each byte there is. */
static void
test_hash_digits(void **state)
{
	char hex[] = H40;
	struct hash h;
	bool good;
	char was;
	int i, c;

	(void)state;
	for (i = 0; i < HASH_HEX; i++) {
		was = hex[i];
		for (c = 0; c < 256; c++) {
			hex[i] = (char)c;
			good = c != 0 && strchr("0123456789abcdef", c) != NULL;
			assert_int_equal(hash_from_hex(&h, hex, HASH_HEX),
			    good);
			assert_int_equal(hash_is_prefix(hex, HASH_HEX), good);
		}
		hex[i] = was;
	}
}

static void
test_hash_prefix(void **state)
{
	size_t n;

	(void)state;
	for (n = 0; n <= HASH_HEX + 2; n++)
		assert_int_equal(hash_is_prefix(H40 "ab", n),
		    n >= HASH_SHORT_MIN && n <= HASH_HEX);
	assert_false(hash_is_prefix("ABCDEF", 6));
	assert_false(hash_is_prefix("abcde", 6));
	assert_false(hash_is_prefix("abcde%66", 8));
	assert_false(hash_is_prefix("abcde-", 6));
	assert_true(hash_is_prefix("abcdef.jpg", 6));
}

/* The hashes that begin so lie between two that have as many digits alike. */
static void
test_hash_prefix_range(void **state)
{
	struct hash whole, highest;
	struct hash_prefix p;
	char hex[HASH_HEX + 1];
	unsigned n;

	(void)state;
	assert_true(hash_from_hex(&whole, H40, HASH_HEX));
	assert_int_equal(hash_digits_equal(&whole, &whole), HASH_HEX);
	for (n = 0; n <= HASH_HEX + 2; n++) {
		assert_int_equal(hash_prefix_from_hex(&p, H40 "ab", n),
		    n >= HASH_SHORT_MIN && n <= HASH_HEX);
		if (p.digits == 0)
			continue;
		assert_int_equal(p.digits, n);
		highest = hash_prefix_highest(&p);
		hash_to_hex(&p.lowest, hex);
		assert_memory_equal(hex, H40, n);
		assert_int_equal(strspn(hex + n, "0"), HASH_HEX - n);
		hash_to_hex(&highest, hex);
		assert_memory_equal(hex, H40, n);
		assert_int_equal(strspn(hex + n, "f"), HASH_HEX - n);
		assert_int_equal(hash_digits_equal(&p.lowest, &highest), n);
	}
	assert_false(hash_prefix_from_hex(&p, "abcdeF", 6));
	assert_int_equal(p.digits, 0);
}

/*--------------------------------------------------------------------*/

static void
test_host(void **state)
{
	static const char * const good[] = {
		"a", "a.b", "a.b.", "A-1_.b:80", "a:", "a.:0", "[::1]",
		"[::1]:65535", "1.2.3.4:8", "%41.b", "a~b"
	}, * const bad[] = {
		"", ".", ":80", "a..b", ".a", "a..", "a:b", "a:80:80", "a:-1",
		"a:65536", "a:000080", "[", "[]", "[::1", "[::1]x", "[g]",
		"::1", "a[::1]", "a/b", "a b", "a@b", "a.b:8 "
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++)
		assert_true(name_is_host(good[i]));
	for (i = 0; i < N(bad); i++)
		assert_false(name_is_host(bad[i]));
}

#define L63	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char	*host, *org;
} hosts[] = {
	{ "demo.example.net", "demo" },
	{ "Demo.Example.net:8080", "demo" },
	{ "demo.localhost", "demo" },
	{ "demo.example.net.", "demo" },
	{ "a-b.c", "a-b" },
	{ "1.example.net", "1" },
	{ "apis.example.net", "apis" },
	{ L63 ".x", L63 },
	/* the API's, and names of one label */
	{ "api.example.net", NULL }, { "API.example.net", NULL },
	{ "demo", NULL }, { "demo:80", NULL }, { "demo.", NULL },
	{ "demo.:80", NULL }, { "", NULL },
	/* no organization is called so */
	{ "my_org.example.net", NULL }, { "-a.example.net", NULL },
	{ "a-.example.net", NULL }, { "a%62.example.net", NULL },
	{ "a~b.example.net", NULL }, { L63 "a.x", NULL },
	{ ".example.net", NULL }, { "\xc3\xa4.example.net", NULL },
	/* addresses, and what cannot be a host */
	{ "127.0.0.1", NULL }, { "127.0.0.1:80", NULL }, { "[::1]:80", NULL },
	{ "[::1.2]", NULL }, { "1.2", NULL }, { "a@b.example.net", NULL },
	{ "demo..net", NULL }, { "demo.net:x", NULL }, { "demo.a/b", NULL },
};

static void
test_host_org(void **state)
{
	char org[ORG_MAX + 1];
	size_t i;
	bool is;

	(void)state;
	for (i = 0; i < N(hosts); i++) {
		is = name_host_org(hosts[i].host, org);
		if (is != (hosts[i].org != NULL))
			fail_msg("\"%s\" is%s an organization's",
			    hosts[i].host, is ? "" : " not");
		if (is)
			assert_string_equal(org, hosts[i].org);
	}
}

/* A name, and how much of it is the alias that it is a variant of. */
static const struct {
	const char	*name;
	size_t		of;
} variants[] = {
	{ "", 0 }, { "logo", 0 }, { "logo__de", 4 }, { "logo__de_CH", 4 },
	{ "logo_de", 0 }, { "logo__", 0 }, { "logo___de", 5 },
	{ "logo__de__fr", 4 }, { "__de", 0 }, { "__a__de", 3 },
	{ "___de", 1 }, { "_", 0 }, { "____", 0 }, { "a__b", 1 },
	{ "a_b__c", 3 }, { "a__b_", 1 },
};

static void
test_variants(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(variants); i++)
		assert_int_equal(name_variant_of(variants[i].name,
		    strlen(variants[i].name)), variants[i].of);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_hash_hex),
		cmocka_unit_test(test_hash_digits),
		cmocka_unit_test(test_hash_prefix),
		cmocka_unit_test(test_hash_prefix_range),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_host_org),
	};

	return (cmocka_run_group_tests_name("name", tests, NULL, NULL));
}
