/* SPDX-License-Identifier: BSD-2-Clause */
/* A pool with real workers, asked one thing at a time. */
#ifndef RENDER_UTIL_H
#define RENDER_UTIL_H

#include <event2/event.h>

#include "recipe/recipe.h"
#include "render/render.h"

/* Becomes a worker when the program was started as one. */
void worker_entry(int argc, char **argv);

/*
 * Another name of this program, for render_conf.program, by which it is started
 * as a worker of a kind: these have no environment to tell by. That kind, when
 * it was; "" otherwise. And the end of the name.
 */
struct worker_kind {
	char		dir[32], path[96];
};
void worker_kind_new(struct worker_kind *, const char *kind);
const char *worker_kind(void);
void worker_kind_free(struct worker_kind *);

extern const struct render_conf test_conf;

struct rendered {
	struct render_result r;	/* r.fd: -1 */
	unsigned char	*data;
	size_t		len;
	char		error[256];
};

struct render_pool *pool_start(struct event_base *,
    const struct render_conf *);

/* What is known of the image of each render from now on; NULL: nothing. */
extern const struct recipe_image *render_known;

/* Set before the first render: whether PDF is taken */
extern bool render_takes_pdf;

/* What a pool of its own makes of *file*; data is to be freed. */
void render_file(const char *file, const char *segments, const char *format,
    const char *accept, struct rendered *out);
/* The same of bytes. */
void render_bytes(const void *data, size_t len, const char *segments,
    const char *format, const char *accept, struct rendered *out);

/* Descriptor of a memfd that holds *data*. */
int bytes_fd(const void *data, size_t len);

/* Ends the pool that render_file() keeps. */
void render_end(void);

/* The same for cmocka, as a group's tear-down; the set-up starts libvips. */
int render_group_start(void **state);
int render_group_end(void **state);

struct render_pool *render_pool_of_file(void);
struct event_base *render_base(void);

#endif
