/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "s3/s3_request.h"

/*--------------------------------------------------------------------
 * Opening
 */

/* "https://host/bucket", and "prefix/" from the rest. */
static int
open_url(struct s3 *s3, const char *url)
{
	const char *host = strstr(url, "://"), *bucket, *prefix;
	size_t n;

	bucket = host != NULL ? strchr(host + 3, '/') : NULL;
	if (bucket == NULL || strlen(url) >= S3_URL_MAX - 1)
		return (-1);
	n = strcspn(bucket + 1, "/");
	prefix = bucket + 1 + n + (bucket[1 + n] == '/');
	(void)snprintf(s3->bucket, sizeof s3->bucket, "%.*s",
	    (int)(bucket + 1 + n - url), url);
	(void)snprintf(s3->prefix, sizeof s3->prefix, "%s%s", prefix,
	    *prefix != '\0' && prefix[strlen(prefix) - 1] != '/' ? "/" : "");
	return (n > 0 ? 0 : -1);
}

/* A line without its end; the rest of the text. */
static char *
take_line(char *text, char *out, size_t size)
{
	size_t n = strcspn(text, "\r\n");

	(void)snprintf(out, size, "%.*s", (int)n, text);
	text += n;
	return (text + strspn(text, "\r\n"));
}

static int
open_key(struct s3 *s3, const char *file, char *err, size_t err_len)
{
	char text[1024];
	struct stat st;
	ssize_t n = -1;
	int fd;

	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = read(fd, text, sizeof text - 1);
	if (n < 0)
		(void)snprintf(err, err_len, "s3_key_file: %s: %s", file,
		    fd < 0 ? strerror(errno) : "is not a file");
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return (-1);
	text[n] = '\0';
	(void)take_line(take_line(text, s3->key, sizeof s3->key), s3->secret,
	    sizeof s3->secret);
	sodium_memzero(text, sizeof text);
	if (s3->key[0] != '\0' && s3->secret[0] != '\0')
		return (0);
	(void)snprintf(err, err_len, "s3_key_file: %s: must have the access "
	    "key on its first line and the secret on its second", file);
	return (-1);
}

struct s3 *
s3_open(const struct s3_conf *conf, char *err, size_t err_len)
{
	struct s3 *s3 = calloc(1, sizeof *s3);

	(void)snprintf(err, err_len, "out of memory");
	if (s3 == NULL)
		return (NULL);
	(void)pthread_mutex_init(&s3->mtx, NULL);
	s3->timeout_ms = conf->timeout_ms;
	(void)snprintf(s3->sign, sizeof s3->sign, "aws:amz:%s:s3",
	    conf->region);
	if (open_url(s3, conf->url) != 0)
		(void)snprintf(err, err_len, "s3_url: %s: must be https://"
		    "HOST/BUCKET or https://HOST/BUCKET/PREFIX", conf->url);
	else if (open_key(s3, conf->key_file, err, err_len) == 0 &&
	    curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		return (s3);
	s3_free(s3);
	return (NULL);
}

void
s3_free(struct s3 *s3)
{
	if (s3 == NULL)
		return;
	(void)pthread_mutex_destroy(&s3->mtx);
	sodium_memzero(s3->secret, sizeof s3->secret);
	free(s3);
}

void
s3_stop(struct s3 *s3)
{
	atomic_store(&s3->stop, true);
}

bool
s3_stopped(struct s3 *s3)
{
	return (atomic_load(&s3->stop));
}

void
s3_stats(struct s3 *s3, struct s3_stats *out)
{
	(void)pthread_mutex_lock(&s3->mtx);
	*out = s3->stats;
	(void)pthread_mutex_unlock(&s3->mtx);
}

const char *
s3_op_name(enum s3_op op)
{
	static const char *const names[S3_OPS] = {
		[S3_PUT] = "put", [S3_GET] = "get", [S3_HEAD] = "head",
		[S3_DELETE] = "delete", [S3_LIST] = "list"
	};

	return (names[op]);
}

struct s3_link *
s3_link_new(struct s3 *s3)
{
	struct s3_link *l = calloc(1, sizeof *l);

	if (l == NULL)
		return (NULL);
	l->s3 = s3;
	l->easy = curl_easy_init();
	if (l->easy != NULL)
		return (l);
	free(l);
	return (NULL);
}

void
s3_link_free(struct s3_link *l)
{
	if (l == NULL)
		return;
	curl_easy_cleanup(l->easy);
	free(l);
}

const char *
s3_why(const struct s3_link *l)
{
	return (l->why);
}

/*--------------------------------------------------------------------
 * Objects
 */

enum s3_answer
s3_put(struct s3_link *l, const char *name, int fd, int64_t size)
{
	struct s3_request r = { .op = S3_PUT, .name = name, .fd = fd,
	    .size = size };

	return (s3_request(l, &r));
}

enum s3_answer
s3_get(struct s3_link *l, const char *name, s3_data_f *data, void *arg)
{
	struct s3_request r = { .op = S3_GET, .name = name, .data = data,
	    .arg = arg };

	return (s3_request(l, &r));
}

enum s3_answer
s3_size(struct s3_link *l, const char *name, int64_t *size)
{
	struct s3_request r = { .op = S3_HEAD, .name = name };
	enum s3_answer a = s3_request(l, &r);

	*size = r.size;
	return (a);
}

enum s3_answer
s3_delete(struct s3_link *l, const char *name)
{
	struct s3_request r = { .op = S3_DELETE, .name = name };
	enum s3_answer a = s3_request(l, &r);

	return (a == S3_ABSENT ? S3_OK : a);
}
