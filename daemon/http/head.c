/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 9112 without its leniencies: what it allows a server to repair ("may
 * replace", "should ignore") is refused, because another server in front may
 * repair it in another way, and the difference is a smuggled request.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "head.h"
#include "name/name.h"
#include "request_target.h"

#define DIGITS	"0123456789"
#define ALNUM	DIGITS "abcdefghijklmnopqrstuvwxyz" "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TOKEN	ALNUM "!#$%&'*+-.^_`|~"

ssize_t
head_scan(const char *buf, size_t len, size_t *at, const char **why)
{
	const char *last;
	size_t i;

	for (i = *at; i < len; i++) {
		unsigned char c = (unsigned char)buf[i];

		last = i > 0 ? buf + i - 1 : "";
		if (*last == '\r' && c != '\n') {
			*why = "The head has a CR without LF.";
			return (-1);
		}
		if (c == '\n') {
			if (*last != '\r') {
				*why = "The head has an LF without CR.";
				return (-1);
			}
			if (i == 1) {
				*why = "There is no request line.";
				return (-1);
			}
			if (buf[i - 2] == '\n')
				return ((ssize_t)i + 1);
		} else if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7f) {
			*why = "The head has a control character.";
			return (-1);
		}
	}
	*at = len;
	return (0);
}

/*--------------------------------------------------------------------
 * Headers that mean something to the server itself. Each gives a status or 0.
 */

/* Digits only, as one number: no sign, list, hex, blank, nor leading zero. */
static int
field_length(struct head *h, const char *v, const char **why)
{
	size_t n = strspn(v, DIGITS);

	*why = "The Content-Length is not a number.";
	if (n == 0 || v[n] != '\0' || n > 18 || (n > 1 && v[0] == '0'))
		return (400);
	for (h->length = 0; *v != '\0'; v++)
		h->length = h->length * 10 + (uint64_t)(*v - '0');
	return (0);
}

static int
field_coding(struct head *h, const char *v, const char **why)
{
	*why = "The Transfer-Encoding is not 'chunked'.";
	if (strcasecmp(v, "chunked") != 0 || h->http10)
		return (400);
	h->chunked = true;
	return (0);
}

static int
field_host(struct head *h, const char *v, const char **why)
{
	(void)h;
	*why = "The Host is not a name or an address, with or without a "
	    "port that is a number.";
	return (name_is_host(v) ? 0 : 400);
}

static int
field_expect(struct head *h, const char *v, const char **why)
{
	*why = "Only 100-continue can be expected.";
	if (strcasecmp(v, "100-continue") != 0)
		return (417);
	h->expect = !h->http10;
	return (0);
}

/* A list of tokens; all but "close" is the peer's business. */
static int
field_connection(struct head *h, const char *v, const char **why)
{
	size_t n;

	(void)why;
	for (; *v != '\0'; v += n) {
		v += strspn(v, ", \t");
		n = strcspn(v, ", \t");
		if (n == 5 && strncasecmp(v, "close", n) == 0)
			h->close = true;
	}
	return (0);
}

enum seen {
	SEEN_HOST = 1,
	SEEN_LENGTH = 2,
	SEEN_CODING = 4,
};

#define TWICE(name)	"There are two " name " headers."

/* A header with *bit* may come once; a second is refused with *twice*. */
static const struct known {
	const char	*name;
	unsigned	bit;
	const char	*twice;
	int		(*take)(struct head *, const char *, const char **);
} known[] = {
	{ "Host", SEEN_HOST, TWICE("Host"), field_host },
	{ "Content-Length", SEEN_LENGTH, TWICE("Content-Length"),
	    field_length },
	{ "Transfer-Encoding", SEEN_CODING, TWICE("Transfer-Encoding"),
	    field_coding },
	{ "Connection", 0, NULL, field_connection },
	{ "Expect", 8, TWICE("Expect"), field_expect },
	/* Not ours, but who may do what must not hang on which one is read. */
	{ "Content-Type", 16, TWICE("Content-Type"), NULL },
	{ "Authorization", 32, TWICE("Authorization"), NULL },
	{ "Api-Key", 64, TWICE("Api-Key"), NULL },
};
#define N_KNOWN	(sizeof known / sizeof *known)

static const struct known *
known_find(const char *name)
{
	for (size_t i = 0; i < N_KNOWN; i++)
		if (strcasecmp(name, known[i].name) == 0)
			return (&known[i]);
	return (NULL);
}

static int
head_check(struct head *h, const char **why)
{
	unsigned seen = 0;
	int status;

	for (unsigned i = 0; i < h->n; i++) {
		const struct known *k = known_find(h->field[i].name);

		if (k == NULL)
			continue;
		if (seen & k->bit) {
			*why = k->twice;
			return (400);
		}
		seen |= k->bit;
		if (k->take == NULL)
			continue;
		status = k->take(h, h->field[i].value, why);
		if (status != 0)
			return (status);
	}
	*why = "There is no Host header.";
	if (!(seen & SEEN_HOST) && !h->http10)
		return (400);
	*why = "Content-Length and Transfer-Encoding exclude each other.";
	if ((seen & SEEN_LENGTH) && (seen & SEEN_CODING))
		return (400);
	return (0);
}

/*--------------------------------------------------------------------*/

static int
parse_version(const char *v, struct head *h, const char **why)
{
	*why = "The request line does not end in a version of HTTP.";
	if (strncmp(v, "HTTP/", 5) != 0 || strlen(v) != 8 ||
	    strspn(v + 5, DIGITS) != 1 || v[6] != '.' ||
	    strspn(v + 7, DIGITS) != 1)
		return (400);
	*why = "Only HTTP/1.1 and HTTP/1.0 are spoken here.";
	if (v[5] != '1' || v[7] > '1')
		return (505);
	/* 1.0 has as many keep-alives as implementations: it gets none. */
	h->close = h->http10 = v[7] == '0';
	return (0);
}

static int
parse_request_line(char *line, struct head *h, const char **why)
{
	char *target, *version;
	size_t n = strspn(line, TOKEN);

	*why = "The method is not a token.";
	if (n == 0 || n > HEAD_METHOD || line[n] != ' ')
		return (400);
	line[n] = '\0';
	h->method = line;
	target = line + n + 1;
	*why = "The request line is not method, target and version.";
	version = strchr(target, ' ');
	if (version == NULL)
		return (400);
	*version++ = '\0';
	*why = "The target is too long.";
	if (strlen(target) > HEAD_TARGET)
		return (414);
	*why = request_target_check(target, h->method);
	if (*why != NULL)
		return (400);
	h->target = target;
	h->path_len = strcspn(target, "?");
	if (target[h->path_len] == '?')
		h->query = target + h->path_len + 1;
	return (parse_version(version, h, why));
}

static int
parse_field(char *line, struct head *h, const char **why)
{
	size_t n = strspn(line, TOKEN);
	char *value, *end;

	*why = "A header is folded over two lines.";
	if (*line == ' ' || *line == '\t')
		return (400);
	*why = "The name of a header is not a token followed by a colon.";
	if (n == 0 || line[n] != ':')
		return (400);
	*why = "There are too many headers.";
	if (h->n == HEAD_FIELDS)
		return (431);
	line[n] = '\0';
	value = line + n + 1;
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	h->field[h->n++] = (struct head_field){ line, value };
	return (0);
}

/* Ends the line at *p* by NUL and gives the next one; head_scan() saw CRLF. */
static char *
next_line(char *p)
{
	char *cr = strchr(p, '\r');

	*cr = '\0';
	return (cr + 2);
}

int
head_parse(char *buf, size_t len, struct head *h, const char **why)
{
	char *line = buf, *next = next_line(buf);
	const char *blank = buf + len - 2;
	int status;

	memset(h, 0, sizeof *h);
	status = parse_request_line(line, h, why);
	while (status == 0 && next < blank) {
		line = next;
		next = next_line(line);
		status = parse_field(line, h, why);
	}
	return (status != 0 ? status : head_check(h, why));
}

const char *
head_find(const struct head *h, const char *name)
{
	for (unsigned i = 0; i < h->n; i++)
		if (strcasecmp(h->field[i].name, name) == 0)
			return (h->field[i].value);
	return (NULL);
}

unsigned
head_count(const struct head *h, const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->n; i++)
		n += strcasecmp(h->field[i].name, name) == 0;
	return (n);
}

size_t
head_join(struct head *h, const char *name, char *buf)
{
	struct head_field *first = NULL, *f;
	char *end = buf;

	for (f = h->field; f < h->field + h->n; f++) {
		if (strcasecmp(f->name, name) != 0)
			continue;
		if (first != NULL) {
			end = stpcpy(end, ", ");
			f->name = "";
		} else
			first = f;
		end = stpcpy(end, f->value);
	}
	if (first != NULL)
		first->value = buf;
	return ((size_t)(end - buf) + 1);
}
