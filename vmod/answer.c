/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "cache/cache.h"

#include "answer.h"
#include "due.h"
#include "headers.h"

/*
 * Clients may see the message of an error, the number of aliases that the API
 * moved, and why another image is shown; all other headers are ours.
 */
static bool
is_ours(const txt h)
{

	return (h.b != NULL && HEADER_IS(h, "X-Moniker-") &&
	    !HEADER_IS(h, "X-Moniker-Error:") &&
	    !HEADER_IS(h, "X-Moniker-Fallback:") &&
	    !HEADER_IS(h, "X-Moniker-Aliases:"));
}

static void
look_at_header(const txt h, unsigned place, struct answer *a)
{

	switch (HEADER_INITIAL(h)) {
	case 'a':
		if (HEADER_IS(h, "Age:") && a->ages++ == 0)
			a->age = place;
		break;
	case 'c':
		if (HEADER_IS(h, "Cache-Control:") && a->controls++ == 0)
			a->control = place;
		else if (HEADER_IS(h, "Content-Disposition: attachment"))
			a->attachment = place;
		break;
	case 'd':
		if (HEADER_IS(h, "Date:") && a->dates++ == 0)
			a->date = place;
		break;
	case 'x':
		if (!is_ours(h))
			break;
		if (a->first == 0)
			a->first = place;
		if (place < 64)
			a->ours |= UINT64_C(1) << place;
		if (a->moving == NULL)
			a->moving = due_moving(h);
		break;
	}
}

void
answer_look(const struct http *hp, struct answer *a)
{
	unsigned u;

	(void)memset(a, 0, sizeof *a);
	for (u = HTTP_HDR_FIRST; u < hp->nhd; u++)
		look_at_header(hp->hd[u], u, a);
}

void
answer_drop(struct http *hp, const struct answer *a, bool age)
{
	unsigned from, to;

	from = age && a->age != 0 && (a->first == 0 || a->age < a->first) ?
	    a->age : a->first;
	if (from == 0)
		return;
	for (to = from; from < hp->nhd; from++) {
		if (age && (from == a->age || (a->ages > 1 &&
		    HEADER_IS(hp->hd[from], "Age:")))) {
			if (hp->vsl != NULL)
				VSLbt(hp->vsl, SLT_RespUnset, hp->hd[from]);
			continue;
		}
		if (from < 64 ? a->ours >> from & 1 : is_ours(hp->hd[from]))
			continue;
		hp->hd[to] = hp->hd[from];
		hp->hdf[to++] = hp->hdf[from];
	}
	hp->nhd = (uint16_t)to;
}
