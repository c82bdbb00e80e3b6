/* SPDX-License-Identifier: BSD-2-Clause */
/* What calls say of keys, in the paths of keys and in those of members. */
#ifndef KEY_FIELD_H
#define KEY_FIELD_H

#include "api/call.h"

/* Until when, and from where; as they are: -1, NULL. */
struct key_limits {
	int64_t		expires_ms;
	const char	*allowed;	/* NULL, or *text* */
	char		text[KEY_ALLOWED];
};

/* The names of the fields that key_limits() reads. */
#define KEY_LIMITS	"allowed_ips", "expires", "requires_mfa", "trusted"

/* False after an answer 400. */
bool key_limits(struct call *, const json_t *body, struct key_limits *);
/* Sets those of a new key. */
void key_new_limits(struct store_key *, const struct key_limits *);
/* The rights of an array of role names. False after an answer 400. */
bool key_roles(struct call *, const json_t *roles, unsigned *rights);
/* For clients; without the secret. */
json_t *key_json(const struct store_key *);
/*
 * Whether a call that comes from where this one does may use the key, which has
 * these networks.
 */
bool key_comes_from(const struct call *, const char *allowed);

#endif
