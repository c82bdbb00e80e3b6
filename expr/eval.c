/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs the steps of an expression. All jumps lead forward. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "expr/lex.h"
#include "expr/value.h"

struct machine {
	const struct expr *e;
	const struct expr_step *step;
	struct expr_value stack[EXPR_DEPTH];
	unsigned	n;
	expr_name_f	*look;
	void		*arg;
	struct expr_room *room;
	struct expr_fault *fault;
};

#define FAIL(m, ...)	\
	(expr_fail((m)->fault, (m)->step->at, __VA_ARGS__), false)
#define TOP(m)		(&(m)->stack[(m)->n - 1])

static bool
number_of(struct machine *m, const struct expr_value *v,
    struct expr_value *out)
{
	if (expr_number(v, out))
		return (true);
	return (FAIL(m, "\"%.40s\" is not a number", v->p));
}

static bool
real_result(struct machine *m, double d, struct expr_value *out)
{
	if (!isfinite(d))
		return (FAIL(m, "the result is not a finite number"));
	*out = expr_of_real(d);
	return (true);
}

/*--------------------------------------------------------------------
 * Arithmetic: whole numbers stay whole as long as they fit.
 */

static bool
power_whole(int64_t base, int64_t exponent, int64_t *out)
{
	if (exponent < 0)
		return (false);
	for (*out = 1; exponent > 0; exponent >>= 1) {
		if ((exponent & 1) != 0 &&
		    __builtin_mul_overflow(*out, base, out))
			return (false);
		if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
			return (false);
	}
	return (true);
}

/* False: the result is not a whole number, or too big for one. */
static bool
whole_result(enum expr_op op, int64_t a, int64_t b, int64_t *out)
{
	switch (op) {
	case X_ADD:
		return (!__builtin_add_overflow(a, b, out));
	case X_SUB:
		return (!__builtin_sub_overflow(a, b, out));
	case X_MUL:
		return (!__builtin_mul_overflow(a, b, out));
	case X_POW:
		return (power_whole(a, b, out));
	default:	/* X_DIV; INT64_MIN / -1 has no whole result */
		if (b == 0 || (b == -1 && a == INT64_MIN) || a % b != 0)
			return (false);
		*out = a / b;
		return (true);
	}
}

static double
real_of(enum expr_op op, double a, double b)
{
	switch (op) {
	case X_ADD:
		return (a + b);
	case X_SUB:
		return (a - b);
	case X_MUL:
		return (a * b);
	case X_POW:
		return (pow(a, b));
	default:
		return (a / b);
	}
}

static bool
arithmetic(struct machine *m, enum expr_op op, const struct expr_value *a,
    const struct expr_value *b, struct expr_value *out)
{
	struct expr_value x, y;
	int64_t whole;

	if (!number_of(m, a, &x) || !number_of(m, b, &y))
		return (false);
	if (op == X_DIV && value_real(&y) == 0)
		return (FAIL(m, "division by zero"));
	if (x.type == EXPR_INT && y.type == EXPR_INT &&
	    whole_result(op, x.i, y.i, &whole)) {
		*out = expr_of_int(whole);
		return (true);
	}
	return (real_result(m, real_of(op, value_real(&x), value_real(&y)),
	    out));
}

/* The whole part of what a value counts as */
static bool
whole_of(struct machine *m, const struct expr_value *v, int64_t *out)
{
	struct expr_value x;

	if (!number_of(m, v, &x))
		return (false);
	*out = x.i;
	if (x.type == EXPR_INT)
		return (true);
	if (!(fabs(x.d) < 0x1p63))
		return (FAIL(m, "the number is too big"));
	*out = (int64_t)x.d;
	return (true);
}

static bool
whole_operator(struct machine *m, enum expr_op op, const struct expr_value *a,
    const struct expr_value *b, struct expr_value *out)
{
	int64_t x, y, r;

	if (!whole_of(m, a, &x) || !whole_of(m, b, &y))
		return (false);
	if (op == X_MOD && y == 0)
		return (FAIL(m, "division by zero"));
	if (op == X_MOD)
		r = y == -1 ? 0 : x % y;
	else if (op == X_BIT_OR)
		r = x | y;
	else
		r = op == X_BIT_XOR ? x ^ y : x & y;
	*out = expr_of_int(r);
	return (true);
}

/*--------------------------------------------------------------------
 * Texts
 */

static bool
text_of(struct machine *m, const struct expr_value *v, struct expr_value *out)
{
	const char *p = expr_text(v, m->room);

	if (p == NULL)
		return (FAIL(m, "too much text"));
	*out = expr_of_text(p);
	return (true);
}

static bool
join(struct machine *m, const struct expr_value *a, const struct expr_value *b,
    struct expr_value *out)
{
	struct expr_room *room = m->room;
	struct expr_value x, y;
	char *to;

	if (!text_of(m, a, &x) || !text_of(m, b, &y))
		return (false);
	if (x.len + y.len >= sizeof room->text - room->used)
		return (FAIL(m, "too much text"));
	to = room->text + room->used;
	memcpy(to, x.p, x.len);
	memcpy(to + x.len, y.p, y.len);
	to[x.len + y.len] = '\0';
	room->used += x.len + y.len + 1;
	*out = (struct expr_value){ .type = EXPR_TEXT, .p = to,
	    .len = x.len + y.len };
	return (true);
}

static bool
text_operator(struct machine *m, enum expr_op op, const struct expr_value *a,
    const struct expr_value *b, struct expr_value *out)
{
	struct expr_value x, y;
	bool yes;

	if (!text_of(m, a, &x) || !text_of(m, b, &y))
		return (false);
	if (op == X_CONTAINS)
		yes = y.len == 0 || memmem(x.p, x.len, y.p, y.len) != NULL;
	else
		yes = y.len <= x.len && memcmp(op == X_STARTS ? x.p :
		    x.p + x.len - y.len, y.p, y.len) == 0;
	*out = expr_of_bool(yes);
	return (true);
}

/*--------------------------------------------------------------------*/

static bool
compare(enum expr_op op, const struct expr_value *a,
    const struct expr_value *b)
{
	switch (op) {
	case X_EQ:
		return (value_equal(a, b));
	case X_NE:
		return (!value_equal(a, b));
	case X_SAME:
		return (value_same(a, b));
	case X_NOT_SAME:
		return (!value_same(a, b));
	case X_LT:
		return (value_order(a, b) == -1);
	case X_GT:
		return (value_order(a, b) == 1);
	case X_LE:
		return (value_order(a, b) <= 0);
	default:
		return (value_order(a, b) == 0 || value_order(a, b) == 1);
	}
}

static bool
run_binary(struct machine *m, enum expr_op op)
{
	struct expr_value *a = &m->stack[m->n - 2];
	const struct expr_value x = *a, y = *TOP(m);

	m->n--;
	if (op == X_CAT)
		return (join(m, &x, &y, a));
	if (op == X_CONTAINS || op == X_STARTS || op == X_ENDS)
		return (text_operator(m, op, &x, &y, a));
	if (op == X_MOD || (op >= X_BIT_OR && op <= X_BIT_AND))
		return (whole_operator(m, op, &x, &y, a));
	if (op >= X_ADD)
		return (arithmetic(m, op, &x, &y, a));
	*a = expr_of_bool(compare(op, &x, &y));
	return (true);
}

static bool
run_sign(struct machine *m, enum expr_op op)
{
	const struct expr_value zero = expr_of_int(0), v = *TOP(m);
	struct expr_value x;

	if (op == X_PLUS)
		return (number_of(m, &v, TOP(m)));
	if (!number_of(m, &v, &x))
		return (false);
	if (x.type == EXPR_REAL) {
		*TOP(m) = expr_of_real(-x.d);
		return (true);
	}
	return (arithmetic(m, X_SUB, &zero, &x, TOP(m)));
}

static void
run_in(struct machine *m, const struct expr_step *s)
{
	const struct expr_value *list = &m->stack[m->n - s->arg];
	bool found = false;

	m->n -= s->arg;
	for (unsigned i = 0; i < s->arg; i++)
		found |= value_equal(TOP(m), &list[i]);
	*TOP(m) = expr_of_bool(found == (s->op == X_IN));
}

static bool
run_call(struct machine *m, const struct expr_step *s)
{
	struct expr_value v;
	char why[100];

	if (!expr_call_run(s->call, &m->stack[m->n - s->arg], s->arg, &v, why,
	    sizeof why))
		return (FAIL(m, "%s", why));
	m->n -= s->arg;
	m->stack[m->n++] = v;
	return (v.type != EXPR_REAL || real_result(m, v.d, TOP(m)));
}

static bool
run_name(struct machine *m, const struct expr_step *s)
{
	char why[sizeof m->fault->why];

	m->n++;
	if (m->look(m->arg, m->e->names[s->arg].p, TOP(m), why, sizeof why))
		return (true);
	return (FAIL(m, "%s", why));
}

/* Whether the step jumps; the value that it looked at is taken, or stays. */
static bool
run_jump(struct machine *m, enum expr_op op)
{
	const struct expr_value v = *TOP(m);
	bool jumps;

	switch (op) {
	case X_JUMP:
		return (true);
	case X_IF:
		m->n--;
		return (!expr_truth(&v));
	case X_AND:
		jumps = !expr_truth(&v);
		*TOP(m) = expr_of_bool(!jumps);
		break;
	case X_OR:
		jumps = expr_truth(&v);
		*TOP(m) = expr_of_bool(jumps);
		break;
	case X_ELVIS:
		jumps = expr_truth(&v);
		break;
	default:
		jumps = v.type != EXPR_NULL;
		break;
	}
	m->n -= !jumps;
	return (jumps);
}

static bool
run_step(struct machine *m, const struct expr_step *s)
{
	switch (s->op) {
	case X_CONST:
		m->stack[m->n++] = m->e->consts[s->arg];
		return (true);
	case X_NAME:
		return (run_name(m, s));
	case X_CALL:
		return (run_call(m, s));
	case X_PLUS:
	case X_MINUS:
		return (run_sign(m, s->op));
	case X_NOT:
		*TOP(m) = expr_of_bool(!expr_truth(TOP(m)));
		return (true);
	case X_BOOL:
		*TOP(m) = expr_of_bool(expr_truth(TOP(m)));
		return (true);
	case X_IN:
	case X_NOT_IN:
		run_in(m, s);
		return (true);
	default:
		return (run_binary(m, s->op));
	}
}

bool
expr_eval(const struct expr *e, expr_name_f *look, void *arg,
    struct expr_room *room, struct expr_value *out, struct expr_fault *fault)
{
	struct machine m = { .e = e, .look = look, .arg = arg, .room = room,
	    .fault = fault };

	for (unsigned i = 0; i < e->n_steps; i++) {
		m.step = &e->steps[i];
		if (m.step->op >= X_OR && m.step->op <= X_JUMP) {
			if (run_jump(&m, m.step->op))
				i = m.step->arg - 1u;
		} else if (!run_step(&m, m.step))
			return (false);
	}
	*out = m.stack[0];
	return (true);
}
