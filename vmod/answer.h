/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over the headers of an answer, and what is removed of them. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stdint.h>

/* Where the headers are that are changed; 0: there is none. */
struct answer {
	unsigned	control;	/* Cache-Control */
	unsigned	date;
	unsigned	age;
	unsigned	controls;	/* how many */
	unsigned	dates;
	unsigned	ages;
	unsigned	first;		/* of ours */
	uint64_t	ours;		/* a bit for each place, if below 64 */
	unsigned	attachment;	/* Content-Disposition, if it says so */
	const char	*moving;	/* other pictures it shows, by aliases */
};

void answer_look(const struct http *, struct answer *);

/*
 * Removes our headers, and Age if *age* is set. An object has the same ones of
 * ours at every hit, so the log need not tell that they go.
 */
void answer_drop(struct http *, const struct answer *, bool age);

#endif
