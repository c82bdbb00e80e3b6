/* SPDX-License-Identifier: BSD-2-Clause */
/* Uploads that name a URL in place of a file. */
#ifndef UPLOAD_URL_H
#define UPLOAD_URL_H

#include "api/call.h"
#include "store/store_source.h"

struct upload_url {
	unsigned	magic;
#define UPLOAD_URL_MAGIC		0x2b8a6d07
	struct call	*call;
	char		field[16];	/* "url[0]" */
	char		*url;		/* NULL: none */
	struct store_source_put *put;	/* gets bytes and name */
	/* Once for each that began, whatever became of it. */
	void		(*done)(void *arg);
	void		*arg;
	int		error;		/* errno of the blob's */
};

/* Whether a part of this name has a URL: "url", "url[]", "url[0]". */
bool upload_url_is(const char *name);

/* Begins; holds the call until done(). False after an answer. */
bool upload_url_fetch(struct upload_url *);

#endif
