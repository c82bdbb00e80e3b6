/* SPDX-License-Identifier: BSD-2-Clause */
/* What "monikerd -t" finds on this machine that the settings speak of. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"

static unsigned
warn_of(FILE *f, const char *setting, const char *path, const char *why)
{
	(void)fprintf(f, "warning: %s: %s: %s\n", setting, path, why);
	return (1);
}

/* A folder that is there, or that can be made in the one above it. */
static unsigned
warn_folder(FILE *f, const char *setting, const char *path)
{
	char above[4096];
	char *slash;

	if (access(path, W_OK | X_OK) == 0)
		return (0);
	if (errno != ENOENT)
		return (warn_of(f, setting, path, strerror(errno)));
	(void)snprintf(above, sizeof above, "%s", path);
	slash = strrchr(above, '/');
	if (slash != NULL)
		*(slash == above ? slash + 1 : slash) = '\0';
	if (access(above, W_OK | X_OK) == 0)
		return (0);
	(void)fprintf(f, "warning: %s: %s: cannot be made in %s: %s\n",
	    setting, path, above, strerror(errno));
	return (1);
}

static unsigned
warn_socket(FILE *f, const char *setting, const char *path)
{
	char folder[4096];
	char *slash;

	(void)snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return (0);
	*slash = '\0';
	if (access(folder, W_OK | X_OK) == 0)
		return (0);
	return (warn_of(f, setting, folder, strerror(errno)));
}

static unsigned
warn_target(FILE *f, const struct purge_target_conf *t)
{
	char setting[128];

	if (t->secret_file == NULL || access(t->secret_file, R_OK) == 0)
		return (0);
	(void)snprintf(setting, sizeof setting, "varnish \"%s\": secret_file",
	    t->name);
	return (warn_of(f, setting, t->secret_file, strerror(errno)));
}

unsigned
conf_warn(const struct conf *c, FILE *f)
{
	unsigned n = warn_folder(f, "store_dir", c->store_dir);

	n += warn_folder(f, "map_dir", c->map_dir);
	n += warn_socket(f, "image_socket", c->image_socket);
	n += warn_socket(f, "api_socket", c->api_socket);
	n += warn_socket(f, "local_socket", c->local_socket);
	if (*c->s3_url != '\0' && access(c->s3_key_file, R_OK) != 0)
		n += warn_of(f, "s3_key_file", c->s3_key_file,
		    strerror(errno));
	for (size_t i = 0; i < c->n_targets; i++)
		n += warn_target(f, &c->targets[i]);
	return (n);
}
