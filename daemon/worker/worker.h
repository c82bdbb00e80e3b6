/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORKER_H
#define WORKER_H

/* What "monikerd" does when it is started as a worker; never returns. */
void worker_main(int fd) __attribute__((noreturn));

#endif
