/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>
#include <event2/event.h>

#include "obj.h"
#include "purge/web.h"

struct web {
	unsigned		magic;
#define WEB_MAGIC		0x77656220
	struct event_base	*base;
	CURLM			*multi;
	CURL			*easy;	/* kept: so is its connection */
	struct event		*timer;
	struct curl_slist	*headers;	/* of the one under way */
	web_done_f		*done;
	void			*arg;
};

static void
web_over(struct web *w, CURLcode code)
{
	long status = 0;

	if (code == CURLE_OK)
		(void)curl_easy_getinfo(w->easy, CURLINFO_RESPONSE_CODE,
		    &status);
	(void)curl_multi_remove_handle(w->multi, w->easy);
	curl_slist_free_all(w->headers);
	w->headers = NULL;
	w->done(w->arg, status, curl_easy_strerror(code));
}

static void
web_act(struct web *w, curl_socket_t fd, int what)
{
	int running, left;
	CURLMsg *m;

	(void)curl_multi_socket_action(w->multi, fd, what, &running);
	while ((m = curl_multi_info_read(w->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE) {
			/* It may free *w*, and there is only the one. */
			web_over(w, m->data.result);
			return;
		}
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	web_act(CAST_OBJ(arg, WEB_MAGIC), fd,
	    (what & EV_READ ? CURL_CSELECT_IN : 0) |
	    (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	web_act(CAST_OBJ(arg, WEB_MAGIC), CURL_SOCKET_TIMEOUT, 0);
}

/* curl says what it waits for on a socket; its event hangs on the socket. */
static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sock)
{
	struct web *w = CAST_OBJ(arg, WEB_MAGIC);
	struct event *ev = sock;
	int kind = EV_PERSIST;

	(void)easy;
	if (ev != NULL)
		event_free(ev);
	ev = NULL;
	if (what & CURL_POLL_IN)
		kind |= EV_READ;
	if (what & CURL_POLL_OUT)
		kind |= EV_WRITE;
	if (what != CURL_POLL_REMOVE) {
		ev = event_new(w->base, fd, (short)kind, on_ready, w);
		if (ev == NULL)
			return (-1);
		(void)event_add(ev, NULL);
	}
	(void)curl_multi_assign(w->multi, fd, ev);
	return (0);
}

static int
on_wait(CURLM *multi, long ms, void *arg)
{
	struct web *w = CAST_OBJ(arg, WEB_MAGIC);
	struct timeval tv = { .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 };

	(void)multi;
	if (ms < 0)
		(void)evtimer_del(w->timer);
	else
		(void)evtimer_add(w->timer, &tv);
	return (0);
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return (size * n);
}

struct web *
web_new(struct event_base *base, unsigned timeout_ms, web_done_f *done,
    void *arg)
{
	struct web *w = calloc(1, sizeof *w);

	if (w == NULL)
		return (NULL);
	w->magic = WEB_MAGIC;
	w->base = base;
	w->done = done;
	w->arg = arg;
	w->multi = curl_multi_init();
	w->easy = curl_easy_init();
	w->timer = evtimer_new(base, on_timer, w);
	if (w->multi == NULL || w->easy == NULL || w->timer == NULL) {
		web_free(w);
		return (NULL);
	}
	(void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
	(void)curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_wait);
	(void)curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
	(void)curl_easy_setopt(w->easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(w->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	(void)curl_easy_setopt(w->easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(w->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(w->easy, CURLOPT_USERAGENT, PACKAGE_NAME);
	return (w);
}

int
web_send(struct web *w, const char *method, const char *url,
    struct curl_slist *headers, const char *body)
{
	CURLcode e;

	w->headers = headers;
	e = curl_easy_setopt(w->easy, CURLOPT_URL, url);
	if (body != NULL) {
		(void)curl_easy_setopt(w->easy, CURLOPT_POSTFIELDSIZE,
		    (long)strlen(body));
		e |= curl_easy_setopt(w->easy, CURLOPT_COPYPOSTFIELDS, body);
	}
	(void)curl_easy_setopt(w->easy, CURLOPT_CUSTOMREQUEST, method);
	(void)curl_easy_setopt(w->easy, CURLOPT_HTTPHEADER, headers);
	if (e == CURLE_OK &&
	    curl_multi_add_handle(w->multi, w->easy) == CURLM_OK)
		return (0);
	curl_slist_free_all(headers);
	w->headers = NULL;
	return (-1);
}

void
web_free(struct web *w)
{
	if (w == NULL)
		return;
	if (w->multi != NULL && w->easy != NULL)
		(void)curl_multi_remove_handle(w->multi, w->easy);
	if (w->easy != NULL)
		curl_easy_cleanup(w->easy);
	if (w->multi != NULL)
		(void)curl_multi_cleanup(w->multi);
	curl_slist_free_all(w->headers);
	if (w->timer != NULL)
		event_free(w->timer);
	w->magic = 0;
	free(w);
}
