/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

#include "conf.h"

/* A key of the file, or of a "varnish" section; NULL: there is none. */
const struct conf_key *conf_key_find(const char *name, bool in_section);

/* The text of *k* in *of*: a struct conf, or a section's. */
char **conf_key_text(const struct conf_key *k, void *of);

/* The key that is most like *name* at that place; NULL: none is like it. */
const char *conf_key_meant(const char *name, bool in_section);

#endif
