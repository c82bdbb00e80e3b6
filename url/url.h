/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The URL grammar of the render host, shared by the edge (VMOD) and the origin
 * (monikerd), so that the two cannot disagree about what a URL names.
 *
 *	"/" stack *( "/" segment ) "/" image [ "/" slug ] "." format [ "?" query ]
 *
 * Between brackets, "[" or "%5B" to "]" or "%5D", is an expression, in which
 * "/" and "-" are not what they are elsewhere. Brackets are that if each of a
 * path has its other, else any text.
 *
 * Pure functions over bytes: no allocation, no locale, no dependency.
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "name/hash.h"
#include "name/name.h"

struct url_span {
	const char	*p;
	size_t		len;
};

/* That of a text; NULL: empty. */
static inline struct url_span
url_text(const char *text)
{

	return ((struct url_span){ text, text != NULL ? strlen(text) : 0 });
}

enum url_kind {
	URL_OTHER,		/* not a render URL */
	URL_HASH,		/* image is 6 to 40 lower-case hex digits */
	URL_ALIAS,		/* image is -_name_- */
	URL_REMOTE		/* image is -address- */
};

struct url {
	enum url_kind	kind;
	struct url_span	stack;		/* first segment, raw; see url_decode */
	struct url_span	segments;	/* between stack and image, raw, or empty */
	struct url_span	image;		/* hash, or all of -_name_-, raw */
	char		alias[NAME_MAX_LEN + 1]; /* decoded name of an alias */
	size_t		alias_len;
	struct url_span	slug;		/* raw, without the version */
	struct url_span	version;	/* "v12" of a slug's end, or empty */
	struct url_span	format;		/* "jpg", "thumbhash" */
	struct url_span	query;		/* behind "?", or empty */
};

/*
 * Takes a request target (origin form) apart. The spans point into *target*.
 * Returns u->kind. Anything but URL_OTHER has a stack of which, once decoded,
 * name_is_url_stack() is true.
 */
enum url_kind url_parse(const char *target, size_t len, struct url *u);

/*
 * Writes the canonical form: stack, segments without empty ones, *hash* (40
 * hex; NULL keeps the image as it is), version, format, and of the query only
 * what changes the picture (v, sigopts, sig, in this order). NUL-terminated.
 * Two URLs with one canonical form name the same picture, and the canonical
 * form of a canonical form is itself. It is never more than a few bytes (and
 * the hash) longer than the target.
 * Returns the length, or 0 for URL_OTHER and when *size* is too small.
 */
size_t url_canonical(const struct url *u, const char *hash, char *buf,
    size_t size);

/*
 * The value of *name* in the query, raw. Where it occurs more than once the
 * last one counts. false and an empty span when there is none or it is empty.
 */
bool url_query(const struct url *u, const char *name, struct url_span *value);

/* How often *name* occurs in the query, with or without a value. */
size_t url_count(const struct url *u, const char *name);

/*
 * Percent-decodes *in* to *out*. Returns the length, or -1 for a bad escape, a
 * NUL, or too little room.
 */
long url_decode(struct url_span in, char *out, size_t size);

/* Whether *s* has no bracket and no escape. */
bool url_is_plain(struct url_span s);
/*
 * Whether *s* has brackets, and each its other. What is cut out of it where no
 * bracket is open has, too.
 */
bool url_brackets(struct url_span s);
/* Whether each bracket of *s*, if there are any, has its other. */
bool url_balanced(struct url_span s);
/*
 * 1 or -1 if a bracket opens or closes at *p*, which is before *end*, else 0;
 * *len*: the bytes that it takes.
 */
int url_bracket(const char *p, const char *end, size_t *len);
/*
 * How many bytes of *s* there are until *ends* says so, of what is left; where
 * *brackets* count, outside of them.
 */
size_t url_until(struct url_span s, bool brackets,
    bool (*ends)(struct url_span));

#define URL_DOWNLOAD_MAX	720

/*
 * The Content-Disposition by which a browser saves the picture under the slug
 * of its URL, else under the alias, else as *otherwise* (NULL: false). Its
 * extension is that of *type*, the media type of the answer, or for NULL and
 * unknown ones the URL's.
 */
bool url_download(const struct url *u, const char *type,
    const char *otherwise, char value[URL_DOWNLOAD_MAX]);

#define URL_ACCEPT_MAX	64

/*
 * Reduces an Accept header (NULL: none) to those formats of ours that it names
 * and does not refuse by q=0, in a fixed order: "image/avif,image/jxl,
 * image/webp" without the blanks, or "". Wildcards name nothing, since every
 * client sends them. *buf* has room for URL_ACCEPT_MAX bytes.
 * Returns the length.
 */
size_t url_accept(const char *accept, char *buf);

#define URL_LANGUAGES_MAX	32	/* that are offered */
#define URL_LANGUAGE_MAX	32	/* bytes of one of them */
#define URL_LANGUAGES_SIZE	128

/*
 * Those of the languages *offered* ("en, de, de-CH") that an Accept-Language
 * header (NULL: none) asks for, best first: three at most, with ", " between.
 * The first of *offered* is what there is without any variant, so what the
 * client likes less is not among them. What is there is spelled as in
 * *offered*; what is too long there, or too many, is left out. *buf* has room for
 * URL_LANGUAGES_SIZE bytes. Returns the length.
 */
size_t url_language(const char *accept, const char *offered, char *buf);

#endif
