/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FSCK_ALL_H
#define FSCK_ALL_H

#include <stdbool.h>

struct conf;

/*
 * Compares database, source images and map; prints a line a problem to
 * standard output. Returns 0 when there is none, 1, or an exit status of
 * sysexits.h when it could not look.
 */
int fsck_all(const struct conf *, bool deep);
/* The same for a data folder alone, such as a backup. */
int fsck_folder(const char *folder, bool deep);

#endif
