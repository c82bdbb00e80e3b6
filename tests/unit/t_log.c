/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator sees of a log line, read back from standard error. */
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
	log_info("start", KV("port", 80), KV("name", "x"));
	s = caught();
	assert_int_equal(sscanf(s, "time=%d-%*d-%*dT%d:", &y, &h), 2);
	assert_true(y >= 2024);
	s = strstr(s, "Z ");
	assert_non_null(s);
	assert_string_equal(s + 2, "level=info event=start port=80 name=x\n");
}

static void
test_types(void **state)
{
	char array[] = "text";

	(void)state;
	log_info("x", KV("a", array), KV("b", (const char *)NULL),
	    KV("c", true), KV("d", -1), KV("e", UINT64_MAX),
	    KV("f", INT64_MIN), KV("g", (size_t)3), KV("h", 0.25),
	    KV("i", ""), KV_CUT("j", "/a?b", 2), KV_CUT("k", "a b?c", 3));
	assert_non_null(strstr(caught(), "event=x a=text b=- c=1 d=-1 "
	    "e=18446744073709551615 f=-9223372036854775808 g=3 h=0.2 "
	    "i=\"\" j=/a k=\"a b\"\n"));
	log_info("alone");
	assert_non_null(strstr(caught(), "level=info event=alone\n"));
}

static void
test_hint_comes_last(void **state)
{
	(void)state;
	log_error("x", "mend it", KV("error", "level is \"loud\", but"));
	assert_non_null(strstr(caught(), "level=error event=x error=\"level is "
	    "\\\"loud\\\", but\" hint=\"mend it\"\n"));
}

/* Somebody else's words in a value neither end it nor keep it open. */
static void
test_foreign_text(void **state)
{
	char *s;

	(void)state;
	log_warn("x", "h", KV("a", "no \"x\" level=error\nat C:\\"),
	    KV("b", "a\nlevel=error\x1b[31m\x7f"), KV("c", "a\\"),
	    KV("d", "\""), KV("e", "a=b"));
	s = caught();
	assert_non_null(strstr(s, "event=x a=\"no \\\"x\\\" level=error\\x0aat "
	    "C:\\\\\" b=\"a\\x0alevel=error\\x1b[31m\\x7f\" c=\"a\\\\\" "
	    "d=\"\\\"\" e=a=b hint=h\n"));
	assert_ptr_equal(strchr(s, '\n'), s + strlen(s) - 1);
	/* A line end, a command for terminals, the direction of text */
	log_warn("x", "h", KV("a", "\xe2\x80\xa8" "level=error"),
	    KV("b", "\xc2\x9b" "2J"), KV("c", "\xe2\x80\xae"),
	    KV("d", "\xff"));
	assert_non_null(strstr(caught(), " a=\"\\xe2\\x80\\xa8level=error\" "
	    "b=\"\\xc2\\x9b2J\" c=\"\\xe2\\x80\\xae\" d=\"\\xff\" hint=h\n"));
}

static void
test_level(void **state)
{
	enum log_level l;

	(void)state;
	log_debug("hidden");
	log_set_level(LOG_ERROR);
	log_warn("hidden", "h");
	log_error("seen", "h");
	assert_non_null(strstr(caught(), "level=error event=seen hint=h\n"));
	log_set_level(LOG_INFO);
	log_detail(false, "hidden");
	log_detail(true, "seen");
	assert_non_null(strstr(caught(), "level=info event=seen\n"));
	assert_int_equal(log_level_parse("debug", &l), 0);
	assert_int_equal(l, LOG_DEBUG);
	assert_int_equal(log_level_parse("Debug", &l), -1);
	assert_int_equal(log_level_parse("", &l), -1);
}

/* The hint stays, and a parser can still read the line. */
static void
test_long_line_is_cut(void **state)
{
	static char big[9000];
	char *s;

	(void)state;
	memset(big, 1, sizeof big - 1);	/* four bytes each when escaped */
	errno = EAGAIN;
	log_error("big", "look", KV("a", big), KV("b", big), KV("c", 1));
	assert_int_equal(errno, EAGAIN);
	s = caught();
	assert_true(strlen(s) <= 4096);
	assert_true(strlen(s) > 3000);
	assert_non_null(strstr(s, "\\x01...\" hint=look\n"));
	memset(big, '"', sizeof big - 1);
	log_error("big", big);
	s = caught();
	assert_true(strlen(s) <= 4096);
	assert_string_equal(s + strlen(s) - 6, "\"...\"\n");
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
	log_error("down", "h", KV("x", 1));
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(caught(), "<3>level=error event=down x=1 hint=h\n");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, catch, release)
	const struct CMUnitTest tests[] = {
		T(test_line),
		T(test_types),
		T(test_hint_comes_last),
		T(test_foreign_text),
		T(test_level),
		T(test_long_line_is_cut),
		T(test_journal),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
