/* SPDX-License-Identifier: BSD-2-Clause */
/* For how long a picture may be kept by whoever gets it. */
#include "config.h"

#include <stdio.h>

#include "api/image_find.h"
#include "api/image_layers.h"
#include "base/clock.h"

#define YEAR	31536000
/* Seconds, of what is shown for a name that may be made any moment. */
#define MISSING_MAX_AGE	60

/*
 * Seconds for which a signature still holds, one less: caches count whole ones,
 * and may keep a picture for nearly one more.
 */
static int64_t
image_left(int64_t until_ms)
{
	int64_t left = until_ms - clock_wall_ms();

	return (left >= 2000 ? left / 1000 - 1 : 0);
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return (a == 0 || (b != 0 && b < a) ? b : a);
}

/*
 * When nobody may show the picture any more, 0: never. That is the end of the
 * signature, or a planned change if a cache could keep the picture until then.
 */
static int64_t
image_end(const struct conf *conf, const struct image_find *f,
    const struct layers *layers)
{
	int64_t due = sooner(f->due_ms, layers != NULL ? layers->due_ms : 0);
	int64_t kept = ((int64_t)conf->alias_max_age + conf->alias_swr + 60) *
	    1000;

	if (due != 0 && due - clock_wall_ms() > kept)
		due = 0;
	return (sooner(f->until_ms, due));
}

/*
 * A URL by hash never changes its picture, one by alias or by the beginning of
 * a hash may at any time; what a signature limits must not live longer than it.
 */
void
image_control(const struct conf *conf, const struct image_find *f,
    const struct layers *layers, char *buf, size_t size)
{
	bool fixed = f->url.kind == URL_HASH &&
	    f->url.image.len == HASH_HEX && (layers == NULL || !layers->moves);
	int64_t age = fixed ? YEAR : conf->alias_max_age;
	int64_t end = image_end(conf, f, layers);
	int64_t left = image_left(end);

	if (f->missing != NULL && age > MISSING_MAX_AGE)
		age = MISSING_MAX_AGE;

	if (f->preview || (layers != NULL && layers->preview))
		(void)snprintf(buf, size, "no-store");
	else if (end != 0)
		(void)snprintf(buf, size, "public, max-age=%lld, "
		    "must-revalidate, stale-while-revalidate=0",
		    (long long)(left < age ? left : age));
	else if (f->missing != NULL)
		(void)snprintf(buf, size, "public, max-age=%lld",
		    (long long)age);
	else if (!fixed)
		(void)snprintf(buf, size, "public, max-age=%lld, "
		    "stale-while-revalidate=%u", (long long)age,
		    conf->alias_swr);
	else
		(void)snprintf(buf, size, "public, max-age=%d, immutable",
		    YEAR);
}
