/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf_text.h"

/* Behind a quoted text, which ends with the same quote; or at the NUL. */
static char *
skip_quoted(char *p)
{
	char quote = *p++;

	while (*p != '\0' && *p != quote)
		p += *p == '\\' && p[1] != '\0' ? 2 : 1;
	return (*p != '\0' ? p + 1 : p);
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

/* Where the scanner is, and what it has seen of sections. */
struct braces {
	int	line, depth, open_line;
};

static void
braces_note(struct braces *b, char c)
{
	if (c == '\n')
		b->line++;
	else if (c == '{' && b->depth++ == 0)
		b->open_line = b->line;
	else if (c == '}')
		b->depth--;
}

/* Lines of what was skipped. */
static void
braces_lines(struct braces *b, const char *from, const char *to)
{
	for (; from < to; from++)
		b->line += *from == '\n';
}

/*
 * A "#" or "//" inside of a bare word is part of it. Returns the line of the
 * section that is open at the end, or 0.
 */
static int
blank_comments(char *p)
{
	struct braces b = { .line = 1 };
	bool in_word = false;
	char *from;

	/* As some editors begin a file. */
	if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
		p = blank(p, p + 3);
	while (*p != '\0') {
		from = p;
		if (*p == '"' || *p == '\'') {
			p = skip_quoted(p);
			in_word = false;
			braces_lines(&b, from, p);
		} else if (!in_word && (*p == '#' || (p[0] == '/' &&
		    (p[1] == '/' || p[1] == '*')))) {
			p = blank_comment(p);
			braces_lines(&b, from, p);
		} else {
			braces_note(&b, *p);
			in_word = strchr(" \t\r\n={}(),+", *p++) == NULL;
		}
	}
	return (b.depth > 0 ? b.open_line : 0);
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
conf_text_open(const char *path, int *open_line)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), copy = -1;
	char *text = fd >= 0 ? read_all(fd) : NULL;

	if (text != NULL) {
		*open_line = blank_comments(text);
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
