/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the API is and with which key: options, environment, file. */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/setting.h"
#include "locate.h"

/* What a file says; NULL: nothing. */
struct settings {
	char	*url, *socket, *organization, *key;
};

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
pick(const char *option, const char *env, const char *setting)
{
	const char *v = set(option);

	if (v == NULL)
		v = set(getenv(env));
	if (v == NULL)
		v = set(setting);
	return (copy(v));
}

/*
 * URL and socket are one address: whoever says either of them nearer to the
 * command, the option before the environment before the file, says it all.
 */
static void
pick_address(struct location *l, const struct client_conf *conf,
    const struct settings *s)
{
	const char *const at[][2] = {
		{ conf->url, conf->socket },
		{ getenv("MONIKER_URL"), getenv("MONIKER_SOCKET") },
		{ s->url, s->socket },
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

static bool
on_value(void *arg, struct setting_reader *r, const char *key,
    const char *value)
{
	struct settings *s = arg;
	char **to = strcmp(key, "url") == 0 ? &s->url :
	    strcmp(key, "socket") == 0 ? &s->socket :
	    strcmp(key, "organization") == 0 ? &s->organization :
	    strcmp(key, "key") == 0 ? &s->key : NULL;

	if (to == NULL)
		return (setting_fail(r, "unknown setting '%s': it is url, "
		    "socket, organization or key", key));
	free(*to);
	*to = strdup(value);
	return (*to != NULL || setting_fail(r, "out of memory"));
}

/* ssh(1) treats a private key alike. */
static int
check_private(const struct settings *s, const char *file, char *err,
    size_t err_len)
{
	struct stat st;

	if (set(s->key) == NULL || stat(file, &st) != 0 ||
	    (st.st_mode & (S_IROTH | S_IWOTH)) == 0)
		return (0);
	(void)snprintf(err, err_len, "%s: everybody on this machine may use "
	    "the key in it (mode %04o): chmod o= %s", file,
	    (unsigned)st.st_mode & 07777, file);
	return (-1);
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

static void
settings_clear(struct settings *s)
{
	free(s->url);
	free(s->socket);
	free(s->organization);
	if (s->key != NULL)
		explicit_bzero(s->key, strlen(s->key));
	free(s->key);
}

int
locate(const struct client_conf *conf, struct location *l, char *err,
    size_t err_len)
{
	static const struct setting_calls calls = { .on_value = on_value };
	struct settings s = { 0 };
	char path[4096];
	const char *file = locate_file(conf->file, path, sizeof path);

	(void)memset(l, 0, sizeof *l);
	if (file != NULL &&
	    (setting_read(file, &calls, &s, err, err_len) != 0 ||
	    check_private(&s, file, err, err_len) != 0)) {
		settings_clear(&s);
		return (-1);
	}
	pick_address(l, conf, &s);
	l->org = pick(conf->org, "MONIKER_ORG", s.organization);
	l->key = pick(NULL, "MONIKER_KEY", s.key);
	settings_clear(&s);
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
