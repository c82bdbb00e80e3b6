/* SPDX-License-Identifier: BSD-2-Clause */
/* Recipes: stack and URL, resolved to numbers. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/recipe.h"

const struct formatspec formats[FORMAT__MAX] = {
#define A	FORMAT_ALPHA
#define M	FORMAT_MOVES
#define S	FORMAT_SAVES
#define FORMAT(id, ext, mime, holds)	{ ext, mime, holds },
#include "tbl_formats.h"
#undef A
#undef M
#undef S
};

enum format
format_find(const char *ext)
{
	static const struct {
		const char *ext;
		enum format f;
	} more[] = {
		{ "jpeg", FORMAT_JPG }, { "heic", FORMAT_HEIF },
		{ "tif", FORMAT_TIFF },
	};

	for (int i = 0; i < FORMAT__MAX; i++)
		if (strcmp(formats[i].ext, ext) == 0)
			return ((enum format)i);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		if (strcmp(more[i].ext, ext) == 0)
			return (more[i].f);
	return (FORMAT__MAX);
}

/* What recipe_new() works with. */
struct maker {
	struct recipe	*r;
	struct vars	*vars;
	bool		dynamic;
	unsigned	defining;	/* segment that defines, or 0 */
	char		*err;
	size_t		err_len;
};

static int fail(struct maker *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(struct maker *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	/* va_start() is not seen through. */
	vsnprintf(m->err, m->err_len, fmt, ap);	/* NOLINT(*valist*) */
	va_end(ap);
	return (-1);
}

int
recipe_text_add(struct recipe *r, const char *text)
{
	size_t n = strlen(text) + 1;
	unsigned at = r->text_len;

	if (n > sizeof(r->text) - at)
		return (-1);
	memcpy(r->text + at, text, n);
	r->text_len += (unsigned)n;
	return ((int)at);
}

/* Sets one value by its text, which may be a variable's name. */
static int
set_value(struct maker *m, const struct optspec *spec, const char *owner,
    const char *text, double *out)
{
	char what[80];
	double d;
	int at;

	if (strcmp(text, "__undefined__") == 0)
		return (0);
	text = vars_resolve(m->vars, text, m->err, m->err_len);
	if (text == NULL)
		return (-1);
	snprintf(what, sizeof(what), "%s.%s", owner, spec->name);
	if (opt_parse(spec, text, what, &d, m->err, m->err_len) != 0)
		return (-1);
	if (spec->type == OPT_STR) {
		if ((at = recipe_text_add(m->r, text)) < 0)
			return (fail(m, "%s: too much text", what));
		d = at;
	}
	*out = d;
	return (1);
}

static int
set_op_option(struct maker *m, struct rop *op, const char *key,
    const char *text)
{
	const struct opspec *spec = &opspecs[op->id];
	int i = op_opt_find(spec, key);

	if (i < 0)
		return (fail(m, "%s.%.60s: there is no such option",
		    spec->name, key));
	return (set_value(m, &spec->opts[i], spec->name, text, &op->v[i]));
}

static int
set_stackopt(struct maker *m, const char *key, const char *text)
{
	int i = stackopt_find(key), rc;

	if (i < 0)
		return (fail(m, "options.%.60s: there is no such option",
		    key));
	rc = set_value(m, &stackopts[i], "options", text, &m->r->so[i]);
	if (rc == 1)
		m->r->so_given[i] = true;
	return (rc);
}

/*--------------------------------------------------------------------
 * From a stack
 */

static struct rop *
add_op(struct maker *m, const char *name)
{
	struct recipe *r = m->r;
	int id = op_find(name);
	struct rop *op;

	if (id < 0) {
		fail(m, "there is no operation \"%.40s\"", name);
		return (NULL);
	}
	if (r->n_ops == RECIPE_OPS) {
		fail(m, "more than %d operations", RECIPE_OPS);
		return (NULL);
	}
	op = &r->ops[r->n_ops++];
	op->id = (enum op_id)id;
	for (int i = 0; i < OP_OPTS; i++)
		op->v[i] = NAN;
	return (op);
}

/* The options of *o*; *op* NULL: of the stack. */
static int
take_options(struct maker *m, struct rop *op, const json_t *o)
{
	const char *key, *text;
	json_t *v;
	char buf[32];

	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		if ((text = opt_json_text(v, buf)) == NULL)
			continue;	/* null: not given */
		if ((op == NULL ? set_stackopt(m, key, text) :
		    set_op_option(m, op, key, text)) < 0)
			return (-1);
	}
	return (0);
}

static int
take_stack(struct maker *m, const json_t *stack)
{
	const json_t *ops = json_object_get(stack, "stack_operations");
	json_t *o;
	size_t i;

	if (take_options(m, NULL, json_object_get(stack, "stack_options")))
		return (-1);
	json_array_foreach(ops, i, o) {
		const char *name =
		    json_string_value(json_object_get(o, "name"));
		struct rop *op = add_op(m, name == NULL ? "" : name);

		if (op == NULL || take_options(m, op,
		    json_object_get(o, "options")) != 0)
			return (-1);
	}
	return (0);
}

/*--------------------------------------------------------------------
 * From the URL
 */

static bool
is_options(const struct part *pt)
{
	return (strcmp(pt->name, "o") == 0 ||
	    strcmp(pt->name, "options") == 0);
}

static bool
is_variables(const struct part *pt)
{
	return (strcmp(pt->name, "v") == 0 ||
	    strcmp(pt->name, "variables") == 0);
}

/* Variables first, since an earlier part may use a later one's. */
static int
url_variables(struct maker *m, const char *segments)
{
	unsigned segment = 0;
	struct part pt;
	int rc;

	while ((rc = part_next(&segments, &segment, &pt, m->err,
	    m->err_len)) == 1)
		for (unsigned i = 0; is_variables(&pt) && i < pt.n; i++)
			vars_set(m->vars, pt.key[i], pt.value[i]);
	return (rc);
}

static int
op_pairs(struct maker *m, struct rop *op, const struct part *pt)
{
	for (unsigned i = 0; i < pt->n; i++)
		if (set_op_option(m, op, pt->key[i], pt->value[i]) < 0)
			return (-1);
	return (0);
}

/* The first segment of "dynamic" that has an operation defines the stack. */
static int
op_part(struct maker *m, unsigned segment, const struct part *pt)
{
	struct rop *op;

	if (m->dynamic && m->defining == 0)
		m->defining = segment + 1;
	if (m->dynamic && m->defining == segment + 1) {
		op = add_op(m, pt->name);
		return (op == NULL ? -1 : op_pairs(m, op, pt));
	}
	for (unsigned i = 0; i < m->r->n_ops; i++) {
		op = &m->r->ops[i];
		if (strcmp(opspecs[op->id].name, pt->name) == 0 &&
		    op_pairs(m, op, pt) != 0)
			return (-1);
	}
	return (0);
}

static int
take_url(struct maker *m, const char *segments)
{
	unsigned segment = 0;
	struct part pt;
	int rc;

	while ((rc = part_next(&segments, &segment, &pt, m->err,
	    m->err_len)) == 1) {
		if (is_variables(&pt))
			continue;
		if (!is_options(&pt)) {
			if (op_part(m, segment, &pt) != 0)
				return (-1);
			continue;
		}
		for (unsigned i = 0; i < pt.n; i++)
			if (set_stackopt(m, pt.key[i], pt.value[i]) < 0)
				return (-1);
	}
	return (rc);
}

/*--------------------------------------------------------------------
 * What follows from all of it
 */

static int
set_defaults(struct maker *m)
{
	struct recipe *r = m->r;

	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct opspec *spec = &opspecs[r->ops[i].id];

		for (unsigned j = 0; j < spec->n_opts; j++)
			if (isnan(r->ops[i].v[j]) &&
			    spec->opts[j].def != NULL &&
			    set_value(m, &spec->opts[j], spec->name,
			    spec->opts[j].def, &r->ops[i].v[j]) < 0)
				return (-1);
	}
	for (int i = 0; i < SO__MAX; i++)
		if (isnan(r->so[i]) && stackopts[i].def != NULL &&
		    set_value(m, &stackopts[i], "options", stackopts[i].def,
		    &r->so[i]) < 0)
			return (-1);
	return (0);
}

/* Whether one of the options *words* ("a|b") of *op* is given, or all. */
static bool
op_has(const struct rop *op, const char *words, bool all)
{
	const struct opspec *spec = &opspecs[op->id];
	char name[32];
	bool has = all;

	while (words != NULL && *words != '\0') {
		size_t n = strcspn(words, "|");

		snprintf(name, sizeof(name), "%.*s", (int)n, words);
		has = !isnan(op->v[op_opt_find(spec, name)]);
		if (has != all)
			return (has);
		words += n + (words[n] == '|');
	}
	return (has);
}

static bool
op_enabled(const struct rop *op)
{
	return (op->v[0] != 0);
}

/* Takes out what is switched off and checks what each operation needs. */
static int
check_ops(struct maker *m)
{
	struct recipe *r = m->r;
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct rop *op = &r->ops[i];
		const struct opspec *spec = &opspecs[op->id];

		if (!op_enabled(op) || op->id == OPS_noop)
			continue;
		if (!op_has(op, spec->required, true))
			return (fail(m, "%s: %s is missing", spec->name,
			    spec->required));
		if (spec->one_of != NULL && !op_has(op, spec->one_of, false))
			return (fail(m, "%s: one of %s is needed", spec->name,
			    spec->one_of));
		r->ops[n++] = *op;
	}
	r->n_ops = n;
	return (0);
}

/* A worker gets one secondary image; several operations may use it. */
static int
check_secondary(struct maker *m)
{
	const struct recipe *r = m->r;
	const char *first = recipe_secondary(r);

	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct rop *op = &r->ops[i];

		if (op->id == OPS_composition &&
		    OPTGIVEN(op, composition, secondary_image) &&
		    strcmp(recipe_text(r, OPTV(op, composition,
		    secondary_image)), first) != 0)
			return (fail(m, "composition.secondary_image: all "
			    "compositions of a recipe have to name the same"));
	}
	return (0);
}

/* The ratio multiplies lengths and lowers the qualities nobody asked for. */
static int
apply_dpr(struct maker *m)
{
	struct recipe *r = m->r;
	double dpr = r->so[SO_dpr];
	bool resizes = false;

	for (unsigned i = 0; i < r->n_ops; i++)
		resizes |= r->ops[i].id == OPS_resize;
	if (r->so_given[SO_dpr] && dpr != 1 && !resizes)
		return (fail(m, "options.dpr: needs a resize operation"));
	if (dpr > 1.5 && !r->so_given[SO_jpg_quality])
		r->so[SO_jpg_quality] -= 10;
	if (dpr > 1.5 && !r->so_given[SO_webp_quality])
		r->so[SO_webp_quality] -= 10;
	for (unsigned i = 0; dpr != 1 && i < r->n_ops; i++) {
		const struct opspec *spec = &opspecs[r->ops[i].id];

		for (unsigned j = 0; j < spec->n_opts; j++)
			if (spec->opts[j].flags & OPT_PX)
				r->ops[i].v[j] *= dpr;
	}
	return (0);
}

/* "image/avif,image/webp" as a set of formats. */
static uint32_t
accept_set(const char *accept)
{
	uint32_t set = 0;

	for (int i = 0; accept != NULL && i < FORMAT__MAX; i++) {
		const char *at = strstr(accept, formats[i].mime);

		if (at != NULL && strchr(",; ", at[strlen(formats[i].mime)]))
			set |= UINT32_C(1) << i;
	}
	return (set);
}

static int
take_format(struct maker *m, const char *format)
{
	m->r->format = format_find(format);
	if (m->r->format == FORMAT__MAX)
		return (fail(m, "format: \"%.16s\" is not known", format));
	if (!(formats[m->r->format].holds & FORMAT_SAVES) &&
	    m->r->so[SO_source_file] != 1)
		return (fail(m, "format: \"%.16s\" cannot be made", format));
	return (0);
}

static int
make(struct maker *m, const json_t *stack, const char *segments,
    const char *format, const char *query)
{
	vars_set_json(m->vars, json_object_get(stack, "stack_variables"));
	if (url_variables(m, segments) != 0 ||
	    vars_set_query(m->vars, query, m->err, m->err_len) != 0)
		return (-1);
	if (stack != NULL && take_stack(m, stack) != 0)
		return (-1);
	if (take_url(m, segments) != 0 || set_defaults(m) != 0 ||
	    check_ops(m) != 0 || check_secondary(m) != 0 || apply_dpr(m) != 0)
		return (-1);
	return (take_format(m, format));
}

struct recipe *
recipe_new(const json_t *stack, const char *segments, const char *format,
    const char *query, const char *accept, int *status, char *err,
    size_t err_len)
{
	struct maker m = { .dynamic = stack == NULL, .err = err,
	    .err_len = err_len };
	int rc;

	m.r = calloc(1, sizeof(*m.r));
	if (m.r == NULL)
		abort();
	m.r->magic = RECIPE_MAGIC;
	for (int i = 0; i < SO__MAX; i++)
		m.r->so[i] = NAN;
	m.vars = vars_new();
	rc = make(&m, stack, segments == NULL ? "" : segments, format, query);
	vars_free(m.vars);
	if (rc != 0) {
		free(m.r);
		*status = 400;
		return (NULL);
	}
	if (m.r->so[SO_autoformat] == 1)
		m.r->accept = accept_set(accept);
	return (m.r);
}

void
recipe_free(struct recipe *r)
{
	free(r);
}
