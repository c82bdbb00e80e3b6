/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boundary "X" and, behind the first line of the input, a body; or that line as
 * Content-Type. Cut in whatever pieces, the same events must come.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/disposition.h"
#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

struct story {
	uint64_t	sum;
	size_t		bytes;
	int		open;
};

static void
add(struct story *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->sum = (s->sum ^ (unsigned char)p[i]) * 0x100000001b3;
}

static int
on_begin(void *arg, const struct multipart_part *p)
{
	struct story *s = arg;

	MUST(!s->open && p->name != NULL && param_is_text(p->name));
	MUST(p->filename == NULL || param_is_text(p->filename));
	s->open = 1;
	add(s, "<", 1);
	add(s, p->name, strlen(p->name) + 1);
	if (p->filename != NULL)
		add(s, p->filename, strlen(p->filename));
	if (p->type != NULL)
		add(s, p->type, strlen(p->type));
	add(s, ">", 1);
	return (0);
}

static int
on_data(void *arg, const void *data, size_t len)
{
	struct story *s = arg;

	MUST(s->open && len > 0);
	s->bytes += len;
	add(s, data, len);
	return (0);
}

static int
on_end(void *arg)
{
	struct story *s = arg;

	MUST(s->open);
	s->open = 0;
	add(s, "/", 1);
	return (0);
}

static const struct multipart_events events = { on_begin, on_data, on_end };

static int
parse(const char *type, const char *body, size_t len, size_t step,
    struct story *s)
{
	struct multipart *m;
	size_t total = len;
	int e = 0;

	memset(s, 0, sizeof *s);
	m = multipart_new(type, &events, s);
	if (m == NULL)
		return (1);
	while (len > 0 && e == 0) {
		size_t n = len < step ? len : step;
		char *p = malloc(n);

		memcpy(p, body, n);
		e = multipart_feed(m, p, n);
		free(p);
		body += n;
		len -= n;
	}
	if (e == 0)
		e = multipart_finish(m);
	MUST(e == 0 || *multipart_reason(m) != '\0');
	MUST(e != 0 || !s->open);
	MUST(s->bytes <= total);
	multipart_free(m);
	return (e);
}

static void
compare(const char *type, const char *body, size_t len, size_t step)
{
	struct story whole, pieces;
	int e = parse(type, body, len, len > 0 ? len : 1, &whole);

	MUST(parse(type, body, len, step, &pieces) == e);
	MUST(whole.sum == pieces.sum && whole.bytes == pieces.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *in = (const char *)data, *nl;
	char type[256];
	size_t n;

	nl = len > 0 ? memchr(in, '\n', len) : NULL;
	n = nl != NULL ? (size_t)(nl - in) : 0;
	if (n == 0 || n >= sizeof type)
		return (0);
	memcpy(type, in, n);
	type[n] = '\0';
	len -= n + 1;
	compare(type, nl + 1, len, data[0] % 16 + 1);
	compare("multipart/form-data; boundary=X", nl + 1, len,
	    data[0] % 16 + 1);
	return (0);
}
