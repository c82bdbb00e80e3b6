/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that appears whole or not at all. */
#ifndef SAVE_H
#define SAVE_H

#include <stdbool.h>
#include <stdio.h>

struct save {
	FILE		*f;
	const char	*file;		/* the caller's; as long as this */
	char		tmp[4096];	/* "": written to directly */
};

/*
 * Opens *file* for writing, under another name beside it until save_close().
 * A pipe or a terminal, or anything else that is not a regular file, is
 * written to directly. One at a time: SIGINT and SIGTERM remove it before they
 * kill. False with errno when it cannot be opened.
 */
bool save_open(struct save *, const char *file);

/*
 * Closes it, gives it its name if *keep*, else removes it. False with errno
 * when not all of it could be written; then it is removed, too.
 */
bool save_close(struct save *, bool keep);

#endif
