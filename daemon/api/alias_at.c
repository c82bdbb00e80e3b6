/* SPDX-License-Identifier: BSD-2-Clause */
/* Where an alias pointed at a time, by its history, or will, by its plans. */
#include "config.h"

#include <string.h>

#include "api/alias.h"
#include "base/clock.h"
#include "store/store_plan.h"

struct at_time {
	unsigned	magic;
#define AT_TIME_MAGIC	0x3b9e07d5
	int64_t		ms;
	struct hash	hash;		/* none: nowhere */
};

/* Newest first. */
static int
past_find(void *arg, const struct store_alias_past *p)
{
	struct at_time *t = CAST_OBJ(arg, AT_TIME_MAGIC);

	if (p->from_ms > t->ms)
		return (0);
	if (p->to_ms > t->ms)
		t->hash = p->hash;
	return (1);
}

static enum store_status
find_past(struct call *c, const char *org, const char *name,
    struct at_time *t)
{
	struct store *st = c->api->store;
	enum store_status status;
	struct store_alias a;

	status = store_alias_get(st, org, name, &a);
	if (status == STORE_OK && a.updated_ms <= t->ms) {
		t->hash = a.hash;
		return (STORE_OK);
	}
	if (status != STORE_OK && status != STORE_NOT_FOUND)
		return (status);
	return (store_alias_history(st, org, name, 0, UINT32_MAX, past_find,
	    t));
}

enum store_status
alias_at_time(struct call *c, const char *name, int64_t at_ms, json_t **answer)
{
	const char *org = call_param(c, "organization");
	struct at_time t = { .magic = AT_TIME_MAGIC, .ms = at_ms };
	char hex[HASH_HEX + 1];
	enum store_status st;

	if (at_ms > clock_wall_ms())
		st = store_plan_foresee(c->api->store, org, name, at_ms,
		    &t.hash);
	else
		st = find_past(c, org, name, &t);
	if (st == STORE_OK && hash_is_none(&t.hash))
		st = STORE_NOT_FOUND;
	if (st != STORE_OK)
		return (st);
	hash_to_hex(&t.hash, hex);
	*answer = json_pack("{s:s, s:s, s:s, s:o}", "organization", org,
	    "alias", name, "hash", hex, "at", json_date(at_ms));
	return (STORE_OK);
}
