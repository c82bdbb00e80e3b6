/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/word.h"
#include "name/hash.h"
#include "name/name.h"
#include "recipe/pattern.h"

int
pattern_word(const char *words, const char *text)
{
	size_t len = strlen(text), n;
	const char *word;

	for (int i = 0; word_next(&words, &word, &n); i++)
		if (n == len && memcmp(word, text, n) == 0)
			return (i);
	return (-1);
}

/* One half of an anchor: one of *words*, or pixels 0..10000. */
static bool
anchor_half(const char *p, size_t len, const char *words)
{
	char half[8];

	if (len == 0 || len >= sizeof half)
		return (false);
	memcpy(half, p, len);
	half[len] = '\0';
	if (pattern_word(words, half) >= 0)
		return (true);
	return (strspn(half, "0123456789") == len && atoi(half) <= 10000);
}

static bool
is_anchor(const char *text)
{
	size_t n = strcspn(text, "_-");

	if (pattern_word("smart|subjectarea|face|croparea|auto", text) >= 0)
		return (true);
	return (text[n] != '\0' &&
	    anchor_half(text, n, "left|center|right") &&
	    anchor_half(text + n + 1, strlen(text + n + 1),
		"top|center|bottom"));
}

static bool
is_radius(const char *text)
{
	size_t n = strspn(text, ".0123456789");

	if (n == 0 || n > 6 || *text == '.')
		return (false);
	text += n;
	return (*text == '\0' || ((*text == 'p' || *text == '%') &&
	    text[1] == '\0'));
}

/* "_name_" */
static bool
is_alias(const char *text, size_t len)
{
	char name[NAME_MAX_LEN + 1];

	if (len < 3 || len - 2 > NAME_MAX_LEN || text[0] != '_' ||
	    text[len - 1] != '_')
		return (false);
	memcpy(name, text + 1, len - 2);
	name[len - 2] = '\0';
	return (name_is_alias(name));
}

#define LOWER	"abcdefghijklmnopqrstuvwxyz"
#define UPPER	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

#define TEXT_MAX	500

/* "name=value&name=value", with escapes. */
static bool
is_variables(const char *text)
{
	const char *end = text + strlen(text), *next;

	if (end - text > TEXT_MAX || strspn(text, DIGITS LOWER UPPER
	    "_.~%+*$,:;!()[]'@=&-") != (size_t)(end - text))
		return (false);
	for (; text < end; text = next + (*next == '&')) {
		size_t name = strspn(text, DIGITS LOWER UPPER "_");

		next = text + strcspn(text, "&");
		if (name == 0 || text[name] != '=')
			return (false);
	}
	return (true);
}

/* UTF-8, of which no character controls anything but a line's end. */
static bool
is_text(const char *text, size_t len)
{
	json_t *utf8 = len <= TEXT_MAX ? json_string(text) : NULL;
	bool good = utf8 != NULL;

	for (; *text != '\0'; text++)
		good &= (unsigned char)*text >= ' ' || *text == '\n';
	json_decref(utf8);
	return (good);
}

bool
pattern_is(const char *pattern, const char *text)
{
	static const struct {
		const char *name, *chars;
		size_t min, max;
	} sets[] = {
		{ "name", DIGITS LOWER UPPER "_", 1, 54 },
		{ "words", DIGITS LOWER "_,", 0, 200 },
	};
	size_t len = strlen(text);

	if (strcmp(pattern, "anchor") == 0)
		return (is_anchor(text));
	if (strcmp(pattern, "radius") == 0)
		return (is_radius(text));
	if (strcmp(pattern, "hash or _alias_") == 0)
		return (hash_is_prefix(text, len) || is_alias(text, len));
	if (strcmp(pattern, "a=1&b=2") == 0)
		return (is_variables(text));
	if (strcmp(pattern, "text") == 0)
		return (is_text(text, len));
	if (strcmp(pattern, "stack") == 0)
		return (name_is_stack(text));
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (strcmp(pattern, sets[i].name) == 0)
			return (len >= sets[i].min && len <= sets[i].max &&
			    strspn(text, sets[i].chars) == len);
	return (false);
}
