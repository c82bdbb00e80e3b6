/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expressions: parsing ends, and so does the run; a fault lies within the text
 * and says something, and the names are those that the run asks for.
 */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

static bool
look(void *arg, const char *name, struct expr_value *out, char *why,
    size_t len)
{
	const struct expr *e = arg;
	unsigned i = 0;

	while (expr_name(e, i, NULL) != name) {
		MUST(expr_name(e, i, NULL) != NULL);
		i++;
	}
	if (strlen(name) % 4 == 0)
		*out = expr_of_text("600");
	else if (strlen(name) % 4 == 1)
		*out = expr_of_int(INT64_MIN);
	else if (strlen(name) % 4 == 2)
		*out = expr_of_real(1.5);
	else {
		(void)snprintf(why, len, "no");
		return (false);
	}
	return (true);
}

static void
check_fault(const struct expr_fault *f, size_t len)
{
	MUST(f->at <= len && f->why[0] != '\0');
	MUST(strlen(f->why) < sizeof f->why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	static struct expr_room room;
	struct expr_fault f = { .at = 0 };
	struct expr_value v;
	struct expr *e;
	const char *p;

	MUST(text != NULL);
	memcpy(text, data, len);
	e = expr_parse(text, len, &f);
	memset(text, 'x', len);
	free(text);
	if (e == NULL) {
		check_fault(&f, len);
		return (0);
	}
	room.used = 0;
	if (!expr_eval(e, look, e, &room, &v, &f)) {
		check_fault(&f, len);
	} else {
		(void)expr_truth(&v);
		MUST(v.type != EXPR_REAL || isfinite(v.d));
		p = expr_text(&v, &room);
		MUST(p == NULL || strlen(p) < sizeof room.text);
	}
	expr_free(e);
	return (0);
}
