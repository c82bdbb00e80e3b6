/* SPDX-License-Identifier: BSD-2-Clause */
/* What the text of an option may look like. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdbool.h>

/* The index of *text* in "a|b|c", or -1. */
int pattern_word(const char *words, const char *text);
/* Whether *text* fits the pattern of that name in the tables */
bool pattern_is(const char *pattern, const char *text);

#endif
