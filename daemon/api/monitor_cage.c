/* SPDX-License-Identifier: BSD-2-Clause */
/* What shuts the render workers in, and what they can do. */
#include "config.h"

#include <event2/buffer.h>

#include "api/monitor.h"
#include "render/render.h"

void
monitor_cage(struct evbuffer *b, const struct render_pool *pool)
{
	static const char name[] = "moniker_render_cage";
	const char *part;
	unsigned has;

	monitor_head(b, name, "gauge", "What shuts the render workers in: 0 "
	    "is missing; of Landlock the version.");
	for (size_t i = 0; render_pool_cage(pool, i, &part, &has); i++)
		(void)evbuffer_add_printf(b, "%s{part=\"%s\"} %u\n", name,
		    part, has);
}

void
monitor_formats(struct evbuffer *b, const struct render_pool *pool)
{
	static const char name[] = "moniker_render_format";
	const char *ext;
	bool has;

	monitor_head(b, name, "gauge", "Formats that are wanted: 0 has no "
	    "coder on this machine.");
	for (int written = 0; written < 2; written++)
		for (size_t i = 0; render_pool_format(pool, i, written, &ext,
		    &has); i++)
			if (ext != NULL)
				(void)evbuffer_add_printf(b, "%s{format="
				    "\"%s\",use=\"%s\"} %d\n", name, ext,
				    written ? "write" : "read", has);
}
