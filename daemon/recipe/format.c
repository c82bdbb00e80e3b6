/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "recipe/format.h"

const struct formatspec formats[FORMAT__MAX] = {
#define A	FORMAT_ALPHA
#define M	FORMAT_MOVES
#define S	FORMAT_SAVES
#define FORMAT(id, ext, mime, holds)	{ ext, mime, holds },
#include "tbl_formats.h"
#undef A
#undef M
#undef S
};

enum format
format_find(const char *ext)
{
	static const struct {
		const char *ext;
		enum format f;
	} more[] = {
		{ "jpeg", FORMAT_JPG }, { "heic", FORMAT_HEIF },
		{ "tif", FORMAT_TIFF },
	};

	for (int i = 0; i < FORMAT__MAX; i++)
		if (strcmp(formats[i].ext, ext) == 0)
			return ((enum format)i);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		if (strcmp(more[i].ext, ext) == 0)
			return (more[i].f);
	return (FORMAT__MAX);
}
