/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources_cursor.h"
#include "store_priv.h"

/* Whether the place of an image may change while it is in the list. */
static bool
sort_moves(const struct store_query *in)
{

	for (unsigned i = 0; i < in->nsorts; i++)
		if (in->sort[i].field == FIELD_NAME ||
		    in->sort[i].field == FIELD_DELETED)
			return (true);
	return (false);
}

void
cursor_print(const struct store_query *in, int64_t id,
    const struct store_source *src, char out[STORE_CURSOR])
{
	int n;

	if (!sort_moves(in)) {
		(void)snprintf(out, STORE_CURSOR, "%" PRIx64, (uint64_t)id);
		return;
	}
	n = snprintf(out, STORE_CURSOR, "%" PRIx64 ".%" PRIx64 ".",
	    (uint64_t)id, (uint64_t)src->deleted_ms);
	(void)sodium_bin2hex(out + n, STORE_CURSOR - (size_t)n,
	    (const unsigned char *)src->name, strlen(src->name));
}

/* The number in hex at *p*, up to *end*. Its end, or NULL. */
static const char *
cursor_number(const char *p, char end, int64_t *out)
{
	size_t n = strspn(p, "0123456789abcdef");

	if (n < 1 || n > 15 || p[n] != end)
		return (NULL);
	*out = strtoll(p, NULL, 16);
	return (p + n);
}

static bool
cursor_parse(const struct store_query *in, struct cursor *c)
{
	const char *p = in->cursor, *end;
	unsigned char *name = (unsigned char *)c->name;
	size_t n;

	if (!sort_moves(in))
		return (cursor_number(p, '\0', &c->id) != NULL);
	if ((p = cursor_number(p, '.', &c->id)) == NULL ||
	    (p = cursor_number(p + 1, '.', &c->deleted_ms)) == NULL ||
	    sodium_hex2bin(name, sizeof c->name - 1, p + 1, strlen(p + 1),
	    NULL, &n, &end) != 0 || *end != '\0')
		return (false);
	name[n] = '\0';
	return (true);
}

enum store_status
cursor_take(struct db *db, const struct store_query *in, struct cursor *c)
{
	sqlite3_stmt *s;
	int rc;

	memset(c, 0, sizeof *c);
	if (in->cursor[0] == '\0')
		return (STORE_OK);
	if (!cursor_parse(in, c))
		return (STORE_NOT_FOUND);
	s = db_row(db, &rc, ST_SOURCE_EXISTS, in->org, c->id);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	db_reset(s);
	return (STORE_OK);
}
