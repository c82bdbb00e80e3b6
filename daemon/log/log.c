/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each line is put together aside and leaves in one write(2): threads and
 * worker processes share standard error without tearing each other's lines.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LINE_MAX_LEN	4096
#define HINT_ROOM	512	/* that other pairs leave to the hint */
#define NUMBER_MAX	32	/* digits of a number, or a text that was cut */

/* Word of the configuration and the line, and syslog's number for journald. */
#define LEVELS				\
	X(LOG_ERROR, "error", '3')	\
	X(LOG_WARN, "warn", '4')	\
	X(LOG_INFO, "info", '6')	\
	X(LOG_DEBUG, "debug", '7')

static const struct {
	const char	*word;
	char		priority;
} levels[] = {
#define X(id, word, prio)	[id] = { word, prio },
	LEVELS
#undef X
};
#define N_LEVELS	(sizeof levels / sizeof *levels)

struct line {
	char	text[LINE_MAX_LEN];
	size_t	len;
};

static _Atomic enum log_level threshold = LOG_INFO;

void
log_set_level(enum log_level level)
{
	threshold = level;
}

int
log_level_parse(const char *word, enum log_level *out)
{
	for (size_t i = 0; i < N_LEVELS; i++) {
		if (strcmp(word, levels[i].word) == 0) {
			*out = (enum log_level)i;
			return (0);
		}
	}
	return (-1);
}

/*
 * Standard error is a stream of journald when $JOURNAL_STREAM names its device
 * and inode: then it wants "<priority>" and adds the time itself.
 */
static int
to_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	struct stat st;
	char here[64];

	if (env == NULL || fstat(STDERR_FILENO, &st) != 0)
		return (0);
	snprintf(here, sizeof here, "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return (strcmp(env, here) == 0);
}

static void __attribute__((format(printf, 2, 3)))
line_add(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof l->text - 1 - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void
line_stamp(struct line *l)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	line_add(l, "time=%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000);
}

/*
 * In Unicode there are more line ends, commands for terminals and characters
 * that turn the direction of text; and bytes may be no UTF-8 at all.
 */
static bool
is_printed(char c)
{
	return ((unsigned char)c >= ' ' && (unsigned char)c < 0x7f);
}

/* Adds *text* as printed ASCII, and no more than up to *limit*. */
static void
line_escape(struct line *l, const char *text, size_t limit)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (l->len + sizeof "\\xff...\"" > limit) {
			line_add(l, "...");
			return;
		}
		if (!is_printed(*p)) {
			line_add(l, "\\x%02x", (unsigned char)*p);
			continue;
		}
		if (*p == '"' || *p == '\\')
			l->text[l->len++] = '\\';
		l->text[l->len++] = *p;
	}
}

/* A value may come from the network: it must start no pair and no line. */
static bool
is_plain(const char *text)
{
	if (*text == '\0')
		return (false);
	for (const char *p = text; *p != '\0'; p++)
		if (!is_printed(*p) || *p == ' ' || *p == '"' || *p == '\\')
			return (false);
	return (true);
}

static void
line_text(struct line *l, const char *text, size_t limit)
{
	const char *quote = is_plain(text) ? "" : "\"";

	line_add(l, "%s", quote);
	line_escape(l, text, limit);
	line_add(l, "%s", quote);
}

static void
line_cut(struct line *l, const char *text, size_t len, size_t limit)
{
	char cut[LINE_MAX_LEN];

	if (len >= sizeof cut)
		len = sizeof cut - 1;
	memcpy(cut, text, len);
	cut[len] = '\0';
	line_text(l, cut, limit);
}

/* What no longer fits is left out. */
static void
line_pair(struct line *l, const struct log_pair *p, size_t limit)
{
	if (l->len + strlen(p->key) + NUMBER_MAX > limit)
		return;
	line_add(l, " %s=", p->key);
	switch (p->kind) {
	case LOG_TEXT:
		line_text(l, p->text != NULL ? p->text : "-", limit);
		break;
	case LOG_CUT:
		line_cut(l, p->text, p->len, limit);
		break;
	case LOG_SIGNED:
		line_add(l, "%jd", p->number);
		break;
	case LOG_UNSIGNED:
		line_add(l, "%ju", p->count);
		break;
	case LOG_REAL:
		line_add(l, "%.1f", p->real);
		break;
	}
}

static void
line_write(struct line *l)
{
	const char *p = l->text;
	ssize_t n;

	l->text[l->len++] = '\n';
	while (l->len > 0) {
		n = write(STDERR_FILENO, p, l->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		p += n;
		l->len -= (size_t)n;
	}
}

void
log_write(enum log_level level, const char *hint, const struct log_pair *pairs,
    size_t n)
{
	struct log_pair last = log_text("hint", hint);
	struct line l = { .len = 0 };
	int saved = errno;

	if (level > threshold)
		return;
	if (to_journal())
		line_add(&l, "<%c>", levels[level].priority);
	else
		line_stamp(&l);
	line_add(&l, "level=%s", levels[level].word);
	for (size_t i = 0; i < n; i++)
		line_pair(&l, &pairs[i], sizeof l.text - HINT_ROOM);
	if (hint != NULL)
		line_pair(&l, &last, sizeof l.text - 1);
	line_write(&l);
	errno = saved;
}
