/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "conf_check.h"
#include "conf_text.h"

/*
 * Every key once: its name, where it goes, its default; for text what it must
 * be, for a number its range and the factor of the unit in its name.
 */
#define CONF_KEYS							\
	TEXT(map_dir, map_dir, "/run/moniker/map", PATH, START)		\
	TEXT(store_dir, store_dir, "/var/lib/moniker", PATH, START)	\
	TEXT(image_socket, image_socket, "/run/moniker/image.sock", SOCKET, \
	    START)							\
	TEXT(api_socket, api_socket, "/run/moniker/api.sock", SOCKET, START) \
	TEXT(local_socket, local_socket, "/run/moniker/local.sock", SOCKET, \
	    START)							\
	TEXT(image_listen, image_listen, "", LISTEN, START)		\
	TEXT(api_listen, api_listen, "", LISTEN, START)			\
	TEXT(metrics_listen, metrics_listen, "", LISTEN, START)		\
	TEXT(pid_file, pid_file, "", FILE, START)			\
	TEXT(ready_file, ready_file, "", FILE, START)			\
	TEXT(log_level, log_level, "info", LEVEL, LIVE)			\
	TEXT(render_host, render_host, "http://{organization}.localhost", \
	    RENDER_HOST, LIVE)						\
	NUMBER(alias_max_age, alias_max_age, 60, 0, 31536000, 1, LIVE)	\
	NUMBER(alias_swr, alias_swr, 600, 0, 31536000, 1, LIVE)		\
	NUMBER(purges_alias, purges_alias, 10, 0, 1000000, 1, LIVE)	\
	NUMBER(purges_stack, purges_stack, 5, 0, 1000000, 1, LIVE)	\
	NUMBER(purges_source, purges_source, 5, 0, 1000000, 1, LIVE)	\
	NUMBER(overwrite_purges, overwrite_purges, 0, 0, 1, 1, LIVE)	\
	NUMBER(upload_max_mb, upload_max, 1180, 1, 1048576, 1 << 20, LIVE) \
	NUMBER(ready_free_mb, ready_free, 256, 0, 1073741824, 1 << 20, LIVE) \
	NUMBER(http_head_bytes, http.head_bytes, 32768, 1024, 1048576, 1, \
	    LIVE)							\
	NUMBER(http_head_ms, http.head_ms, 5000, 10, 600000, 1, LIVE)	\
	NUMBER(http_idle_ms, http.idle_ms, 65000, 10, 86400000, 1, LIVE) \
	NUMBER(http_body_rate, http.body_rate, 1024, 0, 1073741824, 1,	\
	    LIVE)							\
	NUMBER(http_body_grace_ms, http.body_grace_ms, 10000, 100, 600000, \
	    1, LIVE)							\
	NUMBER(http_connections, http.connections, 4000, 1, 100000, 1,	\
	    LIVE)							\
	NUMBER(render_workers, render.workers, 0, 0, 256, 1, START)	\
	NUMBER(render_queue, render.queue, 200, 1, 100000, 1, START)	\
	NUMBER(render_wall_ms, render.wall_ms, 20000, 100, 600000, 1, START) \
	NUMBER(render_memory_mb, render.memory, 1024, 64, 1048576, 1 << 20, \
	    START)							\
	NUMBER(render_megapixels, render.pixels, 225, 1, 10000, 1000000, \
	    START)							\
	NUMBER(render_side, render.side, 30000, 1, 1000000, 1, START)	\
	NUMBER(render_frames, render.frames, 300, 1, 100000, 1, START)	\
	NUMBER(render_output_mb, render.output, 100, 1, 10000, 1 << 20, START) \
	NUMBER(render_svg, render.allow_svg, 0, 0, 1, 1, START)	\
	NUMBER(render_pdf, render.allow_pdf, 0, 0, 1, 1, START)

#define LIVE	true
#define START	false
#define FIELD(f)	offsetof(struct conf, f), sizeof ((struct conf *)0)->f

static const struct conf_key keys[] = {
#define TEXT(n, f, d, check, when) \
	{ #n, d, CONF_ ## check, 0, 0, 1, when, FIELD(f) },
#define NUMBER(n, f, d, lo, hi, unit, when) \
	{ #n, #d, CONF_NUMBER, lo, hi, unit, when, FIELD(f) },
	CONF_KEYS
#undef TEXT
#undef NUMBER
};
#define N_KEYS	(sizeof keys / sizeof *keys)

/* Of a "varnish" section. */
static const struct conf_key target_keys[] = {
	{ "instance", "", CONF_TEXT, 0, 0, 1, START, 0, 0 },
	{ "address", "", CONF_ADDRESS, 0, 0, 1, START, 0, 0 },
	{ "listen", "", CONF_ADDRESS, 0, 0, 1, START, 0, 0 },
	{ "url", "", CONF_TEXT, 0, 0, 1, START, 0, 0 },
	{ "webhook", "", CONF_TEXT, 0, 0, 1, START, 0, 0 },
	{ "organization", "", CONF_TEXT, 0, 0, 1, START, 0, 0 },
	{ "secret_file", "", CONF_PATH, 0, 0, 1, START, 0, 0 },
	{ "repeat_ms", "0", CONF_NUMBER, 0, 86400000, 1, START, 0, 0 },
	{ "timeout_ms", "10000", CONF_NUMBER, 100, 600000, 1, START, 0, 0 },
	{ "retry_max_ms", "0", CONF_NUMBER, 0, 3600000, 1, START, 0, 0 },
};
#define N_TARGET_KEYS	(sizeof target_keys / sizeof *target_keys)

const struct conf_key *
conf_keys(size_t *n)
{
	*n = N_KEYS;
	return (keys);
}

const struct conf_key *
conf_target_keys(size_t *n)
{
	*n = N_TARGET_KEYS;
	return (target_keys);
}

static const struct conf_key *
key_find(const char *name)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return (&keys[i]);
	for (size_t i = 0; i < N_TARGET_KEYS; i++)
		if (strcmp(target_keys[i].name, name) == 0)
			return (&target_keys[i]);
	return (NULL);
}

/*--------------------------------------------------------------------
 * What libconfuse calls. It gives its callbacks no argument.
 */

static char *conf_err;
static size_t conf_err_len;

/* The first error is the one to mend. */
static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	int n;

	if (*conf_err != '\0')
		return;
	n = snprintf(conf_err, conf_err_len, "%s:%d: ",
	    cfg->filename != NULL ? cfg->filename : "-", cfg->line);
	if (n > 0 && (size_t)n < conf_err_len)
		(void)vsnprintf(conf_err + n, conf_err_len - (size_t)n, fmt,
		    ap);
}

/* Decimal only: libconfuse itself would take 010 as eight. */
static int
on_number(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const struct conf_key *k = key_find(opt->name);
	char *end;
	long v;

	errno = 0;
	v = strtol(value, &end, 10);
	if (errno == 0 && end != value && *end == '\0' && v >= k->min &&
	    v <= k->max) {
		*(long *)result = v;
		return (0);
	}
	cfg_error(cfg, "%s is \"%s\", but must be a whole number from %ld "
	    "to %ld", opt->name, value, k->min, k->max);
	return (-1);
}

static int
on_text(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct conf_key *k = key_find(opt->name);
	const char *value = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
	const char *must = conf_check(k->kind, value);

	if (must == NULL)
		return (0);
	cfg_error(cfg, "%s is \"%s\", but must be %s", opt->name, value,
	    must);
	return (-1);
}

static int
on_target(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	static const char *const ways[] =
	    { "instance", "address", "listen", "url", "webhook" };
	const char *name = cfg_title(sec);
	const char *wrong = conf_check(CONF_NAME, name), *way = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (cfg_getstr(sec, ways[i]) != NULL) {
			way = ways[i];
			n++;
		}
	if (wrong == NULL && n != 1)
		wrong = "one with just one of instance, address, listen, url "
		    "and webhook";
	else if (wrong == NULL && strcmp(way, "instance") != 0 &&
	    cfg_getstr(sec, "secret_file") == NULL)
		wrong = "one with a secret_file, as it is no instance";
	if (wrong == NULL)
		return (0);
	cfg_error(cfg, "varnish \"%s\" must be %s", name, wrong);
	return (-1);
}

/* As cfg_include(), but of the copy without comments, under its own name. */
static int
on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	char copy[64];
	const char *arg = copy;
	char *name;
	int fd, e;

	if (argc != 1) {
		cfg_error(cfg, "include takes one file");
		return (-1);
	}
	name = strdup(argv[0]);
	fd = name != NULL ? conf_text_open(name) : -1;
	if (fd < 0) {
		cfg_error(cfg, "include of %s: %s", argv[0], strerror(errno));
		free(name);
		return (-1);
	}
	(void)snprintf(copy, sizeof copy, "/proc/self/fd/%d", fd);
	e = cfg_include(cfg, opt, 1, &arg);
	(void)close(fd);
	if (e != 0) {
		free(name);
		return (e);
	}
	free(cfg->filename);
	cfg->filename = name;
	return (0);
}

/*--------------------------------------------------------------------*/

static cfg_opt_t target_opts[] = {
	CFG_STR("instance", NULL, CFGF_NONE),
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("listen", NULL, CFGF_NONE),
	CFG_STR("url", NULL, CFGF_NONE),
	CFG_STR("webhook", NULL, CFGF_NONE),
	CFG_STR("organization", NULL, CFGF_NONE),
	CFG_STR("secret_file", NULL, CFGF_NONE),
	CFG_INT_CB("repeat_ms", 0, CFGF_NONE, on_number),
	CFG_INT_CB("timeout_ms", 10000, CFGF_NONE, on_number),
	CFG_INT_CB("retry_max_ms", 0, CFGF_NONE, on_number),
	CFG_END()
};

static cfg_opt_t conf_opts[] = {
#define TEXT(n, f, d, check, when)	CFG_STR(#n, d, CFGF_NONE),
#define NUMBER(n, f, d, lo, hi, unit, when) \
	CFG_INT_CB(#n, d, CFGF_NONE, on_number),
	CONF_KEYS
#undef TEXT
#undef NUMBER
	CFG_SEC("varnish", target_opts, CFGF_MULTI | CFGF_TITLE |
	    CFGF_NO_TITLE_DUPES),
	CFG_FUNC("include", &on_include),
	CFG_END()
};

static cfg_t *
parser_new(void)
{
	cfg_t *cfg = cfg_init(conf_opts, CFGF_NONE);
	char name[64];

	if (cfg == NULL)
		return (NULL);
	(void)cfg_set_error_function(cfg, on_error);
	for (size_t i = 0; i < N_KEYS; i++)
		if (keys[i].kind != CONF_NUMBER)
			(void)cfg_set_validate_func(cfg, keys[i].name,
			    on_text);
	for (size_t i = 0; i < N_TARGET_KEYS; i++) {
		(void)snprintf(name, sizeof name, "varnish|%s",
		    target_keys[i].name);
		if (target_keys[i].kind != CONF_NUMBER)
			(void)cfg_set_validate_func(cfg, name, on_text);
	}
	(void)cfg_set_validate_func(cfg, "varnish", on_target);
	return (cfg);
}

/*--------------------------------------------------------------------
 * From the parser to struct conf
 */

static char **
text_field(struct conf *c, const struct conf_key *k)
{
	return ((char **)(void *)((char *)c + k->offset));
}

static bool
dup_text(char **to, const char *s)
{
	*to = s != NULL ? strdup(s) : NULL;
	return (s == NULL || *to != NULL);
}

/* All numbers are of 32 or 64 bits; the range leaves room for their sign. */
static void
take_number(struct conf *c, const struct conf_key *k, long value)
{
	uint64_t wide = (uint64_t)value * (uint64_t)k->unit;
	uint32_t narrow = (uint32_t)wide;
	char *to = (char *)c + k->offset;

	if (k->size == sizeof narrow)
		memcpy(to, &narrow, sizeof narrow);
	else
		memcpy(to, &wide, sizeof wide);
}

static bool
take_targets(struct conf *c, cfg_t *cfg)
{
	bool ok = true;

	c->targets = calloc(cfg_size(cfg, "varnish") + 1, sizeof *c->targets);
	if (c->targets == NULL)
		return (false);
	c->n_targets = cfg_size(cfg, "varnish");
	for (unsigned i = 0; i < c->n_targets; i++) {
		struct purge_target_conf *t = &c->targets[i];
		cfg_t *sec = cfg_getnsec(cfg, "varnish", i);

		ok = dup_text(&t->name, cfg_title(sec)) && ok;
		ok = dup_text(&t->instance, cfg_getstr(sec, "instance")) && ok;
		ok = dup_text(&t->address, cfg_getstr(sec, "address")) && ok;
		ok = dup_text(&t->listen, cfg_getstr(sec, "listen")) && ok;
		ok = dup_text(&t->url, cfg_getstr(sec, "url")) && ok;
		ok = dup_text(&t->webhook, cfg_getstr(sec, "webhook")) && ok;
		ok = dup_text(&t->organization,
		    cfg_getstr(sec, "organization")) && ok;
		ok = dup_text(&t->secret_file,
		    cfg_getstr(sec, "secret_file")) && ok;
		t->repeat_ms = (unsigned)cfg_getint(sec, "repeat_ms");
		t->timeout_ms = (unsigned)cfg_getint(sec, "timeout_ms");
		t->retry_max_ms = (unsigned)cfg_getint(sec, "retry_max_ms");
	}
	return (ok);
}

/*
 * A refused upload is read to its end, else Varnish, which sends all before it
 * reads, would make a 503 of our answer. Twice: a client may be wrong about
 * the limit, too.
 */
void
conf_derive(struct conf *c)
{
	c->http.linger_bytes = 2 * c->upload_max;
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
	bool ok = c != NULL;

	for (size_t i = 0; ok && i < N_KEYS; i++) {
		if (keys[i].kind == CONF_NUMBER)
			take_number(c, &keys[i], cfg_getint(cfg, keys[i].name));
		else
			ok = dup_text(text_field(c, &keys[i]),
			    cfg_getstr(cfg, keys[i].name));
	}
	if (!ok || !take_targets(c, cfg)) {
		conf_free(c);
		return (NULL);
	}
	if (c->render.workers == 0)
		c->render.workers = processors();
	conf_derive(c);
	return (c);
}

/* What no single key can tell. */
static bool
sockets_differ(cfg_t *cfg, const char *file)
{
	static const char *const names[] =
	    { "image_socket", "api_socket", "local_socket" };

	for (int i = 0; i < 3; i++) {
		const char *a = names[i], *b = names[(i + 1) % 3];

		if (strcmp(cfg_getstr(cfg, a), cfg_getstr(cfg, b)) != 0)
			continue;
		(void)snprintf(conf_err, conf_err_len, "%s: %s and %s are the "
		    "same, but who may do what hangs on the socket", file, a,
		    b);
		return (false);
	}
	return (true);
}

/* CFG_SUCCESS, CFG_FILE_ERROR with errno, or CFG_PARSE_ERROR. */
static int
parse(cfg_t *cfg, const char *file)
{
	int fd = conf_text_open(file), e = CFG_FILE_ERROR;
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (f != NULL && (cfg->filename = strdup(file)) != NULL)
		e = cfg_parse_fp(cfg, f);
	if (f != NULL)
		(void)fclose(f);
	else if (fd >= 0)
		(void)close(fd);
	return (e);
}

struct conf *
conf_read(const char *file, char *err, size_t err_len)
{
	struct conf *c = NULL;
	cfg_t *cfg;

	conf_err = err;
	conf_err_len = err_len;
	*err = '\0';
	cfg = parser_new();
	switch (cfg != NULL ? parse(cfg, file) : CFG_SUCCESS) {
	case CFG_SUCCESS:
		if (cfg != NULL && sockets_differ(cfg, file))
			c = take_all(cfg);
		if (c == NULL && *err == '\0')
			(void)snprintf(err, err_len, "out of memory");
		break;
	case CFG_FILE_ERROR:
		(void)snprintf(err, err_len, "%s: cannot be read: %s", file,
		    strerror(errno));
		break;
	default:
		if (*err == '\0')
			(void)snprintf(err, err_len, "%s: syntax error", file);
		break;
	}
	if (cfg != NULL)
		(void)cfg_free(cfg);
	return (c);
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < N_KEYS; i++)
		if (keys[i].kind != CONF_NUMBER)
			free(*text_field(c, &keys[i]));
	for (size_t i = 0; i < c->n_targets; i++) {
		free(c->targets[i].name);
		free(c->targets[i].instance);
		free(c->targets[i].address);
		free(c->targets[i].listen);
		free(c->targets[i].url);
		free(c->targets[i].webhook);
		free(c->targets[i].organization);
		free(c->targets[i].secret_file);
	}
	free(c->targets);
	free(c);
}
