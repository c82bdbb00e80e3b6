/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "log.h"

/*
 * Every key once: kind, name, field, default and, for a number, its range.
 * A number with a unit in its name is of that unit.
 */
#define CONF_KEYS(TEXT, NUMBER)						\
	TEXT(map_dir, map_dir, "/run/moniker/map")			\
	TEXT(store_dir, store_dir, "/var/lib/moniker")			\
	TEXT(image_socket, image_socket, "/run/moniker/image.sock")	\
	TEXT(api_socket, api_socket, "/run/moniker/api.sock")		\
	TEXT(local_socket, local_socket, "/run/moniker/local.sock")	\
	TEXT(pid_file, pid_file, "")					\
	TEXT(ready_file, ready_file, "")				\
	TEXT(log_level, log_level, "info")				\
	TEXT(render_host, render_host, "http://{organization}.localhost") \
	NUMBER(alias_max_age, alias_max_age, 60, 0, 31536000)		\
	NUMBER(alias_swr, alias_swr, 600, 0, 31536000)			\
	NUMBER(purges_alias, purges_alias, 10, 0, 1000000)		\
	NUMBER(purges_stack, purges_stack, 5, 0, 1000000)		\
	NUMBER(purges_source, purges_source, 5, 0, 1000000)		\
	NUMBER(upload_max_mb, upload_max, 1180, 1, 1 << 20)		\
	NUMBER(http_head_bytes, http.head_bytes, 32768, 1024, 1 << 20)	\
	NUMBER(http_head_ms, http.head_ms, 5000, 10, 600000)		\
	NUMBER(http_idle_ms, http.idle_ms, 65000, 10, 86400000)		\
	NUMBER(http_body_rate, http.body_rate, 1024, 0, 1 << 30)	\
	NUMBER(http_body_grace_ms, http.body_grace_ms, 10000, 0, 600000) \
	NUMBER(http_connections, http.connections, 4000, 1, 100000)	\
	NUMBER(render_workers, render.workers, 0, 0, 256)		\
	NUMBER(render_queue, render.queue, 200, 1, 100000)		\
	NUMBER(render_wall_ms, render.wall_ms, 20000, 100, 600000)	\
	NUMBER(render_memory_mb, render.memory, 1024, 64, 1 << 20)	\
	NUMBER(render_megapixels, render.pixels, 225, 1, 10000)		\
	NUMBER(render_side, render.side, 30000, 1, 1000000)		\
	NUMBER(render_frames, render.frames, 300, 1, 100000)		\
	NUMBER(render_output_mb, render.output, 100, 1, 10000)

static const struct number {
	const char	*name;
	long		min, max;
} numbers[] = {
#define TEXT(n, f, d)
#define NUMBER(n, f, d, lo, hi)	{ #n, lo, hi },
	CONF_KEYS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
};

static cfg_opt_t varnish_opts[] = {
	CFG_STR("instance", NULL, CFGF_NONE),
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR("secret_file", NULL, CFGF_NONE),
	CFG_INT("repeat_ms", 0, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t conf_opts[] = {
#define TEXT(n, f, d)		CFG_STR(#n, d, CFGF_NONE),
#define NUMBER(n, f, d, lo, hi)	CFG_INT(#n, d, CFGF_NONE),
	CONF_KEYS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
	CFG_SEC("varnish", varnish_opts, CFGF_MULTI | CFGF_TITLE |
	    CFGF_NO_TITLE_DUPES),
	CFG_FUNC("include", &cfg_include),
	CFG_END()
};

/* Where the parser's error goes; libconfuse gives its callback no argument. */
static char *conf_err;
static size_t conf_err_len;

static void __attribute__((format(printf, 2, 0)))
conf_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	int n;

	n = snprintf(conf_err, conf_err_len, "%s:%d: ",
	    cfg->filename != NULL ? cfg->filename : "-", cfg->line);
	if (n > 0 && (size_t)n < conf_err_len)
		(void)vsnprintf(conf_err + n, conf_err_len - (size_t)n, fmt,
		    ap);
}

static int
conf_check_number(cfg_t *cfg, cfg_opt_t *opt)
{
	long v = cfg_opt_getnint(opt, cfg_opt_size(opt) - 1);

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (strcmp(numbers[i].name, opt->name) != 0)
			continue;
		if (v >= numbers[i].min && v <= numbers[i].max)
			return (0);
		cfg_error(cfg, "%s is %ld, but must be from %ld to %ld",
		    opt->name, v, numbers[i].min, numbers[i].max);
		return (-1);
	}
	return (0);
}

static int
conf_check_level(cfg_t *cfg, cfg_opt_t *opt)
{
	enum log_level level;

	if (log_level_parse(cfg_opt_getnstr(opt, 0), &level) == 0)
		return (0);
	cfg_error(cfg, "log_level is \"%s\", but must be one of error, warn, "
	    "info, debug", cfg_opt_getnstr(opt, 0));
	return (-1);
}

static int
conf_check_target(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	const char *instance = cfg_getstr(sec, "instance");
	const char *address = cfg_getstr(sec, "address");

	if ((instance == NULL) == (address == NULL)) {
		cfg_error(cfg, "varnish \"%s\" needs either instance or "
		    "address", cfg_title(sec));
		return (-1);
	}
	if (address != NULL && cfg_getstr(sec, "secret_file") == NULL) {
		cfg_error(cfg, "varnish \"%s\" with an address needs a "
		    "secret_file", cfg_title(sec));
		return (-1);
	}
	return (0);
}

static char *
conf_dup(const char *s)
{
	return (s != NULL ? strdup(s) : NULL);
}

static void
conf_targets(struct conf *c, cfg_t *cfg)
{
	struct purge_target_conf *t;

	c->n_targets = cfg_size(cfg, "varnish");
	c->targets = calloc(c->n_targets + 1, sizeof *c->targets);
	if (c->targets == NULL)
		return;
	for (size_t i = 0; i < c->n_targets; i++) {
		cfg_t *sec = cfg_getnsec(cfg, "varnish", (unsigned)i);

		t = &c->targets[i];
		t->name = conf_dup(cfg_title(sec));
		t->instance = conf_dup(cfg_getstr(sec, "instance"));
		t->address = conf_dup(cfg_getstr(sec, "address"));
		t->secret_file = conf_dup(cfg_getstr(sec, "secret_file"));
		t->repeat_ms = (unsigned)cfg_getint(sec, "repeat_ms");
	}
}

static void
conf_take(struct conf *c, cfg_t *cfg)
{
#define TEXT(n, f, d)		c->f = conf_dup(cfg_getstr(cfg, #n));
#define NUMBER(n, f, d, lo, hi)	c->f = (__typeof__(c->f))cfg_getint(cfg, #n);
	CONF_KEYS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
	c->upload_max <<= 20;
	c->render.memory <<= 20;
	c->render.pixels *= 1000000;
	c->render.output <<= 20;
	if (c->render.workers == 0) {
		long n = sysconf(_SC_NPROCESSORS_ONLN);

		c->render.workers = n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
	}
	conf_targets(c, cfg);
}

struct conf *
conf_read(const char *file, char *err, size_t err_len)
{
	struct conf *c = NULL;
	cfg_t *cfg;

	conf_err = err;
	conf_err_len = err_len;
	*err = '\0';
	cfg = cfg_init(conf_opts, CFGF_NONE);
	if (cfg == NULL) {
		(void)snprintf(err, err_len, "out of memory");
		return (NULL);
	}
	(void)cfg_set_error_function(cfg, conf_error);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		(void)cfg_set_validate_func(cfg, numbers[i].name,
		    conf_check_number);
	(void)cfg_set_validate_func(cfg, "log_level", conf_check_level);
	(void)cfg_set_validate_func(cfg, "varnish", conf_check_target);
	switch (cfg_parse(cfg, file)) {
	case CFG_SUCCESS:
		c = calloc(1, sizeof *c);
		if (c != NULL)
			conf_take(c, cfg);
		break;
	case CFG_FILE_ERROR:
		(void)snprintf(err, err_len, "%s: cannot be read", file);
		break;
	default:
		if (*err == '\0')
			(void)snprintf(err, err_len, "%s: syntax error", file);
	}
	(void)cfg_free(cfg);
	return (c);
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
#define TEXT(n, f, d)		free(c->f);
#define NUMBER(n, f, d, lo, hi)
	CONF_KEYS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
	for (size_t i = 0; c->targets != NULL && i < c->n_targets; i++) {
		free(c->targets[i].name);
		free(c->targets[i].instance);
		free(c->targets[i].address);
		free(c->targets[i].secret_file);
	}
	free(c->targets);
	free(c);
}
