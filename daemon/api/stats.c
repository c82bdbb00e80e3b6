/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /stats/{organization}: what it had and was sent, by day. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "store/store_org.h"

#define SPAN		30		/* days, unless the call says otherwise */
#define DAY_MS		INT64_C(86400000)

/* "2026-11-30" as a day since 1970; false if it is not a day. */
static bool
day_parse(const char *text, int64_t *day)
{
	struct tm tm = { .tm_isdst = 0 };
	char again[16];
	time_t t;

	if (strlen(text) != 10 || strspn(text, "0123456789-") != 10 ||
	    sscanf(text, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon,
	    &tm.tm_mday) != 3)
		return (false);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	t = timegm(&tm);
	/* February 30 has become March 2. */
	if (strftime(again, sizeof again, "%Y-%m-%d", &tm) != 10 ||
	    strcmp(again, text) != 0)
		return (false);
	*day = (int64_t)t * 1000 / DAY_MS;
	return (true);
}

/* rokka.js names both without a value. False after an answer 400. */
static bool
day_asked(struct call *c, const char *name, int64_t otherwise, int64_t *day)
{
	char *text = call_query(c, name);
	bool good = true;

	*day = otherwise;
	if (text != NULL && *text != '\0')
		good = day_parse(text, day);
	if (!good)
		reply_error(c, 400, "%s: must be a day, as 2026-11-30.", name);
	free(text);
	return (good);
}

static void
stats_append(json_t *list, int64_t day, int64_t value, const char *unit)
{
	/* The newest first. */
	(void)json_array_insert_new(list, 0, json_pack("{s:o, s:I, s:s*}",
	    "timestamp", json_date(day * DAY_MS), "value", (json_int_t)value,
	    "unit", unit));
}

static json_t *
stats_json(const struct store_days *all)
{
	json_t *space = json_array(), *files = json_array();
	json_t *sent = json_array();

	for (unsigned i = 0; i < all->n; i++) {
		const struct store_day *d = &all->day[i];

		stats_append(space, d->day, d->bytes, "Bytes");
		stats_append(files, d->day, d->files, NULL);
		stats_append(sent, d->day, d->sent, "Bytes");
	}
	return (json_pack("{s:o, s:o, s:o, s:[]}", "space_in_bytes", space,
	    "number_of_files", files, "bytes_downloaded", sent,
	    "bytes_downloaded_external"));
}

static void
stats_get(struct call *c)
{
	int64_t today = store_today(c->api->store), from, to;
	struct store_days *all;
	enum store_status st;

	if (!day_asked(c, "to", today, &to) ||
	    !day_asked(c, "from", to - SPAN + 1, &from))
		return;
	if (from > to) {
		reply_error(c, 400, "from: must not be after to.");
		return;
	}
	all = calloc(1, sizeof *all);
	st = all != NULL ? store_days(c->api->store,
	    call_param(c, "organization"), from, to, all) : STORE_ERROR;
	if (st == STORE_OK)
		reply_json(c, 200, stats_json(all));
	else
		reply_store(c, st, "such organization");
	free(all);
}

const struct endpoint endpoint_stats_get = {
	.rights = RIGHT_READ | RIGHT_ADMIN_READ, .handle = stats_get,
};
