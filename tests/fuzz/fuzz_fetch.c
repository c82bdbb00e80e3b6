/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first byte tells which part: the frames of a fetcher, each with two bytes
 * of its length before it; a URL, which once taken apart and written means the
 * same again; or a list of hosts, networks and ports.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fetch/address.h"
#include "fetch/fetch_url.h"
#include "fetch/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)
#define MAX_BYTES	1000

static void
check_frame(const struct frame_state *st, const struct frame_view *v,
    uint64_t before)
{
	MUST(st->got <= MAX_BYTES && v->code <= 999 &&
	    v->status < FETCH_MAX);
	MUST(v->kind == FRAME_FAILED || st->shut);
	MUST(st->over == (v->kind != FRAME_SHUT && v->kind != FRAME_DATA));
	if (v->kind == FRAME_DATA)
		MUST(v->len > 0 && st->got == before + v->len);
	MUST((v->status == FETCH_OK) == (v->kind != FRAME_FAILED) ||
	    v->kind == FRAME_SHUT || v->kind == FRAME_DATA);
	for (const char *p = v->text; *p != '\0'; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void
frames(const uint8_t *data, size_t len)
{
	struct frame_state st = { .max_bytes = MAX_BYTES };
	struct frame_view v;
	uint64_t before;
	uint8_t *copy;
	size_t n;

	while (len >= 2) {
		n = (size_t)data[0] << 8 | data[1];
		data += 2;
		len -= 2;
		n = n < len ? n : len;
		copy = malloc(n + 1);	/* so that ASan sees its end */
		memcpy(copy, data, n);
		before = st.got;
		if (frame_take(&st, copy, n, &v)) {
			check_frame(&st, &v, before);
			MUST(v.bytes >= (char *)copy && v.bytes + v.len ==
			    (char *)copy + n);
		}
		free(copy);
		data += n;
		len -= n;
	}
}

static void
one_url(const char *text)
{
	struct fetch_url u, again;
	char err[128];

	if (!fetch_url_parse(text, &u, err, sizeof err)) {
		MUST(*err != '\0');
		return;
	}
	MUST(u.port > 0 && u.port < 65536 && *u.host != '\0');
	MUST(strpbrk(u.host, "@/?#[]% \\") == NULL);
	MUST(strncmp(u.text, u.tls ? "https://" : "http://", 7) == 0);
	MUST(strchr(u.text, '#') == NULL);
	MUST(fetch_url_parse(u.text, &again, err, sizeof err));
	MUST(memcmp(&u, &again, sizeof u) == 0);
	MUST(fetch_host_listed("*", u.host));
}

static void
lists(const char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(0x0a010203) };
	char pattern[HOST_MAX + 3];
	const void *sa = &a;

	if (address_nets_good(text))
		(void)address_in_nets(sa, text);
	else
		MUST(strlen(text) > 0);
	if (!fetch_hosts_good(text))
		MUST(strlen(text) > 0);
	(void)fetch_host_listed(text, "a.example.com");
	if (fetch_ports_good(text))
		MUST(strspn(text, "0123456789, ") == strlen(text));
	(void)fetch_port_listed(text, 80);
	if (name_host_pattern(text, pattern, sizeof pattern))
		MUST(name_is_host_pattern(pattern) &&
		    fetch_hosts_good(pattern));
}

/* Of any bytes as addresses: IPv4 in IPv6 is no way around. */
static void
addresses(const uint8_t *data, size_t len)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	const void *sa4 = &four, *sa6 = &six;

	if (len < 16)
		return;
	memcpy(&six.sin6_addr, data, 16);
	memcpy(&four.sin_addr, data + 12, 4);
	if (!address_is_public(sa6))
		return;
	/* 2000::/3, or translated to what is public itself */
	MUST((data[0] & 0xe0) == 0x20 || (memcmp(data,
	    "\0\x64\xff\x9b\0\0\0\0\0\0\0", 12) == 0 &&
	    address_is_public(sa4)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text;

	if (len == 0)
		return (0);
	text = malloc(len);
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	switch (data[0] % 4) {
	case 0:
		frames(data + 1, len - 1);
		break;
	case 1:
		one_url(text);
		break;
	case 2:
		lists(text);
		break;
	default:
		addresses(data + 1, len - 1);
	}
	free(text);
	return (0);
}
