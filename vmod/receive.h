/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The usual request for a picture, without a VCL statement for each of its
 * headers: what they cost together is more than the look-up does.
 */
#ifndef RECEIVE_H
#define RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

struct folder;
struct visit;

/*
 * Takes our headers off the request, whatever it is for. True if the request
 * is ready to be looked up: its URL is that to go on with, and it has the
 * headers for the origin. False if VCL has to do it, step by step, or refuse
 * it. *visit* may be NULL.
 */
bool receive_request(VRT_CTX, struct folder *, struct visit *,
    bool keep_alias);

/* The highest soft epoch of all that the picture depends on. */
uint64_t receive_soft(const struct visit *);

/*
 * What a purge raises, as text: with the alias's epoch, or with that of the
 * source image. NULL without memory.
 */
const char *receive_epochs(VRT_CTX, const struct visit *, bool of_alias);

/* What the object is found by; NULL without memory, or if there is no URL. */
const char *receive_key(VRT_CTX, const struct visit *);

/*
 * False if the object that was hit may have been purged, softly or by way of
 * the source image that it shows, so that VCL has to look closer.
 */
bool receive_untouched(VRT_CTX, const struct visit *);

#endif
