/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration as a whole: read, checked and freed. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_keys.h"
#include "conf_parse.h"

static void
free_keys(void *of, const struct conf_key *k, size_t n)
{
	for (; n > 0; n--, k++)
		if (k->kind != CONF_NUMBER)
			free(*conf_key_text(k, of));
}

/*
 * A refused upload is read to its end, else Varnish, which sends all before it
 * reads, would make a 503 of our answer. Twice: a client may be wrong about
 * the limit, too. But those who are refused get a part of the connections only,
 * and the API leaves some to the pictures, as they do to it.
 */
#define HOOK_ANSWER_BYTES	65536	/* more is not read */

void
conf_derive(struct conf *c)
{
	c->http.linger_bytes = 2 * c->upload_max;
	c->http.lingering = c->http.connections / 16 + 1;
	c->http.reserve = c->http.connections / 4;
	c->hook_fetch.webhooks = "webhook";
	c->hook_fetch.ca_file = c->fetch.ca_file;
	c->hook_fetch.max_bytes = HOOK_ANSWER_BYTES;
}

static unsigned
processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return (n < 1 ? 1 : n > 64 ? 64 : (unsigned)n);
}

/*--------------------------------------------------------------------
 * What no single key can tell
 */

/* "": not used. Port 0 is another one each time. */
static bool
clash(const char *a, const char *b)
{
	const char *port = strrchr(a, ':');

	return (*a != '\0' && strcmp(a, b) == 0 &&
	    (port == NULL || strcmp(port, ":0") != 0));
}

static int
check_places(struct conf *c, const char *file, char *err, size_t err_len)
{
	static const char *const names[] = {
		"image_socket", "api_socket", "local_socket", "image_listen",
		"api_listen", "metrics_listen", "map_dir", "store_dir",
		"pid_file", "ready_file",
	};
	const size_t n = sizeof names / sizeof *names;
	const char *places[sizeof names / sizeof *names];

	for (size_t i = 0; i < n; i++)
		places[i] = *conf_key_text(conf_key_find(names[i], false), c);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++) {
			if (!clash(places[i], places[j]))
				continue;
			(void)snprintf(err, err_len, "%s: %s and %s are the "
			    "same, but each must be a place of its own", file,
			    names[i], names[j]);
			return (-1);
		}
	return (0);
}

static int
check_bucket(const struct conf *c, const char *file, char *err, size_t err_len)
{
	if (*c->s3_url == '\0' || *c->s3_key_file != '\0')
		return (0);
	(void)snprintf(err, err_len, "%s: s3_url needs s3_key_file", file);
	return (-1);
}

struct conf *
conf_read(const char *file, char *err, size_t err_len)
{
	struct conf *c = calloc(1, sizeof *c);
	const struct conf_key *keys;
	size_t n;

	keys = conf_keys(&n);
	if (c == NULL || !conf_defaults(c, keys, n)) {
		(void)snprintf(err, err_len, "out of memory");
		conf_free(c);
		return (NULL);
	}
	if (conf_parse(c, file, err, err_len) != 0 ||
	    check_places(c, file, err, err_len) != 0 ||
	    check_bucket(c, file, err, err_len) != 0) {
		conf_free(c);
		return (NULL);
	}
	if (c->render.workers == 0)
		c->render.workers = processors();
	conf_derive(c);
	return (c);
}

void
conf_free(struct conf *c)
{
	const struct conf_key *keys;
	size_t n;

	if (c == NULL)
		return;
	keys = conf_target_keys(&n);
	for (size_t i = 0; i < c->n_targets; i++) {
		free(c->targets[i].name);
		free_keys(&c->targets[i], keys, n);
	}
	free(c->targets);
	keys = conf_keys(&n);
	free_keys(c, keys, n);
	free(c);
}
