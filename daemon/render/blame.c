/* SPDX-License-Identifier: BSD-2-Clause */
/* Sources that killed workers again and again are refused for a while. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "render/pool_priv.h"

static time_t
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec);
}

/* The entry of *source*, or, to write it, one that can be spared. */
static struct blame *
find(struct render_pool *p, const char *source, bool make)
{
	struct blame *oldest = &p->blame[0];

	for (int i = 0; i < BLAME_SLOTS; i++) {
		struct blame *b = &p->blame[i];

		if (b->until > now() && strcmp(b->source, source) == 0)
			return (b);
		if (b->until < oldest->until)
			oldest = b;
	}
	if (!make)
		return (NULL);
	memset(oldest, 0, sizeof(*oldest));
	snprintf(oldest->source, sizeof(oldest->source), "%s", source);
	return (oldest);
}

void
blame_add(struct render_pool *p, const char *source)
{
	struct blame *b = find(p, source, true);

	b->kills++;
	b->until = now() + BLAME_SECONDS;
	if (b->kills == BLAME_KILLS)
		log_warn("render_quarantine", "source=%s kills=%u seconds=%d "
		    "hint=\"the image is refused for that time\"", source,
		    b->kills, BLAME_SECONDS);
}

bool
blame_has(struct render_pool *p, const char *source)
{
	const struct blame *b = find(p, source, false);

	return (b != NULL && b->kills >= BLAME_KILLS);
}
