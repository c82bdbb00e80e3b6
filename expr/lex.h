/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPR_LEX_H
#define EXPR_LEX_H

#include "expr/code.h"

enum expr_tok { TOK_END, TOK_OP, TOK_NUMBER, TOK_TEXT, TOK_NAME };

struct lexer {
	const char	*text;
	unsigned	len, next;
	/* The token at hand */
	enum expr_tok	tok;
	unsigned	at, end;
	enum expr_op	op;		/* of a TOK_OP */
	struct expr_value number;	/* of a TOK_NUMBER */
	struct expr_fault *fault;
};

/* Takes the next token; false and a fault. */
bool lex_next(struct lexer *);

/*
 * Writes what a TOK_TEXT stands for, without its quotes, which is no longer
 * than it; gives its length.
 */
size_t lex_unquote(const struct lexer *, char *out);

/* Sets the fault: always false. */
bool expr_fail(struct expr_fault *, unsigned at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
