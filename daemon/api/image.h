/* SPDX-License-Identifier: BSD-2-Clause */
/* The render host: a URL in, a picture out. */
#ifndef IMAGE_H
#define IMAGE_H

struct endpoint;

extern const struct endpoint image_endpoint;

#endif
