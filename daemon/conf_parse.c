/* SPDX-License-Identifier: BSD-2-Clause */
/* From the settings of a file to struct conf, by the table of keys. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/setting.h"
#include "conf_keys.h"
#include "conf_parse.h"
#include "obj.h"

struct parse {
	unsigned	magic;
#define PARSE_MAGIC	0x70617273
	struct conf	*conf;
	struct purge_target_conf *target;	/* NULL: outside of a section */
};

/*--------------------------------------------------------------------
 * Values
 */

/* "of seconds ", as the name of the key tells it. */
static const char *
unit_of(const char *key)
{
	static const char *const units[][2] = {
		{ "_ms", "of milliseconds " }, { "_mb", "of megabytes " },
		{ "_bytes", "of bytes " }, { "_age", "of seconds " },
		{ "_swr", "of seconds " }, { "_rate", "of bytes a second " },
	};
	const char *end = strrchr(key, '_');

	for (size_t i = 0; end != NULL && i < sizeof units / sizeof *units; i++)
		if (strcmp(end, units[i][0]) == 0)
			return (units[i][1]);
	return ("");
}

/* All numbers are of 32 or 64 bits; the range leaves room for their sign. */
static void
put_number(void *of, const struct conf_key *k, long value)
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
take_number(struct setting_reader *r, void *of, const struct conf_key *k,
    const char *value)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || v < k->min ||
	    v > k->max)
		return (setting_fail(r, "%s is \"%s\", but must be a whole "
		    "number %sfrom %ld to %ld", k->name, value,
		    unit_of(k->name), k->min, k->max));
	put_number(of, k, v);
	return (true);
}

static bool
put_text(void *of, const struct conf_key *k, const char *value)
{
	char **to = conf_key_text(k, of), *copy = strdup(value);

	if (copy == NULL)
		return (false);
	free(*to);
	*to = copy;
	return (true);
}

static bool
take_text(struct setting_reader *r, void *of, const struct conf_key *k,
    const char *value)
{
	const char *must = conf_check(k->kind, value);

	if (must != NULL)
		return (setting_fail(r, "%s is \"%s\", but must be %s",
		    k->name, value, must));
	return (put_text(of, k, value) || setting_fail(r, "out of memory"));
}

static bool
unknown(struct setting_reader *r, const char *name, bool in_section)
{
	const char *meant = conf_key_meant(name, in_section);

	if (meant != NULL)
		return (setting_fail(r, "unknown setting '%s'; is it '%s'?",
		    name, meant));
	return (setting_fail(r, "unknown setting '%s'%s", name,
	    conf_key_find(name, !in_section) == NULL ? "" :
	    in_section ? " in a varnish section: set it outside of it" :
	    ": set it in a varnish section"));
}

static bool
on_value(void *arg, struct setting_reader *r, const char *name,
    const char *value)
{
	struct parse *p = CAST_OBJ(arg, PARSE_MAGIC);
	bool in_section = p->target != NULL;
	const struct conf_key *k = conf_key_find(name, in_section);
	void *of = in_section ? (void *)p->target : (void *)p->conf;

	if (k == NULL)
		return (unknown(r, name, in_section));
	if (k->kind == CONF_NUMBER)
		return (take_number(r, of, k, value));
	return (take_text(r, of, k, value));
}

bool
conf_defaults(void *of, const struct conf_key *k, size_t n)
{
	for (; n > 0; n--, k++)
		if (k->kind == CONF_NUMBER)
			put_number(of, k, atol(k->fallback));
		else if (k->fallback != NULL && !put_text(of, k, k->fallback))
			return (false);
	return (true);
}

/*--------------------------------------------------------------------
 * Sections
 */

static bool
on_open(void *arg, struct setting_reader *r, const char *kind,
    const char *name)
{
	struct parse *p = CAST_OBJ(arg, PARSE_MAGIC);
	struct conf *c = p->conf;
	const char *must = conf_check(CONF_NAME, name);
	struct purge_target_conf *t;
	const struct conf_key *keys;
	size_t n;

	if (strcmp(kind, "varnish") != 0)
		return (unknown(r, kind, false));
	if (must != NULL)
		return (setting_fail(r, "varnish \"%s\" must be %s", name,
		    must));
	for (size_t i = 0; i < c->n_targets; i++)
		if (strcmp(c->targets[i].name, name) == 0)
			return (setting_fail(r, "varnish \"%s\" is "
			    "given more than once", name));
	t = realloc(c->targets, (c->n_targets + 1) * sizeof *t);
	if (t == NULL)
		return (setting_fail(r, "out of memory"));
	c->targets = t;
	p->target = memset(&t[c->n_targets++], 0, sizeof *t);
	keys = conf_target_keys(&n);
	p->target->name = strdup(name);
	return ((p->target->name != NULL && conf_defaults(p->target, keys,
	    n)) || setting_fail(r, "out of memory"));
}

static bool
on_close(void *arg, struct setting_reader *r)
{
	struct parse *p = CAST_OBJ(arg, PARSE_MAGIC);
	const struct purge_target_conf *t = p->target;
	const char *const ways[] =
	    { t->instance, t->address, t->listen, t->url, t->webhook };
	const char *wrong = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		n += ways[i] != NULL ? 1 : 0;
	if (n != 1)
		wrong = "one with just one of instance, address, listen, url "
		    "and webhook";
	else if (t->instance == NULL && t->secret_file == NULL)
		wrong = "one with a secret_file, which only an instance "
		    "does without";
	p->target = NULL;
	return (wrong == NULL || setting_fail(r, "varnish \"%s\" must be %s",
	    t->name, wrong));
}

int
conf_parse(struct conf *c, const char *file, char *err, size_t err_len)
{
	static const struct setting_calls calls = {
		.on_value = on_value, .on_open = on_open, .on_close = on_close,
	};
	struct parse p = { .magic = PARSE_MAGIC, .conf = c };

	return (setting_read(file, &calls, &p, err, err_len));
}
