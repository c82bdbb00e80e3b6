/* SPDX-License-Identifier: BSD-2-Clause */
/* What a source image is called that came as a file, or from a URL. */
#ifndef FILE_NAME_H
#define FILE_NAME_H

#include <stddef.h>

/* The last component of *path*, without control characters, cut to fit. */
void file_name(char *out, size_t size, const char *path);

/*
 * The name of what was fetched: from its Content-Disposition ("": none), or the
 * last segment of the URL's path.
 */
void file_name_fetched(char *out, size_t size, const char *disposition,
    const char *url);

#endif
