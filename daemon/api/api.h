/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP face of the daemon: the admin API and the render host. */
#ifndef API_H
#define API_H

#include <stdbool.h>

#include <stdio.h>

struct api;
struct conf;
struct event_base;
struct fetch;
struct http_handler;
struct purge;
struct render_pool;
struct store;

struct api *api_new(struct conf *, struct store *, struct render_pool *,
    struct purge *, struct fetch *);
/* The settings were read again: reads the dashboard's files, too. */
void api_reload(struct api *);
/* Nothing is begun any more by what ends from here on. */
void api_stop(struct api *);
void api_free(struct api *);

/*
 * Called before the map's sign of life is looked at, to give one: false if a
 * thread that writes to the map is to give it.
 */
void api_on_ready(struct api *, bool (*alive)(void *), void *arg);

/* What the HTTP server calls; its argument is the api. */
extern const struct http_handler api_handler;

/* The table of routes, a line each: method, pattern, rights. */
void api_print_routes(FILE *);

#endif
