/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "recipe/hosted.h"

static bool
is_among(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return (true);
	return (false);
}

bool
hosted_operation(const char *name)
{
	static const char *const names[] = { "glitch", "primitive",
	    "svgdynamic", "face", "addframes", "svg2bitmap", NULL };

	return (is_among(name, names));
}

bool
hosted_video_option(const char *name)
{
	static const char *const names[] = { "mp4.quality", "webm.quality",
	    "av1.quality", "fps", "timestamp", "min_video_width",
	    "min_video_height", NULL };

	return (is_among(name, names));
}

bool
hosted_video_format(const char *ext, size_t len)
{
	static const char *const names[] = { "mp4", "webm", "av1", "m3u",
	    "m3u8", "ts" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == len &&
		    strncasecmp(names[i], ext, len) == 0)
			return (true);
	return (false);
}
