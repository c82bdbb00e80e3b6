/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "cache/cache.h"

#include "due.h"
#include "folder.h"
#include "name/ascii.h"
#include "variant.h"
#include "visit_priv.h"

/* Turns that come between the look-ups of one request, before we give up. */
#define TRIES	4

/* An alias that is looked up, and how it is called. */
struct candidate {
	char	name[NAME_MAX_LEN + 1];
	size_t	len;
};

/* One of a list, without blanks and "_" around it: *len* of its bytes. */
static void
read_one(struct variants *w, const char *p, size_t len)
{
	char *name;
	size_t i;

	while (len > 0 && !ascii_is_alnum(*p)) {
		p++;
		len--;
	}
	while (len > 0 && !ascii_is_alnum(p[len - 1]))
		len--;
	if (len == 0 || len > VARIANT_LEN)
		return;
	name = w->name[w->n++];
	for (i = 0; i < len; i++)
		name[i] = ascii_is_alnum(p[i]) ? p[i] : '_';
	name[len] = '\0';
}

void
variant_read(struct variants *w, const char *list)
{
	size_t len;

	w->n = 0;
	while (list != NULL && *list != '\0' && w->n < VARIANTS_MAX) {
		len = strcspn(list, ",");
		read_one(w, list, len);
		list += len + (list[len] == ',');
	}
}

bool
variant_vary_good(const char *vary)
{

	for (; *vary != '\0'; vary++)
		if (!ascii_is_alnum(*vary) && *vary != '-' && *vary != ',' &&
		    *vary != ' ')
			return (false);
	return (true);
}

/* False if the name is longer than one may be. */
static bool
make_name(const struct url *u, const char *variant, struct candidate *c)
{
	const size_t mark = sizeof NAME_VARIANT - 1;
	size_t len = strlen(variant);

	c->len = u->alias_len + mark + len;
	if (c->len > NAME_MAX_LEN)
		return (false);
	(void)memcpy(c->name, u->alias, u->alias_len);
	(void)memcpy(c->name + u->alias_len, NAME_VARIANT, mark);
	(void)memcpy(c->name + u->alias_len + mark, variant, len + 1);
	return (true);
}

/* Is there an image to show for what was found? */
static bool
is_shown(const struct folder *f, const struct visit *v,
    const struct map_value *val)
{

	return (!visit_is_revoked(f, v->org, val->hash) || (v->keep_alias &&
	    val->has_shown && !visit_is_revoked(f, v->org, val->shown)));
}

/*
 * The place of the first variant that can be shown; else VARIANTS_MAX. *answer*
 * is that of the last look-up.
 */
static unsigned
find_first(const struct folder *f, const struct visit *v, const struct url *u,
    struct candidate *c, struct map_value *val, enum map_answer *answer)
{
	const struct variants *w = v->variants;
	unsigned i;

	*answer = MAP_ABSENT;
	for (i = 0; i < w->n; i++) {
		if (!make_name(u, w->name[i], c))
			continue;
		*answer = visit_find_alias(f, v, c->name, c->len, val);
		if (*answer == MAP_UNATTACHED)
			break;
		if (*answer == MAP_FOUND && is_shown(f, v, val))
			return (i);
	}
	return (VARIANTS_MAX);
}

/*
 * All look-ups of a request are of one moment: of aliases that change at a time,
 * one that is gone and one that has not come yet must not add up to a third.
 */
static unsigned
find_at_once(const struct folder *f, const struct visit *v,
    const struct url *u, struct candidate *c, struct map_value *val,
    struct map_value *plain, enum map_answer *answer,
    enum map_answer *plain_answer)
{
	struct map_reader *r = folder_reader(f);
	uint64_t turn = map_reader_turn(r), now;
	unsigned i, tries;

	for (tries = 0;; tries++, turn = now) {
		i = find_first(f, v, u, c, val, answer);
		*plain_answer = visit_find_alias(f, v, u->alias, u->alias_len,
		    plain);
		now = map_reader_turn(r);
		if (now == turn || tries == TRIES)
			return (i);
	}
}

/* From here on *u* is the URL of the variant. */
static bool
become(VRT_CTX, struct visit *v, struct url *u, const struct candidate *c,
    const char *variant)
{
	char *image = visit_alloc(ctx, v, c->len + sizeof "-__-");

	if (image == NULL)
		return (false);
	(void)stpcpy(stpcpy(stpcpy(image, "-_"), c->name), "_-");
	u->image = (struct url_span){ image, c->len + 4 };
	(void)memcpy(u->alias, c->name, c->len + 1);
	u->alias_len = c->len;
	v->variant = variant;
	return (true);
}

enum map_answer
variant_find(VRT_CTX, const struct folder *f, struct visit *v, struct url *u,
    struct map_value *val)
{
	enum map_answer answer, plain_answer;
	struct map_value plain;
	struct candidate c;
	unsigned i;

	v->varies = name_variant_of(u->alias, u->alias_len) == 0;
	if (!v->varies || v->variants->n == 0)
		return (visit_find_alias(f, v, u->alias, u->alias_len,
		    val));
	i = find_at_once(f, v, u, &c, val, &plain, &answer, &plain_answer);
	if (answer == MAP_UNATTACHED || plain_answer == MAP_UNATTACHED)
		return (MAP_UNATTACHED);
	if (i == VARIANTS_MAX || !become(ctx, v, u, &c, v->variants->name[i])) {
		*val = plain;
		return (plain_answer);
	}
	FOLDER_COUNT(f, variants);
	val->due_ms = due_sooner(val->due_ms, plain.due_ms);
	return (MAP_FOUND);
}
