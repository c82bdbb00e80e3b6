/* SPDX-License-Identifier: BSD-2-Clause */
/* Parser, manual and example file agree on every key, in both directions. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf.h"

static char *
slurp(const char *name)
{
	char path[1024], *text = calloc(1, 65536);
	const char *top = getenv("top_srcdir");
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", top != NULL ? top : "..", name);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return (text);
}

/* How the manual heads the entry of a key. */
static void
manual_entry(const struct conf_key *k, char *out, size_t size)
{
	if (k->kind == CONF_NUMBER)
		snprintf(out, size, "\n%s (%ld to %ld, %s)\n\t", k->name,
		    k->min, k->max, k->fallback);
	else
		snprintf(out, size, "\n%s (text, \"%s\")\n\t", k->name,
		    k->fallback);
}

/* The section on SIGHUP names what it takes over, and nothing else. */
static void
test_manual_reload(const char *section)
{
	const struct conf_key *k;
	char text[2048], word[80];
	size_t n;

	assert_non_null(section);
	snprintf(text, sizeof text, "%.*s",
	    (int)(strstr(section, "\n\nAll others") - section), section);
	for (k = conf_keys(&n); n > 0; n--, k++) {
		snprintf(word, sizeof word, "``%s``", k->name);
		if ((strstr(text, word) != NULL) != k->live)
			fail_msg("RELOAD is wrong about %s", k->name);
	}
}

static size_t
all_keys(void)
{
	size_t n, n_target;

	(void)conf_keys(&n);
	(void)conf_target_keys(&n_target);
	return (n + n_target);
}

/* Entries of the manual: "name (", at the beginning of a line. */
static size_t
entries(const char *manual)
{
	size_t n = 0, len;
	const char *p;

	for (p = manual; (p = strchr(p, '\n')) != NULL;) {
		len = strspn(++p, "abcdefghijklmnopqrstuvwxyz_23");
		n += len > 0 && strncmp(p + len, " (", 2) == 0;
	}
	return (n);
}

static void
test_manual(void **state)
{
	char *manual = slurp("doc/monikerd.conf.5.rst"), entry[256];
	const struct conf_key *k;
	size_t n;

	(void)state;
	for (k = conf_keys(&n); n > 0; n--, k++) {
		char *colon;

		manual_entry(k, entry, sizeof entry);
		/* RST would take a bare URL for a link. */
		if ((colon = strstr(entry, "://")) != NULL) {
			memmove(colon + 1, colon, strlen(colon) + 1);
			*colon = '\\';
		}
		if (strstr(manual, entry) == NULL)
			fail_msg("the manual lacks:%s", entry);
	}
	for (k = conf_target_keys(&n); n > 0; n--, k++) {
		if (k->kind == CONF_NUMBER)
			manual_entry(k, entry, sizeof entry);
		else
			snprintf(entry, sizeof entry, "\n%s (text)\n\t",
			    k->name);
		if (strstr(manual, entry) == NULL)
			fail_msg("the manual lacks:%s", entry);
	}
	assert_int_equal(entries(manual), all_keys());
	test_manual_reload(strstr(manual, "\nRELOAD\n"));
	free(manual);
}

static void
read_text(const char *text)
{
	char file[] = "t_conf_manual-XXXXXX", err[512];
	int fd = mkstemp(file);
	struct conf *c;

	assert_true(fd >= 0);
	dprintf(fd, "%s", text);
	close(fd);
	c = conf_read(file, err, sizeof err);
	unlink(file);
	if (c == NULL)
		fail_msg("%s", err);
	conf_free(c);
}

/* Each key stands there commented out, with its default. */
static void
test_example(void **state)
{
	char *example = slurp("daemon/monikerd.conf"), line[256], *p;
	const struct conf_key *k;
	size_t n, lines = 0;

	(void)state;
	for (k = conf_keys(&n); n > 0; n--, k++, lines++) {
		const char *q = k->kind == CONF_NUMBER ? "" : "\"";

		snprintf(line, sizeof line, "\n#%s = %s%s%s\n", k->name, q,
		    k->fallback, q);
		p = strstr(example, line);
		if (p == NULL)
			fail_msg("the example lacks:%s", line);
		p[1] = ' ';		/* and is taken without the "#" */
	}
	for (k = conf_target_keys(&n); n > 0; n--, k++)
		assert_non_null(strstr(example, k->name));
	for (p = example; (p = strstr(p, "\n#")) != NULL; p += 2)
		if (strncmp(p + 2, "include", 7) != 0)
			assert_int_equal(p[2], ' ');
	read_text(example);
	free(example);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_example),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
