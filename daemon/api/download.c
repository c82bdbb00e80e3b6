/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /sourceimages/{organization}/{hash}/download: the bytes as they came. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "api/endpoints.h"
#include "api/source.h"
#include "store/store_source.h"

/* The quoted name comes last: a client reads it to the end of the header. */
static void
download_disposition(struct call *c, const char *name)
{
	char plain[256], extended[1024];
	bool ascii = true;
	size_t n = 0;

	for (; n < sizeof plain - 1 && name[n] != '\0'; n++) {
		unsigned char ch = (unsigned char)name[n];

		ascii = ascii && ch >= ' ' && ch < 0x7f;
		plain[n] = ch < ' ' || ch >= 0x7f || ch == '"' || ch == '\\' ?
		    '_' : (char)ch;
	}
	plain[n] = '\0';
	/* RFC 8187, for what a quoted ASCII text cannot hold. */
	text_percent_encode(name, extended, sizeof extended);
	http_add_headerf(c->req, "Content-Disposition",
	    "attachment; %s%s%sfilename=\"%s\"",
	    ascii ? "" : "filename*=UTF-8''", ascii ? "" : extended,
	    ascii ? "" : "; ", plain);
}

static void source_download(struct call *);

static void
download_send(struct call *c, const struct store_source *s)
{
	const char *why;
	int status, fd = source_open_bytes(c, s, source_download, &status,
	    &why);

	if (fd < 0) {
		if (status != 0)
			source_refuse_bytes(c, status, why);
		return;
	}
	c->answered = true;
	download_disposition(c, s->name);
	http_add_header(c->req, "Content-Type", s->mimetype);
	http_add_header(c->req, "X-Content-Type-Options", "nosniff");
	http_add_header(c->req, "Cross-Origin-Resource-Policy", "same-origin");
	http_add_header(c->req, "Content-Security-Policy",
	    "sandbox; default-src 'none'");
	if (strcmp(http_method(c->req), "GET") == 0)
		store_sent(c->api->store, s->org, s->size);
	http_reply_fd(c->req, 200, fd, 0, s->size);
}

static void
source_download(struct call *c)
{
	struct store_source s = { .size = 0 };

	if (source_find(c, false, &s)) {
		if (s.protected && !(c->rights & RIGHT_DOWNLOAD_PROTECTED))
			reply_error(c, 403, "This source image is protected; "
			    "the API key lacks the role "
			    "sourceimages:download:protected.");
		else
			download_send(c, &s);
	}
	store_source_clear(&s);
}

const struct endpoint endpoint_source_download = {
	.rights = RIGHT_SOURCE_READ, .by_cookie = true,
	.handle = source_download,
};
