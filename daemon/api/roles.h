/* SPDX-License-Identifier: BSD-2-Clause */
/* The roles of a key by name, and what one implies (contract, 1.9). */
#ifndef ROLES_H
#define ROLES_H

#include <jansson.h>

/* A route for any key. */
#define RIGHTS_ANY	(~0U)

/* Every right there is. */
unsigned rights_all(void);
/* *rights* and what they imply. */
unsigned rights_implied(unsigned rights);
/* An array of role names; 0 with *bad* set to an unknown role. */
unsigned rights_parse(const json_t *roles, const char **bad);
/* The names, a new reference. */
json_t *rights_json(unsigned rights);

#endif
