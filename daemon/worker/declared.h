/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Colours that a file declares by other means than an ICC profile: gAMA, cHRM
 * and cICP of PNG, nclx of AVIF and HEIF.
 */
#ifndef DECLARED_H
#define DECLARED_H

#include <stdbool.h>
#include <stddef.h>

struct declared {
	double	xy[8];		/* white, red, green, blue; xy[1] 0: sRGB's */
	double	gamma;		/* exponent from value to light, or 0 */
	int	transfer;	/* by ITU-T H.273, where gamma is 0 */
};

/* Both: false when the colours are sRGB, or nothing usable is declared. */
bool declared_png(const void *data, size_t len, struct declared *);
bool declared_nclx(int primaries, int transfer, struct declared *);

/* Its curve is far from sRGB's, so that black and white mix to another grey. */
bool declared_is_bent(const struct declared *);

/* The ICC profile that says the same, to be freed; NULL: there is none. */
void *declared_profile(const struct declared *, bool grey, size_t *len);

#endif
