/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call of the API: a request with its route, its key and its body. What
 * every resource's file works with; see routes.c for the table.
 */
#ifndef CALL_H
#define CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/json.h"
#include "api/shared.h"
#include "api/text.h"
#include "conf.h"
#include "http/http.h"
#include "http/router.h"
#include "obj.h"
#include "store/store_org.h"

/* On which of them an endpoint is; 0: the API's and the local one. */
enum endpoint_seen {
	SEEN_API	= 1 << LISTEN_API,
	SEEN_LOCAL	= 1 << LISTEN_LOCAL,
	SEEN_MONITOR	= 1 << LISTEN_MONITOR
};

struct call;
struct token;

enum endpoint_body {
	BODY_NONE,
	BODY_JSON,		/* parsed to call->body, NULL when empty */
	BODY_RAW,		/* the same, but NULL too when it is no JSON */
	BODY_STREAM		/* the endpoint's own three functions */
};

struct endpoint {
	unsigned	rights;		/* any of these; 0: public */
	enum endpoint_body body;
	unsigned	seen;		/* enum endpoint_seen */
	bool		by_cookie;	/* GET: a session needs no header */
	void		(*handle)(struct call *);
	/* of BODY_STREAM */
	void		(*begin)(struct call *);
	int		(*data)(struct call *, const void *, size_t);
	void		(*end)(struct call *);	/* frees call->priv */
};

struct call {
	unsigned		magic;
#define CALL_MAGIC		0x63616c6c
	unsigned		refs;
	struct api		*api;
	struct http_request	*req;
	const struct endpoint	*endpoint;
	struct route_match	match;
	struct store_key	key;	/* whose; zero on the local socket */
	struct store_actor	actor;	/* the same, for the audit log */
	struct token		*token;	/* that stood for the key, or NULL */
	unsigned		rights;	/* of the key, and what they imply */
	json_t			*body;
	void			*priv;		/* the endpoint's */
	struct sending		*sending;	/* while its body comes */
	bool			answered;
	const char		*missing; /* the one refusal, or NULL */
	int64_t			begun_us;	/* for the metrics */
	size_t			headers;	/* as its handler began */
	/* Source images that it had fetched, and how the last ended */
	unsigned		fetches;
	enum store_status	fetched;
};

/* A job that finishes later holds the call; it may outlive its peer. */
struct call *call_hold(struct call *);
void call_release(struct call *);
/* The call's own reference, which its request holds. */
void call_unref(struct call *);

/*
 * A structure of *size* bytes with a store_job at its front, zeroed: the job
 * holds the call until call_job_over(), which also frees it. NULL after an
 * answer.
 */
void *call_job(struct call *, size_t size, void (*done)(struct store_job *));
void call_job_over(struct store_job *);

/* A parameter of the route's pattern; never NULL for one that is in it. */
const char *call_param(const struct call *, const char *name);

/* False, after an answer 400: it is malformed, or says one thing twice. */
bool call_query_good(struct call *);
/*
 * The value of a query parameter, decoded ("" when it has none), as a string to
 * be freed, or NULL when it is not given.
 */
char *call_query(const struct call *, const char *name);
/* True or false, "not given" being false. Returns false after an answer 400. */
bool call_query_bool(struct call *, const char *name, bool *out);
/* A number up to *max*. Returns false after an answer 400. */
bool call_query_number(struct call *, const char *name, unsigned max,
    unsigned otherwise, unsigned *out);
/*
 * The number of the row that the previous page ended with, in "offset"; 0: not
 * given. Returns false after an answer 400.
 */
bool call_query_cursor(struct call *, uint64_t *before);
/* Unix milliseconds of a date. Returns false after an answer 400. */
bool call_query_date(struct call *, const char *name, int64_t otherwise,
    int64_t *ms);
/* Each parameter; stops when the function returns other than 0: returns it. */
typedef int call_query_f(void *arg, const char *name, const char *value);
int call_query_each(const struct call *, call_query_f *, void *arg);

/*--------------------------------------------------------------------
 * Answers. Exactly one a call.
 */

/* Takes *body* over. */
void reply_json(struct call *, int status, json_t *body);
/* No body, no content type. */
void reply_empty(struct call *, int status);
/* {"error":{"code":...,"message":...}} */
void reply_error(struct call *, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The general answers for what the store says, for *what* ("alias logo"). */
void reply_store(struct call *, enum store_status, const char *what);

/*--------------------------------------------------------------------
 * Bodies
 */

/* The object of the body, or NULL after an answer 400. */
const json_t *body_object(struct call *);
/* A body that is true or false, of *name*. False after an answer 400. */
bool body_flag(struct call *, const char *name, bool *flag);
/*
 * Refuses fields of *obj* that are not in the NULL-terminated list: answers
 * 400 with the field's name and returns false.
 */
bool body_only(struct call *, const json_t *obj, const char *const *fields);
/*
 * A text field. NULL after an answer 400, when it is missing or no text of 1 to
 * *max* bytes.
 */
const char *body_text(struct call *, const json_t *obj, const char *field,
    size_t max);
/*
 * The same, but it may be empty, and is *otherwise* when it is missing or, if
 * *otherwise* is not NULL, null.
 */
const char *body_text_or(struct call *, const json_t *obj, const char *field,
    size_t max, const char *otherwise);
/*
 * Unix milliseconds of a date to come, or 0 for null and for none. False after
 * an answer 400.
 */
bool body_expires(struct call *, const json_t *obj, const char *field,
    int64_t *ms);
/*
 * The same of a whole second from the next one on, for *years* at most; a fraction
 * is rounded up.
 */
bool body_date(struct call *, const json_t *obj, const char *field,
    unsigned years, int64_t *ms);
/* The hash of a source image, short ones too. NULL after an answer 400. */
bool body_hash(struct call *, const json_t *obj, const char *field,
    struct hash_prefix *);

#endif
