/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listen.h"
#include "log.h"

#define BACKLOG	1024

static int
unix_socket(void)
{
	return (socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0));
}

/* Is anybody behind the socket? */
static int
listen_answers(const struct sockaddr_un *sa)
{
	int fd = unix_socket(), e;

	if (fd < 0)
		return (0);
	e = connect(fd, (const struct sockaddr *)sa, sizeof *sa);
	(void)close(fd);
	return (e == 0 || errno == EAGAIN);
}

/* Something else than what a daemon that was killed left there? */
static bool
listen_occupied(const char *path)
{
	struct stat st;

	return (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode));
}

int
listen_unix(const char *path, mode_t mode, char *err, size_t err_len)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof sa.sun_path) {
		(void)snprintf(err, err_len, "%s: the path of a socket may "
		    "have at most %zu bytes", path, sizeof sa.sun_path - 1);
		return (-1);
	}
	(void)memcpy(sa.sun_path, path, strlen(path) + 1);
	if (listen_answers(&sa)) {
		(void)snprintf(err, err_len, "%s: another monikerd answers "
		    "there; stop it first", path);
		return (-1);
	}
	if (listen_occupied(path)) {
		(void)snprintf(err, err_len, "%s: exists, but is not a socket; "
		    "move it away, or name another path", path);
		return (-1);
	}
	(void)unlink(path);
	fd = unix_socket();
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 ||
	    chmod(path, mode) != 0 || listen(fd, BACKLOG) != 0) {
		(void)snprintf(err, err_len, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return (-1);
	}
	return (fd);
}

/* "host" and "port" of "host:port", "[host]:port" with its brackets off. */
static int
listen_split(const char *address, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t n;

	if (colon == NULL)
		return (-1);
	*port = colon + 1;
	n = (size_t)(colon - address);
	if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
		address++;
		n -= 2;
	}
	if (n >= size)
		return (-1);
	(void)memcpy(host, address, n);
	host[n] = '\0';
	return (0);
}

/* "address:port" that *fd* listens on, with the port that 0 was given. */
static void
listen_name(int fd, char *name, size_t size)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	char host[64], port[16];

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&sa, len, host, sizeof host, port,
	    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		(void)snprintf(name, size, "?");
	else
		/* The analyzer takes what getsockname() wrote for unset. */
		(void)snprintf(name, size, "%s%s%s:%s", /* NOLINTNEXTLINE */
		    sa.ss_family == AF_INET6 ? "[" : "", host,
		    sa.ss_family == AF_INET6 ? "]" : "", port);
}

/* Port 0 is any free port: the log says which. */
static void
listen_tell(int fd)
{
	char name[128];

	listen_name(fd, name, sizeof name);
	log_info("listening", KV("address", name));
}

int
listen_tcp(const char *address, char *err, size_t err_len)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE,
	};
	struct addrinfo *ai = NULL;
	const char *port;
	char host[256];
	int fd = -1, one = 1;

	if (listen_split(address, host, sizeof host, &port) != 0 ||
	    getaddrinfo(*host != '\0' ? host : NULL, port, &hints, &ai) != 0) {
		(void)snprintf(err, err_len, "%s: no address to listen on",
		    address);
		return (-1);
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof one) != 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		(void)snprintf(err, err_len, "%s: %s", address,
		    strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		fd = -1;
	} else
		listen_tell(fd);
	freeaddrinfo(ai);
	return (fd);
}
