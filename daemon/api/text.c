/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <stdio.h>

#include "api/text.h"

void
text_percent_encode(const char *in, char *out, size_t size)
{
	size_t n = 0;

	for (; *in != '\0' && n + 4 < size; in++)
		if (isalnum((unsigned char)*in) ||
		    strchr("-._~", *in) != NULL)
			out[n++] = *in;
		else
			n += (size_t)sprintf(out + n, "%%%02X",
			    (unsigned char)*in);
	out[n] = '\0';
}
