/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of a recipe. It has no pointers, so that it crosses to a worker,
 * which is the same program, as it is.
 */
#ifndef RECIPE_H
#define RECIPE_H

#include <stdint.h>

#include "render/optable.h"
#include "render/render.h"

enum format {
#define FORMAT(id, ext, mime, holds)	FORMAT_##id,
#include "tbl_formats.h"
	FORMAT__MAX
};

#define FORMAT_ALPHA	1u
#define FORMAT_MOVES	2u	/* more than one frame */
#define FORMAT_SAVES	4u	/* can be written */

struct formatspec {
	const char	*ext, *mime;
	unsigned	holds;
};
extern const struct formatspec formats[FORMAT__MAX];

/* By extension; knows jpeg, heic and tif too. Returns FORMAT__MAX if none. */
enum format format_find(const char *ext);

/* One operation; values by OPT_<operation>_<option>, NAN: not given. */
struct rop {
	enum op_id	id;
	double		v[OP_OPTS];	/* STR: where in recipe.text */
};

struct recipe {
	unsigned	magic;
#define RECIPE_MAGIC	0x52454331
	unsigned	n_ops;
	struct rop	ops[RECIPE_OPS];
	double		so[SO__MAX];
	bool		so_given[SO__MAX];	/* not only the default */
	enum format	format;		/* that the URL names */
	uint32_t	accept;		/* formats of Accept, 1 << format */
	unsigned	text_len;
	char		text[RECIPE_TEXT];
};

/* recipe_ask.c: whether the picture may come out as *f*. */
bool recipe_may_give(const struct recipe *, enum format f);

/* Where *text* went in the recipe, or -1 when it is full. */
int recipe_text_add(struct recipe *, const char *text);

/* All that a worker sees of both is the same. */
bool recipe_same(const struct recipe *, const struct recipe *);

static inline const char *
recipe_text(const struct recipe *r, double at)
{
	return (isnan(at) ? NULL : r->text + (unsigned)at);
}

/* Whether *list* ("a,b", or NULL) has *word*. */
bool recipe_listed(const char *list, const char *word);

/* A sigma below this is narrower than a pixel: nothing to see. */
#define BLUR_SEEN	0.2

#define OPTV(o, op, name)	((o)->v[OPT_##op##_##name])
#define OPTGIVEN(o, op, name)	(!isnan(OPTV(o, op, name)))
#define OPTIS(o, op, name, word)				\
	opt_value_is(&opspecs[OPS_##op].opts[OPT_##op##_##name],	\
	    OPTV(o, op, name), word)
#define SOIS(r, id, word)					\
	opt_value_is(&stackopts[SO_##id], (r)->so[SO_##id], word)

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
/* "v={...}" of a URL's query. 0, or -1 and a sentence. */
int vars_set_query(struct vars *, const char *query, char *err,
    size_t err_len);
/*
 * What *text* stands for: itself, unless it begins with "$". NULL and a
 * sentence for an unknown variable.
 */
const char *vars_resolve(struct vars *, const char *text, char *err,
    size_t err_len);

/*
 * Takes the next part from **segments*; *segment* counts the segments that
 * had a part. 1, 0 at the end, or -1 and a sentence.
 */
int part_next(const char **segments, unsigned *segment, struct part *,
    char *err, size_t err_len);

#endif
