/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "fetch/frame.h"

static bool
take_data(struct frame_state *st, const struct frame_view *v)
{
	if (!st->shut || v->len == 0 || v->len > st->max_bytes - st->got)
		return (false);
	st->got += v->len;
	return (true);
}

/* The end of a fetch. Texts go to logs and clients, so no control characters. */
static bool
take_text(struct frame_state *st, struct frame_view *v)
{
	if (v->len > FRAME_TEXT || (v->kind != FRAME_FAILED && !st->shut))
		return (false);
	for (size_t i = 0; i < v->len; i++)
		if ((unsigned char)v->bytes[i] < ' ' || v->bytes[i] == 0x7f)
			return (false);
	memcpy(v->text, v->bytes, v->len);
	v->text[v->len] = '\0';
	st->over = true;
	switch (v->kind) {
	case FRAME_DONE:
		return (v->status == FETCH_OK && (v->code == 200 ||
		    (st->post && v->code > 200 && v->code < 300)));
	case FRAME_MOVED:
		return (v->status == FETCH_OK && st->got == 0 &&
		    v->code >= 300 && v->code < 400);
	default:
		return (v->status != FETCH_OK);
	}
}

static bool
take_shut(struct frame_state *st, const struct frame_view *v)
{
	if (st->shut || v->len != sizeof(struct wire_cage))
		return (false);
	st->shut = true;
	return (true);
}

bool
frame_take(struct frame_state *st, const void *message, size_t len,
    struct frame_view *v)
{
	struct { uint32_t kind, status, code, len; } head;

	_Static_assert(sizeof head == FRAME_HEAD, "the head of a frame");
	if (st->over || len < FRAME_HEAD || len > sizeof(struct frame))
		return (false);
	memcpy(&head, message, sizeof head);
	if (head.len != len - FRAME_HEAD || head.status >= FETCH_MAX ||
	    head.code > 999)
		return (false);
	v->kind = (enum frame_kind)head.kind;
	v->status = (enum fetch_status)head.status;
	v->code = head.code;
	v->bytes = (const char *)message + FRAME_HEAD;
	v->len = head.len;
	v->text[0] = '\0';
	switch (head.kind) {
	case FRAME_SHUT:
		return (take_shut(st, v));
	case FRAME_DATA:
		return (take_data(st, v));
	case FRAME_DONE:
	case FRAME_MOVED:
	case FRAME_FAILED:
		return (take_text(st, v));
	default:
		return (false);
	}
}
