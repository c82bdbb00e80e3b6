/* SPDX-License-Identifier: BSD-2-Clause */
/* The query of a call: "name=value" joined by "&", percent-encoded. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/text.h"
#include "url.h"

/* Decodes, "+" being a blank as forms write it. NULL: malformed, no text. */
static char *
query_decode(const char *p, size_t len)
{
	char *in = strndup(p, len), *out = malloc(len + 1);
	json_t *utf8 = NULL;

	for (char *q = in; q != NULL && *q != '\0'; q++)
		if (*q == '+')
			*q = ' ';
	if (in != NULL && out != NULL && url_decode((struct url_span){ in,
	    len }, out, len + 1) >= 0)
		utf8 = json_string(out);
	for (const char *q = out; utf8 != NULL && *q != '\0'; q++)
		if ((unsigned char)*q < ' ' || *q == 0x7f) {
			json_decref(utf8);
			utf8 = NULL;
		}
	free(in);
	if (utf8 == NULL) {
		free(out);
		return (NULL);
	}
	json_decref(utf8);
	return (out);
}

/* Takes the parameter at *q* apart; returns the next one, or NULL. */
static const char *
query_next(const char *q, char **name, char **value)
{
	size_t len = strcspn(q, "&");
	const char *eq = memchr(q, '=', len);

	*name = query_decode(q, eq != NULL ? (size_t)(eq - q) : len);
	*value = eq != NULL ?
	    query_decode(eq + 1, (size_t)(q + len - eq - 1)) : strdup("");
	return (q[len] == '&' ? q + len + 1 : NULL);
}

int
call_query_each(const struct call *c, call_query_f *func, void *arg)
{
	const char *q = http_query(c->req);
	int e = 0;

	while (q != NULL && *q != '\0' && e == 0) {
		char *name, *value;

		q = query_next(q, &name, &value);
		e = name == NULL || value == NULL ? -1 :
		    *name == '\0' ? 0 : func(arg, name, value);
		free(name);
		free(value);
	}
	return (e);
}

/* Said twice, it would hang on who reads which. Fields to search by may be. */
static const char *const single[] = {
	"before", "binaryHash", "deleted", "deletePrevious", "expand",
	"expires_in", "from", "ips", "keepHash", "key", "limit", "moveAliases",
	"no_ip_protection", "offset", "operator", "overwrite", "prefix",
	"renewable", "roundDateUpTo", "round_date_up_to", "size", "soft",
	"sort", "tag", "to", "until", "url", "wait",
};
#define N_SINGLE	(sizeof single / sizeof *single)

/* The number of a parameter that is there again, from 1, or 0. */
static int
query_note(void *arg, const char *name, const char *value)
{
	unsigned *seen = arg;

	(void)value;
	for (unsigned i = 0; i < N_SINGLE; i++) {
		if (strcmp(name, single[i]) != 0)
			continue;
		if (*seen & 1U << i)
			return ((int)i + 1);
		*seen |= 1U << i;
	}
	return (0);
}

bool
call_query_good(struct call *c)
{
	unsigned seen = 0;
	int e = call_query_each(c, query_note, &seen);

	if (e > 0)
		reply_error(c, 400, "%s: given more than once.", single[e - 1]);
	else if (e < 0)
		reply_error(c, 400, "The query has a malformed percent escape, "
		    "a control character, or is not UTF-8.");
	return (e == 0);
}

struct query_find {
	unsigned		magic;
#define QUERY_FIND_MAGIC		0xf3ebc6e4
	const char	*name;
	char		*value;
};

static int
query_find(void *arg, const char *name, const char *value)
{
	struct query_find *f = CAST_OBJ(arg, QUERY_FIND_MAGIC);

	if (strcmp(name, f->name) != 0)
		return (0);
	f->value = strdup(value);
	return (1);
}

char *
call_query(const struct call *c, const char *name)
{
	struct query_find f = {
		.magic = QUERY_FIND_MAGIC, .name = name,
	};

	(void)call_query_each(c, query_find, &f);
	return (f.value);
}

bool
call_query_bool(struct call *c, const char *name, bool *out)
{
	char *v = call_query(c, name);
	bool good = text_bool(v != NULL ? v : "", out);

	if (!good)
		reply_error(c, 400, "%s: must be true or false.", name);
	free(v);
	return (good);
}

bool
call_query_number(struct call *c, const char *name, unsigned max,
    unsigned otherwise, unsigned *out)
{
	char *v = call_query(c, name), *end = NULL;
	unsigned long n = otherwise;
	bool good = true;

	if (v != NULL && *v != '\0') {
		errno = 0;
		n = strtoul(v, &end, 10);
		good = isdigit((unsigned char)*v) && *end == '\0' &&
		    errno == 0 && n <= max;
	}
	if (!good)
		reply_error(c, 400, "%s: must be a number from 0 to %u.", name,
		    max);
	*out = (unsigned)n;
	free(v);
	return (good);
}

bool
call_query_cursor(struct call *c, uint64_t *before)
{
	char *text = call_query(c, "offset");
	bool good = true;
	int n = 0;

	*before = 0;
	if (text != NULL && *text != '\0')
		good = isdigit((unsigned char)*text) &&
		    sscanf(text, "%" SCNu64 "%n", before, &n) == 1 &&
		    text[n] == '\0';
	free(text);
	if (!good)
		reply_error(c, 400, "offset: is not a cursor of this list.");
	return (good);
}

bool
call_query_date(struct call *c, const char *name, int64_t otherwise,
    int64_t *ms)
{
	char *date = call_query(c, name);
	bool good = true;

	*ms = otherwise;
	if (date != NULL && *date != '\0') {
		*ms = json_date_ms(date);
		good = *ms > 0;
	}
	free(date);
	if (!good)
		reply_error(c, 400, "%s: must be a date and time such as "
		    "2029-12-10T11:13:24Z.", name);
	return (good);
}
