/* SPDX-License-Identifier: BSD-2-Clause */
/* What values count as, and how they compare: as in PHP 8. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/value.h"

struct expr_value
expr_of_bool(bool yes)
{
	return ((struct expr_value){ .type = EXPR_BOOL, .i = yes });
}

struct expr_value
expr_of_int(int64_t i)
{
	return ((struct expr_value){ .type = EXPR_INT, .i = i });
}

struct expr_value
expr_of_real(double d)
{
	return ((struct expr_value){ .type = EXPR_REAL, .d = d });
}

struct expr_value
expr_of_text(const char *p)
{
	return ((struct expr_value){ .type = EXPR_TEXT, .p = p,
	    .len = strlen(p) });
}

/*--------------------------------------------------------------------
 * Numbers
 */

static bool
is_blank(char c)
{
	return (c != '\0' && strchr(" \t\r\n\v\f", c) != NULL);
}

static size_t
digits(const char *p)
{
	return (strspn(p, "0123456789"));
}

/* Whether *p* is a decimal number; *whole: one without fraction. */
static bool
is_decimal(const char *p, bool *whole)
{
	size_t before, after = 0, n;

	p += *p == '-' || *p == '+';
	before = digits(p);
	p += before;
	*whole = *p == '\0';
	if (*p == '.') {
		after = digits(p + 1);
		p += 1 + after;
	}
	if (before + after == 0)
		return (false);
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		if ((n = digits(p)) == 0)
			return (false);
		p += n;
	}
	return (*p == '\0');
}

bool
value_parse(const char *p, size_t len, struct expr_value *out)
{
	char buf[64];
	bool whole;

	while (len > 0 && is_blank(*p)) {
		p++;
		len--;
	}
	while (len > 0 && is_blank(p[len - 1]))
		len--;
	if (len >= sizeof buf)
		return (false);
	memcpy(buf, p, len);
	buf[len] = '\0';
	if (strlen(buf) != len || !is_decimal(buf, &whole))
		return (false);
	errno = 0;
	if (whole) {
		*out = expr_of_int(strtoll(buf, NULL, 10));
		if (errno == 0)
			return (true);
	}
	*out = expr_of_real(strtod(buf, NULL));
	return (isfinite(out->d));
}

bool
expr_number(const struct expr_value *v, struct expr_value *out)
{
	switch (v->type) {
	case EXPR_NULL:
		*out = expr_of_int(0);
		return (true);
	case EXPR_BOOL:
		*out = expr_of_int(v->i);
		return (true);
	case EXPR_TEXT:
		return (value_parse(v->p, v->len, out));
	default:
		*out = *v;
		return (true);
	}
}

double
value_real(const struct expr_value *v)
{
	return (v->type == EXPR_REAL ? v->d : (double)v->i);
}

bool
expr_truth(const struct expr_value *v)
{
	switch (v->type) {
	case EXPR_NULL:
		return (false);
	case EXPR_REAL:
		return (v->d != 0);
	case EXPR_TEXT:
		return (v->len > 1 || (v->len == 1 && *v->p != '0'));
	default:
		return (v->i != 0);
	}
}

/*--------------------------------------------------------------------
 * Text
 */

const char *
expr_keep(const char *text, struct expr_room *room)
{
	const size_t n = strlen(text) + 1;
	char *to = room->text + room->used;

	if (n > sizeof room->text - room->used)
		return (NULL);
	memcpy(to, text, n);
	room->used += n;
	return (to);
}

const char *
expr_text(const struct expr_value *v, struct expr_room *room)
{
	char buf[40] = "";

	if (v->type == EXPR_TEXT)
		return (v->p);
	if (v->type == EXPR_BOOL)
		(void)snprintf(buf, sizeof buf, "%s", v->i != 0 ? "1" : "");
	else if (v->type == EXPR_INT)
		(void)snprintf(buf, sizeof buf, "%" PRId64, v->i);
	else if (v->type == EXPR_REAL)
		(void)snprintf(buf, sizeof buf, "%.14g", v->d);
	return (expr_keep(buf, room));
}

/*--------------------------------------------------------------------
 * Comparing
 */

static bool
is_number(const struct expr_value *v)
{
	return (v->type == EXPR_INT || v->type == EXPR_REAL);
}

static int
order_numbers(const struct expr_value *a, const struct expr_value *b)
{
	double x, y;

	if (a->type == EXPR_INT && b->type == EXPR_INT)
		return (a->i < b->i ? -1 : a->i > b->i);
	x = value_real(a);
	y = value_real(b);
	if (isnan(x) || isnan(y))
		return (2);
	return (x < y ? -1 : x > y);
}

static int
order_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t n = a_len < b_len ? a_len : b_len;
	int c = n == 0 ? 0 : memcmp(a, b, n);

	if (c != 0)
		return (c < 0 ? -1 : 1);
	return (a_len < b_len ? -1 : a_len > b_len);
}

/* Neither is null or a bool. */
static int
order_texts(const struct expr_value *a, const struct expr_value *b)
{
	struct expr_room room;
	struct expr_value x, y;
	const char *p, *q;

	if (expr_number(a, &x) && expr_number(b, &y))
		return (order_numbers(&x, &y));
	room.used = 0;
	p = expr_text(a, &room);
	q = expr_text(b, &room);
	if (p == NULL || q == NULL)
		return (2);
	return (order_bytes(p, a->type == EXPR_TEXT ? a->len : strlen(p), q,
	    b->type == EXPR_TEXT ? b->len : strlen(q)));
}

int
value_order(const struct expr_value *a, const struct expr_value *b)
{
	if (is_number(a) && is_number(b))
		return (order_numbers(a, b));
	if (a->type == EXPR_NULL && b->type == EXPR_TEXT)
		return (order_bytes("", 0, b->p, b->len));
	if (b->type == EXPR_NULL && a->type == EXPR_TEXT)
		return (order_bytes(a->p, a->len, "", 0));
	if (a->type <= EXPR_BOOL || b->type <= EXPR_BOOL)
		return ((int)expr_truth(a) - (int)expr_truth(b));
	return (order_texts(a, b));
}

bool
value_equal(const struct expr_value *a, const struct expr_value *b)
{
	return (value_order(a, b) == 0);
}

bool
value_same(const struct expr_value *a, const struct expr_value *b)
{
	if (a->type != b->type)
		return (false);
	if (a->type == EXPR_TEXT)
		return (order_bytes(a->p, a->len, b->p, b->len) == 0);
	return (a->type == EXPR_NULL || order_numbers(a, b) == 0 ||
	    (a->type == EXPR_BOOL && a->i == b->i));
}
