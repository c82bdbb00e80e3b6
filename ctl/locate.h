/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LOCATE_H
#define LOCATE_H

#include "client.h"

struct location {
	char	*url, *socket, *org;
	char	*key;			/* never on a command line */
};

/* Returns 0, or -1 and a sentence in *err*. */
int locate(const struct client_conf *, struct location *, char *err,
    size_t err_len);
void location_clear(struct location *);

#endif
