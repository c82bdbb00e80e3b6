/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/image_find.h"

/* Seconds that a refusal may be kept. */
#define NEGATIVE_MAX_AGE	5

/* What a page shows in place of the picture */
static const char error_svg[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64\" height=\"48\">"
    "<path fill=\"#eee\" d=\"M0 0h64v48H0z\"/>"
    "<path stroke=\"#999\" stroke-width=\"3\" d=\"M22 14l20 20m0-20L22 34\"/>"
    "</svg>";

/*
 * Whether the client is one that shows pictures: its Accept names them, and
 * neither JSON nor pages. Varnish asks for JSON for all and decides itself,
 * since it keeps one answer for everybody.
 */
static bool
wants_picture(const struct call *c)
{
	const char *a = http_header(c->req, "Accept");

	return (a != NULL && strstr(a, "image/") != NULL &&
	    strstr(a, "application/json") == NULL &&
	    strstr(a, "text/html") == NULL &&
	    http_header(c->req, "X-Moniker-Organization") == NULL);
}

static void
refuse_picture(struct call *c, int status)
{
	struct evbuffer *b = evbuffer_new();

	c->answered = true;
	if (b != NULL)
		(void)evbuffer_add_reference(b, error_svg,
		    sizeof error_svg - 1, NULL, NULL);
	http_add_header(c->req, "Content-Type", "image/svg+xml");
	http_add_header(c->req, "X-Content-Type-Options", "nosniff");
	http_reply(c->req, status, b);
	if (b != NULL)
		evbuffer_free(b);
}

/*
 * What may be different the next second, or for another client. 502 is what a
 * remote image's server is to blame for, and not asked about again for a while.
 */
static bool
is_passing(int status)
{
	return (status == 403 || (status >= 500 && status != 502));
}

void
image_refuse(struct call *c, int status, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	/* What is shown instead cannot be: as if there were none. */
	if (c->missing != NULL) {
		status = 404;
		text_copy(text, sizeof text, c->missing);
	}
	if (http_listener(c->req) != LISTEN_IMAGE) {
		reply_error(c, status, "%s", text);
		return;
	}
	for (char *p = text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')	/* it goes into a header */
			*p = '?';
	if (is_passing(status))
		http_add_header(c->req, "Cache-Control", "no-store");
	else
		http_add_headerf(c->req, "Cache-Control", "public, max-age=%d",
		    NEGATIVE_MAX_AGE);
	if (status == 503)
		http_add_header(c->req, "Retry-After", "2");
	http_add_header(c->req, "Vary", "Accept");
	http_add_header(c->req, "X-Moniker-Error", text);
	if (wants_picture(c))
		refuse_picture(c, status);
	else
		reply_error(c, status, "%s", text);
}
