/* SPDX-License-Identifier: BSD-2-Clause */
/* Browsers ask before they call; rokka.js runs in them (contract, part 6). */
#include "config.h"

#include "api/cors.h"

void
cors_headers(struct call *c)
{
	http_add_header(c->req, "Access-Control-Allow-Origin", "*");
	http_add_header(c->req, "Access-Control-Expose-Headers",
	    "ETag, Location, Retry-After, Warning, X-Moniker-Aliases, "
	    "X-RateLimit-Limit, X-RateLimit-Remaining, "
	    "X-RateLimit-Retry-After");
}

void
cors_picture(struct call *c)
{
	http_add_header(c->req, "Access-Control-Allow-Origin", "*");
	http_add_header(c->req, "Access-Control-Expose-Headers",
	    "Age, ETag, X-Moniker-Error");
	http_add_header(c->req, "Timing-Allow-Origin", "*");
}

/*
 * A key is sent as a header and never as a cookie, so any origin may ask; and
 * for all methods that clients have, whatever the path knows: the call itself
 * is told what is wrong, while a script sees nothing of a preflight's answer.
 */
void
cors_preflight(struct call *c, const char *methods)
{
	if (methods[0] != '\0')
		http_add_header(c->req, "Allow", methods);
	http_add_header(c->req, "Access-Control-Allow-Methods",
	    "GET, HEAD, POST, PUT, PATCH, DELETE, COPY");
	http_add_header(c->req, "Access-Control-Allow-Headers",
	    "Api-Key, Api-Version, Authorization, Content-Type, Destination, "
	    "Destination-Api-Key, "
	    "If-Match, If-None-Match, Overwrite");
	http_add_header(c->req, "Access-Control-Max-Age", "86400");
	reply_empty(c, 204);
}
