/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP requests out of the event loop, one at a time, by libcurl. */
#ifndef WEB_H
#define WEB_H

struct curl_slist;
struct event_base;
struct web;

/* *status* 0: there was no answer, *error* says why. Not out of web_send(). */
typedef void web_done_f(void *arg, long status, const char *error);

/* NULL when there is no memory. */
struct web *web_new(struct event_base *, unsigned timeout_ms, web_done_f *,
    void *arg);
/*
 * Sends; nothing else may be under way. *headers* are taken over, *body* (or
 * NULL) is copied. Redirects are not followed, the answer's body is dropped.
 * Returns 0, or -1 when there is no memory: then *done* is not called.
 */
int web_send(struct web *, const char *method, const char *url,
    struct curl_slist *headers, const char *body);
/* What is under way is given up, without a call. */
void web_free(struct web *);

#endif
