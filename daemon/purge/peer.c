/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "purge/peer.h"

/* "0100007F:1F90", as /proc/net/tcp has addresses: words as they lie there. */
#define PEER_NAME	(32 + 1 + 4 + 1)

static void
peer_name(const struct sockaddr *sa, char name[PEER_NAME])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	uint32_t w[4];

	if (sa->sa_family == AF_INET) {
		(void)memcpy(&in, sa, sizeof in);
		(void)snprintf(name, PEER_NAME, "%08X:%04X",
		    in.sin_addr.s_addr, ntohs(in.sin_port));
		return;
	}
	(void)memcpy(&in6, sa, sizeof in6);
	(void)memcpy(w, &in6.sin6_addr, sizeof w);
	(void)snprintf(name, PEER_NAME, "%08X%08X%08X%08X:%04X", w[0], w[1],
	    w[2], w[3], ntohs(in6.sin6_port));
}

bool
peer_is_local(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		(void)memcpy(&in, sa, sizeof in);
		return (ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET);
	}
	if (sa->sa_family != AF_INET6)
		return (false);
	(void)memcpy(&in6, sa, sizeof in6);
	return (IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) ||
	    (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) &&
	    in6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET));
}

/* A line is "sl: local remote st tx:rx tr:when retr uid ...". */
static bool
peer_line(const char *line, const char *local, const char *remote, uid_t *uid)
{
	char from[PEER_NAME], to[PEER_NAME];
	unsigned n;

	if (sscanf(line, " %*[^:]: %37s %37s %*s %*s %*s %*s %u", from, to,
	    &n) != 3 || strcmp(from, local) != 0 || strcmp(to, remote) != 0)
		return (false);
	*uid = n;
	return (true);
}

bool
peer_uid(int fd, const struct sockaddr *peer, uid_t *uid)
{
	char local[PEER_NAME], remote[PEER_NAME], line[512];
	struct sockaddr_storage own = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof own;
	bool found = false;
	FILE *f;

	if (getsockname(fd, (struct sockaddr *)&own, &len) != 0 ||
	    own.ss_family != peer->sa_family)
		return (false);
	peer_name(peer, local);
	peer_name((const struct sockaddr *)&own, remote);
	f = fopen(peer->sa_family == AF_INET ? "/proc/net/tcp" :
	    "/proc/net/tcp6", "re");
	if (f == NULL)
		return (false);
	while (!found && fgets(line, sizeof line, f) != NULL)
		found = peer_line(line, local, remote, uid);
	(void)fclose(f);
	return (found);
}

bool
peer_is_trusted(uid_t uid, const char *user)
{
	const struct passwd *pw;

	if (uid == 0 || uid == geteuid())
		return (true);
	pw = getpwnam(user);
	return (pw != NULL && pw->pw_uid == uid);
}
