/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sodium.h>

#include "store_priv.h"

void
random_text(char *out, size_t n, unsigned alphabet)
{
	static const char chars[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	out[n] = '\0';
	while (n-- > 0)
		out[n] = chars[randombytes_uniform(alphabet)];
}
