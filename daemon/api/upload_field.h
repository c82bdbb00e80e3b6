/* SPDX-License-Identifier: BSD-2-Clause */
/* The text parts of an upload: metadata and options of its files. */
#ifndef UPLOAD_FIELD_H
#define UPLOAD_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define UPLOAD_FILES	64	/* at once */

/* What the text parts say about the file of an index. */
struct upload_meta {
	unsigned given;		/* which of the fields, by their bits */
	json_t	*user, *dynamic;	/* NULL: not given */
	bool	protected;
};

void upload_meta_clear(struct upload_meta *);

/*
 * Takes one text part, *name* as in "meta_user[0]"; each "meta_user[]" is of
 * the next file. What we do not know is refused: ignored, a mistyped "options"
 * would leave a picture public. Returns false and a sentence that names the
 * field in *err*.
 */
bool upload_field(struct upload_meta metas[UPLOAD_FILES], const char *name,
    const char *text, size_t len, char *err, size_t err_len);

/* Whether all of them are of the *n* files that came. False: as above. */
bool upload_fields_used(const struct upload_meta metas[UPLOAD_FILES],
    unsigned n, char *err, size_t err_len);

#endif
