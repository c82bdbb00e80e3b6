/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPR_VALUE_H
#define EXPR_VALUE_H

#include "expr/expr.h"

/* A text that is wholly a number, with blanks around it or not. */
bool value_parse(const char *p, size_t len, struct expr_value *);

/* PHP 8's ===, ==, and <=> (2: neither, as of a NaN). */
bool value_same(const struct expr_value *, const struct expr_value *);
bool value_equal(const struct expr_value *, const struct expr_value *);
int value_order(const struct expr_value *, const struct expr_value *);

/* The double of a number. */
double value_real(const struct expr_value *);

#endif
