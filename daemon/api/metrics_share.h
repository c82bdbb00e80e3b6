/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef METRICS_SHARE_H
#define METRICS_SHARE_H

#include "render/render.h"

struct evbuffer;

/* Appends what organizations had of the workers; RENDER_USERS of them. */
void share_users_write(struct evbuffer *, const struct render_pool *);

#endif
