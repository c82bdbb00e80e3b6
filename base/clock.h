/* SPDX-License-Identifier: BSD-2-Clause */
/* The time, as a number. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_read_us(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000);
}

/* For durations: it does not jump. */
static inline int64_t
clock_us(void)
{
	return (clock_read_us(CLOCK_MONOTONIC));
}

/* The same, some milliseconds late, but for next to nothing. */
static inline int64_t
clock_coarse_ms(void)
{
	return (clock_read_us(CLOCK_MONOTONIC_COARSE) / 1000);
}

/* Unix time. */
static inline int64_t
clock_wall_ms(void)
{
	return (clock_read_us(CLOCK_REALTIME) / 1000);
}

#endif
