/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <jansson.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/sign.h"
#include "url.h"

#define SIG_LEN	16

/* "path?query:key" without the parameter sig, whose value goes to *sig*. */
static char *
sign_text(const char *target, const char *key, char sig[SIG_LEN + 1])
{
	size_t n = strcspn(target, "?");
	char *text = malloc(strlen(target) + strlen(key) + 2);
	const char *q = target + n;
	char join = '?';

	*sig = '\0';
	if (text == NULL)
		return (NULL);
	(void)memcpy(text, target, n);
	while (*q != '\0') {
		size_t len = strcspn(++q, "&");

		if (strncmp(q, "sig=", 4) == 0)
			(void)snprintf(sig, SIG_LEN + 1, "%.*s",
			    len - 4 == SIG_LEN ? SIG_LEN : 0, q + 4);
		else {
			text[n++] = join;
			(void)memcpy(text + n, q, len);
			n += len;
			join = '&';
		}
		q += len;
	}
	(void)sprintf(text + n, ":%s", key);
	return (text);
}

/* The time in sigopts={"until":...}; 0 when there is none, -1 malformed. */
static int64_t
sign_until(const char *target)
{
	const char *q = strchr(target, '?');
	char text[512], err[128];
	struct url_span in;
	json_t *opts;
	int64_t ms = -1;
	const char *until;

	for (; q != NULL; q = strchr(q, '&'))
		if (strncmp(++q, "sigopts=", 8) == 0)
			break;
	if (q == NULL)
		return (0);
	in.p = q + 8;
	in.len = strcspn(in.p, "&");
	if (url_decode(in, text, sizeof text) < 0)
		return (-1);
	opts = json_strict(text, strlen(text), err, sizeof err);
	until = json_string_value(json_object_get(opts, "until"));
	/* An option that we do not know might limit what it allows. */
	if (until != NULL && json_object_size(opts) == 1)
		ms = json_date_ms(until);
	json_decref(opts);
	return (ms);
}

static bool
sign_matches(const char *text, const char *sig)
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof sum + 1];

	(void)crypto_hash_sha256(sum, (const unsigned char *)text,
	    strlen(text));
	(void)sodium_bin2hex(hex, sizeof hex, sum, sizeof sum);
	return (strlen(sig) == SIG_LEN && sodium_memcmp(hex, sig, SIG_LEN) ==
	    0);
}

enum sign_status
sign_check(const char *target, const char *key, int64_t now_ms,
    int64_t *until_ms)
{
	char sig[SIG_LEN + 1], *text;
	bool good;

	*until_ms = 0;
	if (strstr(target, "?sig=") == NULL && strstr(target, "&sig=") == NULL)
		return (SIGN_NONE);
	text = sign_text(target, key, sig);
	good = text != NULL && *key != '\0' && sign_matches(text, sig);
	free(text);
	if (!good)
		return (SIGN_BAD);
	*until_ms = sign_until(target);
	if (*until_ms < 0)
		return (SIGN_BAD);
	return (*until_ms != 0 && *until_ms <= now_ms ? SIGN_EXPIRED :
	    SIGN_GOOD);
}
