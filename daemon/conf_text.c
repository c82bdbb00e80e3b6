/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

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

/* A "#" or "//" inside of a bare word is part of it. */
static void
blank_comments(char *p)
{
	bool in_word = false;

	while (*p != '\0') {
		if (*p == '"' || *p == '\'') {
			p = skip_quoted(p);
			in_word = false;
		} else if (!in_word && (*p == '#' || (p[0] == '/' &&
		    (p[1] == '/' || p[1] == '*'))))
			p = blank_comment(p);
		else
			in_word = strchr(" \t\r\n={}(),+", *p++) == NULL;
	}
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
	return (text);
}

int
conf_text_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), copy = -1;
	char *text = fd >= 0 ? read_all(fd) : NULL;

	if (text != NULL) {
		blank_comments(text);
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
