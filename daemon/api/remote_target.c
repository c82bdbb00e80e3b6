/* SPDX-License-Identifier: BSD-2-Clause */
/* Which URL a render URL's remote image is at, and whether it may be. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/image_find.h"
#include "api/kept.h"
#include "api/remote.h"
#include "fetch/fetch_url.h"
#include "store/store_org.h"

struct target {
	const struct api *api;
	const struct image_find *find;
	const json_t	*org;		/* its options */
	char		*why;
	size_t		len;
};

static bool __attribute__((format(printf, 2, 3)))
fail(const struct target *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(t->why, t->len, fmt, ap);
	va_end(ap);
	return (false);
}

/* What counts, of a stack's option or, where it has none, of its owner's. */
static const json_t *
option(const struct target *t, const char *name)
{
	const json_t *v = json_object_get(json_object_get(t->find->stack,
	    "stack_options"), name);

	return (v != NULL && !json_is_null(v) ? v :
	    json_object_get(t->org, name));
}

/*--------------------------------------------------------------------
 * A URL in full
 */

static bool
in_whitelist(const json_t *list, const char *host)
{
	char pattern[HOST_MAX + 3];
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (json_is_string(one) && name_host_pattern(
		    json_string_value(one), pattern, sizeof pattern) &&
		    name_host_matches(pattern, host))
			return (true);
	return (json_array_size(list) == 0);
}

/* The organization's own pictures. */
static bool
is_own_host(const struct target *t, const char *host)
{
	const char *at = strstr(t->api->conf->render_host, "://");
	const char *hole = strstr(t->api->conf->render_host,
	    "{organization}");
	char own[HOST_MAX + 1];
	size_t n;

	if (at == NULL || hole == NULL)
		return (false);
	at += 3;
	(void)snprintf(own, sizeof own, "%.*s%s%s", (int)(hole - at), at,
	    t->find->org, hole + strlen("{organization}"));
	n = strcspn(own, ":");
	return (strlen(host) == n && strncasecmp(own, host, n) == 0);
}

static bool
full_allowed(const struct target *t, const struct fetch_url *u)
{
	if (is_own_host(t, u->host))
		return (true);
	if (!json_is_true(option(t, "remote_fullurl_allow")))
		return (fail(t, "remote_fullurl_allow: neither the stack nor "
		    "the organization allows URLs in full"));
	if (!in_whitelist(option(t, "remote_fullurl_whitelist"), u->host))
		return (fail(t, "remote_fullurl_whitelist: does not list "
		    "%.100s",
		    u->host));
	return (true);
}

/*
 * Where the URL was put in as it is, its escapes are its own; where it was
 * escaped to be put in, they are undone. Caches make "//" to "/".
 */
static bool
full_url(struct url_span in, char *out, size_t size)
{
	static const char *const begins[] = { "http:", "https:", "http%3a",
	    "https%3a" };
	char plain[FETCH_URL_MAX + 1];
	size_t i, n;

	for (i = 0; i < 4; i++) {
		n = strlen(begins[i]);
		if (in.len > n && strncasecmp(in.p, begins[i], n) == 0)
			break;
	}
	if (i == 4)
		return (false);
	if (i >= 2 ? url_decode(in, plain, sizeof plain) < 0 :
	    in.len >= sizeof plain)
		return (false);
	if (i < 2)
		(void)snprintf(plain, sizeof plain, "%.*s", (int)in.len, in.p);
	n = strcspn(plain, ":") + 1;
	(void)snprintf(out, size, "%.*s//%s", (int)n, plain,
	    plain + n + strspn(plain + n, "/"));
	return (true);
}

/*--------------------------------------------------------------------
 * A path below remote_basepath. It has no "..", however it is escaped: the
 * server takes no such target.
 */

/* So that no path can become a part of the host. */
static const char *
slash_between(const char *base)
{
	const char *host = strstr(base, "://");
	const char *rest = host != NULL ? host + 3 : base;
	size_t n = strlen(base);

	if (strpbrk(rest, "/?") == NULL)
		return ("/");
	return (base[n - 1] == '/' || strchr(rest, '?') != NULL ? "" : "/");
}

static bool
path_url(const struct target *t, struct url_span path, char *out, size_t size)
{
	const char *base = json_string_value(option(t, "remote_basepath"));

	if (base == NULL)
		return (fail(t, "remote_basepath: neither the stack nor the "
		    "organization has one"));
	if (snprintf(out, size, "%s%s%.*s", base, slash_between(base),
	    (int)path.len, path.p) >= (int)size)
		return (fail(t, "its URL is too long"));
	/* Some servers take "..\\" for a folder above. */
	if (strcasestr(out + strlen(base), "%5c") != NULL)
		return (fail(t, "its path has a backslash"));
	return (true);
}

/*--------------------------------------------------------------------*/

static bool
target_of(const struct target *t, struct fetch_url *u)
{
	/* "-path-" */
	const struct url_span in = { t->find->url.image.p + 1,
	    t->find->url.image.len - 2 };
	char text[FETCH_URL_MAX + 8], why[128];
	bool full = full_url(in, text, sizeof text);

	if (!full && !path_url(t, in, text, sizeof text))
		return (false);
	if (!fetch_url_parse(text, u, why, sizeof why))
		return (fail(t, "its URL %s", why));
	return (!full || full_allowed(t, u));
}

bool
remote_target(const struct api *a, const struct image_find *f,
    char url[FETCH_URL_MAX + 1], char *why, size_t len)
{
	struct target t = { .api = a, .find = f, .why = why, .len = len };
	struct store_org org;
	struct fetch_url u;
	json_t *o;
	bool good;

	if (store_org_get(a->store, f->org, &org) != STORE_OK)
		return (fail(&t, "unknown organization \"%s\"", f->org));
	t.org = o = kept_options(a->kept, &org);
	good = target_of(&t, &u);
	json_decref(o);
	if (good)
		(void)snprintf(url, FETCH_URL_MAX + 1, "%s", u.text);
	return (good);
}
