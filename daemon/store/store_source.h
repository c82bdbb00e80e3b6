/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: source images, their lists and searches. */
#ifndef STORE_SOURCE_H
#define STORE_SOURCE_H

#include "store.h"

struct json_t;

/* Bytes of all user metadata of an image, as JSON. */
#define STORE_METADATA_MAX	(64 * 1024)

struct store_source {
	char		org[ORG_MAX + 1];
	struct hash	hash;
	struct hash	binary_hash;	/* SHA-1 of the bytes */
	struct hash	content;	/* name of the blob */
	char		short_hash[HASH_HEX + 1];	/* for display */
	char		name[256];
	char		format[8];
	char		mimetype[64];
	int64_t		size, width, height;
	int64_t		created_ms;
	int64_t		deleted_ms;	/* 0: not deleted */
	bool		locked, protected, opaque, animated;
	/* Of its pictures, read from static_metadata; -1: unknown */
	int		edition;
	/* JSON objects, "{}" when empty */
	char		*user_metadata, *dynamic_metadata, *static_metadata;
};
/* Frees what a call below allocated, and zeroes. */
void store_source_clear(struct store_source *);

struct store_source_put {
	struct store_job job;
#define STORE_SOURCE_PUT_MAGIC 0x1024ed5b
	struct store_blob *blob;	/* taken over */
	/*
	 * in: org, name, format, mimetype, width, height, flags, metadata
	 * (NULL: kept as it is for a known image); out: all of it
	 */
	struct store_source source;
	/*
	 * The URL that it came from, to be remembered, and how many of them
	 * are; the caller's. NULL: none.
	 */
	const char	*remote_url;
	int64_t		remote_most;
};
/* CREATED, or OK for an image known before (undeleted if it was deleted). */
void store_source_put(struct store *, struct store_source_put *);

/* What the URL led to, deleted or not; NOT_FOUND: it was never fetched. */
enum store_status store_remote_get(struct store *, const char *org,
    const char *url, struct hash *);
struct store_remote_forget {
	struct store_job job;
#define STORE_REMOTE_FORGET_MAGIC 0x35c0e8d1
	char		org[ORG_MAX + 1];
	const char	*url;		/* the caller's, kept until done() */
};
/* OK, NOT_FOUND. */
void store_remote_forget(struct store *, struct store_remote_forget *);

/* Deletes (revokes) or restores. */
struct store_source_delete {
	struct store_job job;
#define STORE_SOURCE_DELETE_MAGIC 0xf2db955e
	char		org[ORG_MAX + 1];
	struct hash_prefix hash;
	bool		restore;
	struct store_source source;		/* out, when restored */
};
void store_source_delete(struct store *, struct store_source_delete *);

/* Deletes all images of the same bytes, or none: LOCKED when one of them is. */
struct store_source_delete_binary {
	struct store_job job;
#define STORE_SOURCE_DELETE_BINARY_MAGIC 0xe33a78b7
	char		org[ORG_MAX + 1];
	struct hash	binary_hash;
};
void store_source_delete_binary(struct store *,
    struct store_source_delete_binary *);

/*
 * A deleted image is NOT_FOUND, unless *deleted* is true: then only a deleted
 * one is found.
 */
enum store_status store_source_get(struct store *, const char *org,
    const struct hash_prefix *, bool deleted, struct store_source *out);
/* Whether it was here, and was deleted or moved away since. */
bool store_source_is_gone(struct store *, const char *org,
    const struct hash *);
/* The number of its last purge, deletion or return, or 0. */
enum store_status store_source_epoch(struct store *, const char *org,
    const struct hash *, uint64_t *epoch);
/*
 * Opens the bytes of an image. Returns a descriptor, or -1 with errno: EIO if
 * what is there is not a file of the size that is recorded, EAGAIN if they have
 * to be fetched first.
 */
int store_source_open(struct store *, const struct store_source *);

struct store_fetch {
	struct store_job job;
#define STORE_FETCH_MAGIC 0x2f9b6c1d
	struct hash	content;
	int64_t		size;
	/* the store's own */
	struct store_fetch *next, *joined;
};
/*
 * Brings bytes to where store_source_open() finds them. OK; AWAY; NOT_FOUND: they
 * are lost; FULL; ERROR: they are not what they were.
 */
void store_source_fetch(struct store *, struct store_fetch *);

/* One change of an image that is not deleted. */
enum store_edit {
	EDIT_NAME,		/* value: a text */
	EDIT_LOCKED,		/* value: true or false */
	EDIT_USER_PUT,		/* value: an object, replaces all */
	EDIT_USER_PATCH,	/* value: an object, null removes a field */
	EDIT_USER_FIELD,	/* field, value */
	EDIT_USER_DELETE	/* field, or NULL for all */
};

struct store_source_edit {
	struct store_job job;
#define STORE_SOURCE_EDIT_MAGIC 0xa111339c
	char		org[ORG_MAX + 1];
	struct hash_prefix hash;
	enum store_edit	what;
	struct json_t	*value;		/* the caller's, kept until done() */
	const char	*field;		/* likewise */
	struct store_source source;	/* out, as it is now */
};
/*
 * OK, NOT_FOUND (the image, or the field to delete), LOCKED (user metadata and
 * name of a locked image).
 */
void store_source_edit(struct store *, struct store_source_edit *);

/*
 * The same bytes with other properties of those that make the hash: another
 * image, with the user metadata of this one unless it is known already.
 */
struct store_source_derive {
	struct store_job job;
#define STORE_SOURCE_DERIVE_MAGIC 0xc88002d3
	char		org[ORG_MAX + 1];
	struct hash_prefix hash;
	/* An object of dynamic metadata, the caller's; NULL: *protected* */
	const char	*name;
	struct json_t	*value;		/* likewise; NULL removes it */
	bool		protected;
	bool		delete_previous;	/* aliases show the other one */
	bool		move_aliases;		/* only that */
	/* In place, and purged: the hash says something else from now on. */
	bool		keep_hash;
	/* out */
	bool		changed;
	unsigned	aliases;	/* that were moved */
	struct store_source source;	/* the other image, or the same */
};
/* Aliases that one call moves: each is purged, and all other writes wait. */
#define STORE_FOLLOW	10000
/*
 * CREATED; OK when there is such an image already; NOT_FOUND, LOCKED,
 * PRECONDITION when more aliases would have to be moved.
 */
void store_source_derive(struct store *, struct store_source_derive *);

/*
 * Copies images to another organization, by reference to the same bytes, with
 * protection, dynamic metadata, user metadata and name; all, or nothing.
 */
struct store_source_copied {
	struct hash_prefix hash;	/* in */
	/* CREATED, OK for one that was replaced, EXISTS, NOT_FOUND */
	enum store_status status;
	struct hash	copy;		/* where it is now */
};

/* Why nothing was copied. */
enum store_copy_why {
	COPY_BY_STATUS,		/* of the job */
	COPY_PROTECTED,		/* one is, and may not be taken */
	COPY_ALIASED,		/* one to move has an alias */
	COPY_AMBIGUOUS,		/* several begin with the hash */
	COPY_RETURNS		/* it was taken away there too often */
};

struct store_source_copy {
	struct store_job job;
#define STORE_SOURCE_COPY_MAGIC 0xc0b1e5a7
	char		org[ORG_MAX + 1], to[ORG_MAX + 1];
	bool		overwrite;	/* name and user metadata */
	bool		guest;		/* may add images, and change none */
	bool		move;		/* and delete here */
	bool		protected;	/* may take protected ones */
	struct store_source_copied *items; /* the caller's, until done() */
	size_t		n;
	size_t		failed;		/* out: which, or n */
	enum store_copy_why why;	/* out */
};
/* OK; LOCKED (there, or here of a move), LIMIT, and as *why* says. */
void store_source_copy(struct store *, struct store_source_copy *);

/*
 * Lists and searches. X(NAME, name in the API, column, is it a number)
 */
#define STORE_FIELDS(X)							\
	X(HASH, "hash", hash, false)					\
	X(SHORT_HASH, "short_hash", short, false)			\
	X(BINARY_HASH, "binaryhash", binary, false)			\
	X(MIMETYPE, "mimetype", mimetype, false)			\
	X(FORMAT, "format", format, false)				\
	X(NAME, "name", name, false)					\
	X(SIZE, "size", size, true)					\
	X(WIDTH, "width", width, true)					\
	X(HEIGHT, "height", height, true)				\
	X(CREATED, "created", created_ms, true)				\
	X(DELETED, "deletedDate", deleted_ms, true)

enum store_field {
#define X(sym, name, column, number) FIELD_##sym,
	STORE_FIELDS(X)
#undef X
	FIELD_N
};

/* The field of that name in the API; FIELD_N if it is unknown. */
enum store_field store_field_find(const char *name);
bool store_field_is_number(enum store_field);

/*
 * Metadata has fields, too, named as a search names them: "user:int:price",
 * "dynamic:str:version:text". A text of words has each word as a value, and so
 * has the name of an image; a place has its two numbers in fields of their own.
 */
#define STORE_TERM	96		/* bytes of such a name, with the NUL */
#define STORE_TERM_NAME	"name_text"
#define STORE_TERM_LAT	"/lat"
#define STORE_TERM_LON	"/lon"
#define STORE_TERMS_MAX	1000		/* values of an image */
enum store_value { VALUE_TEXT, VALUE_INT, VALUE_REAL };
/*
 * The words of *text* by which it is found, up to a NULL; with *plain* those of
 * a text that is kept, without those of one that is looked for.
 */
char **store_words(const char *text, bool plain);
void store_words_free(char **);

struct store_filter {
	enum store_field field;		/* FIELD_N: that of *term* */
	char		term[STORE_TERM];
	enum store_value type;		/* of the term's values */
	bool		joined;		/* always both this and the one before */
	enum { FILTER_EQUAL, FILTER_PREFIX, FILTER_RANGE } op;
	/* texts: the value, the prefix, or the ends; "" is an open end */
	char		low[256], high[256];
	/* numbers (times in unix ms): equal to min, or from min to max */
	int64_t		min, max;	/* INT64_MIN, INT64_MAX: open */
	double		real_min, real_max;	/* -INFINITY, INFINITY: open */
	bool		low_open, high_open;	/* the end itself excluded */
};

#define STORE_FILTERS	16
#define STORE_SORTS	4
#define STORE_FACETS	8
#define STORE_FACET_VALUES 1000		/* of a facet, the most frequent */
/*
 * "ID", or where the order may change "ID.TIME.NAME", all in hex. By metadata, "s",
 * ID, and a letter with the value of each field that the order goes by.
 */
#define STORE_CURSOR	(20 + STORE_SORTS * (2 + 2 * 256))

struct store_query {
	char		org[ORG_MAX + 1];
	bool		deleted;	/* only deleted ones, or none of them */
	struct store_filter filter[STORE_FILTERS];
	unsigned	nfilters;
	bool		any;		/* of the filters, instead of all */
	struct store_sort {
		enum store_field field;	/* FIELD_N: that of *term* */
		char		term[STORE_TERM];
		/* without a prefix: NO_FIELD unless some image has it */
		bool		guessed;
		bool		descending;
	}		sort[STORE_SORTS]; /* none: newest first */
	unsigned	nsorts;
	char		facet[STORE_FACETS][STORE_TERM];
	unsigned	nfacets;
	unsigned	limit, offset;	/* limit 0: only the total */
	/* "": from the start; before offset */
	char		cursor[STORE_CURSOR];
	/* out */
	int64_t		total;		/* without cursor, limit and offset */
	char		next[STORE_CURSOR];	/* of the next page, "": none */
	char		last[STORE_CURSOR];	/* behind what was given */
	unsigned	no_field;	/* with NO_FIELD: which of sort[] */
};
/*
 * One more, for the caller to say what it wants of *field*; its numbers are open
 * on both ends. NULL: there are STORE_FILTERS.
 */
struct store_filter *store_filter_add(struct store_query *,
    enum store_field field);
typedef int store_source_f(void *arg, const struct store_source *);
/* How many images have this value of facet *facet*; most first. */
typedef int store_facet_f(void *arg, unsigned facet, const char *value,
    int64_t n);
/*
 * OK, NOT_FOUND for a cursor that no list has given, NO_FIELD for a guess to
 * sort by that was wrong.
 */
enum store_status store_source_query(struct store *, struct store_query *,
    store_source_f *, store_facet_f *, void *arg);

#endif
