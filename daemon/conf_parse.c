/* SPDX-License-Identifier: BSD-2-Clause */
/* monikerd.conf by libconfuse, whose options come from the table of keys. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_keys.h"
#include "conf_parse.h"
#include "conf_text.h"

/* Of keys, with room for the section, the include and the end. */
#define OPTIONS_MAX	64

/*--------------------------------------------------------------------
 * What libconfuse calls. It gives its callbacks no argument.
 */

static char *conf_err;
static size_t conf_err_len;

static void __attribute__((format(printf, 1, 2)))
err_add(const char *fmt, ...)
{
	size_t n = strlen(conf_err);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(conf_err + n, conf_err_len - n, fmt, ap);
	va_end(ap);
}

/* Adds to "no such option 'x'" what may have been meant. */
static void
err_suggest(const cfg_t *cfg, const char *said)
{
	static const char unknown[] = "no such option '";
	bool in_section = strcmp(cfg->name, "varnish") == 0;
	const char *meant;
	char name[64];

	if (strncmp(said, unknown, sizeof unknown - 1) != 0)
		return;
	(void)snprintf(name, sizeof name, "%s", said + sizeof unknown - 1);
	name[strcspn(name, "'")] = '\0';
	meant = conf_key_meant(name, in_section);
	if (meant != NULL)
		err_add("; is it '%s'?", meant);
	else if (conf_key_find(name) != NULL)
		err_add(in_section ? " in a varnish section; it stands "
		    "outside of it" : "; it stands in a varnish section");
}

/* The first error is the one to mend. */
static void __attribute__((format(printf, 2, 0)))
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	size_t n;

	if (*conf_err != '\0')
		return;
	err_add("%s:%d: ", cfg->filename != NULL ? cfg->filename : "-",
	    cfg->line);
	n = strlen(conf_err);
	(void)vsnprintf(conf_err + n, conf_err_len - n, fmt, ap);
	err_suggest(cfg, conf_err + n);
}

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

/* Decimal only: libconfuse itself would take 010 as eight. */
static int
on_number(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const struct conf_key *k = conf_key_find(opt->name);
	char *end;
	long v;

	errno = 0;
	v = strtol(value, &end, 10);
	if (errno == 0 && end != value && *end == '\0' && v >= k->min &&
	    v <= k->max) {
		*(long *)result = v;
		return (0);
	}
	cfg_error(cfg, "%s is \"%s\", but must be a whole number %sfrom %ld "
	    "to %ld", opt->name, value, unit_of(opt->name), k->min, k->max);
	return (-1);
}

static int
on_text(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct conf_key *k = conf_key_find(opt->name);
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

/* conf_text_open(), with what only it can tell told as an error. */
static int
text_open(const char *file)
{
	struct conf_fault fault;
	int fd = conf_text_open(file, &fault);

	if (fd < 0 && errno == EILSEQ)
		err_add("%s: holds a NUL byte: is it damaged?", file);
	if (fd < 0 || fault.line == 0)
		return (fd);
	(void)close(fd);
	err_add("%s:%d: %s", file, fault.line, fault.what);
	errno = EINVAL;
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
	fd = name != NULL ? text_open(name) : -1;
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

/* Returns where the next option goes. */
static cfg_opt_t *
options_of(const struct conf_key *k, size_t n, cfg_opt_t *o)
{
	for (; n > 0; n--, k++)
		if (k->kind == CONF_NUMBER)
			*o++ = (cfg_opt_t)CFG_INT_CB(k->name,
			    atol(k->fallback), CFGF_NONE, on_number);
		else
			*o++ = (cfg_opt_t)CFG_STR(k->name, k->fallback,
			    CFGF_NONE);
	return (o);
}

static void
validate_texts(cfg_t *cfg, const char *section, const struct conf_key *k,
    size_t n)
{
	char name[64];

	for (; n > 0; n--, k++) {
		(void)snprintf(name, sizeof name, "%s%s", section, k->name);
		if (k->kind != CONF_NUMBER)
			(void)cfg_set_validate_func(cfg, name, on_text);
	}
}

static cfg_t *
parser_new(void)
{
	cfg_opt_t options[OPTIONS_MAX], of_target[OPTIONS_MAX], *o;
	const struct conf_key *keys, *target_keys;
	size_t n, n_target;
	cfg_t *cfg;

	keys = conf_keys(&n);
	target_keys = conf_target_keys(&n_target);
	*options_of(target_keys, n_target, of_target) = (cfg_opt_t)CFG_END();
	o = options_of(keys, n, options);
	*o++ = (cfg_opt_t)CFG_SEC("varnish", of_target, CFGF_MULTI |
	    CFGF_TITLE | CFGF_NO_TITLE_DUPES);
	*o++ = (cfg_opt_t)CFG_FUNC("include", &on_include);
	*o = (cfg_opt_t)CFG_END();
	cfg = cfg_init(options, CFGF_NONE);	/* copies them */
	if (cfg == NULL)
		return (NULL);
	(void)cfg_set_error_function(cfg, on_error);
	validate_texts(cfg, "", keys, n);
	validate_texts(cfg, "varnish|", target_keys, n_target);
	(void)cfg_set_validate_func(cfg, "varnish", on_target);
	return (cfg);
}

/* CFG_SUCCESS, CFG_FILE_ERROR with errno, or CFG_PARSE_ERROR. */
static int
parse(cfg_t *cfg, const char *file)
{
	int fd = text_open(file), e = CFG_FILE_ERROR;
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (f != NULL && (cfg->filename = strdup(file)) != NULL)
		e = cfg_parse_fp(cfg, f);
	if (f != NULL)
		(void)fclose(f);
	else if (fd >= 0)
		(void)close(fd);
	return (e);
}

cfg_t *
conf_parse(const char *file, char *err, size_t err_len)
{
	cfg_t *cfg;
	int e;

	conf_err = err;
	conf_err_len = err_len;
	*err = '\0';
	cfg = parser_new();
	if (cfg == NULL) {
		err_add("out of memory");
		return (NULL);
	}
	e = parse(cfg, file);
	if (e == CFG_SUCCESS)
		return (cfg);
	if (*err == '\0' && e == CFG_FILE_ERROR)
		err_add("%s: cannot be read: %s", file, strerror(errno));
	else if (*err == '\0')
		err_add("%s: syntax error", file);
	(void)cfg_free(cfg);
	return (NULL);
}
