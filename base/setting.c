/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/setting.h"

#define DEPTH_MAX	10	/* of files that include each other */
#define KEY_MAX		64
#define BLANK		" \t\r\v\f\n"
#define SPECIAL		"={}()"

enum token { END, TEXT, BROKEN };	/* or a character of SPECIAL */

struct setting_reader {
	const struct setting_calls *calls;
	void		*arg;
	char		*err;
	size_t		err_len;
	unsigned	depth;
	/* The current file */
	const char	*file;
	const char	*p;		/* what was not read yet */
	int		line;
	int		section;	/* the line of its "{"; 0: outside */
	/* The current token */
	size_t		len;
	char		text[SETTING_TEXT_MAX];
};

bool
setting_fail(struct setting_reader *r, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (*r->err != '\0')
		return (false);
	n = snprintf(r->err, r->err_len, "%s:%d: ", r->file, r->line);
	if (n < 0 || (size_t)n >= r->err_len)
		return (false);
	va_start(ap, fmt);
	(void)vsnprintf(r->err + n, r->err_len - (size_t)n, fmt, ap);
	va_end(ap);
	return (false);
}

/*--------------------------------------------------------------------
 * Tokens
 */

static void
put(struct setting_reader *r, const char *s, size_t n)
{
	if (n >= sizeof r->text - r->len) {
		(void)setting_fail(r, "this text is longer than %d bytes",
		    SETTING_TEXT_MAX - 1);
		return;
	}
	memcpy(r->text + r->len, s, n);
	r->len += n;
}

/*
 * "${NAME}" or "${NAME:-text}" at *p*, where *text* has no variable of its own;
 * returns what follows.
 */
static const char *
take_variable(struct setting_reader *r, const char *p)
{
	size_t n = strcspn(p + 2, ":}\n"), all = strcspn(p + 2, "}\n");
	bool fallback = p[2 + n] == ':' && p[3 + n] == '-';
	char name[KEY_MAX];
	const char *v;

	if (p[2 + all] != '}' || n == 0 || n >= sizeof name ||
	    (n < all && !fallback) ||
	    memmem(p + 2, all, "${", 2) != NULL) {
		(void)setting_fail(r, "the ${ %s: write ${NAME} or "
		    "${NAME:-text}", p[2 + all] != '}' ? "has no end" :
		    "is not understood");
		return (p + 2);
	}
	(void)snprintf(name, sizeof name, "%.*s", (int)n, p + 2);
	v = getenv(name);
	if (v != NULL)
		put(r, v, strlen(v));
	else if (fallback)
		put(r, p + n + 4, all - n - 2);
	else
		(void)setting_fail(r, "the environment has no variable %s; "
		    "set it, or give a default as in ${%s:-text}", name, name);
	return (p + 3 + all);
}

/* Variables and escapes are those of double quotes only. */
static const char *
take_quoted(struct setting_reader *r, const char *p)
{
	const char quote = *p++;

	while (*p != quote) {
		if (*p == '\0' || *p == '\n') {
			(void)setting_fail(r, "the quoted text that begins "
			    "here has no end on this line");
			return (p);
		}
		if (quote == '"' && p[0] == '$' && p[1] == '{') {
			p = take_variable(r, p);
			continue;
		}
		if (p[0] == '\\' && (p[1] == '\\' || p[1] == quote))
			p++;
		else if (p[0] == '\\' && quote == '"')
			(void)setting_fail(r, "write \\\\ for a backslash and "
			    "\\\" for a quote; there are no other escapes");
		put(r, p++, 1);
	}
	return (p + 1);
}

static const char *
take_bare(struct setting_reader *r, const char *p)
{
	while (*p != '\0' && strchr(BLANK SPECIAL "#\"'", *p) == NULL)
		if (p[0] == '$' && p[1] == '{')
			p = take_variable(r, p);
		else
			put(r, p++, 1);
	return (p);
}

static const char *
skip_comment(struct setting_reader *r, const char *p)
{
	const char *end = strstr(p + 2, "*/");

	if (end == NULL) {
		(void)setting_fail(r, "the comment that begins here has no "
		    "end");
		return (p + strlen(p));
	}
	for (; p < end; p++)
		r->line += *p == '\n' ? 1 : 0;
	return (end + 2);
}

static const char *
skip_blank(struct setting_reader *r, const char *p)
{
	for (;;)
		if (*p == '#' || (p[0] == '/' && p[1] == '/')) {
			p += strcspn(p, "\n");
		} else if (p[0] == '/' && p[1] == '*') {
			p = skip_comment(r, p);
		} else if (*p != '\0' && strchr(BLANK, *p) != NULL) {
			r->line += *p == '\n' ? 1 : 0;
			p++;
		} else {
			return (p);
		}
}

static int
next(struct setting_reader *r)
{
	const char *p = skip_blank(r, r->p);
	int token = TEXT;

	r->len = 0;
	if (*p == '\0')
		token = END;
	else if (strchr(SPECIAL, *p) != NULL)
		token = (unsigned char)*p++;
	else if (*p == '"' || *p == '\'')
		p = take_quoted(r, p);
	else
		p = take_bare(r, p);
	r->text[r->len] = '\0';
	r->p = p;
	return (*r->err == '\0' ? token : BROKEN);
}

/*--------------------------------------------------------------------
 * Statements
 */

static bool read_file(struct setting_reader *, const char *file);

static bool
value(struct setting_reader *r, const char *key)
{
	if (next(r) != TEXT)
		return (setting_fail(r, "%s = is not followed by a value; an "
		    "empty one is \"\"", key));
	return (r->calls->on_value(r->arg, r, key, r->text));
}

/* False and the error that *key*, of that line, is followed by nothing. */
static bool
lone_key(struct setting_reader *r, const char *key, int line)
{
	r->line = line;
	return (setting_fail(r, "%s is followed neither by = and a value nor "
	    "by a name and {", key));
}

static bool
section_open(struct setting_reader *r, const char *kind, int line)
{
	char name[SETTING_TEXT_MAX];

	memcpy(name, r->text, r->len + 1);
	if (r->section != 0 || next(r) != '{')
		return (lone_key(r, kind, line));
	r->section = line;
	return (r->calls->on_open != NULL ?
	    r->calls->on_open(r->arg, r, kind, name) :
	    setting_fail(r, "there are no sections in this file"));
}

static bool
section_close(struct setting_reader *r)
{
	if (r->section == 0)
		return (setting_fail(r, "this } ends no section"));
	r->section = 0;
	return (r->calls->on_close(r->arg, r));
}

static bool
include(struct setting_reader *r)
{
	char file[SETTING_TEXT_MAX];

	if (next(r) != TEXT)
		return (setting_fail(r, "include takes a file: (\"FILE\")"));
	memcpy(file, r->text, r->len + 1);
	if (next(r) != ')')
		return (setting_fail(r, "include takes a file: (\"FILE\")"));
	if (r->depth == DEPTH_MAX)
		return (setting_fail(r, "files include each other"));
	return (read_file(r, file));
}

static bool
statement(struct setting_reader *r)
{
	int line = r->line, token;
	char key[KEY_MAX];

	if (r->len >= sizeof key)
		return (setting_fail(r, "'%s' is too long for a key",
		    r->text));
	memcpy(key, r->text, r->len + 1);
	token = next(r);
	if (token == '=')
		return (value(r, key));
	if (token == TEXT)
		return (section_open(r, key, line));
	if (token == '(' && strcmp(key, "include") == 0 && r->section == 0)
		return (include(r));
	return (lone_key(r, key, line));
}

static bool
statements(struct setting_reader *r)
{
	int token;

	while ((token = next(r)) != END)
		if (!(token == TEXT ? statement(r) : token == '}' ?
		    section_close(r) : setting_fail(r, "a key is expected "
		    "here, not %c", token)))
			return (false);
	if (r->section != 0) {
		r->line = r->section;
		return (setting_fail(r, "the section that begins here has no "
		    "end"));
	}
	return (true);
}

/*--------------------------------------------------------------------
 * Files
 */

/* NULL and errno: EILSEQ for a NUL, as a power cut may leave them. */
static char *
load(const char *file)
{
	FILE *f = fopen(file, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;
	int e;

	if (f == NULL)
		return (NULL);
	errno = 0;
	n = getdelim(&text, &size, '\0', f);
	e = n < 0 ? errno : feof(f) ? 0 : EILSEQ;
	(void)fclose(f);
	if (n > 0 && e == 0)
		return (text);
	free(text);
	errno = e;
	return (e == 0 ? strdup("") : NULL);
}

static bool
read_file(struct setting_reader *r, const char *file)
{
	static const char bom[] = "\xef\xbb\xbf";
	const struct setting_reader at = *r;
	char *text = load(file);
	const char *why = errno == EILSEQ ? "it holds a NUL byte: is it "
	    "damaged?" : strerror(errno);
	bool ok;

	if (text == NULL && r->file != NULL)
		return (setting_fail(r, "include of %s: %s", file, why));
	if (text == NULL) {
		(void)snprintf(r->err, r->err_len, "%s: cannot be read: %s",
		    file, why);
		return (false);
	}
	r->depth++;
	r->file = file;
	r->line = 1;
	r->p = text + (strncmp(text, bom, strlen(bom)) == 0 ? strlen(bom) : 0);
	ok = statements(r);
	r->depth = at.depth;
	r->file = at.file;
	r->line = at.line;
	r->p = at.p;
	free(text);
	return (ok);
}

int
setting_read(const char *file, const struct setting_calls *calls, void *arg,
    char *err, size_t err_len)
{
	struct setting_reader r = {
		.calls = calls, .arg = arg, .err = err, .err_len = err_len,
	};

	*err = '\0';
	return (read_file(&r, file) ? 0 : -1);
}
