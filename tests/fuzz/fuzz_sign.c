/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts of URLs and headers that the daemon takes apart itself: signatures,
 * lists of entity tags, dates. What we signed is signed, and nothing else is.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/sign.h"
#include "url/etag.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

static void
check_signed(const char *url)
{
	char *out = sign_url(url, "key", NULL), *again;
	enum sign_status good;
	int64_t until;

	if (out == NULL)
		return;
	if (out[0] == '/') {
		good = sign_check(out, "key", INT64_MAX, &until);
		MUST(good == SIGN_GOOD && until == 0);
		MUST(sign_check(out, "other", 0, &until) == SIGN_BAD);
	}
	again = sign_url(out, "key", NULL);
	MUST(again != NULL && strcmp(out, again) == 0);
	free(again);
	free(out);
}

static void
check_tags(const char *list)
{
	bool strong = etag_listed(list, "\"a\"", ETAG_STRONG);

	MUST(!strong || etag_listed(list, "\"a\"", ETAG_WEAK));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = strndup((const char *)data, len);
	int64_t until;

	/* No one has the key by chance. */
	MUST(sign_check(text, "key", 0, &until) <= SIGN_BAD ||
	    strstr(text, "sig=") != NULL);
	check_signed(text);
	check_tags(text);
	(void)json_date_ms(text);
	free(text);
	return (0);
}
