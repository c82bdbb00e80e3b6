/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf_text.h"

/* Where the scanner is, and what it has seen. */
struct scan {
	int			line, depth, open_line;
	struct conf_fault	*fault;
};

/* The first fault is the one to mend. */
static void __attribute__((format(printf, 3, 4)))
fault_set(struct scan *s, int line, const char *fmt, ...)
{
	va_list ap;

	if (s->fault->line != 0 && s->fault->line <= line)
		return;
	s->fault->line = line;
	va_start(ap, fmt);
	(void)vsnprintf(s->fault->what, sizeof s->fault->what, fmt, ap);
	va_end(ap);
}

/* "${NAME}" or "${NAME:-default}" at *p*. libconfuse makes "" of a lost one. */
static void
check_variable(struct scan *s, const char *p)
{
	size_t n = strcspn(p + 2, ":}\n"), all = strcspn(p + 2, "}\n");
	char name[64];

	if (p[2 + all] != '}' || n >= sizeof name ||
	    (p[2 + n] == ':' && p[3 + n] == '-'))
		return;
	(void)snprintf(name, sizeof name, "%.*s", (int)n, p + 2);
	if (getenv(name) == NULL)
		fault_set(s, s->line, "the environment has no variable %s; set "
		    "it, or give a default as in ${%s:-text}", name, name);
}

/* Behind a quoted text, which ends with the same quote; or at the NUL. */
static char *
skip_quoted(struct scan *s, char *p)
{
	char quote = *p++;
	int begin = s->line;

	for (; *p != '\0' && *p != quote; p++) {
		s->line += *p == '\n';
		if (quote == '"' && p[0] == '$' && p[1] == '{')
			check_variable(s, p);
		if (*p == '\\' && p[1] != '\0')
			s->line += *++p == '\n';
	}
	if (*p != '\0')
		return (p + 1);
	fault_set(s, begin, "the quoted text that begins here has no end");
	return (p);
}

/* Blanks up to *end*, but for line ends. */
static char *
blank(char *p, const char *end)
{
	for (; p < end; p++)
		if (*p != '\n')
			*p = ' ';
	return (p);
}

static char *
blank_comment(char *p)
{
	char *end;

	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		return (blank(p, end != NULL ? end + 2 : p + strlen(p)));
	}
	return (blank(p, p + strcspn(p, "\n")));
}

static void
scan_char(struct scan *s, const char *p)
{
	if (*p == '\n')
		s->line++;
	else if (*p == '{' && s->depth++ == 0)
		s->open_line = s->line;
	else if (*p == '}')
		s->depth--;
}

/* Lines of what was skipped. */
static void
scan_lines(struct scan *s, const char *from, const char *to)
{
	for (; from < to; from++)
		s->line += *from == '\n';
}

/* Behind a variable outside of quotes, whose braces open no section. */
static char *
skip_variable(struct scan *s, char *p)
{
	size_t n = strcspn(p, "}\n");

	check_variable(s, p);
	return (p + n + (p[n] == '}'));
}

/* A "#" or "//" inside of a bare word is part of it. */
static void
blank_comments(char *p, struct conf_fault *fault)
{
	struct scan s = { .line = 1, .fault = fault };
	bool in_word = false;
	char *from;

	/* As some editors begin a file. */
	if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
		p = blank(p, p + 3);
	while (*p != '\0') {
		from = p;
		if (*p == '"' || *p == '\'') {
			p = skip_quoted(&s, p);
			in_word = false;
		} else if (!in_word && (*p == '#' || (p[0] == '/' &&
		    (p[1] == '/' || p[1] == '*')))) {
			p = blank_comment(p);
			scan_lines(&s, from, p);
		} else if (p[0] == '$' && p[1] == '{') {
			p = skip_variable(&s, p);
			in_word = true;
		} else {
			scan_char(&s, p);
			in_word = strchr(" \t\r\n={}(),+", *p++) == NULL;
		}
	}
	if (s.depth > 0)
		fault_set(&s, s.open_line, "the section that begins here has "
		    "no end");
}

static char *
read_all(int fd)
{
	size_t size = 4096, len = 0;
	char *text = malloc(size), *more;
	ssize_t n;

	while (text != NULL && (n = read(fd, text + len, size - len - 1)) > 0) {
		len += (size_t)n;
		if (len < size - 1)
			continue;
		more = realloc(text, size *= 2);
		if (more == NULL)
			free(text);
		text = more;
	}
	if (text == NULL || n < 0) {
		free(text);
		return (NULL);
	}
	text[len] = '\0';
	/* As a power cut may leave it. */
	if (strlen(text) == len)
		return (text);
	free(text);
	errno = EILSEQ;
	return (NULL);
}

int
conf_text_open(const char *path, struct conf_fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), copy = -1;
	char *text = fd >= 0 ? read_all(fd) : NULL;

	fault->line = 0;
	if (text != NULL) {
		blank_comments(text, fault);
		copy = memfd_create("monikerd.conf", MFD_CLOEXEC);
		if (copy >= 0 && (dprintf(copy, "%s", text) < 0 ||
		    lseek(copy, 0, SEEK_SET) != 0)) {
			(void)close(copy);
			copy = -1;
		}
	}
	free(text);
	if (fd >= 0)
		(void)close(fd);
	return (copy);
}
