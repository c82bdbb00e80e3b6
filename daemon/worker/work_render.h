/* SPDX-License-Identifier: BSD-2-Clause */
/* The whole of one render. */
#ifndef WORK_RENDER_H
#define WORK_RENDER_H

struct wire_reply;
struct work;

/* The whole render, into *fd*; fills *reply*. */
void work_render(struct work *, int fd, struct wire_reply *reply);
void work_free(struct work *);

#endif
