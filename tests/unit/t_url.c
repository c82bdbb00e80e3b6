/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "url.h"

#define H40	"0123456789abcdef0123456789abcdef01234567"
#define N40	"ffffffffffffffffffffffffffffffffffffffff"

static const struct {
	const char	*url;
	enum url_kind	kind;
	const char	*canonical;	/* with the image kept */
	const char	*image;		/* the alias if it is one */
} urls[] = {
	/* stack and hash */
	{ "/resize/" H40 ".jpg", URL_HASH, "/resize/" H40 ".jpg", H40 },
	{ "/resize/abc123.png", URL_HASH, "/resize/abc123.png", "abc123" },
	{ "/dynamic/" H40 ".webp", URL_HASH, "/dynamic/" H40 ".webp", H40 },
	{ "/a/abc12.png", URL_OTHER, NULL, NULL },
	{ "/a/" H40 "0.png", URL_OTHER, NULL, NULL },
	{ "/a/ABCDEF12.png", URL_OTHER, NULL, NULL },
	{ "/a/" H40 "/abcdef/x.jpg", URL_OTHER, NULL, NULL },
	{ "/a/" H40 "/-x/y-.jpg", URL_OTHER, NULL, NULL },
	{ "/abcdef/123456.jpg", URL_HASH, "/abcdef/123456.jpg", "123456" },

	/* expressions, in which "/" and "-" are their own */
	{ "/a/x-y-[1/2]/" H40 ".jpg", URL_HASH, "/a/x-y-[1/2]/" H40 ".jpg",
	    H40 },
	{ "/a/x-y-%5b1%2f2%5D/" H40 ".jpg", URL_HASH,
	    "/a/x-y-[1/2]/" H40 ".jpg", H40 },
	{ "/a/x-[y//%2d[-_b_-]]//-_c_-.jpg", URL_ALIAS,
	    "/a/x-[y//%2D[-_b_-]]/-_c_-.jpg", "c" },
	{ "/a/x-[/abcdef/]/123456.jpg", URL_HASH,
	    "/a/x-[/abcdef/]/123456.jpg", "123456" },
	{ "/a/[x/%2F]%2F/123456.jpg", URL_HASH, "/a/[x//]%2F/123456.jpg",
	    "123456" },
	/* but not if one lacks its other */
	{ "/a/x-[1%2F2/" H40 ".jpg", URL_HASH, "/a/x-[1%2F2/" H40 ".jpg",
	    H40 },
	{ "/a/x-]//[1%5B/" H40 ".jpg", URL_HASH, "/a/x-]/[1%5B/" H40 ".jpg",
	    H40 },
	{ "/a/x-[/abcdef/y/123456.jpg", URL_OTHER, NULL, NULL },
	{ "/a/[x/" H40 ".jpg]", URL_OTHER, NULL, NULL },
	/* Without the slug the "/" would be within brackets. */
	{ "/a/[x/-r/y%5D/" H40 "/s]l.jpg", URL_OTHER, NULL, NULL },
	{ "/a/" H40 "/s%5bl.jpg", URL_OTHER, NULL, NULL },
	{ "/a/[x/%2e%2fy]/-/z]-.jpg", URL_OTHER, NULL, NULL },
	{ "/a/" H40 "/s[1].jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/sl[ug/].jpg", URL_HASH, "/a/" H40 ".jpg", H40 },

	/* formats */
	{ "/a/" H40 ".JPG", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 ".m3u8", URL_HASH, "/a/" H40 ".m3u8", H40 },
	{ "/a/" H40 ".ts", URL_HASH, "/a/" H40 ".ts", H40 },
	{ "/a/" H40 ".tiffs", URL_OTHER, NULL, NULL },
	{ "/a/" H40 "/x.ThumbHash", URL_HASH, "/a/" H40 ".thumbhash", H40 },
	{ "/a/" H40 ".thumbhashs", URL_OTHER, NULL, NULL },
	{ "/a/" H40 ".thumbhass", URL_OTHER, NULL, NULL },
	{ "/a/" H40 ".j", URL_OTHER, NULL, NULL },
	{ "/a/" H40, URL_OTHER, NULL, NULL },
	{ "/a/" H40 ".", URL_OTHER, NULL, NULL },

	/* slugs say nothing, but for a version at their end */
	{ "/a/" H40 "/my-picture.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/my.old.picture.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/20240101.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/-x-.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/-_x_-.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/v1.jpg", URL_HASH, "/a/" H40 "/v1.jpg", H40 },
	{ "/a/" H40 "/name-v12.jpg", URL_HASH, "/a/" H40 "/v12.jpg", H40 },
	{ "/a/" H40 "/preview_v17.jpg", URL_HASH, "/a/" H40 "/v17.jpg", H40 },
	{ "/a/" H40 "/av1.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/v.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 "/12.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },

	/* segments, empty ones among them */
	{ "/dynamic/resize-width-300/" H40 ".jpg", URL_HASH,
	    "/dynamic/resize-width-300/" H40 ".jpg", H40 },
	{ "/dynamic/resize-width-300--o-dpr-2--v-w-1/crop-width-2/" H40
	    "/x.jpg", URL_HASH, "/dynamic/resize-width-300--o-dpr-2--v-w-1/"
	    "crop-width-2/" H40 ".jpg", H40 },
	{ "//a//b-c-d///" H40 ".jpg", URL_HASH, "/a/b-c-d/" H40 ".jpg", H40 },
	{ "/a//" H40 "//x.jpg", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/--b-c-d/" H40 ".jpg", URL_HASH, "/a/--b-c-d/" H40 ".jpg", H40 },
	{ "/a/crop-width-[image.height*1.5]/" H40 ".jpg", URL_HASH,
	    "/a/crop-width-[image.height*1.5]/" H40 ".jpg", H40 },
	{ "/a/crop-width-%5bx%5D/" H40 ".jpg", URL_HASH,
	    "/a/crop-width-[x]/" H40 ".jpg", H40 },
	{ "/a/resize-%77idth-3%30/" H40 ".jpg", URL_HASH,
	    "/a/resize-width-30/" H40 ".jpg", H40 },
	/* an encoded "-" is not a separator, and stays encoded */
	{ "/a/v-x-1%2d2/" H40 ".jpg", URL_HASH, "/a/v-x-1%2D2/" H40 ".jpg",
	    H40 },
	{ "/a/v-x-1%2/" H40 ".jpg", URL_HASH, "/a/v-x-1%2/" H40 ".jpg", H40 },
	{ "/a/v-x-%2%66/" H40 ".jpg", URL_HASH, "/a/v-x-%2%66/" H40 ".jpg",
	    H40 },
	{ "/a/%61bcdef/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/a/%61bcdef.jpg", URL_OTHER, NULL, NULL },
	{ "/a/v-x-%zz/" H40 ".jpg", URL_HASH, "/a/v-x-%zz/" H40 ".jpg", H40 },

	/* the stack has one spelling */
	{ "/r%65size/" H40 ".jpg", URL_HASH, "/resize/" H40 ".jpg", H40 },
	{ "/a%2Db/" H40 ".jpg", URL_HASH, "/a-b/" H40 ".jpg", H40 },
	{ "/_preview_x/" H40 ".jpg", URL_HASH, "/_preview_x/" H40 ".jpg",
	    H40 },
	{ "/a.b/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/a%2Fb/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/a%00/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/_iiif/2/" H40 "/info.json", URL_OTHER, NULL, NULL },
	{ "/_albums/x/all.json", URL_OTHER, NULL, NULL },
	{ "/_albums/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/_other/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/%5Fother/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/Resize/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/%52esize/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/a.b/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/resize/-_L%6fgo_-.jpg", URL_ALIAS, "/resize/-_Logo_-.jpg",
	    "Logo" },
	{ "/" H40 ".jpg", URL_OTHER, NULL, NULL },

	/* aliases */
	{ "/resize/-_logo_-.jpg", URL_ALIAS, "/resize/-_logo_-.jpg", "logo" },
	{ "/resize/-_logo_-/seo-name.jpg", URL_ALIAS, "/resize/-_logo_-.jpg",
	    "logo" },
	{ "/resize/o-af-1-dpr-2/v-w-200/-_a_-.jpg?v=%7B%7D", URL_ALIAS,
	    "/resize/o-af-1-dpr-2/v-w-200/-_a_-.jpg?v=%7B%7D", "a" },
	{ "/resize/-_l%6Fg%6f_-.jpg", URL_ALIAS, "/resize/-_logo_-.jpg",
	    "logo" },
	{ "/resize/-___-.jpg", URL_ALIAS, "/resize/-___-.jpg", "_" },
	{ "/resize/-_a_-_b_-.jpg", URL_REMOTE, "/resize/-_a_-_b_-.jpg",
	    "-_a_-_b_-" },
	{ "/resize/-_logo_-/name-v3.jpg", URL_ALIAS,
	    "/resize/-_logo_-/v3.jpg", "logo" },
	{ "/resize/-_a_-/-_b_-.jpg", URL_ALIAS, "/resize/-_a_-.jpg", "a" },
	{ "/resize/-_a_-/" H40 ".jpg", URL_ALIAS, "/resize/-_a_-.jpg", "a" },
	{ "//resize//-_a_-.jpg", URL_ALIAS, "/resize/-_a_-.jpg", "a" },
	{ "/-_a_-.jpg", URL_OTHER, NULL, NULL },
	{ "/resize/-_a_-", URL_OTHER, NULL, NULL },
	{ "/resize/-_a_-/", URL_OTHER, NULL, NULL },
	{ "/resize/-_a_-/b/c.jpg", URL_OTHER, NULL, NULL },
	{ "/resize/-_a_-/b-/c.jpg", URL_OTHER, NULL, NULL },
	{ "/resize/-_a_-/b-.jpg", URL_ALIAS, "/resize/-_a_-.jpg", "a" },
	{ "/resize/-__-.jpg", URL_REMOTE, "/resize/-__-.jpg", "-__-" },

	/* remote images, some of which look like aliases */
	{ "/dynamic/-my-alias-.jpg", URL_REMOTE, "/dynamic/-my-alias-.jpg",
	    "-my-alias-" },
	{ "/dynamic/-_my-alias_-.jpg", URL_REMOTE,
	    "/dynamic/-_my-alias_-.jpg", "-_my-alias_-" },
	{ "/dynamic/-_a%2Fb_-.jpg", URL_REMOTE, "/dynamic/-_a%2Fb_-.jpg",
	    "-_a%2Fb_-" },
	{ "/dynamic/-_a%zz_-.jpg", URL_REMOTE, "/dynamic/-_a%zz_-.jpg",
	    "-_a%zz_-" },
	{ "/dynamic/-_a/b_-.jpg", URL_REMOTE, "/dynamic/-_a/b_-.jpg",
	    "-_a/b_-" },
	{ "/dynamic/-http://h.example/a.png-.jpg", URL_REMOTE,
	    "/dynamic/-http://h.example/a.png-.jpg",
	    "-http://h.example/a.png-" },
	{ "/dynamic/-http://h.example/a.png-/slug.jpg", URL_REMOTE,
	    "/dynamic/-http://h.example/a.png-.jpg",
	    "-http://h.example/a.png-" },
	{ "/dynamic/-http://h/-_x_-/foo.jpg-.png", URL_REMOTE,
	    "/dynamic/-http://h/-_x_-/foo.jpg-.png",
	    "-http://h/-_x_-/foo.jpg-" },
	{ "/dynamic/-http://h/" H40 "/x-.png", URL_REMOTE,
	    "/dynamic/-http://h/" H40 "/x-.png", "-http://h/" H40 "/x-" },
	{ "/dynamic/-.jpg", URL_OTHER, NULL, NULL },
	{ "/dynamic/--.jpg", URL_OTHER, NULL, NULL },
	{ "/dynamic/-/-.jpg", URL_REMOTE, "/dynamic/-/-.jpg", "-/-" },

	/* the query: only what changes the picture, each once */
	{ "/a/" H40 ".jpg?utm_source=x&v=1&x", URL_HASH,
	    "/a/" H40 ".jpg?v=1", H40 },
	{ "/a/" H40 ".jpg?sig=ab&v=1&sigopts=%7B%7D", URL_HASH,
	    "/a/" H40 ".jpg?v=1&sigopts=%7B%7D&sig=ab", H40 },
	{ "/a/" H40 ".jpg?v=1&v=2", URL_HASH, "/a/" H40 ".jpg?v=2", H40 },
	{ "/a/" H40 ".jpg?v=", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 ".jpg?vv=1&=v&v", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 ".jpg?", URL_HASH, "/a/" H40 ".jpg", H40 },
	{ "/a/" H40 ".jpg?v=a?b/c", URL_HASH, "/a/" H40 ".jpg?v=a?b/c", H40 },
	{ "/a?/" H40 ".jpg", URL_OTHER, NULL, NULL },

	/* what is no path of ours */
	{ "", URL_OTHER, NULL, NULL },
	{ "/", URL_OTHER, NULL, NULL },
	{ "*", URL_OTHER, NULL, NULL },
	{ "//", URL_OTHER, NULL, NULL },
	{ "?", URL_OTHER, NULL, NULL },
	{ "/favicon.ico", URL_OTHER, NULL, NULL },
	{ "/a/../b/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/a/./" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/a/%2e%2E/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "/a/.%2e/" H40 ".jpg", URL_OTHER, NULL, NULL },
	{ "http://h/a/" H40 ".jpg", URL_OTHER, NULL, NULL },
};

static void
test_forms(void **state)
{
	struct url u;
	char buf[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		print_message("%s\n", urls[i].url);
		assert_int_equal(url_parse(urls[i].url, strlen(urls[i].url),
		    &u), urls[i].kind);
		if (urls[i].kind == URL_OTHER) {
			assert_int_equal(url_canonical(&u, NULL, buf,
			    sizeof buf), 0);
			continue;
		}
		assert_int_equal(url_canonical(&u, NULL, buf, sizeof buf),
		    strlen(urls[i].canonical));
		assert_string_equal(buf, urls[i].canonical);
		if (u.kind == URL_ALIAS) {
			assert_string_equal(u.alias, urls[i].image);
			assert_int_equal(u.alias_len, strlen(u.alias));
		} else
			assert_memory_equal(u.image.p, urls[i].image,
			    strlen(urls[i].image));
	}
}

static void
test_with_hash(void **state)
{
	static const char target[] = "/a/o-dpr-2//-_x_-/s-v7.jpg?v=1&w=2";
	static const char want[] = "/a/o-dpr-2/" N40 "/v7.jpg?v=1";
	struct url u;
	char buf[sizeof want];
	size_t size;

	(void)state;
	assert_int_equal(url_parse(target, strlen(target), &u), URL_ALIAS);
	assert_int_equal(url_canonical(&u, N40, buf, sizeof buf),
	    sizeof want - 1);
	assert_string_equal(buf, want);
	for (size = 0; size < sizeof want; size++)
		assert_int_equal(url_canonical(&u, N40, buf, size), 0);
}

static void
test_long_names(void **state)
{
	struct url u;
	char url[1000], out[1000];
	size_t n;

	(void)state;
	for (n = 254; n < 258; n++) {
		(void)snprintf(url, sizeof url, "/a/-_%0*d_-.jpg", (int)n, 0);
		assert_int_equal(url_parse(url, strlen(url), &u),
		    n <= NAME_MAX_LEN ? URL_ALIAS : URL_REMOTE);
		(void)snprintf(url, sizeof url, "/%0*d/" H40 ".jpg", (int)n,
		    0);
		assert_int_equal(url_parse(url, strlen(url), &u),
		    n <= NAME_MAX_LEN ? URL_HASH : URL_OTHER);
		if (u.kind == URL_HASH) {
			(void)url_canonical(&u, NULL, out, sizeof out);
			assert_string_equal(url, out);
		}
	}
}

static long
decode(const char *text, char *out, size_t size)
{
	struct url_span s = { text, strlen(text) };

	return (url_decode(s, out, size));
}

static void
test_decode(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(decode("a%41%2f", out, sizeof out), 3);
	assert_string_equal(out, "aA/");
	assert_int_equal(decode("", out, sizeof out), 0);
	assert_int_equal(decode("", out, 0), -1);
	assert_int_equal(decode("1234567", out, sizeof out), 7);
	assert_int_equal(decode("12345678", out, sizeof out), -1);
	assert_int_equal(decode("%", out, sizeof out), -1);
	assert_int_equal(decode("%4", out, sizeof out), -1);
	assert_int_equal(decode("%4g", out, sizeof out), -1);
	assert_int_equal(decode("%00", out, sizeof out), -1);
}

static void
test_query(void **state)
{
	static const char target[] = "/a/" H40 ".jpg?a=1&bb=2&a=3&c=&d";
	struct url_span v;
	struct url u;

	(void)state;
	assert_int_equal(url_parse(target, strlen(target), &u), URL_HASH);
	assert_true(url_query(&u, "a", &v));
	assert_int_equal(v.len, 1);
	assert_int_equal(*v.p, '3');
	assert_true(url_query(&u, "bb", &v));
	assert_false(url_query(&u, "b", &v));
	assert_false(url_query(&u, "c", &v));
	assert_false(url_query(&u, "d", &v));
	assert_int_equal(v.len, 0);
}

static void
test_accept(void **state)
{
	static const char * const pairs[][2] = {
		{ NULL, "" },
		{ "", "" },
		{ "*/*", "" },
		{ "image/*,*/*;q=0.8", "" },
		{ "image/webp", "image/webp" },
		{ "image/webp,image/avif", "image/avif,image/webp" },
		{ " Image/AVIF ; q=0.5 ,text/html", "image/avif" },
		{ "image/avif;q=0,image/webp;q=0.0", "" },
		{ "image/avif;q=0.000;x=1, image/webp; q=0.1", "image/webp" },
		{ "image/avif;x=q;q=1,image/jxl;Q=0", "image/avif" },
		{ "image/avifs,ximage/webp,image/web", "" },
		{ "image/jxl,image/webp,image/avif,image/webp,image/png",
		    "image/avif,image/jxl,image/webp" },
		{ ",,;q=0,;,image/webp;,", "image/webp" },
	};
	char buf[URL_ACCEPT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		assert_int_equal(url_accept(pairs[i][0], buf),
		    strlen(pairs[i][1]));
		assert_string_equal(buf, pairs[i][1]);
	}
}

/* What a client asks for, of what is offered, and what it gets. */
static const struct {
	const char	*accept, *offered, *best;
} languages[] = {
	{ "de-CH,de;q=0.9,en;q=0.8", "en, de, de-CH", "de-CH, de, en" },
	{ "de-CH", "en, de", "de" },
	{ "DE-ch", "en, de-CH, de", "de-CH, de" },
	{ "de", "en, de-CH", "de-CH" },
	{ "de", "en, de-CH, de", "de, de-CH" },
	{ "fr, en;q=0.8, de;q=0.5", "en, de, fr", "fr, en" },
	{ "en, de;q=0.9", "en, de", "en" },
	{ "fr, de", "en, de, fr", "fr, de" },
	{ "de, fr", "zxx,de,fr", "de, fr" },
	{ "fr;q=0.7, it;q=0.9, de;q=0.8, es", "zxx, de, fr, it, es",
	    "es, it, de" },
	{ "*", "en, de", "en" },
	{ "de;q=0, *", "en, de, fr", "en" },
	{ "en;q=0, de;q=0, *", "en, de, fr", "fr" },
	{ "de-AT;q=0, de", "en, de, de-AT", "de" },
	{ "de-CH;q=0, *;q=0.1", "en, de, de-CH", "en" },
	{ "zh-Hant-TW", "en, zh-Hant, zh", "zh-Hant, zh" },
	{ "zh-Hantx", "en, zh-Hant", "" },
	{ "de;q=1.0;x=y , fr; Q=0.5", "en, fr, de", "de, fr" },
	{ "de;x=y;q=0.1, fr;q=0.5", "en, fr, de", "fr, de" },
	{ "de;q=2, fr;q=0.5", "en, fr, de", "fr" },
	{ "de;q=1.9, fr;q=0.5", "en, fr, de", "de, fr" },
	{ "de;q=, fr;q=-1, it;q=.5, es;q=0,9", "en, fr, de, it, es", "" },
	{ "de;q=0.0001", "en, de", "" },
	{ ",,;q=1, ;,=,q=1,-,--", "en, de", "" },
	{ "de", "", "" }, { "", "en, de", "" }, { "it", "en, de", "" },
	{ "de", ",, ,de,", "de" },
	{ "de", "en, de__x", "" },
	{ "a-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "en, a-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "a-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "a-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "en, a-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "" },
};

static void
test_language(void **state)
{
	char buf[URL_LANGUAGES_SIZE];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof languages / sizeof *languages; i++) {
		n = url_language(languages[i].accept, languages[i].offered,
		    buf);
		assert_string_equal(buf, languages[i].best);
		assert_int_equal(n, strlen(buf));
	}
	assert_int_equal(url_language(NULL, "en", buf), 0);
	assert_int_equal(url_language("en", NULL, buf), 0);
}

/* Only so many are looked at, whoever sends them. */
static void
test_languages_many(void **state)
{
	char buf[URL_LANGUAGES_SIZE], list[8192] = "", offered[512] = "";
	unsigned i;

	(void)state;
	for (i = 0; i < 63; i++)
		(void)strcat(list, "x,");
	(void)strcat(list, "de");
	assert_int_equal(url_language(list, "en, de", buf), 2);
	(void)strcpy(list, "x,");
	for (i = 0; i < 63; i++)
		(void)strcat(list, "x,");
	(void)strcat(list, "de");
	assert_int_equal(url_language(list, "en, de", buf), 0);
	for (i = 0; i < URL_LANGUAGES_MAX; i++)
		(void)strcat(offered, "x,");
	(void)strcat(offered, "de");
	assert_int_equal(url_language("de", offered, buf), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_languages_many),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_with_hash),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_accept),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
