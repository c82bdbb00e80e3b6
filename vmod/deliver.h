/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an answer says to the caches and browsers that it goes to. The table
 * in doc/architecture-caches.rst has the reasons.
 */
#ifndef DELIVER_H
#define DELIVER_H

#include <stdbool.h>

struct folder;
struct visit;

/*
 * Removes our own headers from the answer of this task; if it shows a picture,
 * sets its Cache-Control, and Date and Age where they would tell the age of the
 * object and not of what the URL means. *visit* may be NULL.
 */
void deliver_answer(VRT_CTX, const struct folder *, struct visit *);

/*
 * True if the answer is a picture, and Varnish itself can make of it what the
 * client asked for by its headers. *visit* may be NULL.
 */
bool deliver_usual(VRT_CTX, const struct visit *);

#endif
