/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libvips has ORC make machine code for each resize: it saves 5 to 20 % of a
 * render. The sandbox allows no memory that can be executed, and ORC aborts
 * when it gets none; so the room for its code is taken before, and renders
 * that would need more do without.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <vips/vips.h>
#include <vips/vector.h>

#include "worker/bridge.h"
#include "worker/vector.h"
#include "worker/work.h"

#if BRIDGE_ORC

/*
 * Resizes whose code fits at once: about 4 kB each. The longest recipe has a
 * fraction of it. It takes 90 ms of a worker's start.
 */
#define RESERVE		64

/* Frames one by one and operations up to which a render fits the reserve */
#define FRAMES_MOST	8
#define OPS_MOST	8

static bool disabled;

/* Later versions of libvips have code of all kinds ready, and no ORC. */
bool
vector_generates(void)
{
	return (dlsym(RTLD_DEFAULT, "orc_program_new") != NULL);
}

void
vector_disable(void)
{
	disabled = true;
	vips_vector_set_enabled(FALSE);
}

void
vector_reserve(void)
{
	VipsImage *black = NULL, *abs = NULL, *held[RESERVE] = { NULL };

	if (vips_black(&black, 64, 4096, "bands", 3, NULL))
		return;
	/* The one operation that makes its code once, at its first use */
	if (vips_abs(black, &abs, NULL) == 0)
		g_object_unref(abs);
	for (int i = 0; i < RESERVE; i++)
		(void)vips_reducev(black, &held[i], 1.1 + i * 0.02, NULL);
	for (int i = 0; i < RESERVE; i++)
		if (held[i] != NULL)
			g_object_unref(held[i]);
	g_object_unref(black);
}

/* Generated code blurs a flat 200 to 202. */
static bool
blurs(const struct recipe *r)
{
	for (unsigned i = 0; i < r->n_ops; i++)
		if (r->ops[i].id == OPS_blur || r->ops[i].id == OPS_dropshadow)
			return (true);
	return (false);
}

void
vector_for(const struct work *w)
{
	const struct recipe *r = w->recipe;

	if (vector_generates())
		vips_vector_set_enabled(!disabled && r->n_ops <= OPS_MOST &&
		    !blurs(r));
}

void
vector_for_frames(int n)
{
	if (n > FRAMES_MOST && vector_generates())
		vips_vector_set_enabled(FALSE);
}

#else	/* a libvips that may have ORC, if it was built without Highway */

bool
vector_generates(void)
{
	return (dlsym(RTLD_DEFAULT, "orc_program_new") != NULL);
}

void
vector_disable(void)
{
	vips_vector_set_enabled(FALSE);
}

void
vector_reserve(void)
{
	vector_disable();	/* there is no room for what it would make */
}

void
vector_for(const struct work *w)
{
	(void)w;
}

void
vector_for_frames(int n)
{
	(void)n;
}

#endif
