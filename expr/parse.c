/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From text to steps. The grammar and the precedences are those of Symfony's
 * ExpressionLanguage.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expr/lex.h"

struct parser {
	struct lexer	lex;
	struct expr	*e;
	struct expr_fault *fault;
	unsigned	depth;		/* of nesting */
	unsigned	values;		/* on the machine's stack by now */
};

static bool parse_level(struct parser *, unsigned level);

/* Fails at the token at hand. */
#define FAIL(p, ...)	expr_fail((p)->fault, (p)->lex.at, __VA_ARGS__)

static bool
take(struct parser *p)
{
	return (lex_next(&p->lex));
}

static bool
is_op(const struct parser *p, enum expr_op op)
{
	return (p->lex.tok == TOK_OP && p->lex.op == op);
}

static bool
parse_unexpected(struct parser *p)
{
	if (p->lex.tok == TOK_END)
		return (FAIL(p, "more is expected"));
	return (FAIL(p, "\"%.*s\" is not expected",
	    (int)(p->lex.end - p->lex.at > 30 ? 30 : p->lex.end - p->lex.at),
	    p->lex.text + p->lex.at));
}

static bool
parse_expect(struct parser *p, enum expr_op op, const char *what)
{
	if (!is_op(p, op))
		return (FAIL(p, "\"%s\" is expected", what));
	return (take(p));
}

/*--------------------------------------------------------------------
 * Steps
 */

/* *change*: by how much the machine's stack grows */
static bool
emit(struct parser *p, enum expr_op op, unsigned arg, int change, unsigned at)
{
	struct expr *e = p->e;

	if (e->n_steps == EXPR_STEPS)
		return (expr_fail(p->fault, at, "the expression has too many "
		    "parts"));
	e->steps[e->n_steps++] = (struct expr_step){ .op = (uint8_t)op,
	    .arg = (uint16_t)arg, .at = (uint16_t)at };
	p->values += (unsigned)change;
	if (p->values > EXPR_DEPTH)
		return (expr_fail(p->fault, at, "the expression is nested too "
		    "deeply"));
	return (true);
}

/* The step that was emitted last jumps to what comes next. */
static void
land(struct parser *p, unsigned step)
{
	p->e->steps[step].arg = (uint16_t)p->e->n_steps;
}

static bool
emit_const(struct parser *p, struct expr_value v)
{
	struct expr *e = p->e;

	if (e->n_consts == EXPR_CONSTS)
		return (FAIL(p, "the expression has too many values"));
	e->consts[e->n_consts] = v;
	return (emit(p, X_CONST, e->n_consts++, 1, p->lex.at) && take(p));
}

static bool
emit_text(struct parser *p)
{
	struct expr *e = p->e;
	struct expr_value v = { .type = EXPR_TEXT, .p = e->text + e->n_text };

	v.len = lex_unquote(&p->lex, e->text + e->n_text);
	e->n_text += v.len + 1;
	return (emit_const(p, v));
}

/*--------------------------------------------------------------------
 * Names
 */

static bool
parse_call(struct parser *p, int call, unsigned at)
{
	unsigned n = 0, least, most;

	while (!is_op(p, X_CLOSE)) {
		if (n > 0 && !parse_expect(p, X_COMMA, ","))
			return (false);
		if (!parse_level(p, 0))
			return (false);
		n++;
	}
	expr_call_args(call, &least, &most);
	if (n < least || n > most)
		return (expr_fail(p->fault, at, "the function takes %u to %u "
		    "values, not %u", least, most, n));
	if (!take(p) || !emit(p, X_CALL, n, 1 - (int)n, at))
		return (false);
	p->e->steps[p->e->n_steps - 1].call = (uint8_t)call;
	return (true);
}

static bool
emit_name(struct parser *p, const char *name, unsigned len, unsigned at)
{
	struct expr *e = p->e;
	unsigned i = 0;

	while (i < e->n_names && (strlen(e->names[i].p) != len ||
	    memcmp(e->names[i].p, name, len) != 0))
		i++;
	if (i == EXPR_NAMES)
		return (expr_fail(p->fault, at, "the expression has too many "
		    "names"));
	if (i == e->n_names) {
		memcpy(e->text + e->n_text, name, len);
		e->text[e->n_text + len] = '\0';
		e->names[i].p = e->text + e->n_text;
		e->names[i].at = at;
		e->n_text += len + 1;
		e->n_names++;
	}
	return (emit(p, X_NAME, i, 1, at));
}

/* A literal, a function, or a name */
static bool
parse_name(struct parser *p)
{
	static const char *const literals[] = { "null", "false", "true" };
	const unsigned at = p->lex.at, len = p->lex.end - at;
	const char *name = p->lex.text + at;
	struct expr_value v = { .type = EXPR_NULL };
	int call;

	for (int i = 0; i < 3; i++) {
		if (i > 0)
			v = expr_of_bool(i == 2);
		if (strlen(literals[i]) == len &&
		    strncasecmp(name, literals[i], len) == 0)
			return (emit_const(p, v));
	}
	if (!take(p))
		return (false);
	if (!is_op(p, X_OPEN))
		return (emit_name(p, name, len, at));
	call = expr_call_find(name, len);
	if (call < 0)
		return (expr_fail(p->fault, at, "there is no function "
		    "\"%.*s\"", (int)(len > 40 ? 40 : len), name));
	return (take(p) && parse_call(p, call, at));
}

/*--------------------------------------------------------------------
 * Operators
 */

#define LEVEL_NOT	50
#define LEVEL_SIGN	500

static bool
parse_unary(struct parser *p, enum expr_op op, unsigned level)
{
	const unsigned at = p->lex.at;

	return (take(p) && parse_level(p, level) && emit(p, op, 0, 0, at));
}

static bool
parse_primary(struct parser *p)
{
	switch (p->lex.tok) {
	case TOK_NUMBER:
		return (emit_const(p, p->lex.number));
	case TOK_TEXT:
		return (emit_text(p));
	case TOK_NAME:
		return (parse_name(p));
	default:
		break;
	}
	switch (p->lex.op) {
	case X_NOT:
		return (parse_unary(p, X_NOT, LEVEL_NOT));
	case X_ADD:
		return (parse_unary(p, X_PLUS, LEVEL_SIGN));
	case X_SUB:
		return (parse_unary(p, X_MINUS, LEVEL_SIGN));
	case X_OPEN:
		return (take(p) && parse_level(p, 0) &&
		    parse_expect(p, X_CLOSE, ")"));
	case X_LIST:
	case X_MAP:
		return (FAIL(p, "a list may only stand behind \"in\""));
	default:
		return (parse_unexpected(p));
	}
}

/* How tightly an operator binds, 0: it stands between no two values. */
static unsigned
binary_level(const struct parser *p)
{
	static const uint8_t levels[] = {
		[X_OR] = 10, [X_AND] = 15, [X_BIT_OR] = 16, [X_BIT_XOR] = 17,
		[X_BIT_AND] = 18, [X_EQ] = 20, [X_NE] = 20, [X_SAME] = 20,
		[X_NOT_SAME] = 20, [X_LT] = 20, [X_GT] = 20, [X_LE] = 20,
		[X_GE] = 20, [X_IN] = 20, [X_NOT_IN] = 20, [X_CONTAINS] = 20,
		[X_STARTS] = 20, [X_ENDS] = 20, [X_MATCHES] = 20,
		[X_RANGE] = 25, [X_ADD] = 30, [X_SUB] = 30, [X_CAT] = 40,
		[X_MUL] = 60, [X_DIV] = 60, [X_MOD] = 60, [X_POW] = 200,
	};

	if (p->lex.tok != TOK_OP || p->lex.op >= sizeof levels)
		return (0);
	return (levels[p->lex.op]);
}

/* The values of "in [1, 2]" */
static bool
parse_in(struct parser *p, enum expr_op op, unsigned at)
{
	unsigned n = 0;

	if (!is_op(p, X_LIST))
		return (FAIL(p, "a list is expected behind \"in\""));
	if (!take(p))
		return (false);
	while (!is_op(p, X_LIST_END)) {
		if (n > 0 && !parse_expect(p, X_COMMA, ","))
			return (false);
		if (!parse_level(p, 0))
			return (false);
		n++;
	}
	return (take(p) && emit(p, op, n, -(int)n, at));
}

/* The second value is only looked at if the first does not tell. */
static bool
parse_logic(struct parser *p, enum expr_op op, unsigned level, unsigned at)
{
	const unsigned jump = p->e->n_steps;

	if (!emit(p, op, 0, -1, at) || !parse_level(p, level) ||
	    !emit(p, X_BOOL, 0, 0, at))
		return (false);
	land(p, jump);
	return (true);
}

static bool
parse_binary(struct parser *p, unsigned level)
{
	const enum expr_op op = p->lex.op;
	const unsigned at = p->lex.at;

	if (op == X_MATCHES || op == X_RANGE)
		return (FAIL(p, "\"%s\" is not supported",
		    op == X_MATCHES ? "matches" : ".."));
	if (!take(p))
		return (false);
	if (op == X_IN || op == X_NOT_IN)
		return (parse_in(p, op, at));
	if (op == X_AND || op == X_OR)
		return (parse_logic(p, op, level + 1, at));
	return (parse_level(p, op == X_POW ? level : level + 1) &&
	    emit(p, op, 0, -1, at));
}

/* Behind "?": "a : b", "a", or ": b" */
static bool
parse_choice(struct parser *p, unsigned at)
{
	unsigned first = p->e->n_steps, second;
	const bool elvis = is_op(p, X_COLON);

	if (!emit(p, elvis ? X_ELVIS : X_IF, 0, -1, at))
		return (false);
	if (!elvis) {
		if (!parse_level(p, 0))
			return (false);
		second = p->e->n_steps;
		if (!emit(p, X_JUMP, 0, -1, at))
			return (false);
		land(p, first);
		first = second;
	}
	if (is_op(p, X_COLON)) {
		if (!take(p) || !parse_level(p, 0))
			return (false);
	} else {
		if (p->e->n_consts == EXPR_CONSTS)
			return (FAIL(p, "the expression has too many values"));
		p->e->consts[p->e->n_consts] =
		    (struct expr_value){ .type = EXPR_NULL };
		if (!emit(p, X_CONST, p->e->n_consts++, 1, at))
			return (false);
	}
	land(p, first);
	return (true);
}

static bool
parse_coalesce(struct parser *p, unsigned at)
{
	const unsigned jump = p->e->n_steps;

	if (!emit(p, X_COALESCE, 0, -1, at) || !parse_level(p, 0))
		return (false);
	land(p, jump);
	return (true);
}

static bool
parse_outer(struct parser *p)
{
	while (is_op(p, X_QUESTION) || is_op(p, X_COALESCE)) {
		const bool choice = is_op(p, X_QUESTION);
		const unsigned at = p->lex.at;

		if (!take(p) || !(choice ? parse_choice(p, at) :
		    parse_coalesce(p, at)))
			return (false);
	}
	return (true);
}

/* All that binds at least as tightly as *level*. */
static bool
parse_level(struct parser *p, unsigned level)
{
	unsigned binds;

	if (++p->depth > EXPR_DEPTH)
		return (FAIL(p, "the expression is nested too deeply"));
	if (!parse_primary(p))
		return (false);
	while ((binds = binary_level(p)) != 0 && binds >= level)
		if (!parse_binary(p, binds))
			return (false);
	if (level == 0 && !parse_outer(p))
		return (false);
	p->depth--;
	return (true);
}

/*--------------------------------------------------------------------*/

static bool
parse_all(struct parser *p)
{
	if (!take(p) || !parse_level(p, 0))
		return (false);
	return (p->lex.tok == TOK_END || parse_unexpected(p));
}

struct expr *
expr_parse(const char *text, size_t len, struct expr_fault *fault)
{
	struct parser p = { .lex = { .text = text, .len = (unsigned)len,
	    .fault = fault }, .fault = fault };

	if (len > EXPR_LEN) {
		expr_fail(fault, EXPR_LEN, "the expression is longer than %d "
		    "bytes", EXPR_LEN);
		return (NULL);
	}
	p.e = malloc(sizeof *p.e);
	if (p.e == NULL)
		abort();
	p.e->n_steps = p.e->n_consts = p.e->n_names = 0;
	p.e->n_text = 0;
	if (parse_all(&p))
		return (p.e);
	free(p.e);
	return (NULL);
}

void
expr_free(struct expr *e)
{
	free(e);
}

const char *
expr_name(const struct expr *e, unsigned i, unsigned *at)
{
	if (i >= e->n_names)
		return (NULL);
	if (at != NULL)
		*at = e->names[i].at;
	return (e->names[i].p);
}
