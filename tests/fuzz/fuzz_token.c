/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens, as they come and with what follows behind a good signature; and the
 * networks in them. Nobody makes a token without the secret.
 */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/net.h"
#include "api/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)
#define HEAD	"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
#define URLSAFE	sodium_base64_VARIANT_URLSAFE_NO_PADDING

static const uint8_t secret[TOKEN_SECRET] = "this one is known to the fuzzer";

/* What was read is written, and read again as the same. */
static void
check_again(const struct token *t)
{
	char *text = token_sign(secret, t);
	struct token again;

	MUST(text != NULL);
	MUST(token_read(secret, text, &again) || strlen(text) > TOKEN_LEN);
	free(text);
}

static void
check_claims(const uint8_t *data, size_t len)
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	char text[8192] = HEAD;
	crypto_auth_hmacsha256_state st;
	struct token t;
	size_t n;

	if (len > 4000)
		return;
	(void)sodium_bin2base64(text + strlen(text), sizeof text - strlen(text),
	    data, len, URLSAFE);
	n = strlen(text);
	(void)crypto_auth_hmacsha256_init(&st, secret, sizeof secret);
	(void)crypto_auth_hmacsha256_update(&st, (uint8_t *)text, n);
	(void)crypto_auth_hmacsha256_final(&st, mac);
	text[n++] = '.';
	(void)sodium_bin2base64(text + n, sizeof text - n, mac, sizeof mac,
	    URLSAFE);
	if (token_read(secret, text, &t))
		check_again(&t);
}

static void
check_nets(const char *list)
{
	char text[NETS_TEXT], again[NETS_TEXT];
	struct nets nets;

	if (!nets_parse(list, &nets))
		return;
	nets_print(&nets, text);
	MUST(nets_parse(text, &nets));
	nets_print(&nets, again);
	MUST(strcmp(text, again) == 0);
	for (unsigned i = 0; i < nets.n; i++)
		MUST(nets_hold(&nets, &nets.net[i]));
	MUST(nets.n == 0 || nets_size(&nets) > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = strndup((const char *)data, len);
	struct token t;

	MUST(!token_read(secret, text, &t));
	check_claims(data, len);
	check_nets(text);
	free(text);
	return (0);
}
