/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What reads a picture's own bytes before or behind the libraries: sniffing,
 * the counts of header.c, the scans of a JPEG, the chunks of a WebP. Each gets
 * a copy that ends where a sanitizer notices.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/header.h"
#include "wire/sniff.h"
#include "worker/webp.h"
#include "worker/jpeg.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

static void
check_counts(const void *data, size_t len)
{
	unsigned width, height;

	MUST(header_png_text(data, len) <= len);
	MUST(header_webp_frames(data, len) <= len);
	MUST(header_tiff_pages(data, len) <= HEADER_PAGES);
	MUST(header_svg_elements(data, len) <= len);
	MUST(sniff_gif_screen(data, len, &width, &height) == (len >= 10));
}

/* The worker asks only of what was sniffed as a JPEG. */
static void
check_jpeg(const void *data, size_t len)
{
	unsigned scans = jpeg_scans(data, len);
	size_t less = 0;
	void *p;

	MUST(scans <= len);
	p = jpeg_first_scans(data, len, &less);
	if (p != NULL)
		MUST(less > 2 && sniff(p, less) == FORMAT_JPG);
	free(p);
}

/* What was stripped holds no metadata, and to strip it again changes nothing. */
static void
check_webp(unsigned char *p, size_t len)
{
	size_t n = webp_strip(p, len);
	unsigned char *again;

	MUST(n <= len);
	webp_declare_alpha(p, n);
	again = malloc(n > 0 ? n : 1);
	if (n > 0)
		memcpy(again, p, n);
	MUST(webp_strip(again, n) == n);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned char *copy = malloc(len > 0 ? len : 1);

	if (len > 0)
		memcpy(copy, data, len);
	MUST(sniff(copy, len) <= FORMAT_MAX);
	check_counts(copy, len);
	if (sniff(copy, len) == FORMAT_JPG)
		check_jpeg(copy, len);
	check_webp(copy, len);
	free(copy);
	return (0);
}
