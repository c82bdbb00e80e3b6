/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "recipe/format.h"

const struct formatspec formats[FORMAT_MAX] = {
#define A	FORMAT_ALPHA
#define M	FORMAT_MOVES
#define S	FORMAT_SAVES
#define T	FORMAT_TEXT
#define FORMAT(id, ext, mime, holds)	{ ext, mime, holds },
#include "tbl_formats.h"
#undef A
#undef M
#undef S
#undef T
};

static bool
is_ext(const char *name, const char *ext, size_t len)
{
	return (strlen(name) == len && memcmp(name, ext, len) == 0);
}

enum format
format_find(const char *ext, size_t len)
{
	static const struct {
		const char *ext;
		enum format f;
	} more[] = {
		{ "jpeg", FORMAT_JPG }, { "heic", FORMAT_HEIF },
		{ "tif", FORMAT_TIFF },
	};

	for (int i = 0; i < FORMAT_MAX; i++)
		if (is_ext(formats[i].ext, ext, len))
			return ((enum format)i);
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		if (is_ext(more[i].ext, ext, len))
			return (more[i].f);
	return (FORMAT_MAX);
}
