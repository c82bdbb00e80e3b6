/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: organizations and their keys. */
#ifndef STORE_ORG_H
#define STORE_ORG_H

#include "store.h"

/* What the edge takes for the API, so that none of this name has pictures. */
#define ORG_UNREACHABLE	"api"

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
	char		signing_key[65];
	/* JSON object of options, "{}" */
	char		options[4096];
};

/*
 * Changes what is given and leaves the rest as it is then, whoever else changes
 * it; makes a new one where there is none of this name.
 */
struct store_org_put {
	struct store_job job;
	struct store_org org;		/* in: name; out: all of it */
	/* the caller's; NULL: as it is, and for a new one its name and "" */
	const char	*display_name, *billing_email;
	/* JSON object of the options to set, the caller's; NULL: none */
	const char	*options;
};
/* OK, CREATED, ERROR. */
void store_org_put(struct store *, struct store_org_put *);
enum store_status store_org_get(struct store *, const char *name,
    struct store_org *out);
typedef int store_org_f(void *arg, const struct store_org *);
/* In the order of names, those after *after* (NULL: from the start). */
enum store_status store_org_each(struct store *, const char *after,
    store_org_f *, void *arg);

#define KEY_LEN		64	/* 32 of identity, 32 of secret */

struct store_key {
	char		id[33];
	char		org[ORG_MAX + 1];
	char		comment[256];
	unsigned	rights;
	int64_t		created_ms;
};

struct store_key_new {
	struct store_job job;
	struct store_key key;		/* in: org, comment, rights */
	char		secret[KEY_LEN + 1]; /* out: shown once, kept nowhere */
};
void store_key_new(struct store *, struct store_key_new *);

struct store_key_delete {
	struct store_job job;
	char		org[ORG_MAX + 1];
	char		id[33];
};
void store_key_delete(struct store *, struct store_key_delete *);

/*
 * Whose key *api_key* is; constant time in the secret part. OK and *out*,
 * NOT_FOUND, or the database's failure. In the loop's thread only: it answers
 * from memory for a second, unless store_key_delete() was committed meanwhile.
 */
enum store_status store_key_check(struct store *, const char *api_key,
    struct store_key *out);
typedef int store_key_f(void *arg, const struct store_key *);
enum store_status store_key_each(struct store *, const char *org,
    store_key_f *, void *arg);

#endif
