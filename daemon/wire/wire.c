/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/socket.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/trust_me.h"
#include "wire/wire.h"

union control {
	char		buf[CMSG_SPACE(WIRE__FDS * sizeof(int))];
	struct cmsghdr	align;
};

int
wire_send(int sock, const void *msg, size_t len, const int *fds,
    unsigned n_fds)
{
	struct iovec iov = { TRUST_ME(msg), len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control c;
	ssize_t n;

	memset(&c, 0, sizeof c);
	if (n_fds > 0) {
		struct cmsghdr *cm;

		mh.msg_control = c.buf;
		mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, n_fds * sizeof(int));
	}
	do
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return (n == (ssize_t)len ? 0 : -1);
}

/* Keeps the first *n_fds* descriptors and closes what is beyond. */
static void
take_fds(struct msghdr *mh, int *fds, unsigned n_fds)
{
	unsigned got = 0;

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(mh); cm != NULL;
	    cm = CMSG_NXTHDR(mh, cm)) {
		size_t n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cm->cmsg_level != SOL_SOCKET ||
		    cm->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int),
			    sizeof fd);
			if (got < n_fds)
				fds[got++] = fd;
			else
				(void)close(fd);
		}
	}
}

ssize_t
wire_recv(int sock, void *msg, size_t len, int *fds, unsigned n_fds)
{
	struct iovec iov = { msg, len };
	union control c;
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = c.buf, .msg_controllen = sizeof c.buf };
	ssize_t n;

	for (unsigned i = 0; i < n_fds; i++)
		fds[i] = -1;
	do
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		take_fds(&mh, fds, n_fds);
	if (n >= 0 && (mh.msg_flags & MSG_TRUNC) != 0) {
		errno = EMSGSIZE;
		return (-1);
	}
	return (n);
}
