/* SPDX-License-Identifier: BSD-2-Clause */
/* A picture with layers that stacks make: rendered one by one, from below. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/image_layers.h"
#include "api/text.h"
#include "obj.h"

struct chain {
	unsigned		magic;
#define CHAIN_MAGIC		0x4d1f02a7
	struct render_pool	*pool;
	struct chain_top	top;
	struct layers		*layers;
	unsigned		left;		/* layers to go */
	int			second;		/* the last that was made */
	unsigned		edition;	/* the highest of those */
	struct render_job	*job;
	render_done_f		*done;
	void			*arg;
};

static void chain_made(void *arg, const struct render_result *);

/* What lies below the layer that comes next, or the picture itself. */
static int
chain_second(const struct chain *ch)
{
	return (ch->second >= 0 || ch->layers == NULL ||
	    ch->left == ch->layers->n ? ch->second :
	    ch->layers->layer[ch->left].fd);
}

static void
chain_next(struct chain *ch)
{
	const struct layer *l;
	struct render_ask ask;

	/* Only the lowest may be taken as it is. */
	if (ch->left > 0 && ch->layers->layer[ch->left - 1].recipe == NULL)
		ch->left--;
	if (ch->left == 0) {
		ask = ch->top.ask;
		ask.secondary_fd = chain_second(ch);
		ch->job = render_submit(ch->pool, &ask, ch->top.recipe,
		    chain_made, ch);
		return;
	}
	l = &ch->layers->layer[ch->left - 1];
	ask = layer_ask(ch->top.ask.org, l, chain_second(ch));
	ch->job = render_submit(ch->pool, &ask, l->recipe, chain_made, ch);
}

static void
chain_fail(struct chain *ch, const char *why)
{
	struct render_result r = { .status = RENDER_FAILED, .fd = -1 };

	text_copy(r.error, sizeof r.error, why);
	ch->done(ch->arg, &r);
}

static void
chain_made(void *arg, const struct render_result *r)
{
	struct chain *ch = CAST_OBJ(arg, CHAIN_MAGIC);
	struct render_result last = *r;
	int fd;

	ch->job = NULL;
	if (r->edition > ch->edition)
		ch->edition = r->edition;
	last.edition = ch->edition;
	if (r->status != RENDER_OK || ch->left == 0) {
		ch->done(ch->arg, &last);
		return;
	}
	if ((fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 3)) < 0) {
		chain_fail(ch, "out of descriptors");
		return;
	}
	if (ch->second >= 0)
		(void)close(ch->second);
	ch->second = fd;
	ch->left--;
	chain_next(ch);
}

struct chain *
chain_start(struct render_pool *pool, const struct chain_top *top,
    struct layers *layers, render_done_f *done, void *arg)
{
	struct chain *ch = calloc(1, sizeof *ch);

	if (ch == NULL)
		abort();
	ch->magic = CHAIN_MAGIC;
	ch->pool = pool;
	ch->top = *top;
	ch->layers = layers;
	ch->left = layers == NULL ? 0 : layers->n;
	ch->second = -1;
	ch->done = done;
	ch->arg = arg;
	chain_next(ch);
	return (ch);
}

void
chain_free(struct chain *ch)
{
	if (ch == NULL)
		return;
	if (ch->job != NULL)
		render_cancel(ch->job);
	if (ch->second >= 0)
		(void)close(ch->second);
	if (ch->top.ask.fd >= 0)
		(void)close(ch->top.ask.fd);
	recipe_free(ch->top.recipe);
	layers_free(ch->layers);
	free(ch);
}
