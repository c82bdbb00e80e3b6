/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variants of an alias: aliases of their own, called ALIAS__VARIANT, of which
 * VCL names some for a request. They cost nothing where it does not.
 */
#ifndef VARIANT_H
#define VARIANT_H

#include <stdbool.h>
#include <stddef.h>

#include "map.h"
#include "url.h"

struct folder;
struct visit;

#define VARIANTS_MAX	3	/* that are looked up, besides the plain alias */
#define VARIANT_LEN	63	/* bytes of the name of one */

struct variants {
	unsigned	n;
	bool		private;	/* no shared cache may keep the answer */
	const char	*vary;		/* headers that VCL chose by, or NULL */
	char		name[VARIANTS_MAX][VARIANT_LEN + 1];
};

/*
 * Reads "de-CH, de", of which other characters than those of aliases become
 * "_". What is empty, too long, or the fourth, is left out.
 */
void variant_read(struct variants *, const char *list);

/*
 * Whether *vary* has names of headers and commas, and nothing else. What has not
 * cannot be said to a cache.
 */
bool variant_vary_good(const char *vary);

/*
 * Looks up the first of *v*'s variants of the alias of *u* that is there and
 * whose image is, or else the plain alias. *u* and v->variant tell which; the
 * value's time is that of the next change of any of them.
 */
enum map_answer variant_find(VRT_CTX, const struct folder *, struct visit *,
    struct url *u, struct map_value *);

/* Says to caches what the answer depends on. */
void variant_answer(VRT_CTX, const struct visit *);

#endif
