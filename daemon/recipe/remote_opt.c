/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "name/name.h"
#include "recipe/remote_opt.h"

#define BASEPATH_MAX	1024
#define WHITELIST_MAX	20
#define PATTERN_MAX	100

static bool
is_basepath(const char *s)
{
	const char *rest = strncmp(s, "http://", 7) == 0 ? s + 7 :
	    strncmp(s, "https://", 8) == 0 ? s + 8 : NULL;
	size_t n = rest != NULL ? strcspn(rest, "/?") : 0;
	char host[HOST_MAX + 8];

	if (n == 0 || n >= sizeof host || strlen(s) > BASEPATH_MAX)
		return (false);
	for (const char *p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"#<>\\^`{|}", *p) != NULL)
			return (false);
	(void)snprintf(host, sizeof host, "%.*s", (int)n, rest);
	return (name_is_host(host));
}

static bool
is_whitelist(const json_t *v)
{
	char pattern[HOST_MAX + 3];
	json_t *one;
	size_t i;

	json_array_foreach(v, i, one)
		if (!json_is_string(one) ||
		    json_string_length(one) > PATTERN_MAX ||
		    !name_host_pattern(json_string_value(one), pattern,
		    sizeof pattern))
			return (false);
	return (json_is_array(v) && json_array_size(v) <= WHITELIST_MAX);
}

static bool
basepath_good(const json_t *v)
{
	return (json_is_string(v) && is_basepath(json_string_value(v)));
}

static bool
allow_good(const json_t *v)
{
	return (json_is_boolean(v));
}

static const struct remote_opt {
	const char	*name, *type, *must, *doc;
	bool		(*good)(const json_t *);
} opts[] = {
	{ "remote_basepath", "string", "must be a URL, as "
	    "https://www.example.com/images/, of at most 1024 bytes",
	    "What a remote image's path in a URL (-path-) is put behind; not "
	    "in a URL", basepath_good },
	{ "remote_fullurl_allow", "boolean", "must be true or false",
	    "A URL may name a remote image by a URL in full (-https://...-); "
	    "not in a URL", allow_good },
	{ "remote_fullurl_whitelist", "array", "must be an array of at most "
	    "20 hosts, as \"cdn.example.com\" or \"*.example.com\", which "
	    "are matched in full; of regular expressions only "
	    "\"^.*\\.example\\.com$\" is understood",
	    "Hosts that such URLs may be of; none: all. Not in a URL",
	    is_whitelist },
};

#define N_OPTS	(sizeof opts / sizeof *opts)

static const struct remote_opt *
find(const char *name)
{
	for (size_t i = 0; i < N_OPTS; i++)
		if (strcmp(opts[i].name, name) == 0)
			return (&opts[i]);
	return (NULL);
}

bool
remote_opt_is(const char *name)
{
	return (find(name) != NULL);
}

bool
remote_opt_good(const char *name, const json_t *v, char *err, size_t err_len)
{
	const struct remote_opt *o = find(name);

	if (o == NULL || json_is_null(v) || o->good(v))
		return (true);
	(void)snprintf(err, err_len, "%s", o->must);
	return (false);
}

void
remote_opt_describe(json_t *properties)
{
	for (size_t i = 0; i < N_OPTS; i++)
		(void)json_object_set_new(properties, opts[i].name,
		    json_pack("{s:s, s:n, s:s}", "type", opts[i].type,
		    "default", "description", opts[i].doc));
}
