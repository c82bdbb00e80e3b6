/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accept-Language, which clients write, and names of aliases. Whatever is asked
 * for, what comes of it was offered, and each at most once.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name/name.h"
#include "url/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

/* As long as it may be, and no part of one is another. */
#define OFFERED	"en,de,de-CH,zh-Hant,pt-aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
check_best(const char *accept)
{
	char best[URL_LANGUAGES_SIZE], list[] = OFFERED, seen[sizeof list] = "";
	char *p, *one, *save = NULL;
	size_t n = url_language(accept, list, best), of = 0;

	MUST(n < sizeof best && n == strlen(best));
	for (p = best; (one = strtok_r(p, ", ", &save)) != NULL; p = NULL) {
		MUST(strstr("," OFFERED ",", one) != NULL);
		MUST(strstr(seen, one) == NULL || strcmp(one, "de") == 0);
		(void)strcat(strcat(seen, one), ",");
		of++;
	}
	MUST(of <= 3);
}

static void
check_name(const char *name, size_t len)
{
	size_t n = name_variant_of(name, len);

	MUST(n == 0 || (n + 2 < len && memcmp(name + n, "__", 2) == 0 &&
	    name[n + 2] != '_' && name_variant_of(name, n) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = strndup((const char *)data, len), *offered;
	char best[URL_LANGUAGES_SIZE];

	MUST(text != NULL);
	check_best(text);
	check_name(text, strlen(text));
	/* The first line is asked for of the second. */
	offered = strchr(text, '\n');
	if (offered != NULL) {
		*offered++ = '\0';
		MUST(url_language(text, offered, best) < sizeof best);
	}
	free(text);
	return (0);
}
