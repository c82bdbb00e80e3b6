/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be fetched: addresses, URLs, hosts; and what a fetcher may say. */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fetch/address.h"
#include "fetch/fetch.h"

union any {
	struct sockaddr		sa;
	struct sockaddr_in	four;
	struct sockaddr_in6	six;
	struct sockaddr_un	un;
};

static union any
address(const char *text)
{
	union any a;

	memset(&a, 0, sizeof a);
	if (inet_pton(AF_INET, text, &a.four.sin_addr) == 1)
		a.sa.sa_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &a.six.sin6_addr) == 1)
		a.sa.sa_family = AF_INET6;
	else
		fail_msg("%s is no address", text);
	return (a);
}

/* The first and the last address of each range, and what lies beside it. */
static const struct {
	const char	*text;
	bool		public;
} addresses[] = {
	/* IANA IPv4 Special-Purpose Address Registry */
	{ "0.0.0.0", false }, { "0.255.255.255", false },
	{ "1.0.0.0", true }, { "1.1.1.1", true },
	{ "9.255.255.255", true },
	{ "10.0.0.0", false }, { "10.255.255.255", false },
	{ "11.0.0.0", true },
	{ "100.63.255.255", true },
	{ "100.64.0.0", false }, { "100.127.255.255", false },
	{ "100.128.0.0", true },
	{ "126.255.255.255", true },
	{ "127.0.0.0", false }, { "127.0.0.1", false },
	{ "127.255.255.255", false }, { "128.0.0.0", true },
	{ "169.253.255.255", true },
	{ "169.254.0.0", false }, { "169.254.169.254", false },
	{ "169.254.255.255", false }, { "169.255.0.0", true },
	{ "172.15.255.255", true },
	{ "172.16.0.0", false }, { "172.31.255.255", false },
	{ "172.32.0.0", true },
	{ "191.255.255.255", true },
	{ "192.0.0.0", false }, { "192.0.0.8", false },
	{ "192.0.0.9", false }, { "192.0.0.10", false },
	{ "192.0.0.170", false }, { "192.0.0.255", false },
	{ "192.0.1.0", true },
	{ "192.0.2.0", false }, { "192.0.2.255", false },
	{ "192.0.3.0", true },
	{ "192.31.196.0", false }, { "192.31.196.255", false },
	{ "192.31.197.0", true },
	{ "192.52.193.0", false }, { "192.52.193.255", false },
	{ "192.52.194.0", true },
	{ "192.88.98.255", true },
	{ "192.88.99.0", false }, { "192.88.99.255", false },
	{ "192.88.100.0", true },
	{ "192.167.255.255", true },
	{ "192.168.0.0", false }, { "192.168.255.255", false },
	{ "192.169.0.0", true },
	{ "192.175.48.0", false }, { "192.175.48.255", false },
	{ "192.175.49.0", true },
	{ "198.17.255.255", true },
	{ "198.18.0.0", false }, { "198.19.255.255", false },
	{ "198.20.0.0", true },
	{ "198.51.99.255", true },
	{ "198.51.100.0", false }, { "198.51.100.255", false },
	{ "198.51.101.0", true },
	{ "203.0.112.255", true },
	{ "203.0.113.0", false }, { "203.0.113.255", false },
	{ "203.0.114.0", true },
	{ "223.255.255.255", true },
	{ "224.0.0.0", false }, { "239.255.255.255", false },
	{ "240.0.0.0", false }, { "255.255.255.255", false },
	/* IANA IPv6 Special-Purpose Address Registry */
	{ "::", false }, { "::1", false }, { "::2", false },
	{ "::127.0.0.1", false }, { "::8.8.8.8", false },	/* compatible */
	{ "::ffff:0:0", false }, { "::ffff:127.0.0.1", false },
	{ "::ffff:10.0.0.1", false }, { "::ffff:8.8.8.8", false },
	{ "::ffff:255.255.255.255", false },
	{ "::ffff:0:127.0.0.1", false },		/* translated */
	{ "64:ff9b::8.8.8.8", true },			/* NAT64 */
	{ "64:ff9b::127.0.0.1", false }, { "64:ff9b::10.0.0.1", false },
	{ "64:ff9b::169.254.169.254", false },
	{ "64:ff9b::192.168.0.1", false }, { "64:ff9b::224.0.0.1", false },
	{ "64:ff9b::1:8.8.8.8", false },
	{ "64:ff9b:1::8.8.8.8", false }, { "64:ff9b:1:ffff::1", false },
	{ "100::", false }, { "100::1", false },
	{ "100:0:0:1::1", false },
	{ "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
	{ "2000::", true }, { "2000::1", true },
	{ "2001::", false }, { "2001:0:7f00:1::1", false },	/* Teredo */
	{ "2001:1::1", false }, { "2001:1::2", false },
	{ "2001:2::1", false }, { "2001:3::1", false },
	{ "2001:4:112::1", false }, { "2001:10::1", false },
	{ "2001:20::1", false }, { "2001:30::1", false },
	{ "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", false },
	{ "2001:200::", true }, { "2001:4860:4860::8888", true },
	{ "2001:db7:ffff::1", true },
	{ "2001:db8::", false }, { "2001:db8:ffff::1", false },
	{ "2001:db9::1", true },
	{ "2002::", false }, { "2002:7f00:1::1", false },	/* 6to4 */
	{ "2002:a00:1::1", false }, { "2002:808:808::1", false },
	{ "2002:ffff:ffff::1", false }, { "2003::1", true },
	{ "2606:4700:4700::1111", true },
	{ "2620:4f:7fff:ffff::1", true },
	{ "2620:4f:8000::", false }, { "2620:4f:8000:ffff::1", false },
	{ "2620:4f:8001::", true },
	{ "2a00:1450::1", true },
	{ "2a00:1450::5efe:127.0.0.1", false },		/* ISATAP */
	{ "2a00:1450::200:5efe:10.0.0.1", false },
	{ "2a00:1450::200:5efe:8.8.8.8", true },
	{ "3ffe::1", true }, { "3fff::", false }, { "3fff:fff::1", false },
	{ "3fff:1000::", true },
	{ "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true },
	{ "4000::1", false }, { "5f00::1", false }, { "8000::1", false },
	{ "fc00::", false }, { "fd00::1", false },
	{ "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
	{ "fe00::1", false }, { "fe80::1", false }, { "febf::1", false },
	{ "fec0::1", false }, { "feff::1", false },
	{ "ff00::", false }, { "ff02::1", false }, { "ff0e::1", false },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false },
};

static void
test_addresses(void **state)
{
	union any a;

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		a = address(addresses[i].text);
		if (address_is_public(&a.sa) != addresses[i].public)
			fail_msg("%s", addresses[i].text);
		assert_false(address_in_nets(&a.sa, ""));
		assert_true(address_in_nets(&a.sa, "::/0 0.0.0.0/0"));
	}
	memset(&a, 0, sizeof a);
	a.sa.sa_family = AF_UNIX;
	assert_false(address_is_public(&a.sa));
	assert_false(address_in_nets(&a.sa, "::/0 0.0.0.0/0"));
}

static void
test_nets(void **state)
{
	static const char *const good[] = { "", "127.0.0.1", " , ", "10.0.0.0/8",
	    "::1", "fd00::/8,10.1.2.3/32", "0.0.0.0/0" };
	static const char *const bad[] = { "x", "127.1", "10.0.0.0/33",
	    "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "::1/129", "10.0.0.0/8x",
	    "localhost", "1.2.3.4.5", "10.0.0.0/8/8", "10.0.0.0/+8" };
	union any a = address("10.1.2.3");

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(address_nets_good(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (address_nets_good(bad[i]))
			fail_msg("%s", bad[i]);
	assert_true(address_in_nets(&a.sa, "x, 10.1.2.0/24"));
	assert_true(address_in_nets(&a.sa, "10.1.2.2/31"));
	assert_false(address_in_nets(&a.sa, "10.1.2.2/32 10.1.3.0/24"));
	assert_false(address_in_nets(&a.sa, "::ffff:10.1.2.3"));
}

/* *text* NULL: refused. */
static const struct {
	const char	*in, *text, *host;
	unsigned	port;
} urls[] = {
	{ "http://a.b", "http://a.b/", "a.b", 80 },
	{ "HTTPS://A.b/C?d#e", "https://a.b/C?d", "a.b", 443 },
	{ "http://a.b:80/", "http://a.b/", "a.b", 80 },
	{ "https://a.b:80/", "https://a.b:80/", "a.b", 80 },
	{ "http://a.b?x", "http://a.b/?x", "a.b", 80 },
	{ "http://a.b#/x", "http://a.b/", "a.b", 80 },
	{ "http://1.2.3.4:65535/x", "http://1.2.3.4:65535/x", "1.2.3.4",
	    65535 },
	{ "http://[::1]/", "http://[::1]/", "::1", 80 },
	{ "http://[2A00::1]:81/", "http://[2a00::1]:81/", "2a00::1", 81 },
	{ "http://xn--a.b_c/", "http://xn--a.b_c/", "xn--a.b_c", 80 },
	{ "http://a.b/@c:d", "http://a.b/@c:d", "a.b", 80 },
	{ "", NULL, NULL, 0 }, { "http:", NULL, NULL, 0 },
	{ "http://", NULL, NULL, 0 }, { "http:///x", NULL, NULL, 0 },
	{ "//a.b/", NULL, NULL, 0 }, { "a.b", NULL, NULL, 0 },
	{ "ftp://a.b/", NULL, NULL, 0 }, { "file:///etc", NULL, NULL, 0 },
	{ "httpx://a.b/", NULL, NULL, 0 }, { " http://a.b/", NULL, NULL, 0 },
	{ "http://a@b/", NULL, NULL, 0 }, { "http://a:b@c/", NULL, NULL, 0 },
	{ "http://@b/", NULL, NULL, 0 }, { "http://a.b:/", NULL, NULL, 0 },
	{ "http://a.b:0/", NULL, NULL, 0 },
	{ "http://a.b:65536/", NULL, NULL, 0 },
	{ "http://a.b:8x/", NULL, NULL, 0 }, { "http://a.b:-1/", NULL, NULL, 0 },
	{ "http://a..b/", NULL, NULL, 0 }, { "http://a.b./", NULL, NULL, 0 },
	{ "http://.a/", NULL, NULL, 0 }, { "http://a%2eb/", NULL, NULL, 0 },
	{ "http://a b/", NULL, NULL, 0 }, { "http://a/\\b", NULL, NULL, 0 },
	{ "http://a\\@b/", NULL, NULL, 0 }, { "http://\xc3\xbc/", NULL, NULL, 0 },
	{ "http://a/\r\nX: y", NULL, NULL, 0 }, { "http://a/\x7f", NULL, NULL, 0 },
	{ "http://127.1/", NULL, NULL, 0 }, { "http://2130706433/", NULL, NULL, 0 },
	{ "http://0x7f.1/", NULL, NULL, 0 }, { "http://0x7f000001/", NULL, NULL, 0 },
	{ "http://127.0.0.0x1/", NULL, NULL, 0 },
	{ "http://0177.0.0.1/", NULL, NULL, 0 },
	{ "http://1.2.3.4.5/", NULL, NULL, 0 }, { "http://256.1.1.1/", NULL, NULL, 0 },
	{ "http://[::1/", NULL, NULL, 0 }, { "http://::1/", NULL, NULL, 0 },
	{ "http://[]/", NULL, NULL, 0 }, { "http://[fe80::1%25eth0]/", NULL, NULL, 0 },
	{ "http://[fe80::1%eth0]/", NULL, NULL, 0 },
	{ "http://[1.2.3.4]/", NULL, NULL, 0 }, { "http://[::1]x/", NULL, NULL, 0 },
};

static void
test_urls(void **state)
{
	char err[256], longer[FETCH_URL_MAX + 2];
	struct fetch_url u, again;

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		if (fetch_url_parse(urls[i].in, &u, err, sizeof err) !=
		    (urls[i].text != NULL))
			fail_msg("%s: %s", urls[i].in, u.text);
		if (urls[i].text == NULL)
			continue;
		assert_string_equal(u.text, urls[i].text);
		assert_string_equal(u.host, urls[i].host);
		assert_int_equal(u.port, urls[i].port);
		assert_true(fetch_url_parse(u.text, &again, err, sizeof err));
		assert_memory_equal(&u, &again, sizeof u);
	}
	memset(longer, 'a', sizeof longer);
	memcpy(longer, "http://a/", 9);
	longer[FETCH_URL_MAX + 1] = '\0';
	assert_false(fetch_url_parse(longer, &u, err, sizeof err));
	longer[FETCH_URL_MAX] = '\0';
	assert_true(fetch_url_parse(longer, &u, err, sizeof err));
	/* What it gains, a slash, must fit. */
	longer[8] = '?';
	assert_false(fetch_url_parse(longer, &u, err, sizeof err));
}

static void
test_hosts(void **state)
{
	static const struct { const char *hosts, *host; bool listed; } t[] = {
		{ "", "a.b", false }, { "*", "a.b", true }, { "*", "::1", true },
		{ "a.b", "a.b", true }, { "A.B", "a.b", true },
		{ "a.b", "x.a.b", false }, { "a.b", "a.bc", false },
		{ "*.a.b", "x.a.b", true }, { "*.a.b", "x.y.a.b", true },
		{ "*.a.b", "a.b", false }, { "*.a.b", "xa.b", false },
		{ "*.a.b", ".a.b", false }, { "c, *.a.b d", "d", true },
		{ "::1", "::1", true }, { "1.2.3.4", "1.2.3.4", true },
	};
	char out[HOST_MAX + 3];

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (fetch_host_listed(t[i].hosts, t[i].host) != t[i].listed)
			fail_msg("%s %s", t[i].hosts, t[i].host);
	assert_true(fetch_hosts_good("") && fetch_hosts_good("*, *.a b.c ::1"));
	assert_false(fetch_hosts_good("a*.b"));
	assert_false(fetch_hosts_good("*b"));
	assert_false(fetch_hosts_good("http://a"));
	assert_false(fetch_hosts_good("a:80"));
	assert_true(name_host_pattern("^.*\\.a\\.b$", out, sizeof out));
	assert_string_equal(out, "*.a.b");
	assert_true(name_host_pattern("a\\.b", out, sizeof out));
	assert_string_equal(out, "a.b");
	assert_false(name_host_pattern("(a|b)", out, sizeof out));
	assert_false(name_host_pattern("", out, sizeof out));
	assert_false(name_host_pattern("^$", out, sizeof out));
	assert_true(fetch_ports_good("80, 443") && fetch_ports_good("1"));
	assert_false(fetch_ports_good("") || fetch_ports_good("0") ||
	    fetch_ports_good("80 x") || fetch_ports_good("65536") ||
	    fetch_ports_good("443999999"));
	assert_true(fetch_port_listed("80 443", 443));
	assert_false(fetch_port_listed("80 443", 44));
}

/*--------------------------------------------------------------------
 * Frames
 */

static struct frame_state st;

static bool
take(unsigned kind, unsigned status, unsigned code, const char *bytes,
    size_t len, struct frame_view *v)
{
	static struct frame f;

	f.kind = kind;
	f.status = status;
	f.code = code;
	f.len = (uint32_t)len;
	memcpy(f.bytes, bytes, len);
	return (frame_take(&st, &f, FRAME_HEAD + len, v));
}

static void
begin(bool shut)
{
	static const struct wire_cage cage;
	struct frame_view v;

	st = (struct frame_state){ .max_bytes = 10 };
	if (shut)
		assert_true(take(FRAME_SHUT, 0, 0, (const char *)&cage,
		    sizeof cage, &v));
}

static void
test_frames(void **state)
{
	static const char long_text[FRAME_TEXT + 1];
	struct frame_view v;

	(void)state;
	begin(false);
	assert_false(take(FRAME_DATA, 0, 0, "a", 1, &v));
	assert_false(take(FRAME_DONE, 0, 200, "", 0, &v));
	begin(false);
	assert_true(take(FRAME_FAILED, FETCH_REFUSED, 0, "why", 3, &v));
	assert_string_equal(v.text, "why");
	assert_false(take(FRAME_FAILED, FETCH_REFUSED, 0, "why", 3, &v));
	begin(true);
	assert_false(take(FRAME_SHUT, 0, 0, "", 0, &v));
	assert_true(take(FRAME_DATA, 0, 0, "0123456", 7, &v));
	assert_int_equal(v.len, 7);
	assert_false(take(FRAME_DATA, 0, 0, "0123", 4, &v));	/* too many */
	assert_false(take(FRAME_DATA, 0, 0, "", 0, &v));
	assert_true(take(FRAME_DATA, 0, 0, "012", 3, &v));
	assert_false(take(FRAME_MOVED, 0, 302, "http://a/", 9, &v));
	begin(true);
	assert_true(take(FRAME_MOVED, 0, 302, "http://a/", 9, &v));
	assert_string_equal(v.text, "http://a/");
	begin(true);
	assert_false(take(FRAME_MOVED, 0, 200, "http://a/", 9, &v));
	begin(true);
	assert_false(take(FRAME_DONE, 0, 404, "", 0, &v));
	begin(true);
	assert_false(take(FRAME_DONE, FETCH_FAILED, 200, "", 0, &v));
	begin(true);
	assert_false(take(FRAME_FAILED, FETCH_OK, 0, "", 0, &v));
	begin(true);
	assert_false(take(FRAME_FAILED, FETCH_MAX, 0, "", 0, &v));
	begin(true);
	assert_false(take(FRAME_FAILED, FETCH_FAILED, 1000, "", 0, &v));
	begin(true);
	assert_false(take(FRAME_FAILED, FETCH_FAILED, 0, "a\nb", 3, &v));
	begin(true);
	assert_false(take(FRAME_FAILED, FETCH_FAILED, 0, long_text,
	    sizeof long_text, &v));
	begin(true);
	assert_false(take(0, 0, 0, "", 0, &v));
	assert_false(take(6, 0, 0, "", 0, &v));
	assert_false(frame_take(&st, "", 0, &v));
	assert_true(take(FRAME_DONE, 0, 200, "attachment", 10, &v));
}

/* A length that is not that of the message. */
static void
test_frame_lengths(void **state)
{
	static struct frame f;
	struct frame_view v;

	(void)state;
	begin(true);
	f = (struct frame){ .kind = FRAME_DATA, .len = 4 };
	assert_false(frame_take(&st, &f, FRAME_HEAD + 3, &v));
	assert_false(frame_take(&st, &f, FRAME_HEAD + 5, &v));
	assert_false(frame_take(&st, &f, FRAME_HEAD - 1, &v));
	f.len = UINT32_MAX;
	assert_false(frame_take(&st, &f, FRAME_HEAD - 1, &v));
	assert_false(frame_take(&st, &f, sizeof f, &v));
	f.len = 4;
	assert_true(frame_take(&st, &f, FRAME_HEAD + 4, &v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_frame_lengths),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
