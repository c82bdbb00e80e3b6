/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "s3/s3_request.h"

#define SHA_HEX		(2 * crypto_hash_sha256_BYTES + 1)
#define CONNECT_MS	5000

static long
request_status(const struct s3_request *r)
{
	long status = 0;

	(void)curl_easy_getinfo(r->link->easy, CURLINFO_RESPONSE_CODE,
	    &status);
	return (status);
}

/* Of the file, which the signature covers. */
static bool
request_hash(const struct s3_request *r, char hex[SHA_HEX])
{
	uint8_t buf[65536], sum[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	int64_t at = 0;
	ssize_t n = 1;

	(void)crypto_hash_sha256_init(&state);
	while (r->op == S3_PUT && at < r->size && n > 0) {
		n = pread(r->fd, buf, sizeof buf, at);
		if (n > 0)
			(void)crypto_hash_sha256_update(&state, buf,
			    (unsigned long long)n);
		at += n;
	}
	(void)crypto_hash_sha256_final(&state, sum);
	(void)sodium_bin2hex(hex, SHA_HEX, sum, sizeof sum);
	return (r->op != S3_PUT || at == r->size);
}

/*--------------------------------------------------------------------
 * What libcurl calls
 */

static size_t
on_read(char *buf, size_t size, size_t n, void *arg)
{
	struct s3_request *r = arg;
	ssize_t got = pread(r->fd, buf, size * n, r->at);

	if (got < 0) {
		r->stopped = true;
		return (CURL_READFUNC_ABORT);
	}
	r->at += got;
	return ((size_t)got);
}

/* When it has to send the file once more. */
static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	struct s3_request *r = arg;

	if (origin != SEEK_SET)
		return (CURL_SEEKFUNC_CANTSEEK);
	r->at = offset;
	return (CURL_SEEKFUNC_OK);
}

static size_t
on_write(char *buf, size_t size, size_t n, void *arg)
{
	struct s3_request *r = arg;
	long status = request_status(r);
	size_t room = sizeof r->error - 1 - r->error_len;
	size_t len = size * n;

	if (status >= 200 && status < 300) {
		if (r->data != NULL && r->data(r->arg, buf, len) != 0)
			r->stopped = true;
		return (r->stopped ? 0 : len);
	}
	if (room > len)
		room = len;
	memcpy(r->error + r->error_len, buf, room);
	r->error_len += room;
	r->error[r->error_len] = '\0';
	return (len);
}

static int
on_progress(void *arg, curl_off_t want_down, curl_off_t down,
    curl_off_t want_up, curl_off_t up)
{
	struct s3_request *r = arg;
	struct s3 *s3 = r->link->s3;
	int64_t now = clock_us();

	(void)want_down;
	(void)want_up;
	if (down + up != r->moved) {
		r->moved = down + up;
		r->moved_us = now;
	}
	r->stalled = now - r->moved_us > (int64_t)s3->timeout_ms * 1000;
	return (r->stalled || atomic_load(&s3->stop) ? 1 : 0);
}

/*--------------------------------------------------------------------*/

static void
request_options(CURL *e, struct s3_request *r, const char *url)
{
	const struct s3 *s3 = r->link->s3;

	curl_easy_reset(e);
	(void)curl_easy_setopt(e, CURLOPT_URL, url);
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(e, CURLOPT_USERAGENT, PACKAGE_NAME);
	(void)curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(s3->timeout_ms < CONNECT_MS ? s3->timeout_ms :
	    CONNECT_MS));
	(void)curl_easy_setopt(e, CURLOPT_AWS_SIGV4, s3->sign);
	(void)curl_easy_setopt(e, CURLOPT_USERNAME, s3->key);
	(void)curl_easy_setopt(e, CURLOPT_PASSWORD, s3->secret);
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
	(void)curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	(void)curl_easy_setopt(e, CURLOPT_XFERINFODATA, r);
	if (r->op == S3_HEAD)
		(void)curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	if (r->op == S3_DELETE)
		(void)curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, "DELETE");
	if (r->op != S3_PUT)
		return;
	(void)curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE,
	    (curl_off_t)r->size);
	(void)curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
	(void)curl_easy_setopt(e, CURLOPT_READDATA, r);
	(void)curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek);
	(void)curl_easy_setopt(e, CURLOPT_SEEKDATA, r);
}

/* The word between <Code> and </Code>, or "". */
static void
error_code(const struct s3_request *r, char code[64])
{
	const char *p = strstr(r->error, "<Code>");

	code[0] = '\0';
	if (p != NULL)
		(void)snprintf(code, 64, "%.*s", (int)strcspn(p + 6, "<"),
		    p + 6);
}

static enum s3_answer
request_status_answer(struct s3_request *r, long status)
{
	struct s3_link *l = r->link;
	char code[64];

	if (status >= 200 && status < 300)
		return (S3_OK);
	error_code(r, code);
	(void)snprintf(l->why, sizeof l->why, "status %ld%s%s", status,
	    *code != '\0' ? " " : "", code);
	/* The answer to HEAD has no word of it. */
	if (status == 404 && strcmp(code, "NoSuchBucket") != 0 &&
	    r->name[0] != '\0')
		return (S3_ABSENT);
	if (status >= 500 || status == 408 || status == 429 ||
	    strcmp(code, "RequestTimeout") == 0)
		return (S3_AWAY);
	return (S3_REFUSED);
}

static enum s3_answer
request_answer(struct s3_request *r, CURLcode code)
{
	struct s3_link *l = r->link;
	curl_off_t length = -1;
	long status = request_status(r);

	/* An answer that comes before all is sent is one as well. */
	if (code != CURLE_OK && (status < 300 || r->stopped)) {
		(void)snprintf(l->why, sizeof l->why, "%s", r->stalled ?
		    "nothing came for s3_timeout_ms" :
		    curl_easy_strerror(code));
		return (r->stopped ? S3_STOPPED : S3_AWAY);
	}
	if (r->op == S3_HEAD) {
		(void)curl_easy_getinfo(l->easy,
		    CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
		r->size = length;
	}
	return (request_status_answer(r, status));
}

static void
request_count(struct s3_request *r, enum s3_answer a, int64_t us)
{
	struct s3 *s3 = r->link->s3;

	(void)pthread_mutex_lock(&s3->mtx);
	s3->stats.requests[r->op]++;
	s3->stats.failed[r->op] += a == S3_AWAY || a == S3_REFUSED;
	s3->stats.us[r->op] += (uint64_t)us;
	(void)pthread_mutex_unlock(&s3->mtx);
}

static enum s3_answer
request_send(struct s3_link *l, struct s3_request *r, const char *sha)
{
	char header[32 + SHA_HEX], url[10 * S3_URL_MAX];
	const struct s3 *s3 = l->s3;
	struct curl_slist *headers;
	CURLcode code = CURLE_OUT_OF_MEMORY;

	(void)snprintf(url, sizeof url, "%s%s%s%s%s%s", s3->bucket,
	    r->name[0] != '\0' ? "/" : "", r->name[0] != '\0' ? s3->prefix :
	    "", r->name, r->query != NULL ? "?" : "", r->query != NULL ?
	    r->query : "");
	(void)snprintf(header, sizeof header, "x-amz-content-sha256: %s",
	    sha);
	request_options(l->easy, r, url);
	headers = curl_slist_append(NULL, header);
	if (headers != NULL && curl_easy_setopt(l->easy, CURLOPT_HTTPHEADER,
	    headers) == CURLE_OK)
		code = curl_easy_perform(l->easy);
	curl_slist_free_all(headers);
	return (request_answer(r, code));
}

enum s3_answer
s3_request(struct s3_link *l, struct s3_request *r)
{
	int64_t start = clock_us();
	enum s3_answer a;
	char sha[SHA_HEX];

	r->link = l;
	l->why[0] = '\0';
	if (!request_hash(r, sha)) {
		(void)snprintf(l->why, sizeof l->why, "the file: %s",
		    strerror(errno));
		return (S3_STOPPED);
	}
	r->moved_us = clock_us();
	a = request_send(l, r, sha);
	request_count(r, a, clock_us() - start);
	return (a);
}
