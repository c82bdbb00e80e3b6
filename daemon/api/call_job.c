/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>

#include "api/call.h"

void *
call_job(struct call *c, size_t size, void (*done)(struct store_job *))
{
	struct store_job *job = calloc(1, size);

	if (job == NULL) {
		reply_store(c, STORE_ERROR, "");
		return (NULL);
	}
	job->done = done;
	job->arg = call_hold(c);
	job->actor = &c->actor;
	return (job);
}

void
call_job_over(struct store_job *job)
{
	call_release(job->arg);
	free(job);
}
