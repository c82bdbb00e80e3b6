/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORS_H
#define CORS_H

#include "api/call.h"

/* What every answer of the API carries. */
void cors_headers(struct call *);
/* The same of a picture: a page may see which one it has got, and how large. */
void cors_picture(struct call *);
/* Answers OPTIONS; *methods* are those of the path, "" when there is none. */
void cors_preflight(struct call *, const char *methods);

#endif
