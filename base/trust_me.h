/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drops a const that a library's declaration lacks, where the library does not
 * write: jansson's iterators, munmap(), iovec. Named as in Varnish.
 */
#ifndef TRUST_ME_H
#define TRUST_ME_H

#include <stdint.h>

#define TRUST_ME(ptr)	((void *)(uintptr_t)(ptr))

#endif
