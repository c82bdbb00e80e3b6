/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expressions of stacks, such as "$w == 0 ? image.width : $w". A text is
 * parsed to steps, which a machine with a small stack runs: each step once, so
 * that an expression costs no more than its length. Pure: what a name stands
 * for is the caller's answer.
 */
#ifndef EXPR_H
#define EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPR_LEN	1000	/* bytes of an expression */
#define EXPR_DEPTH	64	/* of nesting, and of values at once */
#define EXPR_STEPS	500
#define EXPR_ROOM	8192	/* bytes of text that values may make */

enum expr_type { EXPR_NULL, EXPR_BOOL, EXPR_INT, EXPR_REAL, EXPR_TEXT };

struct expr_value {
	enum expr_type	type;
	union {
		int64_t	i;		/* of a BOOL, too */
		double	d;
		size_t	len;		/* of a TEXT */
	};
	const char	*p;		/* of a TEXT; ends with a NUL, too */
};

/* What is wrong with an expression, and where. */
struct expr_fault {
	unsigned	at;		/* bytes before it */
	char		why[120];
};

struct expr;

/* NULL and a fault. */
struct expr *expr_parse(const char *text, size_t len, struct expr_fault *);
void expr_free(struct expr *);

/*
 * The names that it has, each once, from 0: "$w", "image.width". NULL at the
 * end; *at* is where it stands first.
 */
const char *expr_name(const struct expr *, unsigned i, unsigned *at);

/* Where texts go that are made on the way; values point into it. */
struct expr_room {
	size_t		used;
	char		text[EXPR_ROOM];
};

/* The value of a name; false and a sentence. */
typedef bool expr_name_f(void *arg, const char *name, struct expr_value *,
    char *why, size_t len);

/* False and a fault. The value may point into expression and room. */
bool expr_eval(const struct expr *, expr_name_f *, void *arg,
    struct expr_room *, struct expr_value *, struct expr_fault *);

/*--------------------------------------------------------------------
 * Values, by the rules of PHP
 */

bool expr_truth(const struct expr_value *);
/* The number that it counts as; false for a text that is not a number. */
bool expr_number(const struct expr_value *, struct expr_value *);
/* Its text, in the room; NULL when that is full. */
const char *expr_text(const struct expr_value *, struct expr_room *);

/* A copy in the room, or NULL. */
const char *expr_keep(const char *, struct expr_room *);

struct expr_value expr_of_bool(bool);
struct expr_value expr_of_int(int64_t);
struct expr_value expr_of_real(double);
struct expr_value expr_of_text(const char *);

#endif
