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

#endif
