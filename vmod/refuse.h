/* SPDX-License-Identifier: BSD-2-Clause */
/* The headers of an answer that there is no such picture. */
#ifndef REFUSE_H
#define REFUSE_H

#include <stdbool.h>

struct visit;

/*
 * Sets the headers of the usual refusal. False, and none is set, if it is
 * another answer, or if there is no room. *visit* may be NULL.
 */
bool refuse_answer(VRT_CTX, struct visit *);

#endif
