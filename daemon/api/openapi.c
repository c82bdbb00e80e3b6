/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /openapi.yaml: the description of the API, as it was built with it. */
#include "config.h"

#include <event2/buffer.h>

#include "api/endpoints.h"
#include "openapi_data.h"

static void
openapi_get(struct call *c)
{
	struct evbuffer *b = evbuffer_new();

	if (b == NULL || evbuffer_add_reference(b, openapi_data,
	    sizeof openapi_data, NULL, NULL) != 0) {
		if (b != NULL)
			evbuffer_free(b);
		reply_store(c, STORE_ERROR, "");
		return;
	}
	c->answered = true;
	http_add_header(c->req, "Content-Type", "application/yaml");
	http_reply(c->req, 200, b);
	evbuffer_free(b);
}

const struct endpoint endpoint_openapi = { .handle = openapi_get };
