/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "api/call.h"
#include "api/sending.h"

/* Few at a time: a body that comes with its head is over at once. */
struct sending {
	char			org[ORG_MAX + 1];
	unsigned		n;
	LIST_ENTRY(sending)	list;
};

static struct sending *
sending_find(const struct call *c)
{
	struct sending *s;

	LIST_FOREACH(s, &c->api->sending, list)
		if (strcmp(s->org, c->key.org) == 0)
			return (s);
	return (NULL);
}

bool
sending_allowed(struct call *c)
{
	const struct sending *s = sending_find(c);
	unsigned most = c->api->conf->http.connections / 16 + 1;

	if (s == NULL || s->n < most)
		return (true);
	http_add_header(c->req, "Retry-After", "1");
	reply_error(c, 503, "The organization is already sending %u "
	    "bodies; wait until one of them is complete.", s->n);
	return (false);
}

void
sending_begin(struct call *c)
{
	struct sending *s;

	if (c->key.org[0] == '\0' || c->sending != NULL)
		return;
	s = sending_find(c);
	if (s == NULL && (s = calloc(1, sizeof *s)) != NULL) {
		(void)snprintf(s->org, sizeof s->org, "%s", c->key.org);
		LIST_INSERT_HEAD(&c->api->sending, s, list);
	}
	if (s != NULL)
		s->n++;
	c->sending = s;
}

void
sending_over(struct call *c)
{
	struct sending *s = c->sending;

	c->sending = NULL;
	if (s == NULL || --s->n > 0)
		return;
	LIST_REMOVE(s, list);
	free(s);
}
