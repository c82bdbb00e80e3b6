/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "conf_check.h"
#include "fetch/address.h"
#include "fetch/fetch.h"
#include "log.h"
#include "name/name.h"

#define WORD	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
		"0123456789_.-"
#define WORD_MAX	64
#define HOLE		"{organization}"
#define BUCKET_URL	512	/* bytes */

static bool
is_render_host(const char *v)
{
	size_t scheme = strncmp(v, "http://", 7) == 0 ? 7 :
	    strncmp(v, "https://", 8) == 0 ? 8 : 0;
	const char *hole = strstr(v + scheme, HOLE);
	char host[512];

	if (scheme == 0 || hole == NULL || strlen(v) >= sizeof host)
		return (false);
	(void)snprintf(host, sizeof host, "%.*sa%s",
	    (int)(hole - v - (ptrdiff_t)scheme), v + scheme,
	    hole + strlen(HOLE));
	return (name_is_host(host));
}

static bool
is_url(const char *v)
{
	size_t scheme = strncmp(v, "http://", 7) == 0 ? 7 :
	    strncmp(v, "https://", 8) == 0 ? 8 : 0;

	return (scheme > 0 && strcspn(v + scheme, "/?# \"") > 0 &&
	    v[strcspn(v, " \"")] == '\0');
}

static bool
is_origin(const char *v)
{
	return (*v == '\0' || (is_url(v) && strlen(v) < 256 &&
	    strstr(v, "://")[3 + strcspn(strstr(v, "://") + 3, "/?#@")] ==
	    '\0'));
}

/* A prefix may have no character that a signature would have to escape. */
static bool
is_bucket(const char *v)
{
	const char *path = is_url(v) && strlen(v) < BUCKET_URL ?
	    strchr(strstr(v, "://") + 3, '/') : NULL;

	if (*v == '\0')
		return (true);
	return (path != NULL && path[1] != '\0' && path[1] != '/' &&
	    strchr(v, '@') == NULL && strstr(path, "//") == NULL &&
	    path[strspn(path, WORD "/")] == '\0');
}

/* No blank but the space: a path could not be told, nor logged. */
static bool
has_control(const char *v)
{
	for (; *v != '\0'; v++)
		if ((unsigned char)*v < ' ' || *v == 0x7f)
			return (true);
	return (false);
}

/* "host:port", "[::1]:port" */
static bool
is_address(const char *v, int lowest)
{
	const char *colon = strrchr(v, ':');
	size_t n = colon != NULL ? strspn(colon + 1, "0123456789") : 0;

	return (colon != NULL && colon != v && n > 0 && n < 6 &&
	    colon[1 + n] == '\0' && atoi(colon + 1) >= lowest &&
	    atoi(colon + 1) < 65536);
}

static bool
is_kind(enum conf_kind kind, const char *v)
{
	enum log_level level;

	switch (kind) {
	case CONF_PATH:
		return (*v == '/');
	case CONF_SOCKET:
		return (*v == '/' && strlen(v) <
		    sizeof ((struct sockaddr_un *)0)->sun_path);
	case CONF_FILE:
		return (*v == '/' || *v == '\0');
	case CONF_LEVEL:
		return (log_level_parse(v, &level) == 0);
	case CONF_RENDER_HOST:
		return (is_render_host(v));
	case CONF_LISTEN:
		return (*v == '\0' || is_address(v, 0));
	case CONF_ADDRESS:
		return (is_address(v, 1));
	case CONF_ORIGIN:
		return (is_origin(v));
	case CONF_BUCKET:
		return (is_bucket(v));
	case CONF_URL:
		return (is_url(v));
	case CONF_ORGANIZATION:
		return (name_is_org(v));
	case CONF_HOSTS:
		return (fetch_hosts_good(v));
	case CONF_PORTS:
		return (fetch_ports_good(v));
	case CONF_NETS:
		return (strlen(v) < FETCH_NETS_MAX && address_nets_good(v));
	case CONF_NAME:
		return (*v != '\0' && strlen(v) <= WORD_MAX &&
		    v[strspn(v, WORD)] == '\0');
	case CONF_NUMBER:
	case CONF_TEXT:
		break;
	}
	return (*v != '\0');
}

const char *
conf_check(enum conf_kind kind, const char *value)
{
	static const char *const must[] = {
#define X(id, text)	[CONF_ ## id] = (text),
		CONF_KINDS
#undef X
	};

	if (value == NULL || !is_kind(kind, value))
		return (must[kind]);
	return (has_control(value) ? "text without control characters" : NULL);
}
