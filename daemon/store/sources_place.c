/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a search goes on, as a text: "s", the image, and its value of each
 * field that the order goes by, as they were when the page was given.
 */
#include "config.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources_search.h"
#include "sources_sql.h"

void
place_key_read(sqlite3_stmt *s, int col, struct place_key *k)
{

	memset(k, 0, sizeof *k);
	switch (sqlite3_column_type(s, col)) {
	case SQLITE_INTEGER:
		k->type = 'i';
		k->i = sqlite3_column_int64(s, col);
		break;
	case SQLITE_FLOAT:
		k->type = 'r';
		k->r = sqlite3_column_double(s, col);
		break;
	case SQLITE_TEXT:
		k->type = 't';
		db_text(s, col, k->text, sizeof k->text);
		break;
	case SQLITE_BLOB:
		k->type = 'h';
		(void)db_hash(s, col, &k->hash);
		break;
	default:
		k->type = 'n';
	}
}

void
place_value(const struct place_key *k, struct query_value *v)
{

	v->type = k->type;
	v->i = k->i;
	v->r = k->r;
	v->hash = k->hash;
	(void)snprintf(v->text, sizeof v->text, "%s", k->text);
}

static int
key_print(const struct place_key *k, char *out, size_t size)
{
	char hex[2 * sizeof k->text + 1] = "";
	uint64_t bits = (uint64_t)k->i;

	if (k->type == 'r')
		memcpy(&bits, &k->r, sizeof bits);
	if (k->type == 'i' || k->type == 'r')
		(void)snprintf(hex, sizeof hex, "%016" PRIx64, bits);
	else if (k->type == 't')
		(void)sodium_bin2hex(hex, sizeof hex,
		    (const unsigned char *)k->text, strlen(k->text));
	else if (k->type == 'h')
		hash_to_hex(&k->hash, hex);
	return (snprintf(out, size, ".%c%s", k->type, hex));
}

void
place_print(const struct search *x, const struct place *p,
    char out[STORE_CURSOR])
{
	int n = snprintf(out, STORE_CURSOR, "s%" PRIx64, (uint64_t)p->id);

	for (unsigned i = 0; i < x->nsorts; i++)
		n += key_print(&p->key[i], out + n, STORE_CURSOR - (size_t)n);
}

/* The type of the values of a field: as in struct place_key. */
static char
sort_type(const struct store_sort *s)
{

	if (s->field == FIELD_HASH || s->field == FIELD_BINARY_HASH)
		return ('h');
	if (s->field != FIELD_N)
		return (store_field_is_number(s->field) ? 'i' : 't');
	if (strncmp(s->term, "user:double:", 12) == 0)
		return ('r');
	return (strncmp(s->term, "user:str:", 9) == 0 ||
	    strncmp(s->term, "dynamic:str:", 12) == 0 ? 't' : 'i');
}

static bool
key_parse(const char *hex, size_t len, struct place_key *k)
{
	const char *end;
	uint64_t bits;
	size_t n = 0;

	if (k->type == 't')
		return (sodium_hex2bin((unsigned char *)k->text,
		    sizeof k->text - 1, hex, len, NULL, &n, &end) == 0 &&
		    end == hex + len && strlen(k->text) == n);
	if (k->type == 'h')
		return (len == HASH_HEX && hash_from_hex(&k->hash, hex, len));
	if (k->type == 'n')
		return (len == 0);
	if (len != 16 || strspn(hex, "0123456789abcdef") < 16)
		return (false);
	bits = strtoull(hex, NULL, 16);
	k->i = (int64_t)bits;
	memcpy(&k->r, &bits, sizeof k->r);
	return (true);
}

bool
place_parse(const struct search *x, const char *text, struct place *p)
{
	char *end;
	size_t len;

	memset(p, 0, sizeof *p);
	if (text[0] != 's' || strspn(text + 1, "0123456789abcdef") < 1)
		return (false);
	p->id = (int64_t)(strtoull(text + 1, &end, 16) & INT64_MAX);
	for (unsigned i = 0; i < x->nsorts; i++) {
		if (*end != '.')
			return (false);
		len = strcspn(end + 1, ".");
		p->key[i].type = end[1];
		if (len < 1 || (end[1] != sort_type(&x->sort[i]) &&
		    (end[1] != 'n' || x->sort[i].field != FIELD_N)) ||
		    !key_parse(end + 2, len - 1, &p->key[i]))
			return (false);
		end += 1 + len;
	}
	return (*end == '\0');
}
