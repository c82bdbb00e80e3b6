/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's log: one line an event, key=value, to standard error. */
#ifndef LOG_H
#define LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above *level* are dropped, from now on. */
void log_set_level(enum log_level level);

/* "error", "warn", "info" or "debug". Returns 0, or -1 for another word. */
int log_level_parse(const char *word, enum log_level *out);

/*
 * Writes one line: time, level, *event* (a word), then *fmt*, which should be
 * key=value pairs and, for an error, end in what the operator can do. Control
 * characters are escaped. Thread-safe.
 */
void log_event(enum log_level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Makes single quotes of the double ones in *text*, which somebody else wrote,
 * and slashes of its backslashes: within key="..." the one would end the value,
 * so that what follows is a key, and the other keep it from ending.
 */
void log_unquote(char *text);

#define log_error(event, ...)	log_event(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)	log_event(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...)	log_event(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...)	log_event(LOG_DEBUG, event, __VA_ARGS__)

#endif
