/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A boundary holds neither CR nor LF, so within "\r\n--boundary" a CR can only
 * be the first byte: where a match breaks off, what was matched is data, and
 * nothing needs to be read twice. No byte of a body is kept for that.
 */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "disposition.h"
#include "multipart.h"

#define BOUNDARY_MAX	70		/* RFC 2046 */
#define HEADERS_MAX	8192		/* of one part */
#define PARTS_MAX	1024
#define PADDING_MAX	64		/* blanks behind a boundary */

enum state {
	PREAMBLE,
	DATA,
	BOUNDARY,		/* the delimiter is complete; what follows? */
	BOUNDARY_DASH,
	BOUNDARY_LF,
	HEADERS,
	EPILOGUE,
	BROKEN
};

struct multipart {
	struct multipart_events	events;
	void			*arg;
	enum state		state;
	bool			in_part;
	char			delimiter[BOUNDARY_MAX + 5];
	size_t			delimiter_len;
	size_t			matched;	/* bytes of the delimiter */
	unsigned		padding;
	unsigned		parts;
	size_t			headers_len;
	char			headers[HEADERS_MAX + 1];
	const char		*reason;
};

static int
malformed(struct multipart *m, const char *reason)
{
	m->reason = reason;
	m->state = BROKEN;
	return (MULTIPART_MALFORMED);
}

/*--------------------------------------------------------------------
 * Headers of a part
 */

static const char *
take_disposition(char *value, struct multipart_part *part)
{
	char *p = param_begin(value), *name, *v, *extended = NULL;
	int e;

	if (p == NULL || strcasecmp(value, "form-data") != 0)
		return ("A part's Content-Disposition is not form-data.");
	while ((e = param_next(&p, &name, &v)) == 1) {
		const char **to = NULL;

		if (strcasecmp(name, "name") == 0)
			to = &part->name;
		else if (strcasecmp(name, "filename") == 0)
			to = &part->filename;
		else if (strcasecmp(name, "filename*") == 0)
			extended = param_extended(v);
		if (to != NULL && *to != NULL)
			return ("A part's Content-Disposition says a "
			    "parameter twice.");
		if (to != NULL)
			*to = v;
	}
	if (e != 0)
		return ("A part's Content-Disposition is malformed.");
	if (extended != NULL)
		part->filename = extended;
	return (NULL);
}

static const char *
take_encoding(const char *value)
{
	if (strcasecmp(value, "binary") != 0 && strcasecmp(value, "8bit") != 0
	    && strcasecmp(value, "7bit") != 0)
		return ("A part has a Content-Transfer-Encoding.");
	return (NULL);
}

/* One header line without its CRLF. NULL or what is wrong. */
static const char *
take_header(char *line, struct multipart_part *part)
{
	char *value = strchr(line, ':'), *end;

	if (value == NULL || value == line ||
	    strcspn(line, " \t\"(),/;<=>?@[\\]{}") < (size_t)(value - line))
		return ("A part has a malformed header.");
	*value++ = '\0';
	value += strspn(value, " \t");
	for (end = value + strlen(value); end > value &&
	    (end[-1] == ' ' || end[-1] == '\t'); end--)
		;
	*end = '\0';
	if (strcasecmp(line, "Content-Disposition") == 0) {
		if (part->name != NULL)
			return ("A part has two Content-Disposition headers.");
		return (take_disposition(value, part));
	}
	if (strcasecmp(line, "Content-Type") == 0)
		part->type = value;
	if (strcasecmp(line, "Content-Transfer-Encoding") == 0)
		return (take_encoding(value));
	return (NULL);
}

/* The headers are complete, each line with its CRLF. */
static int
begin_part(struct multipart *m)
{
	struct multipart_part part = { NULL, NULL, NULL };
	const char *wrong = NULL;
	char *line, *cr;

	if (++m->parts > PARTS_MAX)
		return (malformed(m, "There are too many parts."));
	m->headers[m->headers_len] = '\0';
	for (line = m->headers; *line != '\0' && wrong == NULL; line = cr + 2) {
		cr = strchr(line, '\r');
		*cr = '\0';
		wrong = take_header(line, &part);
	}
	if (wrong == NULL && part.name == NULL)
		wrong = "A part has no name.";
	else if (wrong == NULL && (!param_is_text(part.name) ||
	    (part.filename != NULL && !param_is_text(part.filename))))
		wrong = "The name of a part is not UTF-8 text.";
	if (wrong != NULL)
		return (malformed(m, wrong));
	m->in_part = true;
	m->matched = 0;
	m->state = DATA;
	return (m->events.begin(m->arg, &part));
}

static int
take_headers(struct multipart *m, unsigned char c)
{
	char *h = m->headers;
	size_t n = m->headers_len;

	if (n == HEADERS_MAX)
		return (malformed(m, "The headers of a part are too large."));
	if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f ||
	    (c == '\n') != (n > 0 && h[n - 1] == '\r'))
		return (malformed(m, "The headers of a part have a control "
		    "character or a bare CR or LF."));
	h[m->headers_len++] = (char)c;
	if (c != '\n')
		return (0);
	if (n == 1)			/* "\r\n": no header at all */
		m->headers_len = 0;
	else if (h[n - 2] == '\n')	/* the blank line */
		m->headers_len -= 2;
	else
		return (0);
	return (begin_part(m));
}

/*--------------------------------------------------------------------*/

static int
emit(struct multipart *m, const char *data, size_t len)
{
	if (len == 0 || m->state != DATA)
		return (0);
	return (m->events.data(m->arg, data, len));
}

static int
delimiter_complete(struct multipart *m)
{
	m->matched = 0;
	m->padding = 0;
	m->state = BOUNDARY;
	if (!m->in_part)
		return (0);
	m->in_part = false;
	return (m->events.end(m->arg));
}

/*
 * The bytes before a delimiter, or before what may become one with the next
 * piece. All of them are handed out at once: each call is a write to a file.
 */
static size_t
data_len(const struct multipart *m, const char *p, size_t len)
{
	const char *at = p, *end = p + len;
	size_t n;

	while ((at = memchr(at, '\r', (size_t)(end - at))) != NULL) {
		n = (size_t)(end - at);
		if (n > m->delimiter_len)
			n = m->delimiter_len;
		if (memcmp(at, m->delimiter, n) == 0)
			return ((size_t)(at - p));
		at++;
	}
	return (len);
}

/*
 * Takes bytes up to a delimiter or the end of *p*; *used* says how many. What
 * was matched in an earlier piece is data when the match breaks, and is handed
 * out of the delimiter itself.
 */
static int
take_data(struct multipart *m, const char *p, size_t len, size_t *used)
{
	size_t i = 0;
	int e;

	if (m->matched == 0) {
		*used = data_len(m, p, len);
		if (*used > 0)
			return (emit(m, p, *used));
		m->matched = *used = 1;
		return (0);
	}
	while (i < len && m->matched < m->delimiter_len &&
	    p[i] == m->delimiter[m->matched]) {
		m->matched++;
		i++;
	}
	*used = i;
	if (m->matched == m->delimiter_len)
		return (delimiter_complete(m));
	if (i == len)
		return (0);
	e = emit(m, m->delimiter, m->matched);
	m->matched = 0;
	return (e);
}

static int
take_boundary(struct multipart *m, char c)
{
	if (m->state == BOUNDARY && c == '-' && m->padding == 0)
		m->state = BOUNDARY_DASH;
	else if (m->state == BOUNDARY_DASH && c == '-')
		m->state = EPILOGUE;
	else if (m->state == BOUNDARY && (c == ' ' || c == '\t') &&
	    ++m->padding <= PADDING_MAX)
		;
	else if (m->state == BOUNDARY && c == '\r')
		m->state = BOUNDARY_LF;
	else if (m->state == BOUNDARY_LF && c == '\n') {
		m->state = HEADERS;
		m->headers_len = 0;
	} else
		return (malformed(m, "A boundary is followed by something "
		    "else than a line end."));
	return (0);
}

int
multipart_feed(struct multipart *m, const void *data, size_t len)
{
	const char *p = data;
	size_t used;
	int e = 0;

	while (len > 0 && e == 0) {
		used = 1;
		switch (m->state) {
		case PREAMBLE:
		case DATA:
			e = take_data(m, p, len, &used);
			break;
		case BOUNDARY:
		case BOUNDARY_DASH:
		case BOUNDARY_LF:
			e = take_boundary(m, *p);
			break;
		case HEADERS:
			e = take_headers(m, (unsigned char)*p);
			break;
		case EPILOGUE:
			return (0);
		case BROKEN:
			return (MULTIPART_MALFORMED);
		}
		p += used;
		len -= used;
	}
	return (e);
}

int
multipart_finish(struct multipart *m)
{
	if (m->state == EPILOGUE)
		return (0);
	if (m->state != BROKEN)
		malformed(m, "The closing boundary is missing.");
	return (MULTIPART_MALFORMED);
}

const char *
multipart_reason(const struct multipart *m)
{
	return (m->reason);
}

/*--------------------------------------------------------------------*/

/* The boundary parameter of a Content-Type, in place, or NULL. */
static const char *
find_boundary(char *type)
{
	char *p = param_begin(type), *name, *value, *boundary = NULL;
	int e;

	if (p == NULL || strcasecmp(type, "multipart/form-data") != 0)
		return (NULL);
	while ((e = param_next(&p, &name, &value)) == 1) {
		if (strcasecmp(name, "boundary") != 0)
			continue;
		if (boundary != NULL)
			return (NULL);
		boundary = value;
	}
	return (e == 0 ? boundary : NULL);
}

static bool
is_boundary(const char *b)
{
	size_t n = strlen(b);

	return (n > 0 && n <= BOUNDARY_MAX && b[n - 1] != ' ' &&
	    b[strspn(b, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? ")] == '\0');
}

struct multipart *
multipart_new(const char *content_type, const struct multipart_events *events,
    void *arg)
{
	char *type = content_type != NULL ? strdup(content_type) : NULL;
	const char *b = type != NULL ? find_boundary(type) : NULL;
	struct multipart *m = NULL;

	if (b != NULL && is_boundary(b))
		m = calloc(1, sizeof *m);
	if (m != NULL) {
		m->events = *events;
		m->arg = arg;
		m->reason = "";
		m->delimiter_len = 4 + strlen(b);
		memcpy(m->delimiter, "\r\n--", 4);
		memcpy(m->delimiter + 4, b, m->delimiter_len - 4);
		/* The first boundary may be at the very start. */
		m->matched = 2;
	}
	free(type);
	return (m);
}

void
multipart_free(struct multipart *m)
{
	free(m);
}
