/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that fetches one URL, without following where it leads. It resolves
 * and connects first; then its cage closes, and only then it reads a byte of
 * the other side.
 */
#include "config.h"

#include <sys/prctl.h>
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "cage/confine.h"
#include "fetch/fetch_head.h"
#include "fetch/fetcher.h"

#define CA_MAX		(16L << 20)	/* bytes of a CA bundle */
#define HEAD_BYTES	(64 * 1024)	/* of all headers */
#define HEAD_LINES	200
#define SLOW_S		5		/* for so long it may be too slow */
#define PACKED		"it packs the answer, although it was asked not to"

struct fetcher {
	int		sock;		/* the daemon's */
	struct fetch_request rq;
	int		peer;		/* until curl has it: connected */
	char		*ca;
	size_t		ca_len;
	CURLM		*multi;
	CURL		*easy;
	struct curl_slist *headers;
	/* of the answer */
	size_t		head_bytes, head_lines;
	bool		got_head;	/* the last line was the empty one */
	bool		again;		/* it is not the first POST */
	uint64_t	got;
	const char	*refused;	/* why it is not taken further */
	bool		too_big;
	char		location[FRAME_TEXT + 1];
	char		disposition[FRAME_TEXT + 1];
};

static int64_t end_us;

int
fetcher_left(void)
{
	int64_t left = (end_us - clock_us()) / 1000;

	return (left > 1 ? (int)left : 1);
}

/*--------------------------------------------------------------------
 * Frames
 */

/* Ends quietly if the daemon has gone. */
static void
say(struct fetcher *f, struct frame *fr, const void *bytes, size_t len)
{
	memcpy(fr->bytes, bytes, len);
	fr->len = (uint32_t)len;
	if (wire_send(f->sock, fr, FRAME_HEAD + len, NULL, 0) != 0)
		_exit(0);
}

static void __attribute__((noreturn))
say_last(struct fetcher *f, enum frame_kind kind, enum fetch_status status,
    const char *text)
{
	static struct frame fr;
	long code = 0;

	if (f->easy != NULL)
		(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE,
		    &code);
	fr.kind = kind;
	fr.status = status;
	fr.code = code > 0 && code < 1000 ? (uint32_t)code : 0;
	say(f, &fr, text, strnlen(text, FRAME_TEXT));
	_exit(0);
}

/*--------------------------------------------------------------------
 * What curl calls
 */

/* The socket that was connected, once. */
static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct fetcher *f = arg;
	int fd = f->peer;

	(void)purpose;
	(void)a;
	f->peer = -1;
	return (fd < 0 ? CURL_SOCKET_BAD : fd);
}

static int
on_opened(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return (CURL_SOCKOPT_ALREADY_CONNECTED);
}

static size_t
on_header(char *line, size_t size, size_t n, void *arg)
{
	struct fetcher *f = arg;
	const size_t len = size * n;
	char value[FRAME_TEXT + 1];

	f->head_bytes += len;
	f->got_head = len <= 2;
	if (f->head_bytes > HEAD_BYTES || ++f->head_lines > HEAD_LINES)
		f->refused = "it sends too many headers";
	else if ((fetch_header_is(line, len, "Content-Encoding", value,
	    sizeof value) && strcasecmp(value, "identity") != 0) ||
	    (fetch_header_is(line, len, "Transfer-Encoding", value,
	    sizeof value) && strcasecmp(value, "chunked") != 0))
		f->refused = PACKED;
	else if (fetch_header_is(line, len, "Location", value, sizeof value))
		memcpy(f->location, value, sizeof value);
	else if (fetch_header_is(line, len, "Content-Disposition", value,
	    sizeof value))
		memcpy(f->disposition, value, sizeof value);
	return (f->refused == NULL ? len : 0);
}

/* The body of an error or a redirect is not read. */
static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	static struct frame fr = { .kind = FRAME_DATA };
	struct fetcher *f = arg;
	size_t len = size * n, done, part;
	long code = 0;

	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &code);
	/* Of the answer to a POST so much is read that the connection lasts. */
	if (f->rq.post_len > 0) {
		f->got += len;
		return (f->got > f->rq.max_bytes ? 0 : len);
	}
	if (code != 200)
		return (0);
	if (len > f->rq.max_bytes - f->got) {
		f->too_big = true;
		return (0);
	}
	f->got += len;
	for (done = 0; done < len; done += part) {
		part = len - done < FRAME_BYTES ? len - done : FRAME_BYTES;
		say(f, &fr, p + done, part);
	}
	return (len);
}

/*--------------------------------------------------------------------
 * The request
 */

/* What is wrong with the file, or NULL. */
static const char *
read_ca(struct fetcher *f)
{
	FILE *file = fopen(f->rq.ca_file, "re");
	long len = -1;

	if (file == NULL)
		return (strerror(errno));
	if (fseek(file, 0, SEEK_END) == 0 && (len = ftell(file)) > 0 &&
	    len <= CA_MAX && fseek(file, 0, SEEK_SET) == 0)
		f->ca = malloc((size_t)len);
	if (f->ca != NULL)
		f->ca_len = fread(f->ca, 1, (size_t)len, file);
	(void)fclose(file);
	return (f->ca != NULL && f->ca_len == (size_t)len ? NULL :
	    "is empty, too large or no file");
}

static int
set_tls(struct fetcher *f)
{
	struct curl_blob ca = { f->ca, f->ca_len, CURL_BLOB_NOCOPY };
	CURL *e = f->easy;

	if (!f->rq.url.tls)
		return (0);
	return (curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &ca) != CURLE_OK ||
	    curl_easy_setopt(e, CURLOPT_CAPATH, NULL) != CURLE_OK ||
	    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK ||
	    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK ? -1 :
	    0);
}

/* The name stands for any address: the socket is there already. */
static struct curl_slist *
no_resolver(const struct fetch_url *u)
{
	char line[HOST_MAX + 32];

	(void)snprintf(line, sizeof line, "%s%s%s:%u:192.0.2.1",
	    u->six ? "[" : "", u->host, u->six ? "]" : "", u->port);
	return (curl_slist_append(NULL, line));
}

#define SET(what, value)						\
	e = e != CURLE_OK ? e :						\
	    curl_easy_setopt(f->easy, CURLOPT_ ## what, value)

/* What the next POST to the same URL has of its own; begins it. */
static int
set_message(struct fetcher *f)
{
	struct curl_slist *old = f->headers;
	CURLcode e = CURLE_OK;

	f->headers = fetch_headers(&f->rq);
	SET(HTTPHEADER, f->headers);
	curl_slist_free_all(old);
	if (f->rq.post_len > 0) {
		SET(POSTFIELDSIZE, (long)f->rq.post_len);
		SET(POSTFIELDS, f->rq.post);
	}
	SET(TIMEOUT_MS, (long)fetcher_left());
	return (e != CURLE_OK || f->headers == NULL ||
	    curl_multi_add_handle(f->multi, f->easy) != CURLM_OK ? -1 : 0);
}

static int
set_request(struct fetcher *f)
{
	CURLcode e = CURLE_OK;

	SET(URL, f->rq.url.text);
	SET(RESOLVE, no_resolver(&f->rq.url));
	SET(PROTOCOLS_STR, f->rq.url.tls ? "https" : "http");
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	SET(FOLLOWLOCATION, 0L);
	SET(PROXY, "");
	SET(NOPROXY, "*");
	SET(NETRC, (long)CURL_NETRC_IGNORED);
	SET(HTTP_CONTENT_DECODING, 0L);
	SET(HTTP09_ALLOWED, 0L);
	SET(NOSIGNAL, 1L);
	SET(OPENSOCKETFUNCTION, on_open);
	SET(OPENSOCKETDATA, f);
	SET(SOCKOPTFUNCTION, on_opened);
	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, f);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, f);
	SET(MAXFILESIZE_LARGE, (curl_off_t)f->rq.max_bytes);
	if (f->rq.rate > 0) {
		SET(LOW_SPEED_LIMIT, (long)f->rq.rate);
		SET(LOW_SPEED_TIME, (long)SLOW_S);
	}
	return (e != CURLE_OK || set_tls(f) != 0 ? -1 : set_message(f));
}
#undef SET

static CURLcode
perform(struct fetcher *f)
{
	int running = 1, left;
	CURLMsg *m;

	while (running > 0) {
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			return (CURLE_FAILED_INIT);
		if (running > 0)
			(void)curl_multi_poll(f->multi, NULL, 0, 1000, NULL);
	}
	m = curl_multi_info_read(f->multi, &left);
	return (m == NULL ? CURLE_FAILED_INIT : m->data.result);
}

/*--------------------------------------------------------------------
 * The answer
 */

static void __attribute__((noreturn))
say_moved(struct fetcher *f)
{
	CURLU *u = curl_url();
	char *to = NULL;

	if (*f->location == '\0')
		say_last(f, FRAME_FAILED, FETCH_FAILED, "it redirects "
		    "without a Location");
	if (u == NULL ||
	    curl_url_set(u, CURLUPART_URL, f->rq.url.text, 0) != CURLUE_OK ||
	    curl_url_set(u, CURLUPART_URL, f->location, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_URL, &to, 0) != CURLUE_OK)
		say_last(f, FRAME_FAILED, FETCH_FAILED, "it redirects to "
		    "an invalid URL");
	say_last(f, FRAME_MOVED, FETCH_OK, to);
}

static void __attribute__((noreturn))
say_result(struct fetcher *f, CURLcode rc)
{
	char text[128];
	long code = 0;

	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &code);
	/* Since 8 curl itself may see that first. */
	if (f->refused == NULL && rc == CURLE_BAD_CONTENT_ENCODING)
		f->refused = PACKED;
	if (f->again && f->head_lines == 0 && rc != CURLE_OPERATION_TIMEDOUT)
		say_last(f, FRAME_FAILED, FETCH_BUSY, "the fetcher's "
		    "connection ended");
	if (f->refused != NULL)
		say_last(f, FRAME_FAILED, FETCH_FAILED, f->refused);
	if (f->too_big || rc == CURLE_FILESIZE_EXCEEDED)
		say_last(f, FRAME_FAILED, FETCH_TOO_BIG, "it is too big");
	if (rc == CURLE_OPERATION_TIMEDOUT)
		say_last(f, FRAME_FAILED, FETCH_FAILED, "it takes too long");
	if (rc != CURLE_OK && (rc != CURLE_WRITE_ERROR ||
	    (code == 200 && f->rq.post_len == 0)))
		say_last(f, FRAME_FAILED, FETCH_FAILED, curl_easy_strerror(rc));
	if (code == 200)
		say_last(f, FRAME_DONE, FETCH_OK, f->disposition);
	if (f->rq.post_len == 0 && (code == 301 || code == 302 ||
	    code == 303 || code == 307 || code == 308))
		say_moved(f);
	(void)snprintf(text, sizeof text, "it answers with status %ld", code);
	say_last(f, FRAME_FAILED, FETCH_FAILED, text);
}

/*--------------------------------------------------------------------
 * Start
 */

static void
read_request(struct fetcher *f)
{
	ssize_t n = wire_recv(f->sock, &f->rq, sizeof f->rq, NULL, 0);

	if (n < (ssize_t)offsetof(struct fetch_request, post) ||
	    n != (ssize_t)FETCH_REQUEST_LEN(&f->rq))
		_exit(0);
	end_us = clock_us() + (int64_t)f->rq.timeout_ms * 1000;
}

static void
greet(struct fetcher *f, int sock)
{
	f->sock = sock;
	f->peer = -1;
	read_request(f);
	/* A terminal and systemd tell every process of a group to end. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	confine_hush();
}

/* All that needs files; curl and its TLS library read some, too. */
static void
prepare(struct fetcher *f, struct wire_cage *cage)
{
	const char *why = f->rq.url.tls ? read_ca(f) : NULL;
	char err[256];

	if (why != NULL) {
		(void)snprintf(err, sizeof err, "fetch_ca_file: %s", why);
		say_last(f, FRAME_FAILED, FETCH_BROKEN, err);
	}
	if (fetcher_shut_first(&f->rq, cage, err, sizeof err) != 0)
		say_last(f, FRAME_FAILED, FETCH_BROKEN, err);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (f->multi = curl_multi_init()) == NULL ||
	    (f->easy = curl_easy_init()) == NULL)
		say_last(f, FRAME_FAILED, FETCH_BROKEN, "curl does not start");
}

/* Of the answer to a POST nothing but the status matters. */
static bool
is_accepted(const struct fetcher *f, CURLcode rc)
{
	long code = 0;

	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &code);
	return (f->rq.post_len > 0 && f->got_head && code >= 200 &&
	    code < 300 && rc != CURLE_FAILED_INIT);
}

/* Says so, and begins the next POST, over the same connection. */
static void
post_again(struct fetcher *f)
{
	static struct frame fr = { .kind = FRAME_DONE, .status = FETCH_OK };
	long code = 0;

	(void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &code);
	fr.code = (uint32_t)code;
	say(f, &fr, "", 0);
	read_request(f);
	(void)curl_multi_remove_handle(f->multi, f->easy);
	f->again = true;
	f->got_head = f->too_big = false;
	f->head_bytes = f->head_lines = f->got = 0;
	f->refused = NULL;
	if (set_message(f) != 0)
		say_last(f, FRAME_FAILED, FETCH_BROKEN, "curl refuses the "
		    "request");
}

void
fetcher_main(int sock)
{
	static struct frame shut = { .kind = FRAME_SHUT };
	static struct fetcher f;
	struct wire_cage cage = { .has = 0 };
	enum fetch_status why;
	char err[256];
	CURLcode rc;

	(void)prctl(PR_SET_NAME, "moniker-fetch");
	(void)close_range((unsigned)sock + 1, ~0u, 0);
	greet(&f, sock);
	prepare(&f, &cage);
	f.peer = fetcher_connect(&f.rq, &why, err, sizeof err);
	if (f.peer < 0)
		say_last(&f, FRAME_FAILED, why, err);
	if (set_request(&f) != 0)
		say_last(&f, FRAME_FAILED, FETCH_BROKEN, "curl refuses the "
		    "request");
	if (fetcher_shut_last(&f.rq, &cage, err, sizeof err) != 0)
		say_last(&f, FRAME_FAILED, FETCH_BROKEN, err);
	say(&f, &shut, &cage, sizeof cage);
	while (is_accepted(&f, rc = perform(&f)))
		post_again(&f);
	say_result(&f, rc);
}
