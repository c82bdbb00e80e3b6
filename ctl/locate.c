/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the API is and with which key: options, environment, file. */
#include "config.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/conf_text.h"
#include "locate.h"

/* For the parser's callback, which has no argument. */
static char *locate_err;
static size_t locate_err_len;

/* The first error is the one to mend. */
static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	int n;

	if (*locate_err != '\0')
		return;
	n = snprintf(locate_err, locate_err_len, "%s:%d: ", cfg->filename,
	    cfg->line);
	if (n > 0 && (size_t)n < locate_err_len)
		(void)vsnprintf(locate_err + n, locate_err_len - (size_t)n,
		    fmt, ap);
}

/* What is set, but empty, is not set. */
static const char *
set(const char *v)
{
	return (v != NULL && *v != '\0' ? v : NULL);
}

static char *
copy(const char *v)
{
	return (v != NULL ? strdup(v) : NULL);
}

static char *
pick(const char *option, const char *env, cfg_t *cfg, const char *key)
{
	const char *v = set(option);

	if (v == NULL)
		v = set(getenv(env));
	if (v == NULL)
		v = set(cfg_getstr(cfg, key));
	return (copy(v));
}

/*
 * URL and socket are one address: whoever says either of them nearer to the
 * command, the option before the environment before the file, says it all.
 */
static void
pick_address(struct location *l, const struct client_conf *conf, cfg_t *cfg)
{
	const char *const at[][2] = {
		{ conf->url, conf->socket },
		{ getenv("MONIKER_URL"), getenv("MONIKER_SOCKET") },
		{ cfg_getstr(cfg, "url"), cfg_getstr(cfg, "socket") },
		{ NULL, MONIKER_LOCAL_SOCKET },
	};
	size_t i = 0, n;

	while (set(at[i][0]) == NULL && set(at[i][1]) == NULL)
		i++;
	l->socket = copy(set(at[i][1]));
	l->url = strdup(set(at[i][0]) != NULL ? at[i][0] : "http://localhost");
	/* Paths begin with one. */
	for (n = l->url != NULL ? strlen(l->url) : 0;
	    n > 0 && l->url[n - 1] == '/'; n--)
		l->url[n - 1] = '\0';
}

/* As ssh(1) does with a private key. */
static bool
locate_private(cfg_t *cfg, const char *file, char *err, size_t err_len)
{
	struct stat st;

	if (set(cfg_getstr(cfg, "key")) == NULL ||
	    stat(file, &st) != 0 || (st.st_mode & (S_IROTH | S_IWOTH)) == 0)
		return (true);
	(void)snprintf(err, err_len, "%s: everybody on this machine may use "
	    "the key in it (mode %04o): chmod o= %s", file,
	    (unsigned)st.st_mode & 07777, file);
	return (false);
}

/* Reads *file* into *cfg*. False and a sentence with its line in *err*. */
static bool
locate_read(cfg_t *cfg, const char *file, char *err, size_t err_len)
{
	struct conf_fault fault;
	int fd = conf_text_open(file, &fault);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (f == NULL) {
		(void)snprintf(err, err_len, "%s: %s", file, strerror(errno));
		return (false);
	}
	locate_err = err;
	locate_err_len = err_len;
	*err = '\0';
	if (fault.line != 0) {
		(void)snprintf(err, err_len, "%s:%d: %s", file, fault.line,
		    fault.what);
		(void)fclose(f);
		return (false);
	}
	(void)cfg_set_error_function(cfg, on_error);
	cfg->filename = strdup(file);
	if (cfg_parse_fp(cfg, f) != CFG_SUCCESS && *err == '\0')
		(void)snprintf(err, err_len, "%s: syntax error", file);
	if (*err == '\0')
		(void)locate_private(cfg, file, err, err_len);
	(void)fclose(f);
	return (*err == '\0');
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
	if (cfg == NULL) {
		(void)snprintf(err, err_len, "out of memory");
		return (-1);
	}
	if (file != NULL && !locate_read(cfg, file, err, err_len)) {
		(void)cfg_free(cfg);
		return (-1);
	}
	pick_address(l, conf, cfg);
	l->org = pick(conf->org, "MONIKER_ORG", cfg, "organization");
	l->key = pick(NULL, "MONIKER_KEY", cfg, "key");
	(void)cfg_free(cfg);
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
