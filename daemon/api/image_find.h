/* SPDX-License-Identifier: BSD-2-Clause */
/* What a render URL names: organization, source image, stack; and whether. */
#ifndef IMAGE_FIND_H
#define IMAGE_FIND_H

#include "api/call.h"
#include "recipe/recipe.h"
#include "store/store_source.h"
#include "url.h"

struct image_find {
	struct url		url;		/* as it was asked for */
	struct url		plain;		/* with its expressions computed */
	char			*computed;	/* its segments then, or NULL */
	char			org[ORG_MAX + 1];
	struct store_source	source;
	char			hash[HASH_HEX + 1]; /* its; "": not found yet */
	json_t			*stack;		/* kept's; NULL: dynamic */
	uint64_t		stack_seq;	/* last change, bases' too */
	bool			based;		/* it stands on another */
	bool			preview;	/* kept by no cache */
	/* Why the source is the organization's fallback image, or NULL. */
	const char		*missing;
	int			missing_status;	/* of the answer then */
	bool			save_data;	/* "Save-Data: on" */
	bool			guarded;	/* needs a signature */
	int64_t			until_ms; /* end of the signature, 0: none */
	int64_t			due_ms;	/* the alias's next change, 0: none */
	/* The spelling that all of its URLs lead to, made by image_spell() */
	bool			spelled;
	char			*segments;	/* NULL: this is its own */
	struct url_span		format;
	/* Called with the call when an image that it needs has come, or failed. */
	void			(*again)(struct call *);
};

/*
 * Finds all of it for f->url and checks the signature where one is needed.
 * False after an answer, or when f->again() will be called. image_find_clear()
 * is due in any case.
 */
bool image_find(struct call *, struct image_find *);
/* The organization of the render host. False after an answer. */
bool image_find_org(struct call *, char org[ORG_MAX + 1]);
void image_find_clear(struct image_find *);
/* Parts of it: the stack of f->url; f->plain of all else. */
bool image_find_stack(struct call *, struct image_find *);
bool image_find_plain(struct call *, struct image_find *);

/* image_open.c: what expressions may ask of the image, pointing into *f*. */
struct recipe_image image_facts(const struct image_find *);

/*
 * image_guard.c: whether the picture needs a signature, and has a good one.
 * False after an answer.
 */
bool image_guard(struct call *, struct image_find *);
/* It needs one besides, or *why* is the answer. */
bool image_guard_more(struct call *, struct image_find *, const char *why);

/*
 * image_open.c: whether the organization's options let the URL be asked for
 * without a signature. If not, *why* tells the client.
 */
struct store_org;
bool image_is_open(struct call *, struct image_find *,
    const struct store_org *, char *why, size_t len);

/*
 * image_missing.c: has *f* be for the organization's fallback image, for the
 * reason *why*. False if there is none, or none for this client; nothing is
 * answered then.
 */
bool image_missing(struct call *, struct image_find *, const char *why);
/* Whether *shown* is what it shows for an alias or a hash. */
bool image_missing_is(struct call *, const char *org, const struct hash *shown,
    bool by_hash);
/* The headers that tell of it. */
void image_missing_tell(struct call *, const char *org, const char *why);

/* image_control.c: the Cache-Control of the picture. */
struct layers;
void image_control(const struct conf *, const struct image_find *,
    const struct layers *, char *buf, size_t);

/*
 * image_spell.c: sets f->segments and f->format. Then sends a client that asks
 * for it (Varnish does) to the canonical spelling: true after an answer.
 */
void image_spell(struct image_find *);
bool image_respell(struct call *, struct image_find *);

/*
 * image_refuse.c: an error, as JSON or as a small picture; caches may keep for a
 * moment what does not pass by itself, to blunt a storm. X-Moniker-Error has the
 * sentence.
 */
void image_refuse(struct call *, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
