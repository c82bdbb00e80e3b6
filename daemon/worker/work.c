/* SPDX-License-Identifier: BSD-2-Clause */
/* What each step of a render stands on: room, failures, limits. */
#include "config.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "worker/reason.h"
#include "worker/sandbox.h"
#include "worker/work.h"

int
work_fail(struct work *w, enum render_status status, const char *fmt, ...)
{
	va_list ap;

	if (w->status != RENDER_OK)
		return (-1);
	w->status = status;
	va_start(ap, fmt);
	(void)vsnprintf(w->error, sizeof w->error, fmt, ap);
	va_end(ap);
	return (-1);
}

/* Almost always the file is broken. */
int
work_fail_vips(struct work *w)
{
	const char *text = vips_error_buffer();
	char reason[200];
	bool memory = strstr(text, "out of memory") != NULL ||
	    strstr(text, "Insufficient memory") != NULL ||
	    strstr(text, "Cannot allocate memory") != NULL;

	if (memory)
		return (work_fail(w, RENDER_LIMIT, "the image needs more "
		    "memory than the limit of a worker"));
	reason_of(text, reason, sizeof reason);
	return (work_fail(w, RENDER_BAD_IMAGE, "the image cannot be read: %s",
	    reason));
}

bool
work_size_fits(const struct work *w, int width, int height)
{
	return ((uint32_t)width <= w->limits->side &&
	    (uint32_t)height <= w->limits->side &&
	    (int64_t)width * height <= w->limits->pixels);
}

int
work_check_size(struct work *w, int width, int height)
{
	if ((uint32_t)width > w->limits->side ||
	    (uint32_t)height > w->limits->side)
		return (work_fail(w, RENDER_LIMIT, "the result would be %d x "
		    "%d, over the limit of %u pixels a side", width, height,
		    w->limits->side));
	if ((int64_t)width * height > w->limits->pixels)
		return (work_fail(w, RENDER_LIMIT, "the result would be %d x "
		    "%d, over the limit of %lld pixels", width, height,
		    (long long)w->limits->pixels));
	return (0);
}

int
work_check_memory(struct work *w, enum format f, int width, int height,
    size_t pixel, size_t rest)
{
	size_t need = (size_t)width * (size_t)height * pixel + rest;

	if (sandbox_has_room(need))
		return (0);
	/* What is free inside the heap does not count yet. */
	(void)malloc_trim(0);
	if (sandbox_has_room(need))
		return (0);
	return (work_fail(w, RENDER_LIMIT, "%d x %d pixels of %s need %zu MB, "
	    "over what the limit of %llu MB leaves a worker", width, height,
	    formats[f].ext, need >> 20,
	    (unsigned long long)w->limits->memory >> 20));
}

VipsImage **
work_room(struct work *w, int n)
{
	if (w->scope == NULL)
		w->scope = vips_image_new();
	return ((VipsImage **)vips_object_local_array(VIPS_OBJECT(w->scope),
	    n));
}
