/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/token_secret.h"
#include "log.h"

#define NAME		"token.key"
#define NEW		"token.key.new"
#define DIGITS		(2 * TOKEN_SECRET)

/* Hexadecimal digits and a line feed. */
static bool
secret_read(int fd, uint8_t secret[TOKEN_SECRET])
{
	char text[DIGITS + 2] = "";
	ssize_t n = read(fd, text, sizeof text);
	size_t len = 0;
	bool good;

	good = n == DIGITS + 1 && text[DIGITS] == '\n' &&
	    sodium_hex2bin(secret, TOKEN_SECRET, text, DIGITS, NULL, &len,
	    NULL) == 0 && len == TOKEN_SECRET;
	sodium_memzero(text, sizeof text);
	return (good);
}

/* 0, or an errno; EINVAL: the file does not hold a secret. */
static int
secret_open(int dir, uint8_t secret[TOKEN_SECRET])
{
	struct stat sb;
	bool good;
	int fd = openat(dir, NAME,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return (errno);
	good = fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    secret_read(fd, secret);
	(void)close(fd);
	if (!good)
		return (EINVAL);
	if ((sb.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		log_warn("token_key", "chmod 600 it, and have tokens end by "
		    "monikerctl token rotate if another user may have read it",
		    KV("file", NAME), KV("mode", sb.st_mode & 07777));
	return (0);
}

static int
secret_write(int dir, const uint8_t secret[TOKEN_SECRET])
{
	char text[DIGITS + 2];
	int fd, e = 0;

	(void)unlinkat(dir, NEW, 0);
	fd = openat(dir, NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return (errno);
	(void)sodium_bin2hex(text, DIGITS + 1, secret, TOKEN_SECRET);
	text[DIGITS] = '\n';
	if (write(fd, text, DIGITS + 1) != DIGITS + 1 || fsync(fd) != 0)
		e = errno != 0 ? errno : ENOSPC;
	sodium_memzero(text, sizeof text);
	if (close(fd) != 0 && e == 0)
		e = errno;
	if (e == 0 && (renameat(dir, NEW, dir, NAME) != 0 || fsync(dir) != 0))
		e = errno;
	if (e != 0)
		(void)unlinkat(dir, NEW, 0);
	return (e);
}

/* Another one in its place; *secret* stays as it is when that fails. */
static int
secret_make(int dir, uint8_t secret[TOKEN_SECRET])
{
	uint8_t made[TOKEN_SECRET];
	int e;

	randombytes_buf(made, sizeof made);
	e = secret_write(dir, made);
	if (e == 0)
		(void)memcpy(secret, made, sizeof made);
	sodium_memzero(made, sizeof made);
	return (e);
}

void
token_secret_load(const char *path, uint8_t secret[TOKEN_SECRET])
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = dir < 0 ? errno : secret_open(dir, secret);

	if (e == 0) {
		(void)close(dir);
		return;
	}
	if (e != ENOENT)
		log_warn("token_key", "a new one is made; earlier tokens are "
		    "refused", KV("file", NAME), KV("error", e == EINVAL ?
		    "is damaged" : strerror(e)));
	if (dir >= 0)
		e = secret_make(dir, secret);
	if (e != 0) {
		randombytes_buf(secret, TOKEN_SECRET);
		log_warn("token_key", "make room in store_dir, or let the "
		    "daemon write there; until then tokens end with it",
		    KV("file", NAME), KV("error", strerror(e)));
	}
	if (dir >= 0)
		(void)close(dir);
}

int
token_secret_change(const char *path, uint8_t secret[TOKEN_SECRET], char *err,
    size_t err_len)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = dir < 0 ? errno : secret_make(dir, secret);

	if (dir >= 0)
		(void)close(dir);
	if (e == 0)
		return (0);
	(void)snprintf(err, err_len, "%s/" NAME " cannot be written: %s.",
	    path, strerror(e));
	return (-1);
}
