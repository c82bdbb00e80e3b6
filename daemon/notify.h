/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells systemd how it stands, when systemd asked to be told. */
#ifndef NOTIFY_H
#define NOTIFY_H

/*
 * Sends *state*, lines as of sd_notify(3), to $NOTIFY_SOCKET. Does nothing
 * without one. A lost message is systemd's to notice, so no error comes back.
 */
void notify(const char *state);

/*
 * Milliseconds between two "WATCHDOG=1" that systemd wants, half of what it
 * waits for; 0 when it wants none.
 */
unsigned notify_watchdog_ms(void);

#endif
