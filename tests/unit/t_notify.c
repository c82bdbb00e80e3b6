/* SPDX-License-Identifier: BSD-2-Clause */
/* What systemd hears. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

/* A socket as systemd has it; *name* may begin with "@". */
static int
listener(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	(void)strcpy(sa.sun_path, name);
	if (*name == '@')
		sa.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&sa,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(name))), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return (fd);
}

static void
hears(int fd, const char *what)
{
	char buf[64];
	ssize_t n;

	notify(what);
	n = recv(fd, buf, sizeof buf, 0);
	assert_int_equal(n, strlen(what));
	assert_memory_equal(buf, what, n);
	(void)close(fd);
}

static void
by_path(void **state)
{
	char name[64];

	(void)state;
	(void)snprintf(name, sizeof name, "/tmp/t_notify.%ld", (long)getpid());
	hears(listener(name), "READY=1");
	(void)unlink(name);
}

static void
by_abstract_name(void **state)
{
	char name[64];

	(void)state;
	(void)snprintf(name, sizeof name, "@t_notify.%ld", (long)getpid());
	hears(listener(name), "STOPPING=1");
}

static void
without_systemd(void **state)
{
	(void)state;
	(void)unsetenv("NOTIFY_SOCKET");
	notify("READY=1");
	(void)setenv("NOTIFY_SOCKET", "vsock:1", 1);
	notify("READY=1");
	(void)setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	notify("READY=1");
}

static void
watchdog(void **state)
{
	char pid[32];

	(void)state;
	(void)unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_ms(), 0);
	(void)setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
	(void)setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	(void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
	(void)setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_path),
		cmocka_unit_test(by_abstract_name),
		cmocka_unit_test(without_systemd),
		cmocka_unit_test(watchdog),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
