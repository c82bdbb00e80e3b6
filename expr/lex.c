/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions, taken apart into words. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "expr/lex.h"
#include "expr/value.h"

#define DIGITS	"0123456789"
#define LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

bool
expr_fail(struct expr_fault *f, unsigned at, const char *fmt, ...)
{
	va_list ap;

	f->at = at;
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof f->why, fmt, ap);	/* NOLINT(*valist*) */
	va_end(ap);
	return (false);
}

/* A longer one before those that it begins with. */
static const struct {
	const char	*text;
	enum expr_op	op;
} signs[] = {
	{ "===", X_SAME }, { "!==", X_NOT_SAME },
	{ "==", X_EQ }, { "!=", X_NE }, { "<=", X_LE }, { ">=", X_GE },
	{ "&&", X_AND }, { "||", X_OR }, { "**", X_POW }, { "..", X_RANGE },
	{ "??", X_COALESCE },
	{ "<", X_LT }, { ">", X_GT }, { "!", X_NOT }, { "|", X_BIT_OR },
	{ "^", X_BIT_XOR }, { "&", X_BIT_AND }, { "+", X_ADD }, { "-", X_SUB },
	{ "~", X_CAT }, { "*", X_MUL }, { "/", X_DIV }, { "%", X_MOD },
	{ "(", X_OPEN }, { ")", X_CLOSE }, { "[", X_LIST },
	{ "]", X_LIST_END }, { "{", X_MAP }, { "}", X_MAP_END },
	{ ",", X_COMMA }, { "?", X_QUESTION }, { ":", X_COLON },
	{ ".", X_DOT },
};

static const struct {
	const char	*first, *second;
	enum expr_op	op;
} words[] = {
	{ "or", NULL, X_OR }, { "and", NULL, X_AND },
	{ "not", "in", X_NOT_IN }, { "not", NULL, X_NOT },
	{ "in", NULL, X_IN }, { "contains", NULL, X_CONTAINS },
	{ "starts", "with", X_STARTS }, { "ends", "with", X_ENDS },
	{ "matches", NULL, X_MATCHES },
};

/* How many of the bytes from *at* on are among *set*. */
static unsigned
lex_span(const struct lexer *l, unsigned at, const char *set)
{
	unsigned n = 0;

	while (at + n < l->len && l->text[at + n] != '\0' &&
	    strchr(set, l->text[at + n]) != NULL)
		n++;
	return (n);
}

static bool
lex_is(const struct lexer *l, unsigned at, unsigned n, const char *word)
{
	return (strlen(word) == n && at + n <= l->len &&
	    memcmp(l->text + at, word, n) == 0);
}

/* Whether the word of *n* bytes is an operator; takes it. */
static bool
lex_word(struct lexer *l, unsigned n)
{
	unsigned gap = lex_span(l, l->at + n, " \t\r\n");
	unsigned second = lex_span(l, l->at + n + gap, DIGITS LETTERS);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!lex_is(l, l->at, n, words[i].first))
			continue;
		if (words[i].second != NULL && (gap == 0 ||
		    !lex_is(l, l->at + n + gap, second, words[i].second)))
			continue;
		l->tok = TOK_OP;
		l->op = words[i].op;
		l->next = l->at + n +
		    (words[i].second == NULL ? 0 : gap + second);
		return (true);
	}
	return (false);
}

/* "$name", or names with dots between them */
static bool
lex_name(struct lexer *l)
{
	const bool variable = l->text[l->at] == '$';
	unsigned n = variable, more;

	n += lex_span(l, l->at + n, DIGITS LETTERS);
	if (n == 1 && variable)
		return (expr_fail(l->fault, l->at, "\"$\" must be followed "
		    "by a name"));
	if (!variable && lex_word(l, n))
		return (true);
	while (!variable && l->at + n < l->len && l->text[l->at + n] == '.' &&
	    (more = lex_span(l, l->at + n + 1, DIGITS LETTERS)) > 0)
		n += 1 + more;
	l->tok = TOK_NAME;
	l->next = l->at + n;
	return (true);
}

static bool
lex_number(struct lexer *l)
{
	unsigned n = lex_span(l, l->at, DIGITS "_"), more, used = 0;
	char digits[64];

	if (l->at + n < l->len && l->text[l->at + n] == '.' &&
	    (more = lex_span(l, l->at + n + 1, DIGITS "_")) > 0)
		n += 1 + more;
	if (lex_span(l, l->at + n, "eE") > 0) {
		unsigned sign = lex_span(l, l->at + n + 1, "+-") > 0;

		more = lex_span(l, l->at + n + 1 + sign, DIGITS);
		n += more == 0 ? 0 : 1 + sign + more;
	}
	for (unsigned i = 0; i < n && used < sizeof digits; i++)
		if (l->text[l->at + i] != '_')
			digits[used++] = l->text[l->at + i];
	if (!value_parse(digits, used, &l->number))
		return (expr_fail(l->fault, l->at, "the number is too long"));
	l->tok = TOK_NUMBER;
	l->next = l->at + n;
	return (true);
}

static bool
lex_text(struct lexer *l)
{
	unsigned i = l->at + 1;

	while (i < l->len && l->text[i] != l->text[l->at])
		i += l->text[i] == '\\' ? 2 : 1;
	if (i >= l->len)
		return (expr_fail(l->fault, l->at, "the text has no end"));
	l->tok = TOK_TEXT;
	l->next = i + 1;
	return (true);
}

size_t
lex_unquote(const struct lexer *l, char *out)
{
	size_t n = 0;

	for (unsigned i = l->at + 1; i < l->end - 1; i++) {
		if (l->text[i] == '\\')
			i++;
		out[n++] = l->text[i];
	}
	out[n] = '\0';
	return (n);
}

static bool
lex_sign(struct lexer *l)
{
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		unsigned n = (unsigned)strlen(signs[i].text);

		if (lex_is(l, l->at, n, signs[i].text)) {
			l->tok = TOK_OP;
			l->op = signs[i].op;
			l->next = l->at + n;
			return (true);
		}
	}
	return (expr_fail(l->fault, l->at, "this character is not allowed"));
}

static bool
lex_one(struct lexer *l)
{
	const char c = l->text[l->at];

	if (c == '$' || lex_span(l, l->at, LETTERS) > 0)
		return (lex_name(l));
	if (lex_span(l, l->at, DIGITS) > 0 ||
	    (c == '.' && lex_span(l, l->at + 1, DIGITS) > 0))
		return (lex_number(l));
	return (c == '\'' || c == '"' ? lex_text(l) : lex_sign(l));
}

bool
lex_next(struct lexer *l)
{
	l->at = l->next + lex_span(l, l->next, " \t\r\n");
	l->op = X_NONE;
	if (l->at == l->len) {
		l->tok = TOK_END;
		l->end = l->next = l->at;
		return (true);
	}
	if (!lex_one(l))
		return (false);
	l->end = l->next;
	return (true);
}
