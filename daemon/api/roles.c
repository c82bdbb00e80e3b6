/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "api/roles.h"
#include "store/store_org.h"

#define READS	(RIGHT_READ | RIGHT_SOURCE_READ | RIGHT_DOWNLOAD_PROTECTED)
#define WRITES	(READS | RIGHT_WRITE | RIGHT_UPLOAD | RIGHT_SOURCE_WRITE | \
		RIGHT_UNLOCK)

static const struct role {
	const char	*name;
	unsigned	right;
	unsigned	implies;
} roles[] = {
	{ "read", RIGHT_READ, READS },
	{ "write", RIGHT_WRITE, WRITES },
	{ "upload", RIGHT_UPLOAD, RIGHT_UPLOAD },
	{ "sourceimages:read", RIGHT_SOURCE_READ, RIGHT_SOURCE_READ },
	{ "sourceimages:write", RIGHT_SOURCE_WRITE,
	    RIGHT_SOURCE_WRITE | RIGHT_UPLOAD | RIGHT_SOURCE_READ },
	{ "sourceimages:unlock", RIGHT_UNLOCK, RIGHT_UNLOCK },
	{ "sourceimages:download:protected", RIGHT_DOWNLOAD_PROTECTED,
	    RIGHT_DOWNLOAD_PROTECTED },
	{ "admin:read", RIGHT_ADMIN_READ, RIGHT_ADMIN_READ | READS },
	{ "admin", RIGHT_ADMIN, RIGHT_ADMIN | RIGHT_ADMIN_READ | WRITES },
};
#define N_ROLES	(sizeof roles / sizeof *roles)

unsigned
rights_all(void)
{
	return (RIGHT_ADMIN | RIGHT_ADMIN_READ | WRITES);
}

unsigned
rights_implied(unsigned rights)
{
	unsigned all = rights;

	for (size_t i = 0; i < N_ROLES; i++)
		if (rights & roles[i].right)
			all |= roles[i].implies;
	return (all);
}

unsigned
rights_parse(const json_t *names, const char **bad)
{
	unsigned rights = 0;
	size_t i, r;
	json_t *v;

	*bad = "";
	if (!json_is_array(names) || json_array_size(names) == 0)
		return (0);
	json_array_foreach(names, i, v) {
		const char *name = json_string_value(v);

		for (r = 0; name != NULL && r < N_ROLES; r++)
			if (strcmp(roles[r].name, name) == 0)
				break;
		if (name == NULL || r == N_ROLES) {
			*bad = name != NULL ? name : "";
			return (0);
		}
		rights |= roles[r].right;
	}
	return (rights);
}

json_t *
rights_json(unsigned rights)
{
	json_t *names = json_array();

	for (size_t i = 0; i < N_ROLES; i++)
		if (rights & roles[i].right)
			(void)json_array_append_new(names,
			    json_string(roles[i].name));
	return (names);
}
