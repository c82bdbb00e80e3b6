/* SPDX-License-Identifier: BSD-2-Clause */
/* From what was parsed to struct conf. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_keys.h"
#include "conf_parse.h"

/* All numbers are of 32 or 64 bits; the range leaves room for their sign. */
static void
take_number(void *of, const struct conf_key *k, long value)
{
	uint64_t wide = (uint64_t)value * (uint64_t)k->unit;
	uint32_t narrow = (uint32_t)wide;
	char *to = (char *)of + k->offset;

	if (k->size == sizeof narrow)
		memcpy(to, &narrow, sizeof narrow);
	else
		memcpy(to, &wide, sizeof wide);
}

static bool
dup_text(char **to, const char *s)
{
	*to = s != NULL ? strdup(s) : NULL;
	return (s == NULL || *to != NULL);
}

/* The values of *cfg*, which is the file or a section, into *of*. */
static bool
take_keys(void *of, cfg_t *cfg, const struct conf_key *k, size_t n)
{
	bool ok = true;

	for (; n > 0; n--, k++)
		if (k->kind == CONF_NUMBER)
			take_number(of, k, cfg_getint(cfg, k->name));
		else
			ok = dup_text(conf_key_text(k, of),
			    cfg_getstr(cfg, k->name)) && ok;
	return (ok);
}

static void
free_keys(void *of, const struct conf_key *k, size_t n)
{
	for (; n > 0; n--, k++)
		if (k->kind != CONF_NUMBER)
			free(*conf_key_text(k, of));
}

static bool
take_targets(struct conf *c, cfg_t *cfg)
{
	const struct conf_key *keys;
	bool ok = true;
	size_t n;

	keys = conf_target_keys(&n);
	c->targets = calloc(cfg_size(cfg, "varnish") + 1, sizeof *c->targets);
	if (c->targets == NULL)
		return (false);
	c->n_targets = cfg_size(cfg, "varnish");
	for (unsigned i = 0; i < c->n_targets; i++) {
		cfg_t *sec = cfg_getnsec(cfg, "varnish", i);

		ok = dup_text(&c->targets[i].name, cfg_title(sec)) && ok;
		ok = take_keys(&c->targets[i], sec, keys, n) && ok;
	}
	return (ok);
}

/*
 * A refused upload is read to its end, else Varnish, which sends all before it
 * reads, would make a 503 of our answer. Twice: a client may be wrong about
 * the limit, too. But those who are refused get a part of the connections only,
 * and the API leaves some to the pictures, as they do to it.
 */
void
conf_derive(struct conf *c)
{
	c->http.linger_bytes = 2 * c->upload_max;
	c->http.lingering = c->http.connections / 16 + 1;
	c->http.reserve = c->http.connections / 4;
}

static unsigned
processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return (n < 1 ? 1 : n > 64 ? 64 : (unsigned)n);
}

static struct conf *
take_all(cfg_t *cfg)
{
	struct conf *c = calloc(1, sizeof *c);
	const struct conf_key *keys;
	size_t n;

	if (c == NULL)
		return (NULL);
	keys = conf_keys(&n);
	if (!take_keys(c, cfg, keys, n) || !take_targets(c, cfg)) {
		conf_free(c);
		return (NULL);
	}
	if (c->render.workers == 0)
		c->render.workers = processors();
	conf_derive(c);
	return (c);
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

/* Returns false and a sentence in *err*. */
static bool
places_differ(cfg_t *cfg, const char *file, char *err, size_t err_len)
{
	static const char *const names[] = {
		"image_socket", "api_socket", "local_socket", "image_listen",
		"api_listen", "metrics_listen", "map_dir", "store_dir",
		"pid_file", "ready_file",
	};
	const size_t n = sizeof names / sizeof *names;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++) {
			if (!clash(cfg_getstr(cfg, names[i]),
			    cfg_getstr(cfg, names[j])))
				continue;
			(void)snprintf(err, err_len, "%s: %s and %s are the "
			    "same, but each must be a place of its own", file,
			    names[i], names[j]);
			return (false);
		}
	return (true);
}

struct conf *
conf_read(const char *file, char *err, size_t err_len)
{
	cfg_t *cfg = conf_parse(file, err, err_len);
	struct conf *c = NULL;

	if (cfg == NULL)
		return (NULL);
	if (places_differ(cfg, file, err, err_len)) {
		c = take_all(cfg);
		if (c == NULL)
			(void)snprintf(err, err_len, "out of memory");
	}
	(void)cfg_free(cfg);
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
