/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "api/call.h"

struct call *
call_hold(struct call *c)
{
	CHECK_OBJ(c, CALL_MAGIC);
	assert(c->refs > 0);
	c->refs++;
	http_hold(c->req);
	return (c);
}

void
call_unref(struct call *c)
{
	if (--c->refs > 0)
		return;
	if (c->endpoint != NULL && c->endpoint->end != NULL && c->priv != NULL)
		c->endpoint->end(c);
	json_decref(c->body);
	free(c->token);
	c->magic = 0;
	free(c);
}

void
call_release(struct call *c)
{
	struct http_request *req;

	CHECK_OBJ(c, CALL_MAGIC);
	req = c->req;
	call_unref(c);
	http_release(req);
}

const char *
call_param(const struct call *c, const char *name)
{
	const char *v = route_param(&c->match, name);

	return (v != NULL ? v : "");
}
