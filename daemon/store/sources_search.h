/* SPDX-License-Identifier: BSD-2-Clause */
/* Searches by metadata. */
#ifndef SOURCES_SEARCH_H
#define SOURCES_SEARCH_H

#include "db.h"
#include "ids.h"
#include "store_source.h"

struct query;
struct query_value;

/* The place of an image in an order: its value of each field, and its number. */
struct place {
	int64_t		id;
	struct place_key {
		char	type;		/* of struct query_value: i r t h n */
		int64_t	i;
		double	r;
		char	text[256];
		struct hash hash;
	}		key[STORE_SORTS];
};

struct search {
	struct db	*db;
	struct store_query *in;
	store_source_f	*func;
	store_facet_f	*facet;
	void		*arg;
	struct store_sort sort[STORE_SORTS];
	unsigned	nsorts;
	struct place	after;
	bool		goes_on;	/* behind *after* */
	uint64_t	skip;		/* rows, before the first that counts */
	unsigned	n;		/* rows so far */
	bool		full;		/* and there is one more */
	bool		all;		/* no filter: *found* is not made */
	struct ids	found;
	int64_t		images;		/* of the organization */
};

/*---- sources_search.c */
/* Whether a query is more than a list (sources_list.c). */
bool search_needed(const struct store_query *);
enum store_status search_query(struct db *, struct store_query *,
    store_source_f *, store_facet_f *, void *arg);
/* The id of a field in this search; 0: no image has it; -1. */
int64_t search_field(struct search *, const char *term);
/* A statement that adds the numbers *id* of the rows behind it to a set. */
void search_select(struct query *, const char *id, struct ids *);
/* Runs one; 0 or -1. */
int search_collect(struct search *, const struct query *);

/*---- sources_match.c */
/* What the filters find, into *found*; 0 or -1. */
int search_find(struct search *);
/* The numbers as a JSON array; free with g_free(). */
char *ids_json(const struct ids *);

/*---- sources_order.c */
/* Gives the rows of a page. */
enum store_status search_rows(struct search *);

/*---- sources_place.c */
void place_print(const struct search *, const struct place *,
    char out[STORE_CURSOR]);
/* False when no list in this order has given *text*. */
bool place_parse(const struct search *, const char *text, struct place *);
/* The key as a value to be bound. */
void place_value(const struct place_key *, struct query_value *);
/* Reads column *col*. */
void place_key_read(sqlite3_stmt *, int col, struct place_key *);

/*---- sources_facets.c */
/* Gives the values of all facets that are asked for. */
enum store_status search_facets(struct search *);

#endif
