/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations and options as data, made from tbl_ops.h and tbl_stackopts.h. */
#ifndef OPTABLE_H
#define OPTABLE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

enum opt_type { OPT_INT, OPT_NUM, OPT_BOOL, OPT_ENUM, OPT_COLOR, OPT_STR };

#define OPT_PX	1u		/* a length: multiplied by dpr */

struct optspec {
	const char	*name;
	enum opt_type	type;
	double		min, max;
	const char	*def;
	const char	*values;
	unsigned	flags;
	const char	*doc;
};

/* OPS_resize ... in the order of the table */
enum op_id {
#define OP(name, kind, required, one_of, doc)	OPS_##name,
#define OPT(...)
#define OP_END(name)
#include "tbl_ops.h"
	OPS_MAX
};

/* OPT_resize_width ... count from 1 within each operation; 0 is "enabled" */
#define OP(op, kind, required, one_of, doc)	enum { OPT_##op##__enabled,
#define OPT(op, name, type, min, max, def, values, flags, doc)	\
	OPT_##op##_##name,
#define OP_END(op)	OPT_##op##_MAX };
#include "tbl_ops.h"

#define OP_OPTS		14	/* the most that an operation has */

enum stackopt_id {
#define STACKOPT(id, name, type, min, max, def, values, doc)	SO_##id,
#include "tbl_stackopts.h"
	SO_MAX
};

struct opspec {
	const char	*name;
	const char	*required, *one_of;
	const char	*doc;
	const struct optspec *opts;
	unsigned	n_opts;
};

extern const struct opspec opspecs[OPS_MAX];
extern const struct optspec stackopts[SO_MAX];

/* Index of *name*, or -1. */
int op_find(const char *name);
int op_opt_find(const struct opspec *, const char *name);
int stackopt_find(const char *name);	/* knows the short name "af" */

/*
 * A stack option that is asked for before a recipe is made, or that opens what
 * a stack's owner did not: neither a URL nor a variable may set it.
 */
bool stackopt_is_fixed(const struct optspec *);

/*
 * The number that *text* stands for: a bool 0 or 1, an ENUM's index, a colour
 * 0xRRGGBB, for a STR 0 (the caller keeps the text). Returns 0, or -1 and a
 * sentence that begins with *what*.
 */
int opt_parse(const struct optspec *, const char *text, const char *what,
    double *out, char *err, size_t err_len);

/*
 * To nine digits, which is all that a digest shows of a number: what looks
 * alike there must not render differently. NaN stays.
 */
double opt_round(double);
/* Writes it as "%.9g" does, which takes ten times as long for a whole number. */
const char *opt_number(double, char buf[32]);

/* The name of value *i* of an ENUM is *name*. */
bool opt_value_is(const struct optspec *, double i, const char *name);

/* A checked text as the JSON value that its type prints as; new reference. */
json_t *opt_json(const struct optspec *, const char *text);

/* The text of a JSON scalar, or NULL; *buf* holds numbers. */
const char *opt_json_text(const json_t *, char buf[32]);

#endif
