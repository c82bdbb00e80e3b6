/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store_alias.h"
#include "store/store_org.h"
#include "store/store_source.h"
#include "store_util.h"

int64_t fake_ms = 1700000000000;

static int64_t
fake_now(void)
{

	return (__atomic_load_n(&fake_ms, __ATOMIC_RELAXED));
}

static void
note(struct fixture *f, char what)
{
	size_t n = strlen(f->order);

	if (n + 1 < sizeof f->order)
		f->order[n] = what;
}

static void
on_publish(void *arg, const struct store_change *c, size_t n, uint64_t seq)
{
	struct fixture *f = arg;
	size_t i;

	for (i = 0; i < n; i++) {
		assert_true(c[i].seq > f->last_seq);
		f->last_seq = c[i].seq;
		if (f->n < sizeof f->changes / sizeof f->changes[0])
			f->changes[f->n++] = c[i];
	}
	assert_true(seq >= f->last_seq);
	if (n > f->largest)
		f->largest = n;
	f->published++;
	note(f, 'p');
}

static void
on_outbox(void *arg)
{
	struct fixture *f = arg;

	f->outboxes++;
	note(f, 'o');
}

void
fixture_open(struct fixture *f)
{
	struct store_conf conf = {
		.dir = f->dir, .base = f->base, .publish = on_publish,
		.publish_arg = f, .outbox = on_outbox, .outbox_arg = f,
		.now_ms = fake_now,
		.feed_keep = 1000
	};
	char err[512];

	f->store = store_open(&conf, err, sizeof err);
	if (f->store == NULL)
		fail_msg("%s", err);
}

void
fixture_close(struct fixture *f)
{

	store_close(f->store);
	f->store = NULL;
}

int
fixture_setup(void **state)
{
	struct fixture *f;

	f = calloc(1, sizeof *f);
	assert_non_null(f);
	(void)snprintf(f->dir, sizeof f->dir, "store.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->base = event_base_new();
	assert_non_null(f->base);
	fixture_open(f);
	*state = f;
	return (put_org(f, "org") == STORE_CREATED ? 0 : -1);
}

static int
remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{

	(void)sb;
	(void)flag;
	(void)ftw;
	return (remove(path));
}

void
remove_folder(const char *dir)
{

	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	fixture_close(f);
	event_base_free(f->base);
	remove_folder(f->dir);
	free(f);
	return (0);
}

void
wait_done(struct store_job *j)
{

	(void)event_base_loopbreak(j->arg);
}

enum store_status
put_org(struct fixture *f, const char *org)
{
	struct store_org_put p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org.name, sizeof p.org.name, "%s", org);
	p.display_name = "It";
	return (CALL(f, store_org_put, &p));
}

static enum store_status
put_file(struct fixture *f, const char *org, const char *name,
    const char *text, char hash[HASH_HEX + 1])
{
	struct store_source_put p;
	enum store_status status;

	memset(&p, 0, sizeof p);
	p.blob = store_blob_new(f->store);
	assert_non_null(p.blob);
	assert_int_equal(store_blob_write(p.blob, text, strlen(text)), 0);
	(void)snprintf(p.source.org, sizeof p.source.org, "%s", org);
	(void)snprintf(p.source.name, sizeof p.source.name, "%s", name);
	(void)snprintf(p.source.format, sizeof p.source.format, "png");
	(void)snprintf(p.source.mimetype, sizeof p.source.mimetype,
	    "image/png");
	p.source.width = p.source.height = 10;
	status = CALL(f, store_source_put, &p);
	if (hash != NULL)
		hash_to_hex(&p.source.hash, hash);
	assert_null(p.blob);
	store_source_clear(&p.source);
	return (status);
}

enum store_status
put_image(struct fixture *f, const char *org, const char *text,
    char hash[HASH_HEX + 1])
{

	return (put_file(f, org, "a.png", text, hash));
}

enum store_status
put_named(struct fixture *f, const char *name, const char *text,
    char hash[HASH_HEX + 1])
{

	return (put_file(f, "org", name, text, hash));
}

void
fill_alias(struct store_alias_put *p, const char *org, const char *hash,
    const char *name, ...)
{
	va_list ap;

	memset(p, 0, sizeof *p);
	(void)snprintf(p->alias.org, sizeof p->alias.org, "%s", org);
	p->target = by_hex(hash);
	va_start(ap, name);
	(void)vsnprintf(p->alias.name, sizeof p->alias.name, name, ap);
	va_end(ap);
}

enum store_status
put_alias(struct fixture *f, const char *org, const char *name,
    const char *hash, bool overwrite)
{
	struct store_alias_put p;

	fill_alias(&p, org, hash, "%s", name);
	p.overwrite = overwrite;
	return (CALL(f, store_alias_put, &p));
}

enum store_status
delete_alias(struct fixture *f, const char *org, const char *name)
{
	struct store_alias_delete p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "%s", org);
	(void)snprintf(p.name, sizeof p.name, "%s", name);
	return (CALL(f, store_alias_delete, &p));
}

enum store_status
purge(struct fixture *f, const char *org, enum store_purge_kind kind,
    const char *key, unsigned limit, struct store_purge *out)
{
	struct store_purge p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "%s", org);
	if (kind == PURGE_SOURCE)
		p.source = by_hex(key);
	else
		(void)snprintf(p.key, sizeof p.key, "%s", key);
	p.kind = kind;
	p.limit = limit;
	(void)CALL(f, store_purge, &p);
	if (out != NULL)
		*out = p;
	else
		free(p.sources);
	return (p.job.status);
}

const struct store_change *
last_change(struct fixture *f, enum store_change_kind kind, const char *key)
{
	struct hash_prefix source = by_hex(key);
	size_t i;

	for (i = f->n; i-- > 0;)
		if (f->changes[i].kind == kind && (kind == CHANGE_SOURCE ?
		    hash_equal(&f->changes[i].hash, &source.lowest) :
		    strcmp(f->changes[i].key, key) == 0))
			return (&f->changes[i]);
	return (NULL);
}

static int
take_ban(void *arg, const struct store_ban *b)
{
	struct bans *l = arg;

	assert_true(l->n < 64);
	l->b[l->n++] = *b;
	return (0);
}

unsigned
owed(struct fixture *f, const char *target, struct bans *l)
{

	l->n = 0;
	assert_int_equal(store_ban_each(f->store, target, 0, 64, take_ban, l),
	    STORE_OK);
	return (l->n);
}

bool
has_ban(const struct bans *l, const char *header, const char *value)
{
	unsigned i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->b[i].header, header) == 0 &&
		    strcmp(l->b[i].value, value) == 0 &&
		    strcmp(l->b[i].org, "org") == 0)
			return (true);
	return (false);
}

void
targets(struct fixture *f, const char *a, const char *b)
{
	const struct store_target both[2] = { { .name = a }, { .name = b } };

	assert_int_equal(store_targets_set(f->store, both, b != NULL ? 2 : 1),
	    STORE_OK);
}

enum store_status
ack(struct fixture *f, const char *target, const struct bans *l,
    unsigned repeat_ms)
{
	struct store_ban_ack p;
	unsigned i;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.target, sizeof p.target, "%s", target);
	for (i = 0; i < l->n; i++)
		p.ids[p.n++] = l->b[i].id;
	p.repeat_ms = repeat_ms;
	return (CALL(f, store_ban_ack, &p));
}

struct hash_prefix
by_hex(const char *hex)
{
	struct hash_prefix p;

	(void)hash_prefix_from_hex(&p, hex, strlen(hex));
	return (p);
}

void
assert_hash(const struct hash *hash, const char *hex)
{
	char have[HASH_HEX + 1] = "";

	if (!hash_is_none(hash))
		hash_to_hex(hash, have);
	assert_string_equal(have, hex);
}
