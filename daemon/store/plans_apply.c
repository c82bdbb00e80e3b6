/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan happens: all of it, or nothing, for a reason that is kept. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "aliases.h"
#include "hooks.h"
#include "plans.h"
#include "sources.h"

int
plan_save(struct store_tx *tx, struct store_plan *p)
{

	tx->planned = true;
	p->updated_ms = tx->now_ms;
	return (db_run(tx->db, ST_PLAN_SAVE, p->id, p->state, p->at_ms,
	    p->until_ms, p->next_ms, p->updated_ms, p->ended_ms, p->comment,
	    p->reason, p->by) < 0 ? -1 : 0);
}

static enum store_status __attribute__((format(printf, 2, 3)))
refuse(struct store_plan *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->reason, sizeof p->reason, fmt, ap);
	va_end(ap);
	return (STORE_PRECONDITION);
}

static const struct hash *
item_target(const struct store_plan_item *it, bool back)
{

	return (back ? &it->before : &it->hash);
}

/* Could this item be done now? Adds to *created* if it makes an alias. */
static enum store_status
item_check(struct store_tx *tx, struct store_plan *p,
    struct store_plan_item *it, bool back, int64_t *created)
{
	const struct hash *to = item_target(it, back);
	char hex[HASH_HEX + 1];
	enum store_status found, status;
	struct store_alias a;
	struct hash hash;

	found = alias_load(tx->db, p->org, it->alias, &a);
	if (found != STORE_OK && found != STORE_NOT_FOUND)
		return (found);
	if (!back && !hash_is_none(&it->only_if) &&
	    !hash_equal(&it->only_if, &a.hash))
		return (refuse(p, "alias \"%.80s\": it does not point at "
		    "what only_if names", it->alias));
	if (!back)
		it->before = a.hash;
	if (hash_is_none(to))
		return (STORE_OK);
	*created += found == STORE_NOT_FOUND;
	hash_to_hex(to, hex);
	(void)hash_prefix_from_hex(&it->target, hex, HASH_HEX);
	status = source_resolve(tx->db, p->org, &it->target, false, &hash);
	if (status == STORE_NOT_FOUND)
		return (refuse(p, "alias \"%.80s\": the source image %s was "
		    "deleted", it->alias, hex));
	return (status);
}

static enum store_status
plan_check(struct store_tx *tx, struct store_plan *p,
    struct store_plan_item *items, size_t n, bool back)
{
	enum store_status status = STORE_OK;
	int64_t created = 0;

	for (size_t i = 0; i < n && status == STORE_OK; i++)
		status = item_check(tx, p, &items[i], back, &created);
	if (status != STORE_OK || created == 0)
		return (status);
	if (atomic_load(&tx->store->map_full))
		return (refuse(p, "the server's map has no room for another "
		    "alias"));
	status = usage_add(tx, p->org, USE_ALIASES, created);
	if (status == STORE_OK)
		return (usage_add(tx, p->org, USE_ALIASES, -created));
	return (status == STORE_LIMIT ? refuse(p, "the organization's quota "
	    "of aliases is used up") : status);
}

static enum store_status
item_apply(struct store_tx *tx, const struct store_plan *p,
    const struct store_plan_item *it, bool back, bool purge)
{
	struct store_alias_delete del = { .if_match = 0 };
	struct store_alias_put put = { .overwrite = true, .purge = purge };
	enum store_status status;

	if (!back && db_run(tx->db, ST_PLAN_ITEM_WAS, p->id, it->alias,
	    hash_or_null(&it->before)) < 0)
		return (db_failure(tx->db));
	if (hash_is_none(item_target(it, back))) {
		(void)snprintf(del.org, sizeof del.org, "%s", p->org);
		(void)snprintf(del.name, sizeof del.name, "%s", it->alias);
		del.note.comment = *p->comment != '\0' ? p->comment : NULL;
		status = tx_alias_delete(tx, &del);
		return (status == STORE_NOT_FOUND ? STORE_OK : status);
	}
	(void)snprintf(put.alias.org, sizeof put.alias.org, "%s", p->org);
	(void)snprintf(put.alias.name, sizeof put.alias.name, "%s",
	    it->alias);
	put.target = it->target;
	put.note.comment = *p->comment != '\0' ? p->comment : NULL;
	status = tx_alias_put(tx, &put);
	return (status == STORE_CREATED ? STORE_OK : status);
}

enum store_status
plan_apply(struct store_tx *tx, struct store_plan *p,
    struct store_plan_item *items, size_t n, bool back, bool purge)
{
	enum store_status status;

	status = plan_check(tx, p, items, n, back);
	for (size_t i = 0; i < n && status == STORE_OK; i++)
		status = item_apply(tx, p, &items[i], back, purge);
	return (status);
}

void
plan_event(struct store_tx *tx, const struct store_plan *p, const char *type,
    const struct store_plan_item *items, size_t n)
{
	json_t *data, *names;
	size_t i;

	if (!tx_hooks(tx))
		return;
	names = json_array();
	for (i = 0; i < n; i++)
		(void)json_array_append_new(names,
		    json_string(items[i].alias));
	data = json_pack("{s:I, s:s, s:I, s:I, s:o}", "plan",
	    (json_int_t)p->id, "state", store_plan_states[p->state], "at_ms",
	    (json_int_t)p->at_ms, "until_ms", (json_int_t)p->until_ms,
	    "aliases", names);
	if (*p->name != '\0')
		(void)json_object_set_new(data, "set", json_string(p->name));
	if (*p->reason != '\0')
		(void)json_object_set_new(data, "reason",
		    json_string(p->reason));
	tx_event(tx, p->org, type, data);
}
