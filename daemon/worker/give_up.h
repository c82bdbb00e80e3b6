/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A worker's last words. What a decoder does with a header, or with a drawing,
 * has no bound that could be told before, and many libraries abort when they
 * get no memory. So the worker says by itself what limit was met and leaves,
 * before the daemon's clock, or the library, ends it without a word.
 */
#ifndef GIVE_UP_H
#define GIVE_UP_H

/* Once, with the socket that answers go to. 0 or -1. */
int give_up_open(int sock);

/* A request is in hand: from now on last words answer it. */
void give_up_begin(void);

/*
 * After *ms* more of processor time the worker answers that *what* (a
 * sentence's subject) takes longer than the limit. give_up_at_leisure(): there
 * is no hurry any more.
 */
void give_up_after(unsigned ms, const char *what);
void give_up_at_leisure(void);

/* Before any other answer is sent: there must be one. */
void give_up_end(void);

#endif
