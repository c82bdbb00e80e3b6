/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/text.h"
#include "api/token.h"

#define BASE64URL	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789-_"

/* The claims that the hosted service writes. */
json_t *
token_claims(const struct token *t)
{
	return (json_pack("{s:s, s:I, s:I, s:o, s:b}", "id", t->key,
	    "exp", (json_int_t)t->end, "expt", (json_int_t)t->span,
	    "ips", nets_json(&t->nets), "rn", t->renewable));
}

char *
token_sign(const uint8_t secret[TOKEN_SECRET], const struct token *t)
{
	json_t *claims = token_claims(t);
	char *text = json_dumps(claims, JSON_COMPACT), *out = NULL;
	jwt_t *jwt = NULL;

	json_decref(claims);
	if (text != NULL && jwt_new(&jwt) == 0 &&
	    jwt_add_grants_json(jwt, text) == 0 &&
	    jwt_set_alg(jwt, JWT_ALG_HS256, secret, TOKEN_SECRET) == 0)
		out = jwt_encode_str(jwt);
	jwt_free(jwt);
	free(text);
	return (out);
}

/* Three parts of base64url: nothing else comes to the library. */
static bool
is_token(const char *text)
{
	size_t len = strlen(text), n;

	if (len > TOKEN_LEN)
		return (false);
	for (int part = 0; part < 3; part++) {
		n = strspn(text, BASE64URL);
		if (n == 0 || text[n] != (part < 2 ? '.' : '\0'))
			return (false);
		text += n + 1;
	}
	return (true);
}

static bool
token_nets(const json_t *ips, struct nets *nets)
{
	struct net n;
	json_t *v;
	size_t i;

	nets->n = 0;
	json_array_foreach(ips, i, v)
		if (!json_is_string(v) || !net_parse(json_string_value(v),
		    json_string_length(v), &n) || !nets_add(nets, &n))
			return (false);
	return (json_is_array(ips));
}

/* What we signed has this form, unless another release did. */
static bool
token_unpack(json_t *claims, struct token *t)
{
	json_int_t end, span;
	const char *id;
	json_t *ips;
	int rn;

	if (json_unpack(claims, "{s:s, s:I, s:I, s:o, s:b}", "id", &id,
	    "exp", &end, "expt", &span, "ips", &ips, "rn", &rn) != 0 ||
	    strlen(id) >= sizeof t->key || span < 0 || span > TOKEN_SPAN_MAX)
		return (false);
	text_copy(t->key, sizeof t->key, id);
	t->end = end;
	t->span = (unsigned)span;
	t->renewable = rn != 0;
	return (token_nets(ips, &t->nets));
}

/*
 * jwt_decode() takes the algorithm that the token names, which is not the
 * token's to choose.
 */
bool
token_read(const uint8_t secret[TOKEN_SECRET], const char *text,
    struct token *t)
{
	json_t *claims = NULL;
	jwt_t *jwt = NULL;
	char *grants = NULL, err[128];
	bool good = false;

	if (!is_token(text) ||
	    jwt_decode(&jwt, text, secret, TOKEN_SECRET) != 0)
		return (false);
	if (jwt_get_alg(jwt) == JWT_ALG_HS256)
		grants = jwt_get_grants_json(jwt, NULL);
	if (grants != NULL)
		claims = json_strict(grants, strlen(grants), err, sizeof err);
	if (claims != NULL)
		good = token_unpack(claims, t);
	json_decref(claims);
	free(grants);
	jwt_free(jwt);
	return (good);
}
