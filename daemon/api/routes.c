/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "api/api.h"
#include "api/endpoints.h"
#include "api/roles.h"

static const struct route table[] = {
#define R(method, pattern, name)	\
	{ method, pattern, &endpoint_##name },
	API_ROUTES(R)
#undef R
};

size_t
routes(const struct route **t)
{
	*t = table;
	return (sizeof table / sizeof *table);
}

static void
print_rights(FILE *f, unsigned rights)
{
	json_t *roles, *v;
	size_t i;

	if (rights == 0 || rights == RIGHTS_ANY) {
		(void)fputs(rights == 0 ? "public" : "any", f);
		return;
	}
	roles = rights_json(rights);
	json_array_foreach(roles, i, v)
		(void)fprintf(f, "%s%s", i > 0 ? "," : "",
		    json_string_value(v));
	json_decref(roles);
}

void
api_print_routes(FILE *f)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct endpoint *e = table[i].handler;

		(void)fprintf(f, "%s\t%s\t", table[i].method,
		    table[i].pattern);
		print_rights(f, e->rights);
		(void)fputs(e->seen != 0 && (e->seen & SEEN_API) == 0 ?
		    "\tlocal\n" : "\n", f);
	}
}
