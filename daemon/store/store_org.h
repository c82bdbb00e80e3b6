/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: organizations and their keys. */
#ifndef STORE_ORG_H
#define STORE_ORG_H

#include "store.h"

/* Rights of a key, as bits. */
enum store_right {
	RIGHT_READ	= 1 << 0,
	RIGHT_WRITE	= 1 << 1,
	RIGHT_UPLOAD	= 1 << 2,
	RIGHT_SOURCE_READ = 1 << 3,
	RIGHT_SOURCE_WRITE = 1 << 4,
	RIGHT_UNLOCK	= 1 << 5,
	RIGHT_DOWNLOAD_PROTECTED = 1 << 6,
	RIGHT_ADMIN	= 1 << 7,
	RIGHT_ADMIN_READ = 1 << 8
};

struct store_org {
	char		id[37];			/* UUID */
	char		name[ORG_MAX + 1];
	char		display_name[256];
	char		billing_email[256];
	int64_t		created_ms;
	/* JSON object of options, "{}" */
	char		options[4096];
};

/*
 * Changes what is given and leaves the rest as it is then, whoever else changes
 * it; makes a new one where there is none of this name.
 */
struct store_org_put {
	struct store_job job;
#define STORE_ORG_PUT_MAGIC 0x2b086f43
	struct store_org org;		/* in: name; out: all of it */
	/* the caller's; NULL: as it is, and for a new one its name and "" */
	const char	*display_name, *billing_email;
	/* The options to set, the caller's until done(); NULL: none */
	struct json_t	*options;
};
/*
 * Options by which an organization shows images of another, its lender, that it
 * lacks itself: the lender's name, and there the list of those it lends to.
 */
#define ORG_LENDER	"render_org_fallback"
#define ORG_BORROWERS	"render_org_fallback_for"
/* Whether the option, a list, has *org*. */
bool store_org_lists(const struct json_t *options, const char *option,
    const char *org);
/* OK, CREATED, ERROR. */
void store_org_put(struct store *, struct store_org_put *);
enum store_status store_org_get(struct store *, const char *name,
    struct store_org *out);
typedef int store_org_f(void *arg, const struct store_org *);
/* In the order of names, those after *after* (NULL: from the start). */
enum store_status store_org_each(struct store *, const char *after,
    store_org_f *, void *arg);

/*--------------------------------------------------------------------
 * What is shown for what is not there, by options of the organization:
 * fallback_image, fallback_status and fallback_for.
 */

/* The same as the map's MAP_FALLBACK_... */
#define STORE_FALLBACK_FOUND	0x1	/* with status 200, not 404 */
#define STORE_FALLBACK_ALL	0x2	/* for hashes, too */

struct store_fallback {
	char		alias[NAME_MAX_LEN + 1]; /* "": by its hash */
	struct hash	hash;
	unsigned	how;		/* STORE_FALLBACK_... */
};

/* What *options* say; false if there is none. */
bool store_fallback_read(const struct json_t *options,
    struct store_fallback *);
/* The image that it shows now; NOT_FOUND: it goes by an alias that is gone. */
enum store_status store_fallback_image(struct store *, const char *org,
    const struct store_fallback *, struct hash *);

/* How many organizations name an image that is not there. */
unsigned store_fallbacks_missing(struct store *);

/*--------------------------------------------------------------------
 * Signing keys: each that has not ended verifies, the first of these signs. One
 * without an end stays.
 */

#define SIGN_KEYS_MAX	5
#define SIGN_KEY_LEN	32

struct store_sign_key {
	int64_t		id;		/* of the organization, rising */
	char		key[SIGN_KEY_LEN + 1];
	int64_t		created_ms;
	int64_t		expires_ms;	/* 0: never */
	int64_t		used_ms;	/* 0: never; late by a minute */
	bool		preview;	/* the map has what verifies previews */
};

/* The newest first. */
struct store_sign_keys {
	struct store_sign_key key[SIGN_KEYS_MAX];
	unsigned	n;
};
enum store_status store_sign_keys(struct store *, const char *org,
    struct store_sign_keys *out);
/* A key has verified a URL. */
void store_sign_used(struct store *, const char *org, int64_t id);

struct store_sign_change {
	struct store_job job;
#define STORE_SIGN_CHANGE_MAGIC 0x7e008e13
	char		org[ORG_MAX + 1];
	/* in: expires_ms, and, but for a new one, id; out: all of it */
	struct store_sign_key key;
};
/* CREATED, LIMIT (too many), QUOTA (removed and added too often). */
void store_sign_new(struct store *, struct store_sign_change *);
/*
 * OK, NOT_FOUND, LOCKED (no other without an end would stay), QUOTA. What
 * caches keep for longer than the key lives is withdrawn.
 */
void store_sign_expire(struct store *, struct store_sign_change *);
/* OK, NOT_FOUND, LOCKED. */
void store_sign_delete(struct store *, struct store_sign_change *);

/*--------------------------------------------------------------------
 * Figures by day of UTC, counted since 1970
 */

#define STORE_DAYS	400	/* that are kept */

struct store_day {
	int64_t		day;
	int64_t		bytes;	/* of source images, as uploaded; deleted too */
	int64_t		files;	/* without deleted ones */
	int64_t		sent;	/* bytes of pictures, in answers of this day */
};
struct store_days {
	unsigned	n;
	struct store_day day[STORE_DAYS];
};
int64_t store_today(struct store *);
/*
 * The days from *from* to *to*, those to come and those of which nothing is
 * known left out. In the loop's thread. OK, NOT_FOUND, or the database's failure.
 */
enum store_status store_days(struct store *, const char *org, int64_t from,
    int64_t to, struct store_days *out);
/* Counts; in memory for up to ten minutes. In the loop's thread. */
void store_sent(struct store *, const char *org, int64_t bytes);

/*--------------------------------------------------------------------
 * API keys
 */

#define KEY_LEN		64	/* 32 of identity, 32 of secret */
#define KEY_ALLOWED	512	/* bytes of a list with commas, and its NUL */

struct store_key {
	char		id[33];
	char		org[ORG_MAX + 1];
	char		comment[256];
	unsigned	rights;
	int64_t		created_ms;
	int64_t		expires_ms;	/* 0: never */
	int64_t		used_ms;	/* 0: never; late by a minute */
	char		allowed[KEY_ALLOWED];	/* networks, "": from any */
};

struct store_key_new {
	struct store_job job;
#define STORE_KEY_NEW_MAGIC 0xac7d6f2e
	/* in: org, comment, rights, expires_ms, allowed; out: all of it */
	struct store_key key;
	char		secret[KEY_LEN + 1]; /* out: shown once, kept nowhere */
};
void store_key_new(struct store *, struct store_key_new *);

struct store_key_edit {
	struct store_job job;
#define STORE_KEY_EDIT_MAGIC 0xd4ce3f8c
	struct store_key key;		/* in: org, id; out: all of it */
	/* the caller's; NULL: as it is */
	const char	*comment, *allowed;
	int64_t		expires_ms;	/* 0: never, -1: as it is */
	unsigned	rights;		/* 0: as they are */
	bool		changed;	/* out: it was not so before */
};
/* OK, NOT_FOUND, LOCKED (no other key would be an admin's). */
void store_key_edit(struct store *, struct store_key_edit *);

struct store_key_delete {
	struct store_job job;
#define STORE_KEY_DELETE_MAGIC 0x191477b4
	char		org[ORG_MAX + 1];
	char		id[33];
	bool		not_last;	/* LOCKED for the last admin's */
};
void store_key_delete(struct store *, struct store_key_delete *);

/*
 * Finds the key *api_key*, in constant time for the secret part. OK and *out*,
 * which may have expired; NOT_FOUND, or the database's failure. Call it in the
 * loop's thread only: it answers from memory for a second, unless a change was
 * committed meanwhile.
 */
enum store_status store_key_check(struct store *, const char *api_key,
    struct store_key *out);
/* The same by its id, where something else has proven that it is the caller's. */
enum store_status store_key_find(struct store *, const char *id,
    struct store_key *out);
/* A call with this key was let in. */
void store_key_used(struct store *, const char *id);

/*--------------------------------------------------------------------
 * Sessions of a browser, which stand for a key, and links that begin one, once.
 * They end with their key.
 */

#define SESSION_LEN	43
#define SESSION_MS	(7 * 86400 * (int64_t)1000)	/* the longest */
#define SESSION_IDLE_MS	(12 * 3600 * (int64_t)1000)	/* without use */
#define SESSION_LINK_MS	(24 * 3600 * (int64_t)1000)

struct store_session {
	char		key[33];	/* the id of its key */
	int64_t		created_ms, used_ms;
};
struct store_session_new {
	struct store_job job;
#define STORE_SESSION_NEW_MAGIC 0x51e7a0c4
	char		key[33];	/* in: the key's id; out, of a link */
	char		link[SESSION_LEN + 1];	/* in: used up; "": by *key* */
	bool		as_link;	/* in: make a link, not a session */
	char		secret[SESSION_LEN + 1]; /* out */
	int64_t		expires_ms;	/* out */
};
/* CREATED; NOT_FOUND: no such key, or no such link any more. */
void store_session_new(struct store *, struct store_session_new *);
/* OK, NOT_FOUND: it has ended. In the loop's thread; notes that it was used. */
enum store_status store_session_find(struct store *, const char *secret,
    struct store_session *out);
struct store_session_end {
	struct store_job job;
#define STORE_SESSION_END_MAGIC 0x0b93d2f6
	char		secret[SESSION_LEN + 1];
};
void store_session_end(struct store *, struct store_session_end *);

/*--------------------------------------------------------------------*/

typedef int store_key_f(void *arg, const struct store_key *);
enum store_status store_key_each(struct store *, const char *org,
    store_key_f *, void *arg);

#endif
