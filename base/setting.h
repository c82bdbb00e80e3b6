/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of "key = value", "KIND NAME { ... }" and include("FILE"). */
#ifndef SETTING_H
#define SETTING_H

#include <stdbool.h>
#include <stddef.h>

#define SETTING_TEXT_MAX	4096

struct setting_reader;

/*
 * What happens to each setting. A text lives as long as the call. Each returns
 * true; or setting_fail(), and reading ends.
 */
struct setting_calls {
	bool (*on_value)(void *arg, struct setting_reader *, const char *key,
	    const char *value);
	/* NULL: the file has no sections. They do not nest. */
	bool (*on_open)(void *arg, struct setting_reader *, const char *kind,
	    const char *name);
	bool (*on_close)(void *arg, struct setting_reader *);
};

/*
 * Reads *file* and what it includes, in order. Returns 0; or -1 and
 * "file:line: sentence" in *err*, of the first error.
 */
int setting_read(const char *file, const struct setting_calls *, void *arg,
    char *err, size_t err_len);

/* Makes the sentence an error of the line that was read last. False. */
bool setting_fail(struct setting_reader *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
