/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /dashboard/: the files of the dashboard, from memory. */
#ifndef DASHBOARD_H
#define DASHBOARD_H

#include <jansson.h>
#include <stdbool.h>

struct call;
struct conf;
struct dashboard;
struct http_request;

/* Reads dashboard_dir; what there is then is answered. NULL: no memory. */
struct dashboard *dashboard_new(const struct conf *);
void dashboard_free(struct dashboard *);

/* Whether a request is for it; then no page of others may read the answer. */
bool dashboard_is(const struct http_request *);

/* Where an organization's pictures are; a new reference. */
json_t *dashboard_pictures(const char *render_host, const char *org);

#endif
