/* SPDX-License-Identifier: BSD-2-Clause */
/* The API from a program: where it is, with which key, and one call of it. */
#ifndef CLIENT_H
#define CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct client;

/* NULL fields are taken from the environment, then from the file. */
struct client_conf {
	const char	*file;		/* NULL: the usual places */
	const char	*url;		/* "http://api.localhost:8080" */
	const char	*socket;	/* the daemon's local socket */
	const char	*org;
	unsigned	timeout;	/* seconds for a call; 0: none */
};

/* NULL and a sentence in *err*. */
struct client *client_new(const struct client_conf *, char *err, size_t);
void client_free(struct client *);
/* The organization that calls are about; "" when none is set. */
const char *client_org(const struct client *);

/*
 * Has all calls say that they copy to *org*, with MONIKER_DESTINATION_KEY, and
 * what is there already.
 */
void client_copy_to(struct client *, const char *org, bool overwrite);

struct reply {
	long		status;		/* 0: no answer; error says why */
#define CLIENT_FILE	(-1)		/* it is our file that is in the way */
	json_t		*body;		/* NULL when there is none */
	char		error[512];	/* a sentence when status is not 2xx */
};
void reply_clear(struct reply *);

/*
 * One call. *path* begins with "/"; *body* may be NULL. True for a 2xx answer.
 */
bool client_call(struct client *, const char *method, const char *path,
    const json_t *body, struct reply *);

/* A GET whose answer is text, to be freed; NULL and why in *r*. */
char *client_text(struct client *, const char *path, struct reply *r);

/* Tells how far a transfer is; *total* is 0 while it is not known. */
typedef void client_progress_f(void *arg, size_t done, size_t total);

/*
 * Sends *file* as multipart/form-data; one that is a URL is fetched by the
 * server.
 */
bool client_is_url(const char *file);
bool client_upload(struct client *, const char *path, const char *file,
    client_progress_f *, void *arg, struct reply *);
/* Writes the answer's body to *file*, whole or not at all. */
bool client_download(struct client *, const char *path, const char *file,
    client_progress_f *, void *arg, struct reply *);

/* Appends *text* as it is to what *buf* holds; what has no room is left out. */
void client_append(char *buf, size_t size, const char *text);
/* Appends *text*, percent-encoded, to the path in *buf*. */
void client_escape(char *buf, size_t size, const char *text);

#endif
