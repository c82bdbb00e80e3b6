/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

/* What libconfuse would take in silence, or tell for another line. */
struct conf_fault {
	int	line;		/* 0: none */
	char	what[128];	/* a sentence without its end */
};

/*
 * Opens a copy of a configuration file in which comments are blanks:
 * libconfuse counts the line of a comment two or three times, and an error
 * would be told for a line where there is none.
 * Returns a descriptor, or -1 with errno, EILSEQ for a file with a NUL byte,
 * behind which nothing would be read. *fault* is the first of: a section or a
 * quoted text without an end, a variable that the environment does not have.
 */
int conf_text_open(const char *path, struct conf_fault *fault);

#endif
