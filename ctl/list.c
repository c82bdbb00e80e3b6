/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists that come in pages: {"items": [...], "cursor": "..."}. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/trust_me.h"
#include "ctl.h"

int
ctl_pages(struct ctl *ctl, const char *path, const char *query,
    ctl_page_f *page, void *arg)
{
	char url[4096];
	const char *cursor = NULL;
	const json_t *items;
	struct reply r;
	int rc = CTL_OK;

	(void)memset(&r, 0, sizeof r);
	do {
		(void)snprintf(url, sizeof url, "%s?%s", path, query);
		if (cursor != NULL) {
			client_append(url, sizeof url, "&offset=");
			client_escape(url, sizeof url, cursor);
		}
		reply_clear(&r);
		if (!client_call(ctl->client, "GET", url, NULL, &r))
			return (ctl_fail(path, &r));
		items = json_object_get(r.body, "items");
		if (!json_is_array(items)) {
			ctl_complain(path, "the answer is not a list: is it the "
			    "API of monikerd?");
			reply_clear(&r);
			return (CTL_UNREACHABLE);
		}
		rc = page(arg, items);
		cursor = json_string_value(json_object_get(r.body, "cursor"));
		if (json_array_size(items) == 0)
			cursor = NULL;
	} while (rc == CTL_OK && cursor != NULL);
	reply_clear(&r);
	return (rc);
}

static int
collect(void *all, const json_t *items)
{
	return (json_array_extend(all, TRUST_ME(items)) == 0 ?
	    CTL_OK : CTL_REFUSED);
}

int
ctl_list(struct ctl *ctl, const char *path, const char *query,
    ctl_columns columns)
{
	json_t *all = json_array();
	int rc = ctl_pages(ctl, path, query, collect, all);

	if (rc == CTL_OK)
		ctl_table(ctl, all, columns);
	json_decref(all);
	return (rc);
}
