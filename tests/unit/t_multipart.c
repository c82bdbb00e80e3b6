/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every body is parsed whole, in pieces of each size, and split in two at every
 * place: all must tell the same story, which is written down as text.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/disposition.h"
#include "http/multipart.h"

#define TYPE	"multipart/form-data; boundary=XX"
#define FILE_PART(params)						\
	"--XX\r\nContent-Disposition: form-data; " params "\r\n\r\n"
#define NAMED	FILE_PART("name=\"a\"")

struct story {
	char	text[4096];
	size_t	len;
	int	in_data;
	unsigned pieces;	/* of data */
};

static void __attribute__((format(printf, 2, 3)))
tell(struct story *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	s->len += (size_t)vsnprintf(s->text + s->len,
	    sizeof s->text - s->len, fmt, ap);
	va_end(ap);
	assert_true(s->len < sizeof s->text);
}

static int
on_begin(void *arg, const struct multipart_part *p)
{
	tell(arg, "<%s|%s|%s>", p->name, p->filename != NULL ? p->filename :
	    "-", p->type != NULL ? p->type : "-");
	return (0);
}

static int
on_data(void *arg, const void *data, size_t len)
{
	struct story *s = arg;

	assert_true(len > 0);
	s->pieces++;
	tell(s, "%.*s", (int)len, (const char *)data);
	return (0);
}

static int
on_end(void *arg)
{
	tell(arg, "</>");
	return (0);
}

static const struct multipart_events events = { on_begin, on_data, on_end };

/* Parses in pieces: *first* bytes, then *step* at a time. */
static void
parse(const char *type, const char *body, size_t first, size_t step,
    struct story *s)
{
	struct multipart *m;
	size_t len = strlen(body), n;
	char *piece;
	int e = 0;

	memset(s, 0, sizeof *s);
	m = multipart_new(type, &events, s);
	assert_non_null(m);
	assert_string_equal(multipart_reason(m), "");
	for (n = first < len ? first : len; len > 0 && e == 0;
	    n = step < len ? step : len) {
		/* A copy of its own, so that a sanitizer sees its ends. */
		piece = malloc(n > 0 ? n : 1);
		memcpy(piece, body, n);
		e = multipart_feed(m, piece, n);
		free(piece);
		body += n;
		len -= n;
	}
	if (e == 0)
		e = multipart_finish(m);
	assert_true(e == 0 || e == MULTIPART_MALFORMED);
	if (e != 0) {
		tell(s, "!");
		assert_true(strlen(multipart_reason(m)) > 10);
		assert_int_equal(multipart_feed(m, "x", 1),
		    MULTIPART_MALFORMED);
		assert_int_equal(multipart_finish(m), MULTIPART_MALFORMED);
	}
	multipart_free(m);
}

static void
expect(const char *type, const char *body, const char *want)
{
	struct story s;
	size_t len = strlen(body);

	parse(type, body, len, len, &s);
	assert_string_equal(s.text, want);
	for (size_t i = 0; i <= len; i++) {
		parse(type, body, i, len, &s);
		assert_string_equal(s.text, want);
		if (i == 0)
			continue;
		parse(type, body, i, i, &s);
		assert_string_equal(s.text, want);
	}
}

static void
test_plain(void **state)
{
	(void)state;
	expect(TYPE, NAMED "value\r\n--XX--\r\n", "<a|-|->value</>");
	expect(TYPE, NAMED "value\r\n--XX--", "<a|-|->value</>");
	expect(TYPE, NAMED "\r\n--XX--\r\n", "<a|-|-></>");
	expect(TYPE, NAMED "1\r\n" FILE_PART("name=\"f\"; filename=\"x.jpg\"")
	    "2\r\n--XX--", "<a|-|->1</><f|x.jpg|->2</>");
	expect(TYPE, "--XX--\r\n", "");
	expect(TYPE, "preamble\r\nof lines\r\n" NAMED "v\r\n--XX--\r\n"
	    "epilogue\r\n--XX\r\n", "<a|-|->v</>");
	expect(TYPE, "--XX \t \r\nContent-Disposition: form-data; name=a\r\n\r\n"
	    "v\r\n--XX--  \r\n", "<a|-|->v</>");
}

/* Each is a write to a file, and a picture has a CR every 256 bytes. */
static void
test_pieces(void **state)
{
	static const char body[] = NAMED "\r1\r\r\n2\r\n-\r\n--X3\r\n--XX--";
	struct story s;

	(void)state;
	parse(TYPE, body, sizeof body, 1, &s);
	assert_string_equal(s.text, "<a|-|->\r1\r\r\n2\r\n-\r\n--X3</>");
	assert_int_equal(s.pieces, 1);
}

/* What looks like a boundary, but for a byte, is data. */
static void
test_boundary_edges(void **state)
{
	(void)state;
	expect(TYPE, NAMED "\r\n\r\n--XX--", "<a|-|->\r\n</>");
	expect(TYPE, NAMED "\r\r\n--XX--", "<a|-|->\r</>");
	expect(TYPE, NAMED "\r\n-\r\n--\r\n--X\r\n--XX--",
	    "<a|-|->\r\n-\r\n--\r\n--X</>");
	expect(TYPE, NAMED "--XX\r\n--XX--", "<a|-|->--XX</>");
	expect(TYPE, NAMED "a--XX\n--XX--\r--XX\r\n--xx\r\n--XX--",
	    "<a|-|->a--XX\n--XX--\r--XX\r\n--xx</>");
	expect(TYPE, NAMED "\r\n--X\r\n--X\r\n--XX--",
	    "<a|-|->\r\n--X\r\n--X</>");
	/* A preamble may end in what begins like the boundary. */
	expect(TYPE, "x--XX\r\n\r\n--X\r\n" NAMED "v\r\n--XX--",
	    "<a|-|->v</>");
	/* Nothing before the first boundary but its own CRLF. */
	expect(TYPE, "\r\n" NAMED "v\r\n--XX--", "<a|-|->v</>");
	/* A boundary whose beginning repeats. */
	expect("multipart/form-data; boundary=----a--a",
	    "------a--a\r\nContent-Disposition: form-data; name=a\r\n\r\n"
	    "\r\n------a--\r\n------a--a--", "<a|-|->\r\n------a--</>");
}

static void
test_disposition(void **state)
{
	(void)state;
	/* curl, browsers: everything quoted */
	expect(TYPE, FILE_PART("name=\"filedata\"; filename=\"a b.jpg\"")
	    "v\r\n--XX--", "<filedata|a b.jpg|->v</>");
	/* .NET: quoted only where it must be, and a second name */
	expect(TYPE, "--XX\r\nContent-Disposition: form-data; name=filedata; "
	    "filename=x.jpg; filename*=utf-8''x%C3%A4.jpg\r\n\r\n"
	    "v\r\n--XX--", "<filedata|x\xc3\xa4.jpg|->v</>");
	expect(TYPE, FILE_PART("name=filedata[]; filename=x") "v\r\n--XX--",
	    "<filedata[]|x|->v</>");
	expect(TYPE, FILE_PART("filename*=UTF-8'en'%e2%82%ac; name=f; "
	    "filename=\"euro\"") "v\r\n--XX--", "<f|\xe2\x82\xac|->v</>");
	/* A charset that we do not know leaves the plain one. */
	expect(TYPE, FILE_PART("name=f; filename=y; filename*=latin1''%e4")
	    "v\r\n--XX--", "<f|y|->v</>");
	/* Escapes, and what is none */
	expect(TYPE, FILE_PART("name=\"meta_dynamic[0][a\\\"b\\\\c]\"")
	    "v\r\n--XX--", "<meta_dynamic[0][a\"b\\c]|-|->v</>");
	expect(TYPE, FILE_PART("name=\"f\"; filename=\"C:\\dir\\x;y.jpg\"")
	    "v\r\n--XX--", "<f|C:\\dir\\x;y.jpg|->v</>");
	/* Other headers, in any case and order, with any blanks */
	expect(TYPE, "--XX\r\ncontent-TYPE:\t image/jpeg; a=b \t\r\n"
	    "Content-Length: 5\r\nCONTENT-disposition:FORM-DATA ;NAME=\"a\" ; "
	    "x=y;\r\ncontent-transfer-encoding: binary\r\n\r\n"
	    "v\r\n--XX--", "<a|-|image/jpeg; a=b>v</>");
	/* rokka.js: the boundary without a blank, a file without a name */
	expect("multipart/form-data;boundary=XX",
	    FILE_PART("name=\"filedata\"; filename=\"\"") "v\r\n--XX--",
	    "<filedata||->v</>");
}

/* Heads of a part. */
static const char *const malformed[] = {
	"", "\r\n",
	"X: y", "Content-Type: a/b",
	"Content-Disposition: attachment; name=a",
	"Content-Disposition: form-data",
	"Content-Disposition: form-data; filename=x",
	"Content-Disposition: form-data name=a",
	"Content-Disposition: form-data; name",
	"Content-Disposition: form-data; name=",
	"Content-Disposition: form-data; =a",
	"Content-Disposition: form-data; name=a b",
	"Content-Disposition: form-data; name=\"a",
	"Content-Disposition: form-data; name=\"a\\\"",
	"Content-Disposition: form-data; name=\"a\"b",
	"Content-Disposition: form-data; name=a; name=b",
	"Content-Disposition: form-data; name=a; filename=x; filename=y",
	"Content-Disposition: form-data; name=a;; filename=y",
	"Content-Disposition: form-data; name=\"\xe4\"",
	"Content-Disposition: form-data; name=\"\xc0\xaf\"",
	"Content-Disposition: form-data; name=\"\xed\xa0\x80\"",
	"Content-Disposition: form-data; name=\"\xf5\x80\x80\x80\"",
	"Content-Disposition: form-data; name=a; filename=\"\xff\"",
	"Content-Disposition: form-data; name=a; filename*=UTF-8''%0a",
	"Content-Disposition: form-data; name=a; filename*=UTF-8''%ff",
	"Content-Disposition: form-data; name=a; filename=\"a\tb\"",
	("Content-Disposition: form-data; name=a\r\n"
	"Content-Disposition: form-data; name=a"),
	"Content-Disposition : form-data; name=a",
	"Content-Disposition: form-data;\r\n name=a",
	"Content-Disposition: form-data; name=a\nX: y",
	"Content-Disposition: form-data; name=a\rX: y",
	"Content-Disposition: form-data; name=a\r\n: y",
	"Content-Disposition: form-data; name=a\r\nX",
	"Content-Disposition: form-data; name=a\x01",
	("Content-Disposition: form-data; name=a\r\n"
	"Content-Transfer-Encoding: base64"),
};

static void
test_malformed(void **state)
{
	static const char *const bodies[] = {
		"", "no boundary at all", "--XX", "--XX\r\n", "--XX-",
		NAMED, NAMED "no end", NAMED "v\r\n--XX", NAMED "v\r\n--XX-",
		NAMED "v\r\n--XX\r\n", NAMED "v\n--XX--",
	};
	char body[512];
	struct story s;

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		parse(TYPE, bodies[i], 1, 1, &s);
		assert_int_equal(s.text[s.len - 1], '!');
	}
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
		snprintf(body, sizeof body, "--XX\r\n%s\r\n\r\nv\r\n--XX--",
		    malformed[i]);
		print_message("%s\n", malformed[i]);
		expect(TYPE, body, "!");
	}
	expect(TYPE, NAMED "v\r\n--XXY--", "<a|-|->v</>!");
	expect(TYPE, NAMED "v\r\n--XX\n", "<a|-|->v</>!");
	expect(TYPE, NAMED "v\r\n--XX --", "<a|-|->v</>!");
	expect(TYPE, NAMED "v\r\n--XX\rX", "<a|-|->v</>!");
}

/* A filename* that is no value is not the plain one's end. */
static void
test_broken_extended(void **state)
{
	(void)state;
	expect(TYPE, FILE_PART("name=f; filename=y; filename*=UTF-8''%4")
	    "v\r\n--XX--", "<f|y|->v</>");
	expect(TYPE, FILE_PART("name=f; filename=y; filename*=UTF-8''a%00b")
	    "v\r\n--XX--", "<f|y|->v</>");
	expect(TYPE, FILE_PART("name=f; filename=y; filename*=UTF-8'x")
	    "v\r\n--XX--", "<f|y|->v</>");
}

static void
test_content_type(void **state)
{
	static const char *const good[] = {
		"multipart/form-data; boundary=x",
		"Multipart/Form-Data;BOUNDARY=x",
		"multipart/form-data; charset=utf-8; boundary=\"a b?=:x\"",
		"multipart/form-data; boundary=x;",
		("multipart/form-data; boundary=--------------------------"
		"0123456789abcdef01234567"),
	};
	static const char *const bad[] = {
		"", "multipart/form-data", "multipart/form-data; boundary",
		"multipart/form-data; boundary=", "text/plain; boundary=x",
		"multipart/mixed; boundary=x", "multipart/form-data boundary=x",
		"multipart/form-data; boundary=\"\"",
		"multipart/form-data; boundary=\"x",
		"multipart/form-data; boundary=\"x \"",
		"multipart/form-data; boundary=x; boundary=y",
		"multipart/form-data; boundary=x y",
		"multipart/form-data; boundary=a\xc3\xa4",
		"multipart/form-data; boundary=a@b",
		("multipart/form-data; boundary=01234567890123456789012345678"
		"012345678901234567890123456789012345678901"),
	};

	(void)state;
	assert_null(multipart_new(NULL, &events, NULL));
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct multipart *m = multipart_new(good[i], &events, NULL);

		assert_non_null(m);
		multipart_free(m);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(multipart_new(bad[i], &events, NULL));
}

static void
test_limits(void **state)
{
	char *body = malloc(200000);
	struct story *s = malloc(sizeof *s);
	struct multipart *m;
	int n, e;

	(void)state;
	/* One header as large as there is room, then one byte more. */
	for (n = 8192 - 47; n <= 8192 - 46; n++) {
		sprintf(body, "--XX\r\nContent-Disposition: form-data; "
		    "name=a\r\nX: %0*d\r\n\r\n", n, 0);
		m = multipart_new(TYPE, &events, memset(s, 0, sizeof *s));
		e = multipart_feed(m, body, strlen(body));
		assert_int_equal(e, n == 8192 - 47 ? 0 : MULTIPART_MALFORMED);
		multipart_free(m);
	}
	/* 1024 parts and no more */
	m = multipart_new(TYPE, &events, s);
	for (n = 0; n < 1024; n++) {
		memset(s, 0, sizeof *s);
		assert_int_equal(multipart_feed(m, NAMED "\r\n",
		    strlen(NAMED "\r\n")), 0);
	}
	assert_int_equal(multipart_feed(m, NAMED, strlen(NAMED)),
	    MULTIPART_MALFORMED);
	multipart_free(m);
	free(body);
	free(s);
}

static int
stop_at(void *arg, const void *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return (42);
}

static void
test_events_stop_it(void **state)
{
	static const struct multipart_events stopping =
	    { on_begin, stop_at, on_end };
	struct story s = { .len = 0 };
	struct multipart *m = multipart_new(TYPE, &stopping, &s);

	(void)state;
	assert_int_equal(multipart_feed(m, NAMED "x\r\n--XX--",
	    strlen(NAMED "x\r\n--XX--")), 42);
	assert_string_equal(s.text, "<a|-|->");
	assert_string_equal(multipart_reason(m), "");
	multipart_free(m);
}

static void
test_text(void **state)
{
	(void)state;
	assert_true(param_is_text(""));
	assert_true(param_is_text("a\xc2\x80\xe0\xa0\x80\xef\xbf\xbf"
	    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
	assert_false(param_is_text("\x80"));
	assert_false(param_is_text("\xc3"));
	assert_false(param_is_text("\xe2\x82"));
	assert_false(param_is_text("\xf0\x90\x80"));
	assert_false(param_is_text("\xf4\x90\x80\x80"));
	assert_false(param_is_text("\xe0\x80\x80"));
	assert_false(param_is_text("a\x1f"));
	assert_false(param_is_text("a\x7f"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_boundary_edges),
		cmocka_unit_test(test_disposition),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_broken_extended),
		cmocka_unit_test(test_content_type),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_events_stop_it),
		cmocka_unit_test(test_text),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
