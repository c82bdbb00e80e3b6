/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the API is and with which key: options, environment, file. */
#include "config.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "locate.h"

static char *
pick(const char *option, const char *env, cfg_t *cfg, const char *key)
{
	const char *v = option;

	if (v == NULL)
		v = getenv(env);
	if (v == NULL)
		v = cfg_getstr(cfg, key);
	return (v != NULL ? strdup(v) : NULL);
}

/* The user's own file, else the machine's; *named* must exist. */
static const char *
locate_file(const char *named, char *path, size_t size)
{
	const char *home = getenv("HOME");

	if (named != NULL)
		return (named);
	if (home != NULL) {
		(void)snprintf(path, size, "%s/.config/monikerctl.conf", home);
		if (access(path, R_OK) == 0)
			return (path);
	}
	return (access(MONIKERCTL_CONF, R_OK) == 0 ? MONIKERCTL_CONF : NULL);
}

int
locate(const struct client_conf *conf, struct location *l, char *err,
    size_t err_len)
{
	static cfg_opt_t opts[] = {
		CFG_STR("url", NULL, CFGF_NONE),
		CFG_STR("socket", NULL, CFGF_NONE),
		CFG_STR("organization", NULL, CFGF_NONE),
		CFG_STR("key", NULL, CFGF_NONE),
		CFG_END()
	};
	char path[4096];
	const char *file = locate_file(conf->file, path, sizeof path);
	cfg_t *cfg = cfg_init(opts, CFGF_NONE);

	(void)memset(l, 0, sizeof *l);
	if (cfg == NULL || (file != NULL &&
	    cfg_parse(cfg, file) != CFG_SUCCESS)) {
		(void)snprintf(err, err_len, "%s: cannot be read as a "
		    "configuration; see monikerctl(1)", file);
		if (cfg != NULL)
			(void)cfg_free(cfg);
		return (-1);
	}
	l->url = pick(conf->url, "MONIKER_URL", cfg, "url");
	l->socket = pick(conf->socket, "MONIKER_SOCKET", cfg, "socket");
	l->org = pick(conf->org, "MONIKER_ORG", cfg, "organization");
	l->key = pick(NULL, "MONIKER_KEY", cfg, "key");
	(void)cfg_free(cfg);
	if (l->url == NULL && l->socket == NULL)
		l->socket = strdup(MONIKER_LOCAL_SOCKET);
	if (l->url == NULL)
		l->url = strdup("http://localhost");
	if (l->org == NULL)
		l->org = strdup("");
	return (0);
}

void
location_clear(struct location *l)
{
	free(l->url);
	free(l->socket);
	free(l->org);
	if (l->key != NULL)
		explicit_bzero(l->key, strlen(l->key));
	free(l->key);
	(void)memset(l, 0, sizeof *l);
}
