/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs in the order in which they came. No locks: they are their owners'. */
#include "config.h"

#include "store_priv.h"

void
job_list_init(struct job_list *l)
{

	l->first = NULL;
	l->last = &l->first;
}

void
job_list_append(struct job_list *l, struct store_job *j)
{

	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
}

struct store_job *
job_list_take(struct job_list *l)
{
	struct store_job *j = l->first;

	if (j != NULL && (l->first = j->next) == NULL)
		l->last = &l->first;
	return (j);
}

void
job_list_move(struct job_list *to, struct job_list *from)
{

	if (from->first == NULL)
		return;
	*to->last = from->first;
	to->last = from->last;
	job_list_init(from);
}
