/* SPDX-License-Identifier: BSD-2-Clause */
/* What the workers' libraries can do, for the log, the metrics and ETags. */
#include "config.h"

#include <string.h>

#include "log.h"
#include "recipe/format.h"
#include "render/pool_priv.h"

static bool
wanted(const struct render_pool *p, enum format f, bool written)
{
	return (written ? (formats[f].holds & FORMAT_SAVES) != 0 :
	    (p->limits.allowed & UINT32_C(1) << f) != 0);
}

bool
render_pool_format(const struct render_pool *p, size_t i, bool written,
    const char **ext, bool *has)
{
	uint32_t able = written ? p->libs.writes : p->libs.reads;

	*ext = NULL;
	if (i >= FORMAT_MAX || p->libs.names[0] == '\0')
		return (false);
	if (wanted(p, (enum format)i, written)) {
		*ext = formats[i].ext;
		*has = (able & UINT32_C(1) << i) != 0;
	}
	return (true);
}

void
render_pool_lacks(const struct render_pool *p, bool written, char *buf,
    size_t size)
{
	const char *ext;
	size_t at = 0;
	bool has;

	*buf = '\0';
	for (size_t i = 0; render_pool_format(p, i, written, &ext, &has); i++)
		if (ext != NULL && !has && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s",
			    at > 0 ? " " : "", ext);
}

uint64_t
render_pool_libs(const struct render_pool *p)
{
	return (p->libs.tag);
}

void
libs_told(struct render_pool *p, const struct wire_libs *told)
{
	char reads[64], writes[64];
	bool known = p->libs.tag == told->tag;

	p->libs = *told;
	p->libs.names[sizeof p->libs.names - 1] = '\0';
	if (known)
		return;
	log_info("render_libraries", KV("names", p->libs.names));
	render_pool_lacks(p, false, reads, sizeof reads);
	render_pool_lacks(p, true, writes, sizeof writes);
	if (*reads != '\0' || *writes != '\0')
		log_warn("render_formats", "install the coders, for AVIF and "
		    "HEIF plugins of libheif, then restart monikerd",
		    KV("not_read", reads), KV("not_written", writes));
}
