/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "chunked.h"
#include "name/ascii.h"

/*
 * 15 digits hold more than any disk and cannot overflow. Extensions mean
 * nothing to us; a body of one-byte chunks with long ones would be work without
 * end.
 */
#define SIZE_DIGITS	15
#define EXTENSION_BYTES	4096

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, END_CR, END_LF, END };

static const char *
take_size(struct chunked *ck, unsigned char c)
{
	int digit = ascii_hex((char)c);

	if (digit >= 0) {
		if (++ck->digits > SIZE_DIGITS)
			return ("The size of a chunk is too long.");
		ck->left = ck->left * 16 + (unsigned)digit;
		return (NULL);
	}
	if (ck->digits == 0 || (c != ';' && c != '\r'))
		return ("The size of a chunk is not a hexadecimal number.");
	ck->state = c == ';' ? EXTENSION : SIZE_LF;
	return (NULL);
}

static const char *
take_extension(struct chunked *ck, unsigned char c)
{
	if (c == '\r')
		ck->state = SIZE_LF;
	else if ((c < ' ' && c != '\t') || c == 0x7f)
		return ("A chunk extension has a control character.");
	else if (++ck->extension > EXTENSION_BYTES)
		return ("The chunk extensions are too long.");
	return (NULL);
}

/* One byte that is not data; NULL or what is wrong with it. */
static const char *
take(struct chunked *ck, unsigned char c)
{
	int want = ck->state == DATA_CR || ck->state == END_CR ? '\r' : '\n';

	if (ck->state == SIZE)
		return (take_size(ck, c));
	if (ck->state == EXTENSION)
		return (take_extension(ck, c));
	if (c != want)
		return (ck->state == END_CR ? "Trailers are not taken." :
		    "A chunk does not end where its size says.");
	switch (ck->state) {
	case SIZE_LF:
		ck->state = ck->left > 0 ? DATA : END_CR;
		break;
	case DATA_LF:
		ck->state = SIZE;
		ck->digits = 0;
		break;
	default:		/* DATA_CR and END_CR, END_LF: the next one */
		ck->state++;
		break;
	}
	return (NULL);
}

enum chunked_result
chunked_feed(struct chunked *ck, const char *in, size_t len, size_t *used,
    const char **out, size_t *out_len, const char **why)
{
	*used = 0;
	while (ck->state != END && *used < len) {
		if (ck->state == DATA) {
			*out = in + *used;
			*out_len = len - *used;
			if (*out_len > ck->left)
				*out_len = ck->left;
			ck->left -= *out_len;
			*used += *out_len;
			if (ck->left == 0)
				ck->state = DATA_CR;
			return (CHUNKED_DATA);
		}
		*why = take(ck, (unsigned char)in[(*used)++]);
		if (*why != NULL)
			return (CHUNKED_BAD);
	}
	return (ck->state == END ? CHUNKED_END : CHUNKED_MORE);
}
