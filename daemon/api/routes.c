/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

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

void
api_print_routes(FILE *f)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct endpoint *e = table[i].handler;
		json_t *roles = rights_json(e->rights);
		char *text = json_dumps(roles, 0);

		(void)fprintf(f, "%s\t%s\t%s%s\n", table[i].method,
		    table[i].pattern, e->rights == 0 ? "public" :
		    text != NULL ? text : "", e->local ? "\tlocal" : "");
		free(text);
		json_decref(roles);
	}
}

static void
health_get(struct call *c)
{
	reply_json(c, 200, json_pack("{s:s}", "status", "ok"));
}

const struct endpoint endpoint_health = { .handle = health_get };
