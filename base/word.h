/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of words in one text, as "box|fill|absolute". */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Sets *word and *len to the next word, and *list behind it. False at the end,
 * and for a list that is NULL.
 */
static inline bool
word_next(const char **list, const char **word, size_t *len)
{
	if (*list == NULL || **list == '\0')
		return (false);
	*word = *list;
	*len = strcspn(*word, "|");
	*list += *len;
	if (**list == '|')
		(*list)++;
	return (true);
}

#endif
