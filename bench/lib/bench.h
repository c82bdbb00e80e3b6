/* SPDX-License-Identifier: BSD-2-Clause */
/* What benchmarks share. */
#ifndef BENCH_H
#define BENCH_H

/* Monotonic, in seconds. */
double bench_now(void);
/* Says so, and ends the benchmark. */
void bench_die(const char *what) __attribute__((noreturn));
/* Of doubles, for qsort(). */
int bench_by_value(const void *, const void *);

#endif
