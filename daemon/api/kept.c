/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/kept.h"
#include "store/store_org.h"
#include "store/store_stack.h"

#define SETS	64
#define WAYS	4

/* A row of the stacks. */
struct row {
	char		name[NAME_MAX_LEN + 1];
	uint64_t	seq;
};

struct slot {
	json_t		*value;		/* NULL: the slot is free */
	char		org[ORG_MAX + 1];
	/* The rows that a stack came from, its own first; 0: of options. */
	unsigned	n;
	struct row	*rows;
	char		*text;		/* of options */
	size_t		bytes;		/* of JSON */
	uint64_t	used;		/* when, as a number of look-ups */
};

struct kept {
	struct slot	slot[SETS][WAYS];
	uint64_t	now;
	size_t		bytes;
};

struct kept *
kept_new(void)
{
	return (calloc(1, sizeof(struct kept)));
}

static void
slot_free(struct kept *k, struct slot *s)
{
	json_decref(s->value);
	free(s->rows);
	free(s->text);
	k->bytes -= s->bytes;
	*s = (struct slot){ .value = NULL };
}

static void
kept_clear(struct kept *k)
{
	for (size_t i = 0; i < SETS; i++)
		for (size_t j = 0; j < WAYS; j++)
			slot_free(k, &k->slot[i][j]);
}

void
kept_free(struct kept *k)
{
	if (k != NULL)
		kept_clear(k);
	free(k);
}

/* FNV-1a: a collision costs time, nothing else. */
static uint32_t
hash_text(uint32_t h, const char *s)
{
	do
		h = (h ^ (unsigned char)*s) * 16777619;
	while (*s++ != '\0');
	return (h);
}

/* Those where the value may be; *name* is NULL for options. */
static struct slot *
kept_set(struct kept *k, const char *org, const char *name)
{
	uint32_t h = hash_text(2166136261, org);

	if (name != NULL)
		h = hash_text(h, name);
	return (k->slot[(h ^ h >> 16) % SETS]);
}

static bool
slot_is(const struct slot *s, const char *org, const char *name)
{
	return (s->value != NULL && strcmp(s->org, org) == 0 &&
	    (name == NULL ? s->n == 0 :
	    s->n > 0 && strcmp(s->rows[0].name, name) == 0));
}

static struct slot *
kept_find(struct kept *k, const char *org, const char *name)
{
	struct slot *set = kept_set(k, org, name);

	for (size_t i = 0; i < WAYS; i++)
		if (slot_is(&set[i], org, name)) {
			set[i].used = ++k->now;
			return (&set[i]);
		}
	return (NULL);
}

/*
 * Takes *new*, whose texts are on the heap, in place of what it had of the same
 * name or what was not used for the longest time.
 */
static void
kept_put(struct kept *k, const char *name, struct slot *new)
{
	struct slot *set = kept_set(k, new->org, name), *to = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (slot_is(&set[i], new->org, name)) {
			to = &set[i];
			break;
		}
		if (set[i].used < to->used)
			to = &set[i];
	}
	slot_free(k, to);
	if (k->bytes + new->bytes > KEPT_BYTES)
		kept_clear(k);
	k->bytes += new->bytes;
	new->used = ++k->now;
	*to = *new;
	if (k->bytes > KEPT_BYTES)	/* by itself */
		slot_free(k, to);
}

json_t *
kept_options(struct kept *k, const struct store_org *org)
{
	struct slot new = { .n = 0 }, *s = kept_find(k, org->name, NULL);
	json_t *options;

	if (s != NULL && strcmp(s->text, org->options) == 0)
		return (json_incref(s->value));
	options = json_loads(org->options, 0, NULL);
	new.text = strdup(org->options);
	if (options == NULL || new.text == NULL) {
		free(new.text);
		return (options);
	}
	new.value = json_incref(options);
	new.bytes = strlen(new.text);
	(void)snprintf(new.org, sizeof new.org, "%s", org->name);
	kept_put(k, NULL, &new);
	return (options);
}

/*--------------------------------------------------------------------
 * Stacks
 */

/* A stack under way: what was read of it so far. */
struct reading {
	struct store	*store;
	const char	*org;
	struct row	rows[1 + BASE_STACKS];
	unsigned	n;
	size_t		bytes;
};

static json_t *
read_row(struct reading *r, const char *name)
{
	struct store_stack s = { .definition = NULL };
	struct row *row = &r->rows[r->n++];
	json_t *def = NULL;

	if (store_stack_get(r->store, r->org, name, &s) == STORE_OK) {
		def = json_loads(s.definition, 0, NULL);
		r->bytes += strlen(s.definition);
	}
	row->seq = s.seq;
	(void)snprintf(row->name, sizeof row->name, "%s", name);
	store_stack_clear(&s);
	return (def);
}

/* Puts *key* of the base under or before that of *def*. */
static void
stack_inherit(json_t *def, const json_t *base, const char *key)
{
	json_t *lower = json_deep_copy(json_object_get(base, key));
	json_t *upper = json_object_get(def, key);

	if (json_is_array(lower))
		(void)json_array_extend(lower, upper);
	else if (json_is_object(lower))
		(void)json_object_update(lower, upper);
	if (lower != NULL)
		(void)json_object_set_new(def, key, lower);
}

static enum kept_status
stack_on_bases(struct reading *r, json_t *def)
{
	while (r->n <= BASE_STACKS) {
		json_t *options = json_object_get(def, "stack_options");
		const char *name = json_string_value(json_object_get(options,
		    "basestack"));
		json_t *base;

		if (name == NULL)
			return (KEPT_OK);
		base = read_row(r, name);
		if (base == NULL)
			return (KEPT_NO_BASE);
		(void)json_object_del(options, "basestack");
		stack_inherit(def, base, "stack_operations");
		stack_inherit(def, base, "stack_options");
		stack_inherit(def, base, "stack_variables");
		stack_inherit(def, base, "stack_expressions");
		json_decref(base);
	}
	return (KEPT_TOO_DEEP);
}

/* Each row decides which comes next: if none has changed, no other came in. */
static bool
rows_are_current(const struct slot *s, struct store *store, uint64_t *last)
{
	uint64_t seq;

	*last = 0;
	for (unsigned i = 0; i < s->n; i++) {
		if (store_stack_seq(store, s->org, s->rows[i].name, &seq) !=
		    STORE_OK || seq != s->rows[i].seq)
			return (false);
		if (seq > *last)
			*last = seq;
	}
	return (true);
}

static void
keep_stack(struct kept *k, const struct reading *r, const char *name,
    json_t *def)
{
	struct slot new = { .n = r->n, .bytes = r->bytes };

	new.rows = malloc(sizeof r->rows);
	if (new.rows == NULL)
		return;
	memcpy(new.rows, r->rows, sizeof r->rows);
	new.value = json_incref(def);
	(void)snprintf(new.org, sizeof new.org, "%s", r->org);
	kept_put(k, name, &new);
}

enum kept_status
kept_stack(struct kept *k, struct store *store, const char *org,
    struct kept_stack *out)
{
	struct slot *s = kept_find(k, org, out->name);
	struct reading r = { .store = store, .org = org };
	enum kept_status status = KEPT_NO_STACK;
	json_t *def;

	if (s != NULL && rows_are_current(s, store, &out->seq)) {
		out->definition = json_incref(s->value);
		out->based = s->n > 1;
		return (KEPT_OK);
	}
	out->seq = 0;
	def = read_row(&r, out->name);
	if (def != NULL)
		status = stack_on_bases(&r, def);
	if (status != KEPT_OK) {
		json_decref(def);
		memcpy(out->name, r.rows[r.n - 1].name, sizeof out->name);
		return (status);
	}
	for (unsigned i = 0; i < r.n; i++)
		if (r.rows[i].seq > out->seq)
			out->seq = r.rows[i].seq;
	out->based = r.n > 1;
	keep_stack(k, &r, out->name, def);
	out->definition = def;
	return (KEPT_OK);
}
