/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REASON_H
#define REASON_H

#include <glib.h>

/*
 * The cause of a failure to *buf*, by what libvips and its libraries said:
 * *errors*, lines, and what reason_log() heard since reason_forget().
 */
void reason_of(const char *errors, char *buf, size_t size);
void reason_forget(void);

/* For g_log_set_writer_func(): writes nothing. */
GLogWriterOutput reason_log(GLogLevelFlags, const GLogField *, gsize,
    gpointer);

#endif
