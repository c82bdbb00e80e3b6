/* SPDX-License-Identifier: BSD-2-Clause */
/* WebP, as far as the libraries need help. */
#ifndef WEBP_H
#define WEBP_H

#include <stdbool.h>
#include <stddef.h>
#include <webp/encode.h>

/* The encoder's method, 0 (fast) to 6 */
#define WEBP_EFFORT	4

/* Takes the metadata out of the file *p*; returns the length that is left. */
size_t webp_strip(unsigned char *p, size_t len);

/*
 * Says in the extended header of the file *p* that it is not opaque: libwebp
 * looks only at the parts that change, and browsers believe it.
 */
void webp_declare_alpha(unsigned char *p, size_t len);

/*
 * Encodes *pic*, which is YUV with an alpha plane that hides something, with
 * loss as *config* says, opacity without, to its writer. Its alpha plane is
 * dropped. False: pic->error_code says why.
 */
bool webp_encode_alpha(const WebPConfig *config, WebPPicture *pic);

#endif
