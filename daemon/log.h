/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's log: one line an event, key=value, to standard error. */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above *level* are dropped, from now on. */
void log_set_level(enum log_level level);

/* "error", "warn", "info" or "debug". Returns 0, or -1 for another word. */
int log_level_parse(const char *word, enum log_level *out);

/*
 * An event is a word; then pairs, as in
 *
 *	log_warn("disk_slow", "look at the disk of dir", KV("dir", dir),
 *	    KV("ms", ms));
 *
 * An error or a warning has a hint: what the operator can do. Without one, or
 * with an empty one, it does not compile. Thread-safe; errno stays.
 */
#define log_error(event, hint, ...)	\
	LOG_LINE(LOG_ERROR, event, LOG_HINT(hint), __VA_ARGS__)
#define log_warn(event, hint, ...)	\
	LOG_LINE(LOG_WARN, event, LOG_HINT(hint), __VA_ARGS__)
#define log_info(event, ...)		\
	LOG_LINE(LOG_INFO, event, NULL, __VA_ARGS__)
#define log_debug(event, ...)		\
	LOG_LINE(LOG_DEBUG, event, NULL, __VA_ARGS__)
/* At level info if *for_all*, else at level debug. */
#define log_detail(for_all, event, ...)	\
	LOG_LINE((for_all) ? LOG_INFO : LOG_DEBUG, event, NULL, __VA_ARGS__)

/*
 * A pair. Text may come from anywhere: it is quoted and escaped where a parser
 * needs it. NULL is written as "-".
 */
#define KV(key, value)	_Generic((value),				\
	char *: log_text, const char *: log_text, bool: log_unsigned,	\
	int: log_signed, long: log_signed, long long: log_signed,	\
	unsigned: log_unsigned, unsigned long: log_unsigned,		\
	unsigned long long: log_unsigned, double: log_real)("" key, value)

/* The first *len* bytes of a text. */
#define KV_CUT(key, text, len)	log_cut("" key, text, len)

/*--------------------------------------------------------------------
 * What the macros above are made of
 */

struct log_pair {
	const char	*key;
	enum { LOG_TEXT, LOG_CUT, LOG_SIGNED, LOG_UNSIGNED, LOG_REAL } kind;
	union {
		const char	*text;
		intmax_t	number;
		uintmax_t	count;
		double		real;	/* with one digit */
	};
	size_t		len;	/* of a LOG_CUT */
};

void log_write(enum log_level level, const char *hint,
    const struct log_pair *, size_t n);

#define LOG_LINE(level, event, hint, ...) do {				\
	const struct log_pair pairs_[] =				\
	    { log_text("event", "" event), __VA_ARGS__ };		\
									\
	log_write(level, hint, pairs_, sizeof pairs_ / sizeof *pairs_);	\
} while (0)

/* The comma leaves the hint itself; "" is of size 1. */
#define LOG_HINT(hint)	\
	((void)sizeof (char [sizeof (hint) > 1 ? 1 : -1]), log_hint(hint))

static inline const char * __attribute__((nonnull))
log_hint(const char *hint)
{
	return (hint);
}

static inline struct log_pair
log_text(const char *key, const char *text)
{
	return ((struct log_pair){ key, LOG_TEXT, { .text = text }, 0 });
}

static inline struct log_pair
log_cut(const char *key, const char *text, size_t len)
{
	return ((struct log_pair){ key, LOG_CUT, { .text = text }, len });
}

static inline struct log_pair
log_signed(const char *key, intmax_t number)
{
	return ((struct log_pair){ key, LOG_SIGNED, { .number = number }, 0 });
}

static inline struct log_pair
log_unsigned(const char *key, uintmax_t count)
{
	return ((struct log_pair){ key, LOG_UNSIGNED, { .count = count }, 0 });
}

static inline struct log_pair
log_real(const char *key, double real)
{
	return ((struct log_pair){ key, LOG_REAL, { .real = real }, 0 });
}

#endif
