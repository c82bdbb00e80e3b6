/* SPDX-License-Identifier: BSD-2-Clause */
/* How a recipe is made: recipe.c and recipe_check.c. */
#ifndef RECIPE_PRIV_H
#define RECIPE_PRIV_H

#include <jansson.h>

#include "recipe/recipe.h"
#include "recipe/recipe_data.h"
#include "url.h"

/* What recipe_new() works with. */
struct maker {
	struct recipe	*r;
	struct vars	*vars;
	bool		dynamic;
	unsigned	defining;	/* segment that defines, or 0 */
	bool		lenient;	/* a variable that is not set: no value */
	bool		plain;		/* expressions give no value */
	const struct recipe_image *image;
	bool		any_image;	/* may have any area */
	struct exprs	*exprs;		/* NULL: the stack has none */
	char		*err;
	size_t		err_len;
};

/* Writes the sentence: always -1. */
int recipe_fail(struct maker *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Sets one value by its text, which may be a variable's name; *owner* is the
 * operation or "options". 1, 0 for "not given", -1 and a sentence.
 */
int recipe_set(struct maker *, const struct optspec *, const char *owner,
    const char *text, double *out);

/* Sets options of the stack, an object. 0, or -1 and a sentence. */
int recipe_take_options(struct maker *, const json_t *options);

/*
 * Fills in the defaults, checks what the operations need, applies dpr, and
 * takes the URL's format. 0, or -1 and a sentence.
 */
int recipe_complete(struct maker *, struct url_span format);

/*
 * What stack and URL say, before defaults and dpr: recipe_new() without
 * recipe_complete(), into m->r and m->vars. 0, or -1 and a sentence.
 */
int recipe_say(struct maker *, const json_t *stack, const struct url *);
void recipe_clear(struct recipe *);
/*
 * What recipe_say() begins with where there are expressions: variables, and all
 * options of the stack. m->exprs is the caller's to free. 0, or -1 and a
 * sentence.
 */
int recipe_say_options(struct maker *, const json_t *stack,
    const struct url *);

/*
 * recipe_second.c. A worker gets one secondary image, which several operations
 * may use. 0, or -1 and a sentence.
 */
int recipe_check_second(struct maker *);
/*
 * secondary_stack_variables that are an object, whose values may be variables
 * (*computed*: are expressions), as the text "name=value&name=value".
 */
#define VARIABLES_MAX	500
int recipe_second_variables(struct maker *, const json_t *object,
    bool computed, char *out, size_t size);

/*
 * recipe_reduce.c. recipe_normal() gives each value that recipe_say() leaves one
 * spelling. recipe_reduce() sets what changes no pixel of a complete recipe to
 * its default, so that equal pictures have equal digests (which are not those
 * of their ETags).
 */
void recipe_normal(struct recipe *);
void recipe_reduce(struct recipe *);
/* The same, but repeated operations stay. */
void recipe_reduce_values(struct recipe *);
/* The formats that may come out, for any Accept: 1 << format. */
uint32_t recipe_formats(const struct recipe *);
/* Whether it leaves each picture as it is. */
bool recipe_op_is_idle(const struct rop *);
/* Whether x of recipe a and y of recipe b are one value, or both not given. */
bool recipe_same_value(const struct recipe *a, double x,
    const struct recipe *b, double y, const struct optspec *);

/* What an Accept header (or NULL) asks for, as a set: 1 << format. */
uint32_t recipe_accept(const char *accept);

/* recipe_url.c: the parts of a URL, each a row of key and value. */

#define PART_PAIRS	32

struct part {
	char		name[32];
	unsigned	n;
	const char	*key[PART_PAIRS], *value[PART_PAIRS];
	char		buf[1024];	/* that they point into */
};

struct vars;		/* variables, and what $name stands for */

struct vars *vars_new(void);
void vars_free(struct vars *);
/* Sets; the last one wins. */
void vars_set(struct vars *, const char *name, const char *text);
/* JSON object: values that are scalars; others are left out. */
void vars_set_json(struct vars *, const json_t *object);
/* What is set, and the names that vars_resolve() was asked for. */
const json_t *vars_all(const struct vars *);
const json_t *vars_used(const struct vars *);
void vars_use(struct vars *, const char *name);
/* "v={...}" of a URL's query. 0, or -1 and a sentence. */
int vars_set_query(struct vars *, const struct url *, char *err,
    size_t err_len);
/*
 * What *text* stands for: itself, unless it begins with "$". NULL and a
 * sentence for an unknown variable.
 */
const char *vars_resolve(struct vars *, const char *text, char *err,
    size_t err_len);

/* What is left of the segments. */
struct parts {
	struct url_span	left;
	unsigned	segment;	/* how many of them had a part */
	bool		brackets;	/* they may have expressions */
};

struct parts parts_of(struct url_span segments);
/* Takes the next part. 1, 0 at the end, or -1 and a sentence. */
int part_next(struct parts *, struct part *, char *err, size_t err_len);
bool part_is_options(const struct part *);
bool part_is_variables(const struct part *);

#endif
