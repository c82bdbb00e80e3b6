/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells whoever started the daemon how it stands: systemd, and files. */
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

/*
 * Writes the process's number to the file *path*, by rename, so that a reader
 * sees all of it. "": does nothing. Returns 0, or -1 and errno.
 */
int notify_file(const char *path);
void notify_file_remove(const char *path);

#endif
