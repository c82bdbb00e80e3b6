/* SPDX-License-Identifier: BSD-2-Clause */
/* What killed workers again and again is refused for a while. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "log.h"
#include "render/blame.h"

static time_t
now(void)
{
	return ((time_t)(clock_us() / 1000000));
}

/* The slot of both, unless it is over; or -1. */
static int
find(const struct blame_list *l, const char *source, const char *digest)
{
	for (int i = 0; i < BLAME_SLOTS; i++)
		if (l->slot[i].until > now() &&
		    strcmp(l->slot[i].source, source) == 0 &&
		    strcmp(l->slot[i].digest, digest) == 0)
			return (i);
	return (-1);
}

/* A slot for both, in place of what is over first. */
static int
begin(struct blame_list *l, const char *source, const char *digest)
{
	struct blame *b;
	int oldest = 0;

	for (int i = 1; i < BLAME_SLOTS; i++)
		if (l->slot[i].until < l->slot[oldest].until)
			oldest = i;
	b = &l->slot[oldest];
	memset(b, 0, sizeof *b);
	(void)snprintf(b->source, sizeof b->source, "%s", source);
	(void)snprintf(b->digest, sizeof b->digest, "%s", digest);
	return (oldest);
}

void
blame_add(struct blame_list *l, const char *source, const char *digest)
{
	int i = find(l, source, digest);
	struct blame *b = &l->slot[i >= 0 ? i : begin(l, source, digest)];

	b->kills++;
	b->until = now() + BLAME_SECONDS;
	if (b->kills == BLAME_KILLS)
		log_warn("render_quarantine", "refused for that time",
		    KV("source", source), KV("recipe", digest[0] == '\0' ?
		    "any" : digest), KV("kills", b->kills),
		    KV("seconds", BLAME_SECONDS));
}

bool
blame_has(const struct blame_list *l, const char *source, const char *digest)
{
	int i = find(l, source, digest);

	return (i >= 0 && l->slot[i].kills >= BLAME_KILLS);
}
