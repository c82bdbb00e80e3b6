/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "hook/hook_sign.h"

#define PREFIX		"whsec_"
#define KEY_MAX		64

/* The key in "whsec_BASE64"; its length, or 0. */
static size_t
key_of(const char *secret, uint8_t key[KEY_MAX])
{
	size_t n = 0;

	if (strncmp(secret, PREFIX, strlen(PREFIX)) != 0)
		return (0);
	secret += strlen(PREFIX);
	return (sodium_base642bin(key, KEY_MAX, secret, strlen(secret), NULL,
	    &n, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 ? n : 0);
}

static void
update(crypto_auth_hmacsha256_state *h, const char *text)
{
	(void)crypto_auth_hmacsha256_update(h, (const uint8_t *)text,
	    strlen(text));
}

/* "v1,BASE64": of the id, the time and the body, with dots between them. */
static int
sign_one(char *out, size_t size, const char *head, const char *body,
    const char *secret)
{
	uint8_t key[KEY_MAX], mac[crypto_auth_hmacsha256_BYTES];
	char text[sodium_base64_ENCODED_LEN(sizeof mac,
	    sodium_base64_VARIANT_ORIGINAL)];
	crypto_auth_hmacsha256_state h;
	size_t n = key_of(secret, key);
	int len;

	if (n == 0)
		return (-1);
	(void)crypto_auth_hmacsha256_init(&h, key, n);
	sodium_memzero(key, sizeof key);
	update(&h, head);
	update(&h, body);
	(void)crypto_auth_hmacsha256_final(&h, mac);
	(void)sodium_bin2base64(text, sizeof text, mac, sizeof mac,
	    sodium_base64_VARIANT_ORIGINAL);
	len = snprintf(out, size, "v1,%s", text);
	return (len > 0 && (size_t)len < size ? 0 : -1);
}

int
hook_sign(char *out, size_t size, const char *id, int64_t now_s,
    const char *body, const char *secret, const char *old)
{
	char head[96], one[64], two[64] = "";
	int n;

	(void)snprintf(head, sizeof head, "%s.%" PRId64 ".", id, now_s);
	if (sign_one(one, sizeof one, head, body, secret) != 0 ||
	    (*old != '\0' &&
	    sign_one(two, sizeof two, head, body, old) != 0))
		return (-1);
	n = snprintf(out, size, "Content-Type: application/json\n"
	    "webhook-id: %s\nwebhook-timestamp: %" PRId64 "\n"
	    "webhook-signature: %s%s%s\n", id, now_s, one,
	    *two != '\0' ? " " : "", two);
	return (n > 0 && (size_t)n < size ? 0 : -1);
}
