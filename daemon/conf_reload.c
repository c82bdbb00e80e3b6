/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "conf.h"

static bool
same_text(const char *a, const char *b)
{
	return (a == b || (a != NULL && b != NULL && strcmp(a, b) == 0));
}

static bool
same_target(const struct purge_target_conf *a,
    const struct purge_target_conf *b)
{
	return (same_text(a->name, b->name) &&
	    same_text(a->instance, b->instance) &&
	    same_text(a->address, b->address) &&
	    same_text(a->listen, b->listen) && same_text(a->url, b->url) &&
	    same_text(a->webhook, b->webhook) &&
	    same_text(a->organization, b->organization) &&
	    same_text(a->secret_file, b->secret_file) &&
	    a->repeat_ms == b->repeat_ms && a->timeout_ms == b->timeout_ms &&
	    a->retry_max_ms == b->retry_max_ms);
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
	char *a = (char *)live + k->offset, *b = (char *)fresh + k->offset;
	char *text_a, *text_b;
	bool same;

	if (k->kind == CONF_NUMBER)
		same = memcmp(a, b, k->size) == 0;
	else {
		memcpy(&text_a, a, sizeof text_a);
		memcpy(&text_b, b, sizeof text_b);
		same = same_text(text_a, text_b);
	}
	if (same)
		return;
	if (k->live)
		swap(a, b, k->size);
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
