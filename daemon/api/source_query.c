/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/source_filter.h"
#include "api/source_query.h"
#include "api/text.h"

#define LIMIT_MAX	2000

static bool
take_limit(struct search_take *x, const char *value)
{
	int64_t n;

	if (*value == '\0')
		return (true);
	if (!filter_number(value, &n) || n > LIMIT_MAX)
		return (search_refuse(x, "must be a number from 0 to %d",
		    LIMIT_MAX));
	x->q->limit = (unsigned)n;
	return (true);
}

static bool
take_offset(struct search_take *x, const char *value)
{
	int64_t n;

	if (*value == '\0')
		return (true);
	if (*value == 'c' && value[1] != '\0' &&
	    strlen(value) <= sizeof x->q->cursor) {
		text_copy(x->q->cursor, sizeof x->q->cursor, value + 1);
		return (true);
	}
	if (!filter_number(value, &n))
		return (search_refuse(x, "is neither a number nor a cursor of this "
		    "list"));
	if (n > OFFSET_MAX)
		return (search_refuse(x, "must be from 0 to %d; go further by the "
		    "cursor", OFFSET_MAX));
	x->q->offset = (unsigned)n;
	return (true);
}

/*
 * A field of metadata: "user:int:n", or as the hosted service's dashboard sends it,
 * "int:n" and "n".
 */
static bool
take_sort_term(struct search_take *x, const char *field, struct store_sort *s)
{
	char full[STORE_TERM];
	enum term_kind kind;

	(void)snprintf(full, sizeof full, "%s%.80s", term_is(field) ? "" :
	    "user:", field);
	s->guessed = strchr(field, ':') == NULL && !term_is(field);
	if (!term_take(x, full, s->term, &kind))
		return (false);
	if (kind == TERM_ARRAY || kind == TERM_WORDS || kind == TERM_PLACE)
		return (search_refuse(x, "\"%.80s\" is of a type without an "
		    "order; sort by str, int, double, date or bool", field));
	return (true);
}

static bool
take_sort_one(struct search_take *x, char *text)
{
	char *save, *field = strtok_r(text, " ", &save);
	char *order = strtok_r(NULL, " ", &save);
	struct store_sort *s = &x->q->sort[x->q->nsorts];

	if (field == NULL)
		return (search_refuse(x, "the name of a field is missing"));
	if (order != NULL && strcmp(order, "asc") != 0 &&
	    strcmp(order, "desc") != 0)
		return (search_refuse(x, "\"%.80s\" is neither asc nor desc",
		    order));
	if (x->q->nsorts == STORE_SORTS)
		return (search_refuse(x, "there are too many fields; %d are "
		    "allowed", STORE_SORTS));
	s->field = store_field_find(field);
	s->descending = order != NULL && *order == 'd';
	if (s->field == FIELD_N && !take_sort_term(x, field, s))
		return (false);
	x->q->nsorts++;
	return (true);
}

static bool
take_sort(struct search_take *x, const char *value)
{
	char text[512], *save, *part;

	if (strlen(value) >= sizeof text)
		return (search_refuse(x, "is too long"));
	text_copy(text, sizeof text, value);
	for (part = strtok_r(text, ",", &save); part != NULL;
	    part = strtok_r(NULL, ",", &save))
		if (!take_sort_one(x, part))
			return (false);
	return (true);
}

static bool
take_operator(struct search_take *x, const char *value)
{
	x->q->any = strcasecmp(value, "or") == 0;
	return (x->q->any || strcasecmp(value, "and") == 0 ||
	    search_refuse(x, "must be \"and\" or \"or\""));
}

static bool
take_deleted(struct search_take *x, const char *value)
{
	return (text_bool(value, &x->q->deleted) ||
	    search_refuse(x, "must be true or false"));
}

static bool
take_binary_hash(struct search_take *x, const char *value)
{
	return (filter_take(x, FIELD_BINARY_HASH, value));
}

static bool
take_facet(struct search_take *x, const char *field)
{
	struct store_query *q = x->q;
	enum term_kind kind = TERM_INT;
	char term[STORE_TERM];

	if (!term_is(field))
		return (search_refuse(x, "\"%.80s\" is not metadata: it is "
		    "user:str:NAME or user:array:NAME", field));
	if (!term_take(x, field, term, &kind))
		return (false);
	if (strncmp(term, "user:", 5) != 0 ||
	    (kind != TERM_TEXT && kind != TERM_ARRAY))
		return (search_refuse(x, "\"%.80s\" has no facets: ask for "
		    "user:str:NAME or user:array:NAME", field));
	/* They are answered by name: each once. */
	for (unsigned i = 0; i < q->nfacets; i++)
		if (strcmp(q->facet[i], term) == 0)
			return (true);
	if (q->nfacets == STORE_FACETS)
		return (search_refuse(x, "there are too many; %d are allowed",
		    STORE_FACETS));
	text_copy(q->facet[q->nfacets++], STORE_TERM, term);
	return (true);
}

/* rokka.js sends an empty one when nobody asked for any. */
static bool
take_facets(struct search_take *x, const char *value)
{
	char text[1024], *save, *part;

	if (strlen(value) >= sizeof text)
		return (search_refuse(x, "is longer than %zu bytes",
		    sizeof text - 1));
	text_copy(text, sizeof text, value);
	for (part = strtok_r(text, ", ", &save); part != NULL;
	    part = strtok_r(NULL, ", ", &save))
		if (!take_facet(x, part))
			return (false);
	return (true);
}

bool
source_query_take(struct store_query *q, const char *name, const char *value,
    char *err, size_t err_len)
{
	static const struct {
		const char	*name;
		bool		(*take)(struct search_take *, const char *);
	} own[] = {
		{ "limit", take_limit },
		{ "offset", take_offset },
		{ "sort", take_sort },
		{ "operator", take_operator },
		{ "deleted", take_deleted },
		{ "binaryHash", take_binary_hash },
		{ "binary_hash", take_binary_hash },
		{ "facets", take_facets },
	};
	struct search_take x = { q, name, err, err_len };
	enum store_field field;

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(own[i].name, name) == 0)
			return (own[i].take(&x, value));
	field = store_field_find(name);
	if (field != FIELD_N)
		return (filter_take(&x, field, value));
	if (term_is(name))
		return (filter_take_term(&x, value));
	return (search_refuse(&x, "unknown field; one of user metadata is "
	    "user:TYPE:NAME"));
}
