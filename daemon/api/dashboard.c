/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the dashboard. They are read at the start and on SIGHUP, and
 * answered by their exact names: no path is made of what a request says. The
 * page is at /dashboard/, and what it loads is below a number that is another
 * one as soon as any file is, so that caches may keep it for ever.
 */
#include "config.h"

#include <dirent.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/dashboard.h"
#include "api/endpoints.h"
#include "log.h"

#define FILES		64
#define BYTES_MAX	(1024 * 1024)	/* of all of them */
#define NAME		64
#define DIGITS		12
#define MARK		"@VERSION@"
#define INDEX		"index.html"
#define HOLE		"{organization}"

struct dashboard_file {
	char		name[NAME];
	const char	*type;
	char		*data, *gz;	/* gz: NULL if there is none */
	size_t		len, gz_len;
};

struct dashboard {
	size_t		n, bytes;
	char		version[DIGITS + 1];
	struct dashboard_file file[FILES];
};

static const struct {
	const char	*ending, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const char *
file_type(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof types / sizeof *types; i++)
		if (strcmp(dot, types[i].ending) == 0)
			return (types[i].type);
	return (NULL);
}

/*--------------------------------------------------------------------
 * Reading
 */

/* To be freed; NULL: it cannot be read, or is too large to be one of ours. */
static char *
read_file(int dir, const char *name, size_t *len)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *data = NULL;

	if (fd < 0)
		return (NULL);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= BYTES_MAX && (data = malloc((size_t)st.st_size + 1))
	    != NULL) {
		*len = (size_t)st.st_size;
		data[*len] = '\0';
		if (read(fd, data, *len) != (ssize_t)*len) {
			free(data);
			data = NULL;
		}
	}
	(void)close(fd);
	return (data);
}

static void
add_file(struct dashboard *d, int dir, const char *name)
{
	struct dashboard_file *f = &d->file[d->n];
	char gz[NAME + 4];

	f->type = file_type(name);
	if (f->type == NULL || d->n == FILES || strlen(name) >= NAME)
		return;
	f->data = read_file(dir, name, &f->len);
	if (f->data == NULL || d->bytes + f->len > BYTES_MAX) {
		free(f->data);
		f->data = NULL;
		return;
	}
	(void)snprintf(f->name, sizeof f->name, "%s", name);
	(void)snprintf(gz, sizeof gz, "%s.gz", name);
	f->gz = read_file(dir, gz, &f->gz_len);
	d->bytes += f->len;
	d->n++;
}

static int
by_name(const void *a, const void *b)
{
	return (strcmp(((const struct dashboard_file *)a)->name,
	    ((const struct dashboard_file *)b)->name));
}

static void
make_version(struct dashboard *d)
{
	crypto_generichash_state sum;
	uint8_t digest[16];

	qsort(d->file, d->n, sizeof *d->file, by_name);
	crypto_generichash_init(&sum, NULL, 0, sizeof digest);
	for (size_t i = 0; i < d->n; i++) {
		const struct dashboard_file *f = &d->file[i];

		crypto_generichash_update(&sum, (const uint8_t *)f->name,
		    strlen(f->name) + 1);
		crypto_generichash_update(&sum, (const uint8_t *)f->data,
		    f->len);
	}
	crypto_generichash_final(&sum, digest, sizeof digest);
	for (int i = 0; i < DIGITS / 2; i++)
		(void)snprintf(d->version + 2 * i, 3, "%02x", digest[i]);
}

static struct dashboard_file *
find_file(struct dashboard *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->file[i].name, name) == 0)
			return (&d->file[i]);
	return (NULL);
}

/* Replaces the mark, which is long enough, by the version and blanks. */
static void
name_version(struct dashboard *d)
{
	struct dashboard_file *f = find_file(d, INDEX);
	char *out, *p, *q;
	size_t marks = 0;

	if (f == NULL)
		return;
	free(f->gz);		/* without the version; the page is short */
	f->gz = NULL;
	for (p = f->data; (p = strstr(p, MARK)) != NULL; p++)
		marks++;
	out = malloc(f->len + marks * DIGITS + 1);
	if (out == NULL)
		return;
	for (p = f->data, q = out; *p != '\0';) {
		if (strncmp(p, MARK, strlen(MARK)) == 0) {
			q = stpcpy(q, d->version);
			p += strlen(MARK);
		} else
			*q++ = *p++;
	}
	*q = '\0';
	free(f->data);
	f->data = out;
	f->len = (size_t)(q - out);
}

struct dashboard *
dashboard_new(const struct conf *conf)
{
	struct dashboard *d = calloc(1, sizeof *d);
	const struct dirent *e;
	DIR *dir;

	if (d == NULL || *conf->dashboard_dir == '\0' ||
	    (dir = opendir(conf->dashboard_dir)) == NULL)
		return (d);
	while ((e = readdir(dir)) != NULL)
		add_file(d, dirfd(dir), e->d_name);
	(void)closedir(dir);
	make_version(d);
	name_version(d);
	log_info("dashboard", KV("dir", conf->dashboard_dir),
	    KV("files", d->n), KV("version", d->version));
	return (d);
}

void
dashboard_free(struct dashboard *d)
{
	for (size_t i = 0; d != NULL && i < d->n; i++) {
		free(d->file[i].data);
		free(d->file[i].gz);
	}
	free(d);
}

/*--------------------------------------------------------------------
 * Answers
 */

bool
dashboard_is(const struct http_request *req)
{
	const char *t = http_target(req);
	size_t len = strlen("/dashboard");

	return (strncmp(t, "/dashboard", len) == 0 &&
	    (t[len] == '\0' || t[len] == '/' || t[len] == '?'));
}

json_t *
dashboard_pictures(const char *render_host, const char *org)
{
	const char *hole = strstr(render_host, HOLE);

	if (hole == NULL)
		return (json_string(render_host));
	return (json_sprintf("%.*s%s%s", (int)(hole - render_host),
	    render_host, org, hole + strlen(HOLE)));
}

/*
 * Of which hosts the page may show pictures. A policy can leave the first label
 * open, and no other.
 */
static void
policy_pictures(const char *render_host, char *buf, size_t size)
{
	const char *host = strstr(render_host, "://");
	const char *hole = strstr(render_host, HOLE), *dot;

	host = host != NULL ? host + 3 : render_host;
	dot = strchr(host, '.');
	if (hole == NULL)
		(void)snprintf(buf, size, "%s", render_host);
	else if (dot != NULL && hole < dot)
		(void)snprintf(buf, size, "%.*s*%s",
		    (int)(host - render_host), render_host, dot);
	else
		(void)snprintf(buf, size, "%.*s",
		    (int)(host - render_host) - 2, render_host);
}

static void
policy_headers(struct call *c)
{
	char pictures[512];

	policy_pictures(c->api->conf->render_host, pictures, sizeof pictures);
	http_add_headerf(c->req, "Content-Security-Policy",
	    "default-src 'none'; script-src 'self'; style-src 'self'; "
	    "img-src 'self' blob: %s; connect-src 'self' %s; "
	    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
	    "require-trusted-types-for 'script'; trusted-types 'none'",
	    pictures, pictures);
	http_add_header(c->req, "Cross-Origin-Opener-Policy", "same-origin");
	http_add_header(c->req, "Cross-Origin-Resource-Policy", "same-origin");
	http_add_header(c->req, "X-Content-Type-Options", "nosniff");
	http_add_header(c->req, "X-Frame-Options", "DENY");
	http_add_header(c->req, "Referrer-Policy", "no-referrer");
	http_add_header(c->req, "Permissions-Policy",
	    "camera=(), geolocation=(), microphone=()");
}

static void
no_such_file(struct call *c)
{
	policy_headers(c);
	http_add_header(c->req, "Cache-Control", "no-store");
	reply_error(c, 404, c->api->dashboard->n == 0 ?
	    "The dashboard is not installed: dashboard_dir has no files." :
	    "This file does not exist; the server may have been updated: "
	    "reload the page.");
}

static bool
takes_gzip(struct call *c)
{
	const char *v = http_header(c->req, "Accept-Encoding");

	return (v != NULL && strstr(v, "gzip") != NULL &&
	    strstr(v, "gzip;q=0") == NULL);
}

static void
send_file(struct call *c, const struct dashboard_file *f)
{
	bool gz = f->gz != NULL && takes_gzip(c);
	struct evbuffer *b = evbuffer_new();

	if (b == NULL || evbuffer_add(b, gz ? f->gz : f->data,
	    gz ? f->gz_len : f->len) != 0) {
		if (b != NULL)
			evbuffer_free(b);
		reply_store(c, STORE_ERROR, "");
		return;
	}
	c->answered = true;
	policy_headers(c);
	http_add_header(c->req, "Content-Type", f->type);
	if (f->gz != NULL)
		http_add_header(c->req, "Vary", "Accept-Encoding");
	if (gz)
		http_add_header(c->req, "Content-Encoding", "gzip");
	http_reply(c->req, 200, b);
	evbuffer_free(b);
}

static void
dashboard_file(struct call *c)
{
	struct dashboard *d = c->api->dashboard;
	const struct dashboard_file *f = find_file(d, call_param(c, "file"));

	if (f == NULL || strcmp(call_param(c, "version"), d->version) != 0) {
		no_such_file(c);
		return;
	}
	http_add_header(c->req, "Cache-Control",
	    "public, max-age=31536000, immutable");
	send_file(c, f);
}

const struct endpoint endpoint_dashboard_file = {
	.seen = SEEN_API, .handle = dashboard_file,
};

static void
dashboard_index(struct call *c)
{
	struct dashboard *d = c->api->dashboard;
	const struct dashboard_file *f = find_file(d, INDEX);
	const char *have = http_header(c->req, "If-None-Match");
	char etag[DIGITS + 3];

	if (f == NULL) {
		no_such_file(c);
		return;
	}
	(void)snprintf(etag, sizeof etag, "\"%s\"", d->version);
	http_add_header(c->req, "Cache-Control", "no-cache");
	http_add_header(c->req, "ETag", etag);
	if (have == NULL || strcmp(have, etag) != 0)
		send_file(c, f);
	else {
		policy_headers(c);
		reply_empty(c, 304);
	}
}

const struct endpoint endpoint_dashboard_index = {
	.seen = SEEN_API, .handle = dashboard_index,
};

static void
dashboard_redirect(struct call *c)
{
	http_add_header(c->req, "Location", "/dashboard/");
	reply_empty(c, 307);
}

const struct endpoint endpoint_dashboard_redirect = {
	.seen = SEEN_API, .handle = dashboard_redirect,
};
