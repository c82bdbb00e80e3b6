/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <jansson.h>
#include <string.h>

#include "api/borrow.h"
#include "api/kept.h"
#include "api/text.h"
#include "store/store_org.h"

bool
borrow_is_allowed(struct call *c, const char *org, const char *lender)
{
	struct store_org o;
	json_t *options;
	bool listed;

	if (store_org_get(c->api->store, lender, &o) != STORE_OK)
		return (false);
	options = kept_options(c->api->kept, &o);
	listed = store_org_lists(options, ORG_BORROWERS, org);
	json_decref(options);
	return (listed);
}

/* False: it has none. */
static bool
borrow_lender(struct call *c, const char *org, char lender[ORG_MAX + 1])
{
	struct store_org o;
	json_t *options;
	const char *name;

	if (store_org_get(c->api->store, org, &o) != STORE_OK)
		return (false);
	options = kept_options(c->api->kept, &o);
	name = json_string_value(json_object_get(options, ORG_LENDER));
	if (name != NULL)
		text_copy(lender, ORG_MAX + 1, name);
	json_decref(options);
	return (name != NULL && borrow_is_allowed(c, org, lender));
}

static enum store_status
borrow_from(struct call *c, const char *org, const char *lender,
    const struct hash_prefix *p, struct store_source *out)
{
	struct store *store = c->api->store;
	enum store_status status;

	status = store_source_get(store, lender, p, false, out);
	if (status != STORE_OK || (!out->protected &&
	    !store_source_is_gone(store, org, &out->hash)))
		return (status);
	store_source_clear(out);
	return (STORE_NOT_FOUND);
}

enum store_status
borrow_source(struct call *c, const char *org, const struct hash_prefix *p,
    struct store_source *out)
{
	char lender[ORG_MAX + 1];
	enum store_status status;

	status = store_source_get(c->api->store, org, p, false, out);
	if (status != STORE_NOT_FOUND || !borrow_lender(c, org, lender))
		return (status);
	return (borrow_from(c, org, lender, p, out));
}

enum store_status
borrow_alias(struct call *c, const char *org, const char *name,
    struct store_alias *out)
{
	char lender[ORG_MAX + 1];
	enum store_status status;

	status = store_alias_get(c->api->store, org, name, out);
	if (status != STORE_NOT_FOUND || !borrow_lender(c, org, lender))
		return (status);
	return (store_alias_get(c->api->store, lender, name, out));
}

enum store_status
borrow_aliased(struct call *c, const char *org, const struct store_alias *a,
    const struct hash_prefix *p, struct store_source *out)
{
	if (strcmp(a->org, org) == 0)
		return (store_source_get(c->api->store, org, p, false, out));
	return (borrow_from(c, org, a->org, p, out));
}
