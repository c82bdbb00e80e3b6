/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a picture shows besides its source image: the secondary image of a
 * composition, perhaps rendered by a stack of its own, which may be another
 * composition, and so on.
 */
#ifndef IMAGE_LAYERS_H
#define IMAGE_LAYERS_H

#include "api/image_find.h"
#include "render/render.h"

/* Pictures below the one that is asked for. */
#define LAYERS		5

struct layer {
	struct store_source	source;
	char			hash[HASH_HEX + 1];
	struct recipe		*recipe;	/* NULL: as it is */
	int			fd;		/* of its bytes */
};

struct layers {
	unsigned		n;
	struct layer		layer[LAYERS];	/* from the top */
	/* For caches, see doc/architecture-purge.rst */
	char			*tags;
	uint64_t		epoch;
	bool			moves;		/* one is by an alias */
	int64_t			due_ms;		/* when one moves, 0: unknown */
	bool			preview;	/* a stack is one */
	bool			stacked;	/* one has to be rendered */
	bool			varies_save;	/* by Save-Data */
};

/*
 * Finds them for the recipe and writes into that what they are. *out* NULL: it
 * shows no other. False after an answer, or when f->again() will be called;
 * layers_free() is due in any case.
 */
bool image_layers(struct call *, struct image_find *, struct recipe *,
    struct layers **out);
void layers_free(struct layers *);
/* The highest edition of all, or -1 when it is not known; 0 for NULL. */
int layers_edition(const struct layers *);

/* What is rendered of a layer; *second*: what lies below, or -1. */
struct render_ask layer_ask(const char *org, const struct layer *,
    int second);

/*
 * image_chain.c: renders layers (or NULL) from below and then the picture, calls
 * *done* with that, or with the first that failed. Takes over the layers, and of
 * *top* recipe and descriptor; the texts of *top* live as long as the chain.
 */
struct chain;
struct chain_top {
	struct render_ask	ask;
	struct recipe		*recipe;
};
struct chain *chain_start(struct render_pool *, const struct chain_top *,
    struct layers *, render_done_f *, void *arg);
/* Ends it wherever it is; *done* is not called any more. */
void chain_free(struct chain *);

#endif
