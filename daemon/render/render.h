/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pool of worker processes, as the daemon sees it: which worker renders
 * what and when, and what is believed of its answer. Nothing here looks at a
 * byte of an image.
 */
#ifndef RENDER_H
#define RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/status.h"

struct event_base;

struct recipe;
struct render_pool;

struct render_conf {
	unsigned	workers;
	unsigned	queue;		/* renders waiting, beyond it BUSY */
	unsigned	wall_ms;	/* a render is killed after this */
	size_t		memory;		/* that a worker may allocate */
	int64_t		pixels;		/* limit of a source, all frames */
	unsigned	side;		/* limit of a source's width, height */
	unsigned	frames;
	int64_t		output;		/* bytes of a result */
	const char	*program;	/* to exec as worker; /proc/self/exe */
	unsigned	reserve;	/* workers besides, for small work */
	unsigned	nice;		/* of all workers but these */
	unsigned	isolate;	/* 1: no worker sees two organizations */
	unsigned	allow_svg, allow_pdf, allow_jp2, allow_ttf; /* sources: 1 */
	unsigned	jit;		/* 1: libvips may generate code */
	unsigned	allow_partial;	/* a JPEG that is cut short: 1 */
	unsigned	avif_effort;	/* for recipe_set_avif_effort() */
};

struct render_result {
	enum render_status status;
	int		fd;		/* memfd with the picture, or -1 */
	int64_t		len;
	char		mimetype[64];
	unsigned	width, height;
	unsigned	edition;	/* of its sources, for the ETag */
	uint64_t	libs;		/* the libraries that made it, too */
	char		error[256];	/* a sentence, when status is not OK */
};

/* *result* is valid during the call; dup() its descriptor to keep it. */
typedef void render_done_f(void *arg, const struct render_result *result);

/* What a source image is, found by its bytes. */
struct probe_result {
	enum render_status status;
	char		format[8], mimetype[64];
	int64_t		width, height;	/* as shown: orientation applied */
	unsigned	frames;
	bool		opaque;
	char		metadata[2048];	/* JSON object: exif orientation, icc */
	char		error[256];
};
typedef void probe_done_f(void *arg, const struct probe_result *);

struct render_pool *render_pool_new(struct event_base *,
    const struct render_conf *, char *err, size_t err_len);
/* Ends the workers. A probe under way is told that it failed. */
void render_pool_free(struct render_pool *);

struct render_job;

/* What a picture is made of, and for which organization. */
struct render_ask {
	const char	*org;		/* whose share of the workers it takes */
	const char	*source;	/* its hash */
	int		fd;		/* its bytes; duplicated, as the next */
	/* What recipe_second() names; -1: a recipe that needs it fails. */
	int		secondary_fd;
	/* What its bytes are and hold, to guess the time; 0, "": not known */
	int64_t		width, height;
	bool		animated;
	const char	*format;
};
/*
 * Equal renders under way (all of *ask* and of the recipe) are joined. done()
 * is never called from inside this function. The job is for render_cancel()
 * only.
 */
struct render_job *render_submit(struct render_pool *,
    const struct render_ask *, const struct recipe *, render_done_f *,
    void *arg);
/* The asker has gone; done() will not be called. */
void render_cancel(struct render_job *);

void render_probe(struct render_pool *, const char *org, int source_fd,
    probe_done_f *, void *arg);

struct render_stats {
	unsigned	workers, busy;
	unsigned	able;		/* workers, or about to be one again */
	unsigned	waiting, probes;	/* all; and of them probes */
	uint64_t	rendered, joined, crashed, refused, recycled;
};
void render_pool_stats(const struct render_pool *, struct render_stats *);

/* What an organization had of the workers. */
struct render_user {
	const char	*org;
	unsigned	waiting;	/* renders and probes */
	uint64_t	begun, refused;
	uint64_t	used_us;	/* time in workers' hands */
};
/*
 * Number *i*, from 0, of those that asked last, RENDER_USERS at most; false
 * past the end.
 */
#define RENDER_USERS	32
bool render_pool_user(const struct render_pool *, size_t i,
    struct render_user *);

/* Upper bounds in microseconds; one more bucket is for what is above. */
#define RENDER_TIME_BOUNDS	12
extern const int64_t render_time_bounds[RENDER_TIME_BOUNDS];

/* Renders of a kind: how many took how long in a worker's hands. */
struct render_time {
	const char	*operation;	/* family of the heaviest in it */
	const char	*format;	/* that came out, "jpg" */
	const uint64_t	*bucket;	/* RENDER_TIME_BOUNDS + 1 */
	uint64_t	sum_us;
};
/* Kind number *i*, from 0, had it renders or not; false past the end. */
bool render_pool_time(const struct render_pool *, size_t i,
    struct render_time *);

/*
 * Part number *i*, from 0, of the workers' cage, and whether they have it (of
 * Landlock the version); false past the end, and before any worker was ready.
 */
bool render_pool_cage(const struct render_pool *, size_t i,
    const char **part, unsigned *has);
/*
 * Format number *i*, from 0: its extension and whether a coder reads or writes
 * it; *ext* is NULL where none is wanted. False past the end, and before any
 * worker was ready.
 */
bool render_pool_format(const struct render_pool *, size_t i, bool written,
    const char **ext, bool *has);
/* The extensions of those without one, between blanks. */
void render_pool_lacks(const struct render_pool *, bool written, char *buf,
    size_t size);
/* Stands for the versions of the libraries. 0: not known yet. */
uint64_t render_pool_libs(const struct render_pool *);

/*
 * Starts a worker, prints what its cage has and what it lacks, and ends it. 0
 * when nothing lacks, 1 when something does, -1 when it does not start.
 */
int render_cage_print(const struct render_conf *, FILE *);

#endif
