/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Remote images in render URLs: fetched at the first request, from then on an
 * ordinary source image. Requests for one that is under way wait for it; one
 * that failed is not tried again at once.
 */
#ifndef REMOTE_H
#define REMOTE_H

#include "api/call.h"
#include "fetch/fetch_url.h"
#include "name/hash.h"

struct image_find;
struct remotes;

struct remotes *remotes_new(void);
/* Fails the requests that wait for an image. */
void remotes_stop(struct remotes *);
void remotes_free(struct remotes *);

/*
 * remote_target.c: the URL that f->url names, by the options of its stack and
 * organization. False, and a sentence without a dot: they do not let it.
 */
bool remote_target(const struct api *, const struct image_find *,
    char url[FETCH_URL_MAX + 1], char *why, size_t len);

/*
 * The source image of f->url, put into f->source and f->hash. False after an
 * answer, or when *again* will be called with the call, which is held until
 * then.
 */
bool remote_find(struct call *, struct image_find *,
    void (*again)(struct call *));

struct remotes_stats {
	unsigned	waiting;	/* requests */
	uint64_t	kept_failures;	/* answered by what is known to fail */
};
void remotes_stats(const struct remotes *, struct remotes_stats *);

#endif
