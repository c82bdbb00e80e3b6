/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Terms: what a source image is found by besides its columns, a field with a
 * value. Fields are named as a search names them: "user:int:price",
 * "dynamic:str:version:text", "name_text".
 */
#ifndef STORE_TERMS_H
#define STORE_TERMS_H

#include <glib.h>
#include <sqlite3.h>

#include "store_source.h"

struct db;
struct ids;
struct store_tx;

/* Bytes of a text that are indexed; a longer one is cut, and ends with "…". */
#define TERM_TEXT_MAX	250

/* An image has so many at most; STORE_TERMS_MAX of store_source.h. */

struct term {
	char		field[STORE_TERM];
	enum store_value type;
	bool		facet;		/* its values are counted */
	int64_t		i;
	double		r;
	char		*text;
};

/* The terms of a row, as it is or as it was. */
struct term_image {
	int64_t		id, org;
	bool		deleted, gone;	/* gone: there is no row */
	char		*name, *user, *dynamic;
};

/* struct term; frees its texts with it. */
GArray *terms_new(void);
/* All that an image is found by, in order, each once. */
GArray *terms_of(const struct term_image *);
/* What it is sorted by: all but words, which take the most time. */
GArray *terms_to_sort(const struct term_image *);
int term_compare(const void *, const void *);
/* Whether values of this field are listed by how often they occur. */
bool term_is_facet(const char *field);

/*---- terms_keep.c */
/*
 * Before a commit: brings the terms of the images that triggers have noted up to
 * date; 0 or -1.
 */
int terms_keep(struct db *);
/* At the start: makes all of an older database, and what an edit left; 0 or -1. */
int terms_open(struct db *);
/* Forgets fields that no image has any more; 0 or -1. */
int terms_sweep(struct db *);

/* Columns: id, org, deleted, name, user_meta, dynamic_meta; org may be NULL. */
void term_image_take(sqlite3_stmt *, struct term_image *);
void term_image_free(struct term_image *);

/*---- terms_build.c */
/* All terms of all images, where there are none; 0 or -1. */
int terms_build(struct db *);

/*---- terms_column.c */
/* Value number *no* of *field* comes to an image, or goes; 0 or -1. */
int column_change(struct db *, int64_t field, int64_t source, int64_t no,
    bool add);
/* All rows of a field that has none, of its terms; 0 or -1. */
int column_make(struct db *, int64_t field);
/*
 * Counts for each value number of *field* the images of *set* that have it,
 * in counts[0] to counts[n - 1]; 0 or -1.
 */
int column_count(struct db *, int64_t field, const struct ids *set,
    uint32_t *counts, size_t n);

/*
 * Adds the images that have a value of *field* whose number is true in wanted[0]
 * to wanted[n - 1]; 0 or -1.
 */
int column_images(struct db *, int64_t field, const uint8_t *wanted, size_t n,
    struct ids *);
/* Whether its rows are those of its terms: 1 or 0, or -1. */
int column_check(struct db *, int64_t field);

/*---- fsck_terms.c */
/* Tells what is wrong; how much, or -1 when it cannot be read. */
int terms_check(struct db *, store_problem_f *, void *arg);

/*---- terms_sql.c */
/*
 * SQL functions of a connection: term_sort(user_meta, dynamic_meta, field),
 * ids_has(id, set), and the aggregate ids_add(id, set).
 */
int terms_functions(struct db *);

#endif
