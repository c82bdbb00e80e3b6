/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr/code.h"
#include "expr/value.h"

#define MANY	16

enum call { CALL_MIN, CALL_MAX, CALL_ABS, CALL_ROUND, CALL_FLOOR, CALL_CEIL,
	CALL_SQRT, CALL_ATAN, CALL_DEG2RAD, CALL_RAD2DEG };

static const struct {
	const char	*name;
	unsigned	least, most;
} calls[] = {
	[CALL_MIN] = { "min", 2, MANY },
	[CALL_MAX] = { "max", 2, MANY },
	[CALL_ABS] = { "abs", 1, 1 },
	[CALL_ROUND] = { "round", 1, 1 },
	[CALL_FLOOR] = { "floor", 1, 1 },
	[CALL_CEIL] = { "ceil", 1, 1 },
	[CALL_SQRT] = { "sqrt", 1, 1 },
	[CALL_ATAN] = { "atan", 1, 1 },
	[CALL_DEG2RAD] = { "deg2rad", 1, 1 },
	[CALL_RAD2DEG] = { "rad2deg", 1, 1 },
};

#define N_CALLS	((int)(sizeof calls / sizeof *calls))

int
expr_call_find(const char *name, size_t len)
{
	for (int i = 0; i < N_CALLS; i++)
		if (strlen(calls[i].name) == len &&
		    memcmp(calls[i].name, name, len) == 0)
			return (i);
	return (-1);
}

void
expr_call_args(int call, unsigned *least, unsigned *most)
{
	*least = calls[call].least;
	*most = calls[call].most;
}

static double
call_real(int call, double d)
{
	switch (call) {
	case CALL_ABS:
		return (fabs(d));
	case CALL_ROUND:
		return (round(d));
	case CALL_FLOOR:
		return (floor(d));
	case CALL_CEIL:
		return (ceil(d));
	case CALL_SQRT:
		return (sqrt(d));
	case CALL_ATAN:
		return (atan(d));
	case CALL_DEG2RAD:
		return (d / 180 * M_PI);
	default:
		return (d / M_PI * 180);
	}
}

bool
expr_call_run(int call, const struct expr_value *args, unsigned n,
    struct expr_value *out, char *why, size_t len)
{
	struct expr_value number;

	if (call == CALL_MIN || call == CALL_MAX) {
		*out = args[0];
		for (unsigned i = 1; i < n; i++)
			if (value_order(&args[i], out) ==
			    (call == CALL_MIN ? -1 : 1))
				*out = args[i];
		return (true);
	}
	if (!expr_number(&args[0], &number)) {
		(void)snprintf(why, len, "%s: \"%.40s\" is not a number",
		    calls[call].name, args[0].p);
		return (false);
	}
	if (call == CALL_ABS && number.type == EXPR_INT &&
	    number.i != INT64_MIN)
		*out = expr_of_int(number.i < 0 ? -number.i : number.i);
	else
		*out = expr_of_real(call_real(call, value_real(&number)));
	return (true);
}
