/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies of the API. What jansson takes as it stands must mean the same behind
 * our leniency (a comma too many) and strictness (depth, names given twice);
 * what we take must survive being written and read again.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

static void
check_again(const json_t *v)
{
	char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT), err[200];
	json_t *again;

	MUST(text != NULL);
	again = json_strict(text, strlen(text), err, sizeof err);
	MUST(again != NULL && json_equal(v, again));
	json_decref(again);
	free(text);
}

static void
check_texts(const char *text)
{
	json_t *v = json_clean_string(text);

	MUST(json_is_string(v));
	for (const char *p = json_string_value(v); *p != '\0'; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
	json_decref(v);
	(void)json_date_ms(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), err[200] = "";
	json_t *ours, *theirs;

	memcpy(text, data, len);
	text[len] = '\0';
	ours = json_strict(text, len, err, sizeof err);
	theirs = json_loadb(text, len, JSON_DECODE_ANY |
	    JSON_REJECT_DUPLICATES, NULL);
	MUST(ours != NULL || err[0] != '\0');
	if (ours != NULL && theirs != NULL)
		MUST(json_equal(ours, theirs));
	if (ours == NULL && theirs != NULL)
		MUST(strstr(err, "deeper") != NULL);
	if (ours != NULL)
		check_again(ours);
	check_texts(text);
	json_decref(ours);
	json_decref(theirs);
	free(text);
	return (0);
}
