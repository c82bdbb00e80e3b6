/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "conf_keys.h"

static bool
same_text(const char *a, const char *b)
{
	return (a == b || (a != NULL && b != NULL && strcmp(a, b) == 0));
}

static bool
same_key(const struct conf_key *k, void *a, void *b)
{
	if (k->kind == CONF_NUMBER)
		return (memcmp((char *)a + k->offset, (char *)b + k->offset,
		    k->size) == 0);
	return (same_text(*conf_key_text(k, a), *conf_key_text(k, b)));
}

static bool
same_target(struct purge_target_conf *a, struct purge_target_conf *b)
{
	const struct conf_key *k;
	size_t n;

	for (k = conf_target_keys(&n); n > 0; n--, k++)
		if (!same_key(k, a, b))
			return (false);
	return (same_text(a->name, b->name));
}

static bool
same_targets(const struct conf *a, const struct conf *b)
{
	if (a->n_targets != b->n_targets)
		return (false);
	for (size_t i = 0; i < a->n_targets; i++)
		if (!same_target(&a->targets[i], &b->targets[i]))
			return (false);
	return (true);
}

/* Swaps rather than copies: the old text goes with the conf it is put into. */
static void
swap(void *a, void *b, size_t n)
{
	char tmp[sizeof(uint64_t)];

	memcpy(tmp, a, n);
	memcpy(a, b, n);
	memcpy(b, tmp, n);
}

static void
reload_key(struct conf *live, struct conf *fresh, const struct conf_key *k,
    conf_told_f *told, void *arg)
{
	if (same_key(k, live, fresh))
		return;
	if (k->live)
		swap((char *)live + k->offset, (char *)fresh + k->offset,
		    k->size);
	told(arg, k, k->live);
}

int
conf_reload(struct conf *live, const char *file, conf_told_f *told, void *arg,
    char *err, size_t err_len)
{
	struct conf *fresh = conf_read(file, err, err_len);
	const struct conf_key *k;
	size_t n;

	if (fresh == NULL)
		return (-1);
	for (k = conf_keys(&n); n > 0; n--, k++)
		reload_key(live, fresh, k, told, arg);
	conf_derive(live);
	if (!same_targets(live, fresh))
		told(arg, NULL, false);
	conf_free(fresh);
	return (0);
}
