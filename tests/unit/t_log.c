/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of log_event(), read back from standard error. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static int saved_stderr, reader;

/* Each test reads its own pipe in place of standard error. */
static int
catch(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fd[1], STDERR_FILENO);
	close(fd[1]);
	reader = fd[0];
	return (0);
}

static int
release(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(reader);
	log_set_level(LOG_INFO);
	return (0);
}

static char *
caught(void)
{
	static char buf[8192];
	ssize_t n = read(reader, buf, sizeof buf - 1);

	assert_true(n >= 0);
	buf[n] = '\0';
	return (buf);
}

static void
test_line(void **state)
{
	int y, h;
	char *s;

	(void)state;
	log_info("start", "port=%d name=%s", 80, "x");
	s = caught();
	assert_int_equal(sscanf(s, "time=%d-%*d-%*dT%d:", &y, &h), 2);
	assert_true(y >= 2024);
	s = strstr(s, "Z ");
	assert_non_null(s);
	assert_string_equal(s + 2, "level=info event=start port=80 name=x\n");
}

static void
test_controls_are_escaped(void **state)
{
	char *s;

	(void)state;
	log_warn("x", "name=%s", "a\nlevel=error\x1b[31m\x7f");
	s = caught();
	assert_non_null(strstr(s, "name=a\\x0alevel=error\\x1b[31m\\x7f\n"));
	assert_ptr_equal(strchr(s, '\n'), s + strlen(s) - 1);
}

static void
test_quotes_inside_are_escaped(void **state)
{
	(void)state;
	log_warn("x", "error=\"%s\" a=\"%s\"; mend it, n=%d",
	    "level is \"loud\", but", "\"b\".", 1);
	assert_non_null(strstr(caught(),
	    "event=x error=\"level is \\\"loud\\\", but\" "
	    "a=\"\\\"b\\\".\"; mend it, n=1\n"));
}

/* Somebody else's words in a value: they neither end it nor keep it open. */
static void
test_foreign_text(void **state)
{
	char text[] = "no \"x\" level=error\nat C:\\";
	char *s;

	(void)state;
	log_unquote(text);
	log_warn("x", "error=\"%s\" n=%d", text, 1);
	s = caught();
	assert_non_null(strstr(s, "event=x error=\"no 'x' level=error\\x0aat "
	    "C:/\" n=1\n"));
	assert_ptr_equal(strchr(s, '\n'), s + strlen(s) - 1);
}

static void
test_level(void **state)
{
	enum log_level l;

	(void)state;
	log_debug("hidden", "%s", "");
	log_set_level(LOG_ERROR);
	log_warn("hidden", "%s", "");
	log_error("seen", "%s", "");
	assert_non_null(strstr(caught(), "level=error event=seen\n"));
	assert_int_equal(log_level_parse("debug", &l), 0);
	assert_int_equal(l, LOG_DEBUG);
	assert_int_equal(log_level_parse("Debug", &l), -1);
	assert_int_equal(log_level_parse("", &l), -1);
}

static void
test_long_line_is_cut(void **state)
{
	char big[9000], *s;

	(void)state;
	memset(big, 1, sizeof big - 1);	/* four bytes each when escaped */
	big[sizeof big - 1] = '\0';
	errno = EAGAIN;
	log_error("big", "%s", big);
	assert_int_equal(errno, EAGAIN);
	s = caught();
	assert_true(strlen(s) <= 4096);
	assert_string_equal(s + strlen(s) - 4, "...\n");
}

static void
test_journal(void **state)
{
	struct stat st;
	char env[64];

	(void)state;
	fstat(STDERR_FILENO, &st);
	snprintf(env, sizeof env, "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", env, 1);
	log_error("down", "%s", "x=1");
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(caught(), "<3>level=error event=down x=1\n");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, catch, release)
	const struct CMUnitTest tests[] = {
		T(test_line),
		T(test_controls_are_escaped),
		T(test_quotes_inside_are_escaped),
		T(test_foreign_text),
		T(test_level),
		T(test_long_line_is_cut),
		T(test_journal),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
