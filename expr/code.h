/* SPDX-License-Identifier: BSD-2-Clause */
/* A parsed expression. */
#ifndef EXPR_CODE_H
#define EXPR_CODE_H

#include "expr/expr.h"

#define EXPR_CONSTS	200
#define EXPR_NAMES	64

/* The steps; those with a target jump there. */
enum expr_op {
	X_NONE,
	X_CONST, X_NAME, X_CALL,
	X_PLUS, X_MINUS, X_NOT, X_BOOL,
	X_OR, X_AND, X_ELVIS, X_COALESCE, X_IF, X_JUMP,	/* target */
	X_BIT_OR, X_BIT_XOR, X_BIT_AND,
	X_EQ, X_NE, X_SAME, X_NOT_SAME, X_LT, X_GT, X_LE, X_GE,
	X_IN, X_NOT_IN,
	X_CONTAINS, X_STARTS, X_ENDS,
	X_ADD, X_SUB, X_CAT, X_MUL, X_DIV, X_MOD, X_POW,
	/* Known by name, so that they can be refused by it. */
	X_MATCHES, X_RANGE,
	/* Only in the lexer */
	X_OPEN, X_CLOSE, X_LIST, X_LIST_END, X_MAP, X_MAP_END, X_COMMA,
	X_QUESTION, X_COLON, X_DOT,
};

struct expr_step {
	uint8_t		op;
	uint8_t		call;		/* which function */
	uint16_t	arg;		/* index, target, number of values */
	uint16_t	at;
};

struct expr {
	unsigned	n_steps, n_consts, n_names;
	size_t		n_text;
	struct expr_step steps[EXPR_STEPS];
	struct expr_value consts[EXPR_CONSTS];
	struct {
		const char	*p;
		unsigned	at;
	} names[EXPR_NAMES];
	char		text[2 * EXPR_LEN + 2];	/* all with a NUL behind */
};

/* call.c: index of a function, or -1; and how many values it takes. */
int expr_call_find(const char *name, size_t len);
void expr_call_args(int call, unsigned *least, unsigned *most);
/* False and a sentence. */
bool expr_call_run(int call, const struct expr_value *args, unsigned n,
    struct expr_value *, char *why, size_t len);

#endif
