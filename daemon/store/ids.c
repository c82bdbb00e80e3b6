/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <glib.h>
#include <string.h>

#include "ids.h"

#define WORDS		(IDS_CHUNK / 64)

static void
ids_add_chunk(struct ids *s, size_t c)
{
	size_t room = c + c / 2 + 1;

	if (c >= s->room) {
		s->chunk = g_renew(uint64_t *, s->chunk, room);
		memset(s->chunk + s->room, 0,
		    (room - s->room) * sizeof *s->chunk);
		s->room = room;
	}
	s->chunk[c] = g_new0(uint64_t, WORDS);
}

void
ids_add(struct ids *s, int64_t id)
{
	size_t c = (size_t)id / IDS_CHUNK, i = (size_t)id % IDS_CHUNK;

	if (c >= s->room || s->chunk[c] == NULL)
		ids_add_chunk(s, c);
	s->chunk[c][i / 64] |= UINT64_C(1) << i % 64;
}

void
ids_add_words(struct ids *s, int64_t id, const uint64_t *words, size_t n)
{
	size_t c = (size_t)id / IDS_CHUNK, first = (size_t)id % IDS_CHUNK / 64;

	if (c >= s->room || s->chunk[c] == NULL)
		ids_add_chunk(s, c);
	for (size_t i = 0; i < n; i++)
		s->chunk[c][first + i] |= words[i];
}

bool
ids_has(const struct ids *s, int64_t id)
{
	size_t c = (size_t)id / IDS_CHUNK, i = (size_t)id % IDS_CHUNK;

	return (c < s->room && s->chunk[c] != NULL &&
	    (s->chunk[c][i / 64] >> i % 64 & 1) != 0);
}

static const uint64_t *
ids_chunk(const struct ids *s, size_t c)
{

	return (c < s->room ? s->chunk[c] : NULL);
}

void
ids_or(struct ids *s, const struct ids *other)
{

	for (size_t c = 0; c < other->room; c++) {
		if (other->chunk[c] == NULL)
			continue;
		if (c >= s->room || s->chunk[c] == NULL)
			ids_add_chunk(s, c);
		for (size_t i = 0; i < WORDS; i++)
			s->chunk[c][i] |= other->chunk[c][i];
	}
}

void
ids_and(struct ids *s, const struct ids *other)
{
	const uint64_t *o;

	for (size_t c = 0; c < s->room; c++) {
		o = ids_chunk(other, c);
		if (o == NULL) {
			g_free(s->chunk[c]);
			s->chunk[c] = NULL;
		}
		for (size_t i = 0; s->chunk[c] != NULL && i < WORDS; i++)
			s->chunk[c][i] &= o[i];
	}
}

void
ids_without(struct ids *s, const struct ids *other)
{
	const uint64_t *o;

	for (size_t c = 0; c < s->room; c++) {
		o = ids_chunk(other, c);
		for (size_t i = 0; s->chunk[c] != NULL && o != NULL &&
		    i < WORDS; i++)
			s->chunk[c][i] &= ~o[i];
	}
}

int64_t
ids_count(const struct ids *s)
{
	int64_t n = 0;

	for (size_t c = 0; c < s->room; c++)
		for (size_t i = 0; s->chunk[c] != NULL && i < WORDS; i++)
			n += __builtin_popcountll(s->chunk[c][i]);
	return (n);
}

int64_t
ids_end(const struct ids *s)
{

	return ((int64_t)(s->room * IDS_CHUNK));
}

int64_t
ids_next(const struct ids *s, int64_t id)
{
	size_t at = (size_t)(id + 1), end = s->room * IDS_CHUNK;
	uint64_t word;

	while (at < end) {
		if (s->chunk[at / IDS_CHUNK] == NULL) {
			at = (at / IDS_CHUNK + 1) * IDS_CHUNK;
			continue;
		}
		word = s->chunk[at / IDS_CHUNK][at % IDS_CHUNK / 64] >>
		    at % 64;
		if (word != 0)
			return ((int64_t)at + __builtin_ctzll(word));
		at = (at / 64 + 1) * 64;
	}
	return (-1);
}

int64_t
ids_previous(const struct ids *s, int64_t id)
{
	int64_t at = (id < ids_end(s) ? id : ids_end(s)) - 1;
	uint64_t word;
	size_t c;

	while (at >= 0) {
		c = (size_t)at / IDS_CHUNK;
		if (s->chunk[c] == NULL) {
			at = (int64_t)(c * IDS_CHUNK) - 1;
			continue;
		}
		word = s->chunk[c][(size_t)at % IDS_CHUNK / 64] <<
		    (63 - at % 64);
		if (word != 0)
			return (at - __builtin_clzll(word));
		at = at / 64 * 64 - 1;
	}
	return (-1);
}

bool
ids_any(const struct ids *s, int64_t from, int64_t to)
{
	int64_t id = ids_next(s, from - 1);

	return (id >= 0 && id < to);
}

const uint64_t *
ids_words(const struct ids *s, int64_t id)
{

	return (s->chunk[id / IDS_CHUNK] + id % IDS_CHUNK / 64);
}

void
ids_clear(struct ids *s)
{

	for (size_t c = 0; c < s->room; c++)
		g_free(s->chunk[c]);
	g_free(s->chunk);
	memset(s, 0, sizeof *s);
}
