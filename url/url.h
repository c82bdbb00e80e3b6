/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The URL grammar of the render host, shared by the edge (VMOD) and the origin
 * (monikerd), so that the two cannot disagree about what a URL names.
 *
 *	"/" stack *( "/" segment ) "/" image [ "/" slug ] "." format [ "?" query ]
 *
 * Pure functions over bytes: no allocation, no locale, no dependency.
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>

struct url_span {
	const char	*p;
	size_t		len;
};

enum url_kind {
	URL_OTHER,		/* not a render URL */
	URL_HASH,		/* image is 6 to 40 lower-case hex digits */
	URL_ALIAS,		/* image is -_name_- */
	URL_REMOTE		/* image is -address- */
};

#define URL_ALIAS_MAX	255

struct url {
	enum url_kind	kind;
	struct url_span	stack;		/* first segment */
	struct url_span	segments;	/* between stack and image, raw, or empty */
	struct url_span	image;		/* hash, or all of -_name_-, raw */
	char		alias[URL_ALIAS_MAX + 1]; /* decoded name of an alias */
	size_t		alias_len;
	struct url_span	slug;		/* raw, without the version */
	struct url_span	version;	/* "v12" of a slug's end, or empty */
	struct url_span	format;		/* "jpg" */
	struct url_span	query;		/* behind "?", or empty */
};

/*
 * Takes a request target (origin form) apart. The spans point into *target*.
 * Returns u->kind.
 */
enum url_kind url_parse(const char *target, size_t len, struct url *u);

/*
 * Writes the canonical form: stack, segments without empty ones, *hash* (40
 * hex; NULL keeps the image as it is), version, format, and of the query only
 * what changes the picture (v, sig, sigopts). NUL-terminated.
 * Returns the length, or 0 when *size* is too small.
 */
size_t url_canonical(const struct url *u, const char *hash, char *buf,
    size_t size);

/*
 * Percent-decodes *in* to *out*. Returns the length, or -1 for a bad escape, a
 * NUL, or too little room.
 */
long url_decode(struct url_span in, char *out, size_t size);

#endif
