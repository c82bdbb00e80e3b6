/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "db.h"

/* Whether there are no tables yet. */
bool schema_is_new(struct db *);
/* Whether a newer or older one would have others. */
bool schema_is_current(struct db *);
/* Brings the tables to this version. 0, or -1 and a sentence in *err*. */
int schema_migrate(struct db *, char *err, size_t err_len);

#endif
