/* SPDX-License-Identifier: BSD-2-Clause */
/* How a render ended: what a worker says of it, and the daemon passes on. */
#ifndef STATUS_H
#define STATUS_H

enum render_status {
	RENDER_OK,
	RENDER_BUSY,		/* the queue is full */
	RENDER_BAD_IMAGE,	/* no image, broken, or of no allowed kind */
	RENDER_LIMIT,		/* over a limit; error names it */
	RENDER_BAD_RECIPE,	/* does not fit this image; error says why */
	RENDER_CRASHED,		/* the worker died or was killed */
	RENDER_FAILED		/* other; logged */
};

/*
 * The newest edition of pictures: it says which release first showed one as it
 * is shown now. 0: all do. 1 is of sources, edition.c; 2 RECIPE_EDITION.
 */
#define RENDER_EDITION	2

#endif
