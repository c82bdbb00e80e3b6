/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a task (a client request, a backend request) has learned about its URL.
 * Lives in the task's workspace, one for each object, and so does all that it
 * points to: nothing here is freed, and nothing points into the map.
 */
#ifndef VISIT_H
#define VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "map.h"
#include "url.h"

struct folder;
struct planned;
struct variants;

struct visit {
	unsigned	magic;
#define VISIT_MAGIC	0x715175e7
	bool		org_set;	/* the organization was chosen */
	bool		received;	/* the next is known */
	bool		wants_picture;	/* the client, also for an error */
	bool		wants_json;	/* it can show no picture */
	bool		looked;		/* the rest is about a URL */
	bool		known;		/* the map has the alias */
	bool		unknown;	/* the map does not have the alias */
	bool		borrows;	/* but the origin may find it elsewhere */
	bool		revoked;
	bool		attached;	/* the map answered */
	bool		is_signed;
	bool		is_short;	/* the origin knows which hash */
	bool		is_packed;	/* in a format that has its own packing */
	bool		keep_alias;	/* url is the canonical form by alias */
	bool		fallen;		/* source is what it pointed at before */
	bool		varies;		/* alias has variants, perhaps */
	/* source is shown for what is not there, which is why; or NULL */
	const char	*missing;
	bool		missing_found;	/* with status 200 */
	/* It has a token: the answer is for nobody else. */
	bool		guarded;
	const struct planned *planned;	/* that it sees; or NULL */
	const char	*refusal;	/* why it does not; or NULL */
	const char	*cookie;	/* begins with a token; or NULL */
	enum url_kind	kind;
	const char	*org;		/* NULL: none */
	const char	*original;	/* the URL that was looked at */
	const char	*url;		/* the URL that came of it */
	const char	*alias;		/* of the variant, if that is shown */
	const char	*variant;	/* NULL: none of the next */
	const struct variants *variants; /* that are wanted; NULL: never any */
	const char	*stack;
	const char	*source;	/* 40 hex digits, NULL: not known here */
	struct hash	hash;		/* the same as bytes */
	char		*room;		/* memory that came with it, see */
	size_t		room_left;	/* visit_alloc */
	uint64_t	alias_epoch;
	uint64_t	source_epoch;
	uint64_t	stack_epoch;
	uint64_t	org_epoch;
	uint64_t	source_soft;	/* soft epochs */
	uint64_t	shared_soft;	/* of stack or organization */
	uint64_t	due_ms;		/* of the alias's next planned change */
};

/*
 * The visit of this task by way of *object*. NULL when the workspace is full
 * (or if there is none yet and *make* is false).
 */
struct visit *visit_get(VRT_CTX, const void *object, bool make);

/*
 * Memory for as long as the task lives. What the usual request takes comes
 * with the visit: each call of Varnish's costs as much as a look-up. NULL if
 * the workspace is full, which is marked.
 */
void *visit_alloc(VRT_CTX, struct visit *, size_t len);

/* Gives back the last *len* bytes of what visit_alloc returned last. */
void visit_trim(struct visit *, const void *end, size_t len);

/* *text* of *len* bytes, and a NUL. */
const char *visit_copy(VRT_CTX, struct visit *, const char *text, size_t len);

/* Is its stack one that changes without notice? */
bool visit_preview(const struct visit *);

/* The organization of the task; by its Host unless one was chosen. */
const char *visit_org(VRT_CTX, struct visit *);

/* Like visit_org(), for callers that know the task's Host (NULL: none). */
const char *visit_host(VRT_CTX, struct visit *, const char *host);

/*
 * Chooses it. With another one than before, what was found out about a URL is
 * forgotten.
 */
void visit_set_org(VRT_CTX, struct visit *, const char *org);

/*
 * Looks at *url*, which becomes part of the visit, and finds out all there is
 * to know. Returns the URL to go on with, never NULL and never empty unless
 * *url* is. What this returned before is returned again, with what is known
 * about it unchanged, so that a restart does no harm.
 */
const char *visit_url(VRT_CTX, struct folder *, struct visit *,
    const char *url, bool keep_alias);

/*
 * The origin said that what was asked for is another spelling of *canonical*.
 * Keeps that for those to come, and returns the URL to go on with.
 */
const char *visit_respell(VRT_CTX, struct folder *, struct visit *,
    const char *canonical);

/*
 * What the alias means could not be fetched: has it be what it meant before,
 * if that may be shown. True if so; v->url is then the one to go on with.
 */
bool visit_fall(VRT_CTX, const struct folder *, struct visit *);

/*
 * If what the URL names is not there, by the map or (*absent*) as the origin
 * says: has the request be for the image that the organization shows instead.
 * True if so; v->url is then the one to go on with.
 */
bool visit_use_fallback(VRT_CTX, const struct folder *, struct visit *,
    bool absent);

/* The canonical form of *url* with its alias replaced by *source*, or *url*. */
const char *visit_url_at(VRT_CTX, const char *url, const char *source);

/* One look-up in *folder*'s map. */
enum map_answer visit_find(const struct folder *, enum map_kind,
    const char *org, const void *name, size_t name_len, struct map_value *);

#endif
