/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expressions of a stack: of options of its operations, of its variables, and
 * those with overrides.
 */
#ifndef EXPRS_H
#define EXPRS_H

#include "expr/expr.h"
#include "recipe/recipe_priv.h"

#define EXPRS_MAX	100	/* of a stack */

/* The only name of the request: "on", or null. */
#define SAVE_DATA	"request.headers.save_data"

/*--------------------------------------------------------------------
 * exprs_check.c: as the API takes them
 */

/* Whether *text* may be an expression; a sentence that begins with *what*. */
bool exprs_good(const char *text, const char *what, char *err, size_t len);
/*
 * What a variable is: 1 an expression, 0 text, -1 neither, with a sentence. It
 * is an expression if it parses and mentions a name.
 */
int exprs_variable(const char *text, const char *what, char *err, size_t len);
/* No variable needs itself, and they are not too many. */
bool exprs_variables_good(const json_t *vars, char *err, size_t len);
/* The list with overrides, which keeps its form, but for literal options. */
bool exprs_list_good(const json_t *list, char *err, size_t len);

/*--------------------------------------------------------------------
 * exprs.c: in the making of a recipe
 */

/* Whether a stack in its normal form has any. */
bool exprs_there(const json_t *stack);

struct exprs;

/* Sets the stack's variables that are no expressions. */
struct exprs *exprs_new(struct maker *, const json_t *stack,
    const struct url *);
void exprs_free(struct exprs *);
/* The options are complete: applies what overrides them. 0, or -1. */
int exprs_override(struct maker *);
/* The text for an option by its expression. 1, 0 for null, -1 and a sentence. */
int exprs_value(struct maker *, const struct optspec *, const char *owner,
    const char *text, const char **out);
/* An option by its expression: as recipe_set(). */
int exprs_set(struct maker *, const struct optspec *, const char *owner,
    const char *text, double *out);
/*
 * The text for an option of "$name", if that variable is an expression. 1, 0 if
 * it is none, -1 and a sentence. *text NULL: not given.
 */
int exprs_resolve(struct maker *, const struct optspec *, const char *name,
    const char **text);

/*--------------------------------------------------------------------
 * exprs_name.c: what names stand for
 */

/*
 * Where the image's subject is. Looked up once for all names of a recipe: the
 * metadata may be long, and a URL can have many names.
 */
struct exprs_subject {
	bool		looked, there;
	struct area	area;
};

/* Whether there is such a name; a sentence. Any variable may be there. */
bool exprs_name_good(const char *name, char *why, size_t len);
/* Values of the image, the request and the options; null if there is none. */
struct expr_value exprs_image(const struct recipe_image *,
    struct exprs_subject *, const char *name);
struct expr_value exprs_option(const struct maker *, struct url_span format,
    const char *name, struct expr_room *);

/* A value as JSON, which keeps its type, and back. */
json_t *exprs_to_json(const struct expr_value *);
struct expr_value exprs_of_json(const json_t *);

/*--------------------------------------------------------------------
 * exprs_ask.c: for the canonical spelling of a URL, which is that of all images
 * and requests
 */

/* Whether an expression of the stack may depend on the image or the request. */
bool exprs_need_image(const json_t *stack);
bool exprs_ask_request(const json_t *stack);
/* Marks all variables that its expressions mention as used. */
void exprs_use_all(const json_t *stack, struct vars *);

#endif
