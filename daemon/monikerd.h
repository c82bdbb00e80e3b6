/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MONIKERD_H
#define MONIKERD_H

struct conf;

/*
 * Runs the daemon by *conf* until a signal ends it; *file* is read again on
 * SIGHUP. Returns an exit status of sysexits.h.
 */
int monikerd_run(struct conf *conf, const char *file);

/*
 * Makes an empty database in place of one that is lost, and a map of it; keeps
 * all else that lies there. An exit status of sysexits.h.
 */
int monikerd_begin_anew(struct conf *conf);

#endif
