/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that mean harm, sent to a worker: what has to hold for each. */
#ifndef RENDER_ATTACK_H
#define RENDER_ATTACK_H

#include "render_util.h"

/* 0 to n - 1, by the seed of the test, or by ATTACK_SEED. */
uint32_t attack_rnd(uint32_t n);

/* A valid picture, noise, of the kind *suffix*; to be g_free()d. */
unsigned char *attack_picture(const char *suffix, size_t *len);

/*
 * Renders a file. Fails the test when that takes longer than it may, or kills
 * the worker. *error*: room for 256 bytes of the answer's sentence, or NULL.
 */
enum render_status attack(const void *data, size_t len, const char *what,
    char *error);
/* The same, and the answer has to be *status* and to hold *words*. */
void attack_expect(const void *data, size_t len, const char *what,
    enum render_status status, const char *words);

/* A good picture is rendered, and no worker has died so far. */
void attack_over(void);

/* cmocka's set-up of a group; render_group_end() ends it. */
int attack_start(void **state);

#endif
