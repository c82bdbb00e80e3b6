/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>
#undef assert			/* Varnish has its own */

#include "cache/cache.h"
#include "vrnd.h"

#include "spell.h"

#define SETS	1024		/* a power of two */
#define WAYS	4
#define LOCKS	64

struct spelling {
	uint64_t	hash;
	uint64_t	epochs[SPELL_EPOCHS];
	double		at;
	char		*text;		/* organization, URL, where it leads */
};

struct spellings {
	unsigned		magic;
#define SPELLINGS_MAGIC		0x5be111a6
	uint64_t		seed;	/* clients choose the URLs */
	pthread_mutex_t		mtx[LOCKS];
	/* mtx[N % LOCKS] protects set N */
	struct spelling		sets[SETS][WAYS];
};

struct spellings *
spell_new(void)
{
	struct spellings *s;
	unsigned i;

	ALLOC_OBJ(s, SPELLINGS_MAGIC);
	if (s == NULL)
		return (NULL);
	if (VRND_RandomCrypto(&s->seed, sizeof s->seed) != 0)
		s->seed = (uint64_t)(uintptr_t)s;
	for (i = 0; i < LOCKS; i++)
		AZ(pthread_mutex_init(&s->mtx[i], NULL));
	return (s);
}

void
spell_free(struct spellings **sp)
{
	struct spellings *s;
	unsigned i, j;

	TAKE_OBJ_NOTNULL(s, sp, SPELLINGS_MAGIC);
	for (i = 0; i < SETS; i++)
		for (j = 0; j < WAYS; j++)
			free(s->sets[i][j].text);
	for (i = 0; i < LOCKS; i++)
		AZ(pthread_mutex_destroy(&s->mtx[i]));
	FREE_OBJ(s);
}

static uint64_t
hash_of(const struct spellings *s, const struct spell_key *k)
{

	return (XXH3_64bits_withSeed(k->url, strlen(k->url),
	    XXH3_64bits_withSeed(k->org, strlen(k->org), s->seed)));
}

/* Where the URL of *e* leads, if it is that of *k*; else NULL. */
static const char *
match(const struct spelling *e, uint64_t hash, const struct spell_key *k)
{
	const char *p = e->text;
	size_t n;

	if (p == NULL || e->hash != hash || strcmp(p, k->org) != 0)
		return (NULL);
	p += strlen(p) + 1;
	n = strlen(k->url) + 1;
	return (memcmp(p, k->url, n) == 0 ? p + n : NULL);
}

bool
spell_find(struct spellings *s, const struct spell_key *k,
    char out[SPELL_MAX], double *at)
{
	const struct spelling *e;
	const char *url = NULL;
	uint64_t hash;
	unsigned set, i;
	bool found = false;

	CHECK_OBJ_NOTNULL(s, SPELLINGS_MAGIC);
	hash = hash_of(s, k);
	set = (unsigned)hash % SETS;
	AZ(pthread_mutex_lock(&s->mtx[set % LOCKS]));
	for (i = 0; i < WAYS && url == NULL; i++) {
		e = &s->sets[set][i];
		url = match(e, hash, k);
		if (url == NULL || memcmp(e->epochs, k->epochs,
		    sizeof e->epochs) != 0)
			continue;
		*at = e->at;
		(void)memcpy(out, url, strlen(url) + 1);
		found = true;
	}
	AZ(pthread_mutex_unlock(&s->mtx[set % LOCKS]));
	return (found);
}

/* The one of this URL, else the oldest. */
static struct spelling *
place(struct spelling set[WAYS], uint64_t hash, const struct spell_key *k)
{
	struct spelling *e = set;
	unsigned i;

	for (i = 0; i < WAYS; i++) {
		if (match(&set[i], hash, k) != NULL)
			return (&set[i]);
		if (set[i].at < e->at)
			e = &set[i];
	}
	return (e);
}

void
spell_put(struct spellings *s, const struct spell_key *k, const char *url,
    double now)
{
	struct spelling *e;
	char *text, *p;
	uint64_t hash;
	unsigned set;

	CHECK_OBJ_NOTNULL(s, SPELLINGS_MAGIC);
	if (strlen(k->url) >= SPELL_MAX || strlen(url) >= SPELL_MAX)
		return;
	text = malloc(strlen(k->org) + strlen(k->url) + strlen(url) + 3);
	if (text == NULL)
		return;
	p = stpcpy(text, k->org) + 1;
	p = stpcpy(p, k->url) + 1;
	(void)memcpy(p, url, strlen(url) + 1);
	hash = hash_of(s, k);
	set = (unsigned)hash % SETS;
	AZ(pthread_mutex_lock(&s->mtx[set % LOCKS]));
	e = place(s->sets[set], hash, k);
	p = e->text;
	e->text = text;
	e->hash = hash;
	(void)memcpy(e->epochs, k->epochs, sizeof e->epochs);
	e->at = now;
	AZ(pthread_mutex_unlock(&s->mtx[set % LOCKS]));
	free(p);
}
