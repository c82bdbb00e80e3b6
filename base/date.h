/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates as texts. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Unix milliseconds of "2019-12-10T11:13:24+00:00", also with "Z" and a
 * fraction; -1 if it is invalid.
 */
int64_t date_ms(const char *);

/* "2019-12-10T11:13:24" of unix milliseconds, in UTC; false: there is no such. */
#define DATE_SIZE	40
bool date_text(int64_t ms, char out[DATE_SIZE]);

#endif
