/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader of settings: texts no longer than it says, and a sentence for
 * whatever it refuses.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/setting.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

static bool
on_text(void *arg, struct setting_reader *r, const char *key,
    const char *value)
{
	(void)arg;
	MUST(strlen(key) < SETTING_TEXT_MAX);
	MUST(strlen(value) < SETTING_TEXT_MAX);
	return (strcmp(key, "bad") != 0 || setting_fail(r, "%s", value));
}

static bool
on_close(void *arg, struct setting_reader *r)
{
	(void)arg;
	(void)r;
	return (true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct setting_calls calls = { .on_value = on_text,
	    .on_open = on_text, .on_close = on_close };
	static int fd = -1;
	char path[64], err[256];
	int rc;

	if (fd < 0) {
		fd = memfd_create("settings", 0);
		MUST(fd >= 0 && setenv("A", "x", 1) == 0);
	}
	MUST(ftruncate(fd, 0) == 0);
	MUST(pwrite(fd, data, len, 0) == (ssize_t)len);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	memset(err, 'x', sizeof err);
	rc = setting_read(path, &calls, NULL, err, sizeof err);
	MUST(memchr(err, '\0', sizeof err) != NULL);
	MUST((rc == 0) == (*err == '\0'));
	return (0);
}
