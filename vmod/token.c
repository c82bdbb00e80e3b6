/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "token.h"

/* Bytes read, at most TOKEN_FILE_MAX + 1; -1 when it cannot be read. */
static ssize_t
read_all(int fd, char *buf)
{
	size_t have = 0;
	ssize_t n;

	while (have <= TOKEN_FILE_MAX) {
		n = read(fd, buf + have, TOKEN_FILE_MAX + 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (-1);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return ((ssize_t)have);
}

/* Opened without waiting: a pipe would hold up the request. */
static ssize_t
read_file(const char *file, char *buf)
{
	struct stat st;
	ssize_t n = -1;
	int fd;

	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return (-1);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = read_all(fd, buf);
	(void)close(fd);
	return (n);
}

/* All of *given* is looked at, whatever it begins with. */
static bool
same(const char *token, size_t len, const char *given)
{
	size_t i, n = strlen(given);
	volatile unsigned char differ = n != len;

	for (i = 0; i < n; i++)
		differ |= (unsigned char)(given[i] ^ token[i % len]);
	return (differ == 0);
}

bool
token_matches(const char *file, const char *given, const char **why)
{
	char buf[TOKEN_FILE_MAX + 1];
	bool ok = false;
	ssize_t n;

	*why = NULL;
	n = file == NULL ? -1 : read_file(file, buf);
	if (n < 0)
		*why = "cannot be read";
	else if (n > TOKEN_FILE_MAX)
		*why = "is too large";
	while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == '\r'))
		n--;
	if (n == 0)
		*why = "is empty";
	if (*why == NULL && given != NULL)
		ok = same(buf, (size_t)n, given);
	explicit_bzero(buf, sizeof buf);
	return (ok);
}
