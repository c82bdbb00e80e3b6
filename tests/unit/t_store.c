/* SPDX-License-Identifier: BSD-2-Clause */
/* Organizations, keys, images, aliases, stacks: each call once at least. */
#include "config.h"

#include <signal.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "obj.h"
#include "store/store_alias.h"
#include "store/store_org.h"
#include "store/store_source.h"
#include "store/store_stack.h"
#include "store_util.h"

static void
t_org(void **state)
{
	struct fixture *f = *state;
	struct store_org o;

	assert_int_equal(store_org_get(f->store, "org", &o), STORE_OK);
	assert_string_equal(o.display_name, "It");
	assert_string_equal(o.options, "{}");
	assert_int_equal(strlen(o.id), 36);
	assert_int_equal(o.created_ms, fake_ms);
	assert_int_equal(put_org(f, "org"), STORE_OK);
	assert_int_equal(store_org_get(f->store, "none", &o),
	    STORE_NOT_FOUND);
}

static unsigned changes_left;

static void
changed(struct store_job *j)
{

	if (--changes_left == 0)
		wait_done(j);
}

/* Changes that do not know of each other are all there in the end. */
static void
t_org_changes(void **state)
{
	struct store_org_put p[] = {
		{ .options = json_pack("{s:i}", "a", 1) },
		{ .options = json_pack("{s:i}", "b", 2) },
		{ .billing_email = "a@b.net" },
		{ .options = json_pack("{s:i}", "a", 3) }
	};
	struct fixture *f = *state;
	struct store_org o;
	size_t i;

	changes_left = sizeof p / sizeof p[0];
	for (i = 0; i < sizeof p / sizeof p[0]; i++) {
		(void)snprintf(p[i].org.name, sizeof p[i].org.name, "org");
		p[i].job.done = changed;
		p[i].job.arg = f->base;
		store_org_put(f->store, &p[i]);
	}
	(void)event_base_dispatch(f->base);
	for (i = 0; i < sizeof p / sizeof p[0]; i++)
		json_decref(p[i].options);
	assert_int_equal(store_org_get(f->store, "org", &o), STORE_OK);
	assert_string_equal(o.options, "{\"a\":3,\"b\":2}");
	assert_string_equal(o.display_name, "It");
	assert_string_equal(o.billing_email, "a@b.net");
}

static int
count_keys(void *arg, const struct store_key *k)
{

	assert_string_equal(k->org, "org");
	++*(unsigned *)arg;
	return (0);
}

static void
t_key(void **state)
{
	struct fixture *f = *state;
	struct store_key_delete del;
	struct store_key_new p;
	struct store_key k;
	unsigned n = 0;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.key.org, sizeof p.key.org, "org");
	p.key.rights = RIGHT_READ | RIGHT_WRITE;
	assert_int_equal(CALL(f, store_key_new, &p), STORE_CREATED);
	assert_int_equal(strlen(p.secret), KEY_LEN);
	assert_int_equal(store_key_check(f->store, p.secret, &k), STORE_OK);
	assert_string_equal(k.org, "org");
	assert_int_equal(k.rights, RIGHT_READ | RIGHT_WRITE);
	p.secret[KEY_LEN - 1] ^= 1;
	assert_int_equal(store_key_check(f->store, p.secret, &k),
	    STORE_NOT_FOUND);
	assert_int_equal(store_key_check(f->store, "short", &k),
	    STORE_NOT_FOUND);
	assert_int_equal(store_key_each(f->store, "org", count_keys, &n),
	    STORE_OK);
	assert_int_equal(n, 1);
	memset(&del, 0, sizeof del);
	(void)snprintf(del.org, sizeof del.org, "org");
	(void)snprintf(del.id, sizeof del.id, "%s", p.key.id);
	assert_int_equal(CALL(f, store_key_delete, &del), STORE_OK);
	p.secret[KEY_LEN - 1] ^= 1;
	assert_int_equal(store_key_check(f->store, p.secret, &k),
	    STORE_NOT_FOUND);
	assert_int_equal(CALL(f, store_key_delete, &del), STORE_NOT_FOUND);
}

static void
t_source(void **state)
{
	struct fixture *f = *state;
	struct store_source s;
	char hash[HASH_HEX + 1], again[HASH_HEX + 1], text[16];
	int fd;

	assert_int_equal(put_image(f, "org", "abc", hash), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "abc", again), STORE_OK);
	assert_string_equal(hash, again);
	assert_int_equal(put_image(f, "none", "abc", NULL), STORE_NOT_FOUND);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(hash),
	    false, &s), STORE_OK);
	assert_hash(&s.binary_hash,
	    "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_int_equal(s.size, 3);
	assert_string_equal(s.user_metadata, "{}");
	assert_int_equal(strlen(s.short_hash), 6);
	assert_memory_equal(s.short_hash, hash, 6);
	fd = store_source_open(f->store, &s);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof text), 3);
	assert_memory_equal(text, "abc", 3);
	(void)close(fd);
	store_source_clear(&s);
	hash[6] = '\0';
	assert_int_equal(store_source_get(f->store, "org", IMAGE(hash),
	    false, &s), STORE_OK);
	store_source_clear(&s);
	hash[5] = '\0';
	assert_int_equal(store_source_get(f->store, "org", IMAGE(hash),
	    false, &s), STORE_NOT_FOUND);
}

static enum store_status
delete_image(struct fixture *f, const char *hash, bool restore)
{
	struct store_source_delete p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	p.hash = by_hex(hash);
	p.restore = restore;
	(void)CALL(f, store_source_delete, &p);
	store_source_clear(&p.source);
	return (p.job.status);
}

static void
t_source_delete(void **state)
{
	struct fixture *f = *state;
	struct store_source s;
	char hash[HASH_HEX + 1];

	assert_int_equal(put_image(f, "org", "abc", hash), STORE_CREATED);
	assert_int_equal(delete_image(f, hash, false), STORE_OK);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->changes[0].kind, CHANGE_SOURCE);
	assert_true(f->changes[0].revoked);
	assert_hash(&f->changes[0].hash, hash);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(hash),
	    false, &s), STORE_NOT_FOUND);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(hash),
	    true, &s), STORE_OK);
	store_source_clear(&s);
	assert_int_equal(delete_image(f, hash, false), STORE_NOT_FOUND);
	assert_int_equal(delete_image(f, hash, true), STORE_OK);
	assert_int_equal(f->n, 2);
	assert_false(f->changes[1].revoked);
	assert_true(f->changes[1].epoch > f->changes[0].epoch);
	assert_int_equal(delete_image(f, hash, true), STORE_OK);
	assert_int_equal(f->n, 2);
	/* An upload brings it back as well. */
	assert_int_equal(delete_image(f, hash, false), STORE_OK);
	assert_int_equal(put_image(f, "org", "abc", NULL), STORE_OK);
	assert_int_equal(f->n, 4);
	assert_false(f->changes[3].revoked);
}

static enum store_status
protect(struct fixture *f, const char *hash, char out[HASH_HEX + 1])
{
	struct store_source_derive p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	p.hash = by_hex(hash);
	p.protected = true;
	(void)CALL(f, store_source_derive, &p);
	hash_to_hex(&p.source.hash, out);
	store_source_clear(&p.source);
	return (p.job.status);
}

static enum store_status
lock(struct fixture *f, const char *hash, bool locked)
{
	struct store_source_edit p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	p.hash = by_hex(hash);
	p.what = EDIT_LOCKED;
	p.value = json_boolean(locked);
	(void)CALL(f, store_source_edit, &p);
	store_source_clear(&p.source);
	return (p.job.status);
}

/* One that is locked keeps all of the same bytes. */
static void
t_delete_binary(void **state)
{
	struct fixture *f = *state;
	struct store_source_delete_binary p;
	struct store_source s;
	char hash[2][HASH_HEX + 1], other[HASH_HEX + 1];
	int i, changes;

	assert_int_equal(put_image(f, "org", "abc", hash[0]), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "abd", other), STORE_CREATED);
	assert_int_equal(protect(f, hash[0], hash[1]), STORE_CREATED);
	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	p.binary_hash =
	    by_hex("a9993e364706816aba3e25717850c26c9cd0d89d").lowest;
	changes = (int)f->n;
	for (i = 0; i < 2; i++) {
		assert_int_equal(lock(f, hash[i], true), STORE_OK);
		assert_int_equal(CALL(f, store_source_delete_binary, &p),
		    STORE_LOCKED);
		assert_int_equal(lock(f, hash[i], false), STORE_OK);
	}
	assert_int_equal(f->n, changes);
	assert_int_equal(CALL(f, store_source_delete_binary, &p), STORE_OK);
	assert_int_equal(f->n, changes + 2);
	for (i = 0; i < 2; i++)
		assert_int_equal(store_source_get(f->store, "org",
		    IMAGE(hash[i]), false, &s), STORE_NOT_FOUND);
	assert_int_equal(store_source_get(f->store, "org", IMAGE(other),
	    false, &s), STORE_OK);
	store_source_clear(&s);
	assert_int_equal(CALL(f, store_source_delete_binary, &p),
	    STORE_NOT_FOUND);
}

static void
t_alias(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1], text[HASH_HEX + 1];
	struct store_alias a, b;

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "logo", one, false),
	    STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "logo", two, false),
	    STORE_EXISTS);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &a),
	    STORE_OK);
	assert_hash(&a.hash, one);
	fake_ms += 1000;
	(void)snprintf(text, sizeof text, "%.7s", two);
	assert_int_equal(put_alias(f, "org", "logo", text, true), STORE_OK);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &b),
	    STORE_OK);
	assert_hash(&b.hash, two);
	assert_true(b.seq > a.seq && b.created_ms == a.created_ms);
	assert_int_equal(b.updated_ms, fake_ms);
	/* The same again changes nothing. */
	assert_int_equal(put_alias(f, "org", "logo", two, true), STORE_OK);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &a),
	    STORE_OK);
	assert_int_equal(a.seq, b.seq);
	assert_int_equal(f->n, 2);
	assert_hash(&f->changes[1].hash, two);
	assert_int_equal(delete_alias(f, "org", "logo"), STORE_OK);
	assert_true(f->changes[2].gone);
	assert_int_equal(delete_alias(f, "org", "logo"), STORE_NOT_FOUND);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &a),
	    STORE_NOT_FOUND);
	assert_int_equal(put_alias(f, "org", "x", "ffffff", false),
	    STORE_NO_SOURCE);
	assert_int_equal(put_alias(f, "org", "x", "nonsense", false),
	    STORE_NO_SOURCE);
	assert_int_equal(put_alias(f, "none", "x", one, false),
	    STORE_NO_SOURCE);
}

static int
count_stacks(void *arg, const struct store_stack *k)
{

	assert_string_equal(k->definition, "{}");
	return (++*(int *)arg == 2);
}

static enum store_status
put_stack(struct fixture *f, const char *name, bool overwrite)
{
	struct store_stack_put p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.stack.org, sizeof p.stack.org, "org");
	(void)snprintf(p.stack.name, sizeof p.stack.name, "%s", name);
	p.stack.definition = strdup("{}");
	p.overwrite = overwrite;
	(void)CALL(f, store_stack_put, &p);
	store_stack_clear(&p.stack);
	return (p.job.status);
}

static void
t_stack(void **state)
{
	struct fixture *f = *state;
	struct store_stack_delete del;
	struct store_stack k;
	int n = 0;

	assert_int_equal(put_stack(f, "b", false), STORE_CREATED);
	assert_int_equal(put_stack(f, "a", false), STORE_CREATED);
	assert_int_equal(put_stack(f, "c", false), STORE_CREATED);
	assert_int_equal(put_stack(f, "c", false), STORE_EXISTS);
	assert_int_equal(put_stack(f, "c", true), STORE_OK);
	assert_int_equal(store_stack_each(f->store, "org", NULL, 10,
	    count_stacks, &n), STORE_OK);
	assert_int_equal(n, 2);
	n = 10;
	assert_int_equal(store_stack_each(f->store, "org", "a", 10,
	    count_stacks, &n), STORE_OK);
	assert_int_equal(n, 12);
	assert_int_equal(store_stack_get(f->store, "org", "a", &k), STORE_OK);
	assert_string_equal(k.name, "a");
	store_stack_clear(&k);
	memset(&del, 0, sizeof del);
	(void)snprintf(del.org, sizeof del.org, "org");
	(void)snprintf(del.name, sizeof del.name, "a");
	assert_int_equal(CALL(f, store_stack_delete, &del), STORE_OK);
	assert_int_equal(CALL(f, store_stack_delete, &del), STORE_NOT_FOUND);
	assert_int_equal(store_stack_get(f->store, "org", "a", &k),
	    STORE_NOT_FOUND);
}

static void
t_files(void **state)
{
	struct fixture *f = *state;
	struct store_conf conf = { .dir = f->dir, .base = f->base };
	char err[512] = "", path[128];
	struct stat sb;

	assert_null(store_open(&conf, err, sizeof err));
	assert_non_null(strstr(err, "in use"));
	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	(void)snprintf(path, sizeof path, "%s/blobs", f->dir);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0700);
}

/* A job knows what it is: to take it for another kind ends the process. */
static void
t_kind(void **state)
{
	struct store_alias_delete p = { .org = "org", .name = "none" };
	struct store_stack_delete *other;
	int status;
	pid_t pid;

	assert_int_equal(CALL((struct fixture *)*state, store_alias_delete,
	    &p), STORE_NOT_FOUND);
	assert_ptr_equal(CAST_OBJ(&p.job, STORE_ALIAS_DELETE_MAGIC), &p);
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		other = CAST_OBJ(&p.job, STORE_STACK_DELETE_MAGIC);
		_exit(other->name[0] == '\0');
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_org), T(t_org_changes), T(t_key), T(t_source),
		T(t_source_delete), T(t_delete_binary),
		T(t_alias), T(t_stack), T(t_files), T(t_kind)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
