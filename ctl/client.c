/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "locate.h"
#include "save.h"

#define REPLY_MAX	(64 * 1024 * 1024)

struct client {
	CURL		*curl;
	struct location	at;
	long		timeout;	/* seconds; 0: none */
	const char	*copy_to;	/* NULL: it is not a copy */
	bool		overwrite;	/* what is there */
};

struct text {
	char		*p;
	size_t		len;
};

struct client *
client_new(const struct client_conf *conf, char *err, size_t err_len)
{
	struct client *c = calloc(1, sizeof *c);

	if (c == NULL) {
		(void)snprintf(err, err_len, "out of memory");
		return (NULL);
	}
	if (locate(conf, &c->at, err, err_len) != 0) {
		free(c);
		return (NULL);
	}
	c->timeout = conf->timeout;
	c->curl = curl_easy_init();
	if (c->curl != NULL)
		return (c);
	(void)snprintf(err, err_len, "out of memory");
	client_free(c);
	return (NULL);
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	location_clear(&c->at);
	free(c);
}

const char *
client_org(const struct client *c)
{
	return (c->at.org);
}

void
client_append(char *buf, size_t size, const char *text)
{
	size_t n = strlen(buf);

	(void)snprintf(buf + n, size - n, "%s", text);
}

void
client_escape(char *buf, size_t size, const char *text)
{
	static const char keep[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*";
	size_t n = strlen(buf);

	for (; *text != '\0' && n + 4 < size; text++)
		if (strchr(keep, *text) != NULL)
			buf[n++] = *text;
		else
			n += (size_t)snprintf(buf + n, 4, "%%%02X",
			    (unsigned char)*text);
	buf[n] = '\0';
}

void
reply_clear(struct reply *r)
{
	json_decref(r->body);
	(void)memset(r, 0, sizeof *r);
}

static size_t
on_data(char *data, size_t one, size_t n, void *arg)
{
	struct text *t = arg;
	char *p;

	(void)one;
	if (t->len + n > REPLY_MAX || (p = realloc(t->p, t->len + n)) == NULL)
		return (0);
	(void)memcpy(p + t->len, data, n);
	t->p = p;
	t->len += n;
	return (n);
}

void
client_copy_to(struct client *c, const char *org, bool overwrite)
{
	c->copy_to = org;
	c->overwrite = overwrite;
}

static struct curl_slist *
add_header(struct curl_slist *h, const char *name, const char *value)
{
	char line[512];

	if (value == NULL || *value == '\0')
		return (h);
	(void)snprintf(line, sizeof line, "%s: %s", name, value);
	h = curl_slist_append(h, line);
	explicit_bzero(line, sizeof line);
	return (h);
}

static struct curl_slist *
client_prepare(struct client *c, const char *method, const char *path)
{
	struct curl_slist *h = NULL;
	char url[8192];

	curl_easy_reset(c->curl);
	(void)snprintf(url, sizeof url, "%s%s", c->at.url, path);
	(void)curl_easy_setopt(c->curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
	(void)curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT, 10L);
	(void)curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, c->timeout);
	(void)curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (c->at.socket != NULL)
		(void)curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH,
		    c->at.socket);
	h = add_header(h, "Api-Version", "1");
	h = add_header(h, "Api-Key", c->at.key);
	if (c->copy_to != NULL) {
		h = add_header(h, "Destination", c->copy_to);
		h = add_header(h, "Destination-Api-Key",
		    getenv("MONIKER_DESTINATION_KEY"));
		h = add_header(h, "Overwrite", c->overwrite ? "T" : "F");
	}
	return (h);
}

/* Some routes are there on the daemon's own socket alone. */
static void
explain_route(const struct client *c, struct reply *r)
{
	if (r->status != 404 ||
	    strcmp(r->error, "There is no such route.") != 0)
		return;
	(void)snprintf(r->error, sizeof r->error, "%.300s: the API there does "
	    "not offer this; run monikerctl on the daemon's machine, through "
	    "its local socket (-s PATH)", c->at.socket != NULL ?
	    c->at.socket : c->at.url);
}

/* The sentence of an error, whichever of the two shapes it has. */
static void
reply_explain(struct reply *r)
{
	const json_t *e = json_object_get(r->body, "error");
	const char *text = json_string_value(json_object_get(e, "message"));

	if (text == NULL)
		text = json_string_value(json_object_get(r->body, "message"));
	if (text != NULL)
		(void)snprintf(r->error, sizeof r->error, "%s", text);
	else
		(void)snprintf(r->error, sizeof r->error,
		    "the server answered %ld", r->status);
}

static bool
client_perform(struct client *c, struct curl_slist *headers,
    const struct text *t, struct reply *r)
{
	CURLcode e;

	(void)curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	e = curl_easy_perform(c->curl);
	curl_slist_free_all(headers);
	(void)curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &r->status);
	if (e != CURLE_OK && r->status < 400) {
		(void)snprintf(r->error, sizeof r->error, "%.300s: %s%s",
		    c->at.socket != NULL ? c->at.socket : c->at.url,
		    curl_easy_strerror(e), e != CURLE_COULDNT_CONNECT ? "" :
		    c->at.socket != NULL ? "; does monikerd run, and may you "
		    "use its socket?" : "; does it run there?");
		r->status = 0;
		return (false);
	}
	if (t->len > 0)
		r->body = json_loadb(t->p, t->len, JSON_DECODE_ANY, NULL);
	if (r->status >= 200 && r->status < 300)
		return (true);
	reply_explain(r);
	explain_route(c, r);
	return (false);
}

static bool
client_collect(struct client *c, struct curl_slist *h, struct reply *r)
{
	struct text t = { NULL, 0 };
	bool ok;

	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_data);
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &t);
	ok = client_perform(c, h, &t, r);
	/* A web site that is not the API answers so. */
	if (ok && t.len > 0 && r->body == NULL) {
		(void)snprintf(r->error, sizeof r->error, "%.300s: the answer "
		    "is not JSON: is it the API of monikerd?",
		    c->at.socket != NULL ? c->at.socket : c->at.url);
		r->status = 0;
		ok = false;
	}
	free(t.p);
	return (ok);
}

bool
client_call(struct client *c, const char *method, const char *path,
    const json_t *body, struct reply *r)
{
	struct curl_slist *h = client_prepare(c, method, path);
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT |
	    JSON_ENCODE_ANY) : NULL;
	bool ok;

	(void)memset(r, 0, sizeof *r);
	if (text != NULL) {
		h = curl_slist_append(h, "Content-Type: application/json");
		(void)curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)strlen(text));
		(void)curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, text);
	}
	ok = client_collect(c, h, r);
	free(text);
	return (ok);
}

char *
client_text(struct client *c, const char *path, struct reply *r)
{
	struct curl_slist *h = client_prepare(c, "GET", path);
	struct text t = { NULL, 0 };

	(void)memset(r, 0, sizeof *r);
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_data);
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &t);
	if (client_perform(c, h, &t, r) && on_data((char[]){ 0 }, 1, 1, &t))
		return (t.p);
	free(t.p);
	return (NULL);
}

/*--------------------------------------------------------------------
 * Files
 */

struct progress {
	client_progress_f	*f;
	void			*arg;
};

static int
on_progress(void *arg, curl_off_t dtotal, curl_off_t dnow, curl_off_t utotal,
    curl_off_t unow)
{
	const struct progress *p = arg;

	if (utotal > 0)
		p->f(p->arg, (size_t)unow, (size_t)utotal);
	else
		p->f(p->arg, (size_t)dnow, (size_t)dtotal);
	return (0);
}

static void
client_watch(struct client *c, struct progress *p)
{
	if (p->f == NULL)
		return;
	(void)curl_easy_setopt(c->curl, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(c->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	(void)curl_easy_setopt(c->curl, CURLOPT_XFERINFODATA, p);
}

/* The name that the server is told: text, whatever bytes the file's has. */
static bool
upload_name(curl_mimepart *part, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *name = strdup(slash != NULL ? slash + 1 : file), *p;
	json_t *text = name != NULL ? json_string(name) : NULL;
	bool ok = name != NULL;

	for (p = name; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (text == NULL && *p & 0x80))
			*p = '_';
	ok = ok && curl_mime_filename(part, name) == CURLE_OK;
	json_decref(text);
	free(name);
	return (ok);
}

bool
client_is_url(const char *file)
{
	return (strncmp(file, "http://", 7) == 0 ||
	    strncmp(file, "https://", 8) == 0);
}

/* False: it cannot be read. */
static bool
upload_part(curl_mimepart *part, const char *file)
{
	if (client_is_url(file))
		return (curl_mime_name(part, "url[0]") == CURLE_OK &&
		    curl_mime_data(part, file, CURL_ZERO_TERMINATED) ==
		    CURLE_OK);
	return (curl_mime_name(part, "filedata") == CURLE_OK &&
	    curl_mime_filedata(part, file) == CURLE_OK &&
	    upload_name(part, file));
}

bool
client_upload(struct client *c, const char *path, const char *file,
    client_progress_f *f, void *arg, struct reply *r)
{
	struct curl_slist *h = client_prepare(c, "POST", path);
	struct progress p = { f, arg };
	curl_mime *mime = curl_mime_init(c->curl);
	curl_mimepart *part = curl_mime_addpart(mime);
	bool ok = false;

	(void)memset(r, 0, sizeof *r);
	if (!upload_part(part, file)) {
		r->status = CLIENT_FILE;
		(void)snprintf(r->error, sizeof r->error, "%.400s: cannot be "
		    "read", file);
		curl_slist_free_all(h);
	} else {
		(void)curl_easy_setopt(c->curl, CURLOPT_MIMEPOST, mime);
		client_watch(c, &p);
		ok = client_collect(c, h, r);
	}
	curl_mime_free(mime);
	return (ok);
}

/* A file that is written, or the body of an error. */
struct download {
	CURL		*curl;
	FILE		*f;
	struct text	error;
};

static size_t
on_download(char *data, size_t one, size_t n, void *arg)
{
	struct download *d = arg;
	long status = 0;

	(void)curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 300)
		return (on_data(data, one, n, &d->error));
	return (fwrite(data, one, n, d->f));
}

bool
client_download(struct client *c, const char *path, const char *file,
    client_progress_f *f, void *arg, struct reply *r)
{
	struct curl_slist *h = client_prepare(c, "GET", path);
	struct progress p = { f, arg };
	struct download d = { .curl = c->curl };
	struct save out;
	bool ok;

	(void)memset(r, 0, sizeof *r);
	if (!save_open(&out, file)) {
		r->status = CLIENT_FILE;
		(void)snprintf(r->error, sizeof r->error, "%.400s: %s", file,
		    strerror(errno));
		curl_slist_free_all(h);
		return (false);
	}
	d.f = out.f;
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_download);
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &d);
	client_watch(c, &p);
	ok = client_perform(c, h, &d.error, r);
	free(d.error.p);
	if (!save_close(&out, ok)) {
		r->status = CLIENT_FILE;
		(void)snprintf(r->error, sizeof r->error, "%.400s: %s", file,
		    strerror(errno));
		ok = false;
	}
	return (ok);
}
