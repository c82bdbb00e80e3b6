/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker answers, checked. It may have been taken over: its numbers have
 * to be in range, and what it calls a picture or its source has to look it, by
 * the first bytes.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "render/pool_priv.h"
#include "wire/sniff.h"

#define SIDE_MOST	(1 << 24)
#define TEXT_MOST	64

/*
 * The result as the worker left it: sealed first, so that what is checked is
 * what is sent, whatever the worker does now.
 */
static bool
is_sealed(int fd, int64_t len, int64_t most)
{
	struct stat st;

	return (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK |
	    F_SEAL_GROW | F_SEAL_WRITE) == 0 && fstat(fd, &st) == 0 &&
	    st.st_size == len && len > 0 && len <= most);
}

static enum format
looks_like(int fd)
{
	char buf[SNIFF_LEN];
	ssize_t n = pread(fd, buf, sizeof buf, 0);

	return (n <= 0 ? FORMAT_MAX : sniff(buf, (size_t)n));
}

/* A short word of what neither HTML nor a header makes anything of. */
static bool
is_word(int fd)
{
	char buf[TEXT_MOST];
	ssize_t n = pread(fd, buf, sizeof buf, 0);

	for (ssize_t i = 0; i < n; i++)
		if (buf[i] <= ' ' || buf[i] > '~' || strchr("<>&\"'", buf[i]))
			return (false);
	return (n > 0 && n < TEXT_MOST);
}

static bool
looks_as_called(int fd, enum format f)
{
	return (formats[f].holds & FORMAT_TEXT ? is_word(fd) :
	    looks_like(fd) == f);
}

static bool
has_size(const struct wire_reply *rp)
{
	return (rp->width >= 1 && rp->height >= 1 && rp->width <= SIDE_MOST &&
	    rp->height <= SIDE_MOST);
}

static bool
is_picture(const struct job *j, const struct wire_reply *rp)
{
	int fd = j->fds[WIRE_RESULT];

	return (rp->format < FORMAT_MAX &&
	    recipe_may_give(&j->recipe, (enum format)rp->format) &&
	    rp->edition <= RENDER_EDITION &&
	    has_size(rp) && is_sealed(fd, rp->len, j->pool->limits.output) &&
	    looks_as_called(fd, (enum format)rp->format));
}

/* The API hands it on as it is. */
static bool
is_object(const char text[sizeof(((struct wire_reply *)0)->metadata)])
{
	size_t most = sizeof(((struct wire_reply *)0)->metadata);
	json_t *v = json_loadb(text, strnlen(text, most), 0, NULL);
	bool is = json_is_object(v);

	json_decref(v);
	return (is);
}

static bool
is_source(const struct job *j, const struct wire_reply *rp)
{
	return (rp->format < FORMAT_MAX && (j->pool->limits.allowed &
	    UINT32_C(1) << rp->format) != 0 && has_size(rp) &&
	    rp->frames >= 1 && is_object(rp->metadata) &&
	    looks_like(j->fds[WIRE_SOURCE]) == (enum format)rp->format);
}

bool
answer_check(const struct job *j, struct wire_reply *rp)
{
	bool sane = rp->status != RENDER_OK ? rp->status <= RENDER_FAILED :
	    j->kind == WIRE_PROBE ? is_source(j, rp) : is_picture(j, rp);

	rp->error[sizeof rp->error - 1] = '\0';
	if (sane)
		return (true);
	*rp = (struct wire_reply){ .status = RENDER_FAILED,
	    .error = "the worker's answer makes no sense" };
	return (false);
}

void
answer_render(const struct job *j, const struct wire_reply *rp,
    struct render_result *r)
{
	*r = (struct render_result){ .status = (enum render_status)rp->status,
	    .fd = -1 };
	(void)snprintf(r->error, sizeof r->error, "%s", rp->error);
	if (r->status != RENDER_OK)
		return;
	r->fd = j->fds[WIRE_RESULT];
	r->len = rp->len;
	r->width = (unsigned)rp->width;
	r->height = (unsigned)rp->height;
	r->edition = rp->edition;
	r->libs = rp->libs.tag;
	(void)snprintf(r->mimetype, sizeof r->mimetype, "%s",
	    formats[rp->format].mime);
}

void
answer_probe(const struct wire_reply *rp, struct probe_result *r)
{
	*r = (struct probe_result){ .status = (enum render_status)rp->status };
	(void)snprintf(r->error, sizeof r->error, "%s", rp->error);
	if (r->status != RENDER_OK)
		return;
	r->width = rp->width;
	r->height = rp->height;
	r->frames = rp->frames;
	r->opaque = rp->opaque != 0;
	(void)snprintf(r->metadata, sizeof r->metadata, "%.*s",
	    (int)sizeof rp->metadata - 1, rp->metadata);
	(void)snprintf(r->format, sizeof r->format, "%s",
	    formats[rp->format].ext);
	(void)snprintf(r->mimetype, sizeof r->mimetype, "%s",
	    formats[rp->format].mime);
}
