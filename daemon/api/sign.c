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

/*
 * Copies *target* to *out* without the parameter sig, whose value goes to
 * *sig*, and without sigopts if *no_opts*. Returns the length.
 */
static size_t
sign_strip(const char *target, bool no_opts, char *out, char sig[SIG_LEN + 1])
{
	size_t n = strcspn(target, "?");
	const char *q = target + n;
	char join = '?';

	*sig = '\0';
	(void)memcpy(out, target, n);
	while (*q != '\0') {
		size_t len = strcspn(++q, "&");

		if (strncmp(q, "sig=", 4) == 0)
			(void)snprintf(sig, SIG_LEN + 1, "%.*s",
			    len - 4 == SIG_LEN ? SIG_LEN : 0, q + 4);
		else if (!no_opts || strncmp(q, "sigopts=", 8) != 0) {
			out[n++] = join;
			(void)memcpy(out + n, q, len);
			n += len;
			join = '&';
		}
		q += len;
	}
	out[n] = '\0';
	return (n);
}

/* "path?query:key" without the parameter sig, whose value goes to *sig*. */
static char *
sign_text(const char *target, const char *key, char sig[SIG_LEN + 1])
{
	char *text = malloc(strlen(target) + strlen(key) + 2);

	if (text != NULL)
		(void)sprintf(text + sign_strip(target, false, text, sig),
		    ":%s", key);
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

#define SUM_HEX	(2 * crypto_hash_sha256_BYTES + 1)

static void
sign_sum(const char *text, char hex[SUM_HEX])
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(sum, (const unsigned char *)text,
	    strlen(text));
	(void)sodium_bin2hex(hex, SUM_HEX, sum, sizeof sum);
}

static bool
sign_matches(const char *text, const char *sig)
{
	char hex[SUM_HEX];

	sign_sum(text, hex);
	return (strlen(sig) == SIG_LEN && sodium_memcmp(hex, sig, SIG_LEN) ==
	    0);
}

bool
sign_given(const char *target)
{

	return (strstr(target, "?sig=") != NULL ||
	    strstr(target, "&sig=") != NULL);
}

enum sign_status
sign_check(const char *target, const char *key, int64_t now_ms,
    int64_t *until_ms)
{
	char sig[SIG_LEN + 1], *text;
	bool good;

	*until_ms = 0;
	if (!sign_given(target))
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

/* The path in *url*, or NULL. */
static const char *
sign_path(const char *url)
{
	const char *host = strstr(url, "://"), *path;

	for (const char *p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '#')
			return (NULL);
	path = url;
	if (host != NULL && host < url + strcspn(url, "/?") + 1)
		path = host + 3 + strcspn(host + 3, "/?");
	return (*path == '/' ? path : NULL);
}

char *
sign_url(const char *url, const char *key, const char *sigopts)
{
	char hex[SUM_HEX], sig[SIG_LEN + 1], *out, *text = NULL;
	const char *path;
	size_t n;

	if (sign_path(url) == NULL)
		return (NULL);
	out = malloc(strlen(url) + (sigopts != NULL ? strlen(sigopts) : 0) +
	    SIG_LEN + sizeof "?sigopts=&sig=");
	if (out == NULL)
		return (NULL);
	n = sign_strip(url, true, out, sig);
	if (sigopts != NULL)
		n += (size_t)sprintf(out + n, "%csigopts=%s",
		    strchr(out, '?') == NULL ? '?' : '&', sigopts);
	path = sign_path(out);
	if (path != NULL)
		text = sign_text(path, key, sig);
	if (text == NULL) {
		free(out);
		return (NULL);
	}
	sign_sum(text, hex);
	free(text);
	(void)sprintf(out + n, "%csig=%.*s", strchr(out, '?') == NULL ? '?' :
	    '&', SIG_LEN, hex);
	return (out);
}
