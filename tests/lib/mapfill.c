/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a map by commands from standard input, so that a test of the readers
 * needs no daemon. While it waits it gives the sign of life. Answers each
 * command by "ok N", where N counts them, or by "error N: why".
 *
 *	put-alias ORG NAME HASH [EPOCH [SHOWN [PREVIOUS]]]
 *	del-alias ORG NAME
 *	put-source ORG HASH EPOCH [revoked]	put-stack ORG NAME EPOCH [SOFT]
 *	put-org ORG EPOCH [SOFT]		fill ORG COUNT [MODULO]
 *	soft-source ORG HASH SOFT		settings MAX_AGE SWR [FALLBACK]
 *	put-fallback ORG HASH [HOW]		del-fallback ORG
 *
 * "fill" makes the aliases a0, a1, ... whose hashes are their numbers, modulo
 * MODULO if that is given.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "map.h"
#include "name/hash.h"

#define MAX_WORDS	7

static struct map_writer *writer;

static int
unhex(const char *hex, uint8_t bytes[MAP_HASH_LEN])
{
	struct hash hash;

	if (!hash_from_hex(&hash, hex, strlen(hex)))
		return (EINVAL);
	(void)memcpy(bytes, hash.b, sizeof hash.b);
	return (0);
}

static int
put(enum map_kind kind, const char *org, const void *name, size_t name_len,
    const struct map_value *value)
{
	struct map_key key = {
		.kind = kind,
		.org = org,
		.org_len = strlen(org),
		.name = name,
		.name_len = name_len
	};

	return (map_writer_put(writer, &key, value));
}

static uint64_t
number(const char *word)
{

	return (word == NULL ? 0 : strtoull(word, NULL, 10));
}

static int
put_alias(char **w)
{
	struct map_value v = { .epoch = number(w[4]) };

	if (unhex(w[3], v.hash) != 0)
		return (EINVAL);
	/* Behind the epoch, words may be missing. */
	v.has_shown = w[4] != NULL && w[5] != NULL;
	v.has_previous = v.has_shown && w[6] != NULL;
	if ((v.has_shown && unhex(w[5], v.shown) != 0) ||
	    (v.has_previous && unhex(w[6], v.previous) != 0))
		return (EINVAL);
	return (put(MAP_KIND_ALIAS, w[1], w[2], strlen(w[2]), &v));
}

static int
del_alias(char **w)
{

	return (put(MAP_KIND_ALIAS, w[1], w[2], strlen(w[2]), NULL));
}

static int
put_source(char **w)
{
	struct map_value v = { .epoch = number(w[3]) };
	uint8_t hash[MAP_HASH_LEN];

	if (unhex(w[2], hash) != 0)
		return (EINVAL);
	v.revoked = w[4] != NULL && strcmp(w[4], "revoked") == 0;
	return (put(MAP_KIND_SOURCE, w[1], hash, sizeof hash, &v));
}

static int
soft_source(char **w)
{
	struct map_value v = { .soft = number(w[3]) };
	uint8_t hash[MAP_HASH_LEN];

	if (unhex(w[2], hash) != 0)
		return (EINVAL);
	return (put(MAP_KIND_SOURCE, w[1], hash, sizeof hash, &v));
}

static int
put_stack(char **w)
{
	struct map_value v = { .epoch = number(w[3]), .soft = number(w[4]) };

	return (put(MAP_KIND_STACK, w[1], w[2], strlen(w[2]), &v));
}

static int
put_org(char **w)
{
	struct map_value v = { .epoch = number(w[2]), .soft = number(w[3]) };

	return (put(MAP_KIND_ORGANIZATION, w[1], "", 0, &v));
}

static int
put_fallback(char **w)
{
	struct map_value v = { .epoch = number(w[3]), .has_shown = true };

	if (unhex(w[2], v.shown) != 0)
		return (EINVAL);
	return (put(MAP_KIND_FALLBACK, w[1], "", 0, &v));
}

static int
del_fallback(char **w)
{

	return (put(MAP_KIND_FALLBACK, w[1], "", 0, NULL));
}

static int
settings(char **w)
{
	const struct map_settings s = {
		.alias_max_age = (uint32_t)number(w[1]),
		.alias_swr = (uint32_t)number(w[2]),
		.alias_fallback = number(w[3]) != 0
	};

	map_writer_settings(writer, &s);
	return (0);
}

static int
fill(char **w)
{
	struct map_value v = { .epoch = 0 };
	char name[24];
	uint64_t i, h, n = number(w[2]), modulo = number(w[3]);
	size_t b, len;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		len = (size_t)snprintf(name, sizeof name, "a%ju",
		    (uintmax_t)i);
		h = modulo > 0 ? i % modulo : i;
		for (b = 0; b < sizeof h; b++)
			v.hash[MAP_HASH_LEN - 1 - b] = (uint8_t)(h >> 8 * b);
		r = put(MAP_KIND_ALIAS, w[1], name, len, &v);
	}
	return (r);
}

static const struct command {
	const char	*name;
	int		min;		/* words, the name among them */
	int		(*func)(char **);
} commands[] = {
	{ "put-alias", 4, put_alias },
	{ "del-alias", 3, del_alias },
	{ "put-source", 4, put_source },
	{ "soft-source", 4, soft_source },
	{ "put-stack", 4, put_stack },
	{ "put-org", 3, put_org },
	{ "put-fallback", 3, put_fallback },
	{ "del-fallback", 2, del_fallback },
	{ "fill", 3, fill },
	{ "settings", 3, settings },
};

static int
run(char *line)
{
	char *words[MAX_WORDS + 1] = { NULL }, *save = NULL, *w;
	size_t i;
	int n = 0;

	for (w = strtok_r(line, " \t\r\n", &save); w != NULL && n < MAX_WORDS;
	    w = strtok_r(NULL, " \t\r\n", &save))
		words[n++] = w;
	for (i = 0; n > 0 && i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(commands[i].name, words[0]) == 0 &&
		    n >= commands[i].min)
			return (commands[i].func(words));
	return (EINVAL);
}

static int
heartbeat(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (map_writer_heartbeat(writer, (uint64_t)ts.tv_sec * 1000 +
	    (uint64_t)ts.tv_nsec / 1000000));
}

/* Reads bytes, not stdio's lines: poll must not miss what is buffered. */
static void
serve(void)
{
	struct pollfd pfd = { .fd = 0, .events = POLLIN };
	char line[1024];
	size_t len = 0;
	unsigned n = 0;
	int r;

	for (;;) {
		if (heartbeat() != 0)
			(void)fprintf(stderr, "mapfill: no heartbeat\n");
		if (poll(&pfd, 1, 100) == 0)
			continue;
		if (len == sizeof line - 1 || read(0, line + len, 1) != 1)
			return;
		if (line[len++] != '\n')
			continue;
		line[len] = '\0';
		len = 0;
		r = run(line);
		map_writer_commit(writer, ++n);
		if (r == 0)
			(void)printf("ok %u\n", n);
		else
			(void)printf("error %u: %s\n", n, strerror(r));
		(void)fflush(stdout);
	}
}

int
main(int argc, char **argv)
{
	static const uint8_t id[MAP_STORE_ID_LEN] = "mapfill";
	char err[256];

	if (argc != 2) {
		(void)fprintf(stderr, "usage: mapfill DIR <COMMANDS\n");
		return (2);
	}
	writer = map_writer_open(argv[1], id, err, sizeof err);
	if (writer == NULL) {
		(void)fprintf(stderr, "mapfill: %s\n", err);
		return (1);
	}
	serve();
	map_writer_close(writer);
	return (0);
}
