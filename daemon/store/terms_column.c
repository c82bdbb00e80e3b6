/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A field's values image by image, to count them over what a search finds: a
 * row has those of COLUMN_IMAGES images, as pairs of an image and the number of
 * a value. They are in order, the image as its distance from the one before,
 * each in as few bytes as LEB128 needs.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "store_priv.h"
#include "terms.h"

#define COLUMN_IMAGES	512

/* An image's place in its row, and a value's number. */
#define PAIR(place, no)	((uint64_t)(place) << 32 | (uint32_t)(no))

static size_t
put_number(uint8_t *p, uint32_t n)
{
	size_t len = 0;

	for (; n > 0x7f; n >>= 7)
		p[len++] = (uint8_t)(n | 0x80);
	p[len++] = (uint8_t)n;
	return (len);
}

/* The number at *p*, which it passes; 0 at the end. */
static inline uint32_t
take_number(const uint8_t **p, const uint8_t *end)
{
	uint32_t n = 0;
	unsigned shift = 0;

	/* Most have one byte or two. */
	if (end - *p > 1 && (*p)[0] < 0x80)
		return (*(*p)++);
	if (end - *p > 1 && (*p)[1] < 0x80) {
		*p += 2;
		return ((*p)[-2] & 0x7f) | (uint32_t)(*p)[-1] << 7;
	}
	while (*p < end) {
		n |= (uint32_t)(**p & 0x7f) << shift;
		shift = (shift + 7) & 31;
		if ((*(*p)++ & 0x80) == 0)
			break;
	}
	return (n);
}

static int
column_read(struct db *db, int64_t field, int64_t chunk, GArray *pairs)
{
	const uint8_t *p, *end;
	uint32_t place = 0, no;
	sqlite3_stmt *s;
	uint64_t pair;
	int rc;

	s = db_row(db, &rc, ST_TERM_COLUMN_GET, field, chunk);
	if (s == NULL)
		return (rc);
	p = sqlite3_column_blob(s, 0);
	end = p + sqlite3_column_bytes(s, 0);
	while (p < end) {
		place += take_number(&p, end);
		no = take_number(&p, end);
		pair = PAIR(place, no);
		g_array_append_val(pairs, pair);
	}
	db_reset(s);
	return (0);
}

static int
column_write(struct db *db, int64_t field, int64_t chunk, const GArray *pairs)
{
	uint8_t *data = g_malloc((size_t)pairs->len * 10);
	struct db_blob blob = { .data = data };
	uint32_t place = 0;
	uint64_t pair;
	int rc;

	for (guint i = 0; i < pairs->len; i++) {
		pair = g_array_index(pairs, uint64_t, i);
		blob.len += put_number(data + blob.len,
		    (uint32_t)(pair >> 32) - place);
		blob.len += put_number(data + blob.len, (uint32_t)pair);
		place = (uint32_t)(pair >> 32);
	}
	rc = pairs->len == 0 ?
	    db_run(db, ST_TERM_COLUMN_DELETE, field, chunk) :
	    db_run(db, ST_TERM_COLUMN_PUT, field, chunk, &blob);
	g_free(data);
	return (rc < 0 ? -1 : 0);
}

/* Where *pair* is, or would be. */
static guint
column_find(const GArray *pairs, uint64_t pair)
{
	guint low = 0, high = pairs->len, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (g_array_index(pairs, uint64_t, mid) < pair)
			low = mid + 1;
		else
			high = mid;
	}
	return (low);
}

int
column_change(struct db *db, int64_t field, int64_t source, int64_t no,
    bool add)
{
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	uint64_t pair = PAIR(source % COLUMN_IMAGES, no);
	guint at;
	bool there;
	int rc;

	rc = column_read(db, field, source / COLUMN_IMAGES, pairs);
	at = column_find(pairs, pair);
	there = at < pairs->len && g_array_index(pairs, uint64_t, at) == pair;
	if (add && !there)
		g_array_insert_val(pairs, at, pair);
	else if (!add && there)
		g_array_remove_index(pairs, at);
	if (rc == 0 && add != there)
		rc = column_write(db, field, source / COLUMN_IMAGES, pairs);
	(void)g_array_free(pairs, TRUE);
	return (rc);
}

int
column_make(struct db *db, int64_t field)
{
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	sqlite3_stmt *s = db_bind(db, ST_TERM_COLUMN_PAIRS, field);
	int64_t chunk = 0, source;
	uint64_t pair;
	int rc, wrong = 0;

	while (wrong == 0 && (rc = db_step(db, s)) > 0) {
		source = sqlite3_column_int64(s, 0);
		if (source / COLUMN_IMAGES != chunk) {
			wrong = column_write(db, field, chunk, pairs);
			g_array_set_size(pairs, 0);
			chunk = source / COLUMN_IMAGES;
		}
		pair = PAIR(source % COLUMN_IMAGES, sqlite3_column_int64(s, 1));
		g_array_append_val(pairs, pair);
	}
	if (wrong != 0 && s != NULL)
		db_reset(s);
	else if (wrong == 0)
		wrong = rc != 0 ? rc : column_write(db, field, chunk, pairs);
	(void)g_array_free(pairs, TRUE);
	return (wrong);
}

int
column_check(struct db *db, int64_t field)
{
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	sqlite3_stmt *s = db_bind(db, ST_TERM_COLUMN_PAIRS, field);
	int64_t chunk = -1, source;
	bool same = true;
	guint at = 0;
	int rc;

	while (same && (rc = db_step(db, s)) > 0) {
		source = sqlite3_column_int64(s, 0);
		if (source / COLUMN_IMAGES != chunk) {
			same = at == pairs->len;
			g_array_set_size(pairs, 0);
			chunk = source / COLUMN_IMAGES;
			at = 0;
			same &= column_read(db, field, chunk, pairs) == 0;
		}
		same &= at < pairs->len && g_array_index(pairs, uint64_t, at) ==
		    PAIR(source % COLUMN_IMAGES, sqlite3_column_int64(s, 1));
		at++;
	}
	same &= at == pairs->len;
	if (s != NULL)
		db_reset(s);
	(void)g_array_free(pairs, TRUE);
	return (same && rc < 0 ? -1 : same);
}

/* *bits* are those of the row's images. */
static void
column_count_row(const uint8_t *p, const uint8_t *end, const uint64_t *bits,
    uint32_t *counts, size_t n)
{
	uint32_t place = 0, no;

	while (p < end) {
		place += take_number(&p, end);
		no = take_number(&p, end);
		if (place < COLUMN_IMAGES && no < n)
			counts[no] += bits[place / 64] >> place % 64 & 1;
	}
}

int
column_count(struct db *db, int64_t field, const struct ids *set,
    uint32_t *counts, size_t n)
{
	sqlite3_stmt *s = db_bind(db, ST_TERM_COLUMN_EACH, field);
	const uint8_t *p;
	int64_t first;
	int rc;

	while ((rc = db_step(db, s)) > 0) {
		first = sqlite3_column_int64(s, 0) * COLUMN_IMAGES;
		if (!ids_any(set, first, first + COLUMN_IMAGES))
			continue;
		p = sqlite3_column_blob(s, 1);
		column_count_row(p, p + sqlite3_column_bytes(s, 1),
		    ids_words(set, first), counts, n);
	}
	return (rc);
}

static void
column_images_row(const uint8_t *p, const uint8_t *end, const uint8_t *wanted,
    size_t n, uint64_t *bits)
{
	uint32_t place = 0, no;

	while (p < end) {
		place += take_number(&p, end);
		no = take_number(&p, end);
		if (place < COLUMN_IMAGES && no < n)
			bits[place / 64] |= (uint64_t)wanted[no] << place % 64;
	}
}

int
column_images(struct db *db, int64_t field, const uint8_t *wanted, size_t n,
    struct ids *out)
{
	sqlite3_stmt *s = db_bind(db, ST_TERM_COLUMN_EACH, field);
	uint64_t bits[COLUMN_IMAGES / 64];
	const uint8_t *p;
	int rc;

	while ((rc = db_step(db, s)) > 0) {
		memset(bits, 0, sizeof bits);
		p = sqlite3_column_blob(s, 1);
		column_images_row(p, p + sqlite3_column_bytes(s, 1), wanted, n,
		    bits);
		ids_add_words(out, sqlite3_column_int64(s, 0) * COLUMN_IMAGES,
		    bits, COLUMN_IMAGES / 64);
	}
	return (rc);
}
