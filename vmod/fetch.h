/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the origin is told with a fetch. A hit needs none of it, so it goes with
 * the request in one header, until there is a fetch.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>

struct visit;

/*
 * Adds that header to the request, without a log record. The workspace is
 * marked if there is no room.
 */
void fetch_pack(VRT_CTX, struct visit *);

/*
 * Has the fetch's request say in headers what it says in that one. False
 * if there is no room, and the request says too little then.
 */
bool fetch_unpack(VRT_CTX);

#endif
