/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recipes: what a stack and a URL ask for, resolved to numbers. Pure: nothing
 * in this folder opens a file, and none of it sees a byte of an image.
 */
#ifndef RECIPE_H
#define RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

struct url;
struct url_span;

/*--------------------------------------------------------------------
 * Operations and options: one table each, which checks stacks and URLs, runs
 * in the worker, and is printed by /operations and /stackoptions.
 */

/* The answer of GET /operations and of GET /stackoptions; a new reference. */
json_t *operations_json(void);
json_t *stackoptions_json(void);

/*
 * Checks the definition of a stack as the API takes it (operations, options,
 * variables ...) and gives its normal form, a new reference that prints as the
 * stack object's stack_operations, stack_options ... NULL and a sentence that
 * names the field in *err*.
 */
json_t *stack_normalize(const json_t *body, char *err, size_t err_len);

/*--------------------------------------------------------------------
 * Recipes: a pure function of stack and URL, and of one setting.
 */

/* What avif.effort is where it is not given; before the first recipe. */
void recipe_set_avif_effort(unsigned);

struct recipe;

/* What expressions may ask of the source image, and of the request. */
struct recipe_image {
	const char	*hash, *format;
	int64_t		width, height;
	bool		animated;
	const char	*dynamic_metadata;	/* JSON, or NULL */
	bool		save_data;		/* "Save-Data: on" */
};

/* Whether pictures of the stack, in its normal form, depend on Save-Data. */
bool recipe_varies_by_save_data(const json_t *stack);

/*
 * Whether the URL has expressions: "[...]" as values of operations. What is made
 * of one by recipe_new_for() and the like is of no use before they are replaced.
 */
bool recipe_is_computed(const struct url *);
/*
 * The segments with the value of each expression in its place, as a string to
 * be freed. NULL and a sentence.
 */
char *recipe_compute(const struct recipe_image *, const json_t *stack,
    const struct url *, char *err, size_t err_len);

/*
 * *stack* is the normal form of the named stack, NULL for "dynamic"; of the URL
 * count the segments, the format and the query. *accept* is the normalised
 * Accept header or NULL.
 * NULL and a sentence in *err*; *status* is then 400 or 404.
 */
struct recipe *recipe_new(const json_t *stack, const struct url *,
    const char *accept, int *status, char *err, size_t err_len);
/* The same for an image, which expressions may depend on. */
struct recipe *recipe_new_for(const struct recipe_image *,
    const json_t *stack, const struct url *, const char *accept, int *status,
    char *err, size_t err_len);
void recipe_free(struct recipe *);

/*
 * 32 hex digits that differ whenever the picture may differ for one source;
 * stable over versions of the daemon that render alike. For ETag and joining.
 */
void recipe_digest(const struct recipe *, char out[33]);

/*
 * The edition of the picture that it makes of a source of that size: how an
 * earlier release cut it goes by another ETag. 0, RECIPE_EDITION, or -1 when
 * the render alone can tell.
 */
int recipe_edition(const struct recipe *, int64_t width, int64_t height);
#define RECIPE_EDITION	2

/*
 * The segments, from "/" or "", of the one URL that all spellings of a picture
 * lead to: no variables and options that nothing uses, numbers in one form. It
 * needs no query. *format* is the format in that URL's form. A string to be
 * freed; NULL: the URL is a spelling of its own.
 */
char *recipe_spell(const json_t *stack, const struct url *,
    struct url_span *format);

/* Whole numbers of pixels, dpr multiplied in; an empty list: any. */
struct recipe_sizes {
	const json_t	*widths, *heights;
};
/*
 * Whether all widths and heights of a URL are those of its stack, or listed;
 * if not, a sentence that names the option.
 */
bool recipe_sizes_allowed(const struct recipe_image *, const json_t *stack,
    const struct url *, const struct recipe_sizes *, char *why, size_t len);

/* The source's own bytes are wanted: there is nothing to render. */
bool recipe_source_file(const struct recipe *);
/* "Content-Disposition: attachment" */
bool recipe_attachment(const struct recipe *);
/* The picture depends on Accept. */
bool recipe_varies(const struct recipe *);
/*
 * The second picture that it needs. False: none. *image*: a hash, perhaps a
 * short one, or an alias as "_name_"; NULL: the source. *stack*, by which that
 * is rendered, with variables as in a query, or NULL.
 */
struct recipe_second {
	const char	*image, *stack, *variables;
	bool		font;		/* *image* is one, of a text */
};
bool recipe_second(const struct recipe *, struct recipe_second *);
/* These variables as segments of a URL; to be freed. */
char *recipe_second_segments(const char *variables);
/*
 * Puts the whole hash, and the digest of the stack's recipe (or NULL), in their
 * place, before recipe_digest(): what they were said by may mean another picture
 * elsewhere, or tomorrow. False when the recipe is full.
 */
bool recipe_resolve_second(struct recipe *, const char *hash,
    const char *digest);
/* What it makes goes into another picture: quickly and without loss. */
void recipe_as_layer(struct recipe *);

#endif
