/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of aliases: CSV ("alias,hash") or JSON lines. */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>
#include <stdio.h>

struct row {
	char		alias[256];
	char		hash[41];	/* "": delete the alias */
	unsigned long	line;
};

enum row_format { ROWS_CSV, ROWS_JSON };

/* The format by word ("csv", "jsonl"), else by file name. -1: unknown. */
int rows_format(const char *word, const char *file);

/*
 * The next row of *f*. Returns 1, 0 at the end, or -1 and a sentence in *why*
 * for a line that is no row; *row*->line is its number.
 */
int rows_read(FILE *f, enum row_format, struct row *row, const char **why);
void rows_write(FILE *f, enum row_format, const struct row *row);
/* What a file begins with. */
void rows_begin(FILE *f, enum row_format);

#endif
