/* SPDX-License-Identifier: BSD-2-Clause */
/* What an object is looked up by, and whether the one found may be shown. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

struct visit;

/* The highest soft epoch of all that the picture depends on. */
uint64_t lookup_soft(const struct visit *);

/*
 * What a purge raises, as text: with the alias's epoch, or with that of the
 * source image. NULL without memory.
 */
const char *lookup_epochs(VRT_CTX, const struct visit *, bool of_alias);

/* What the object is found by; NULL without memory, or if there is no URL. */
const char *lookup_key(VRT_CTX, struct visit *);

/*
 * False if the object that was hit may have been purged, softly or by way of
 * the source image that it shows, so that VCL has to look closer.
 */
bool lookup_untouched(VRT_CTX, const struct visit *);

#endif
