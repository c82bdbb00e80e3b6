/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

/*
 * Opens a copy of a configuration file in which comments are blanks:
 * libconfuse counts the line of a comment two or three times, and an error
 * would be told for a line where there is none.
 * Returns a descriptor, or -1 with errno, EILSEQ for a file with a NUL byte,
 * behind which nothing would be read. *open_line* is that of a section
 * without an end, which libconfuse would take, or 0.
 */
int conf_text_open(const char *path, int *open_line);

#endif
