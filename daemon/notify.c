/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protocol is one datagram and will not change (sd_notify(3) says so);
 * libsystemd would bring five more libraries into the daemon for it.
 */
#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

void
notify(const char *state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t len;
	int fd;

	if (path == NULL || (*path != '/' && *path != '@') ||
	    strlen(path) >= sizeof sa.sun_path)
		return;
	(void)memcpy(sa.sun_path, path, strlen(path) + 1);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(path));
	/* "@" stands for the zero byte of an abstract name. */
	if (*path == '@')
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&sa, len);
	(void)close(fd);
}

unsigned
notify_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || (pid != NULL && atol(pid) != (long)getpid()))
		return (0);
	return ((unsigned)(strtoul(usec, NULL, 10) / 2000));
}

int
notify_file(const char *path)
{
	char tmp[4096];
	FILE *f;
	int e;

	if (*path == '\0')
		return (0);
	(void)snprintf(tmp, sizeof tmp, "%s.%ld", path, (long)getpid());
	f = fopen(tmp, "we");
	if (f == NULL)
		return (-1);
	(void)fprintf(f, "%ld\n", (long)getpid());
	e = fclose(f);
	return (e == 0 ? rename(tmp, path) : e);
}

void
notify_file_remove(const char *path)
{
	if (*path != '\0')
		(void)unlink(path);
}
