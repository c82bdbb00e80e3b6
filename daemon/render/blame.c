/* SPDX-License-Identifier: BSD-2-Clause */
/* What killed workers again and again is refused for a while. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "render/pool_priv.h"

static time_t
now(void)
{
	return ((time_t)(times_clock() / 1000000));
}

/* The entry of both, or, to write it, one that can be spared. */
static struct blame *
find(struct render_pool *p, const char *source, const char *digest, bool make)
{
	struct blame *oldest = &p->blame[0];

	for (int i = 0; i < BLAME_SLOTS; i++) {
		struct blame *b = &p->blame[i];

		if (b->until > now() && strcmp(b->source, source) == 0 &&
		    strcmp(b->digest, digest) == 0)
			return (b);
		if (b->until < oldest->until)
			oldest = b;
	}
	if (!make)
		return (NULL);
	memset(oldest, 0, sizeof(*oldest));
	snprintf(oldest->source, sizeof(oldest->source), "%s", source);
	snprintf(oldest->digest, sizeof(oldest->digest), "%s", digest);
	return (oldest);
}

void
blame_add(struct render_pool *p, const char *source, const char *digest)
{
	struct blame *b = find(p, source, digest, true);

	b->kills++;
	b->until = now() + BLAME_SECONDS;
	if (b->kills == BLAME_KILLS)
		log_warn("render_quarantine", "refused for that time",
		    KV("source", source), KV("recipe", digest[0] == '\0' ?
		    "any" : digest), KV("kills", b->kills),
		    KV("seconds", BLAME_SECONDS));
}

bool
blame_has(struct render_pool *p, const char *source, const char *digest)
{
	const struct blame *b = find(p, source, digest, false);

	return (b != NULL && b->kills >= BLAME_KILLS);
}
