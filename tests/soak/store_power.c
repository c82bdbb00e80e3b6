/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For store_power.sh:
 *   store_power flood DIR ROUND   writes aliases, prints each that is answered
 *   store_power cut MOUNTPOINT    takes the file system's power
 *   store_power verify DIR        reads what flood printed: all must be there
 */
#include "config.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "store/store_alias.h"
#include "store/store_org.h"
#include "store/store_source.h"

#define WINDOW		32

/* Of the kernel's ext4.h, which is not for programs. */
#define EXT4_IOC_SHUTDOWN	_IOR('X', 125, uint32_t)
#define EXT4_NO_LOG_FLUSH	2

struct power {
	struct event_base *base;
	struct store	*store;
	const char	*round;
	unsigned	n;
	struct hash	hash;
};

static void
die(const char *what)
{

	(void)fprintf(stderr, "store_power: %s\n", what);
	exit(1);
}

static void
power_open(struct power *p, const char *dir)
{
	struct store_conf conf = { .dir = dir };
	char err[512];

	p->base = conf.base = event_base_new();
	p->store = store_open(&conf, err, sizeof err);
	if (p->store == NULL)
		die(err);
}

static void
stop(struct store_job *j)
{

	(void)event_base_loopbreak(((struct power *)j->arg)->base);
}

static void
image(struct power *p)
{
	struct store_org_put org;
	struct store_source_put put;

	memset(&org, 0, sizeof org);
	(void)snprintf(org.org.name, sizeof org.org.name, "org");
	org.job.done = stop;
	org.job.arg = p;
	store_org_put(p->store, &org);
	(void)event_base_dispatch(p->base);
	memset(&put, 0, sizeof put);
	put.blob = store_blob_new(p->store);
	if (put.blob == NULL || store_blob_write(put.blob, "x", 1) != 0)
		die("no blob");
	(void)snprintf(put.source.org, sizeof put.source.org, "org");
	put.job.done = stop;
	put.job.arg = p;
	store_source_put(p->store, &put);
	(void)event_base_dispatch(p->base);
	p->hash = put.source.hash;
	store_source_clear(&put.source);
}

static void answered(struct store_job *);

static void
next(struct power *p, struct store_alias_put *put)
{

	memset(put, 0, sizeof *put);
	(void)snprintf(put->alias.org, sizeof put->alias.org, "org");
	(void)snprintf(put->alias.name, sizeof put->alias.name, "r%s_%u",
	    p->round, p->n++);
	put->target = hash_prefix_whole(&p->hash);
	put->job.done = answered;
	put->job.arg = p;
	store_alias_put(p->store, put);
}

static void
answered(struct store_job *j)
{
	struct store_alias_put *put = (struct store_alias_put *)j;

	/* Without power writes fail; until then each answer counts. */
	if (j->status != STORE_CREATED)
		exit(0);
	(void)printf("%s\n", put->alias.name);
	(void)fflush(stdout);
	next(j->arg, put);
}

static void
flood(const char *dir, const char *round)
{
	static struct store_alias_put put[WINDOW];
	struct power p = { .round = round };
	unsigned i;

	power_open(&p, dir);
	image(&p);
	for (i = 0; i < WINDOW; i++)
		next(&p, &put[i]);
	(void)event_base_dispatch(p.base);
}

static void
cut(const char *mountpoint)
{
	uint32_t how = EXT4_NO_LOG_FLUSH;
	int fd;

	fd = open(mountpoint, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, EXT4_IOC_SHUTDOWN, &how) != 0)
		die("cannot take the power");
	(void)close(fd);
}

static int
verify(const char *dir)
{
	struct power p = { .n = 0 };
	struct store_source src;
	struct store_alias a;
	struct hash_prefix whole;
	char name[64];
	unsigned lost = 0;
	int fd;

	power_open(&p, dir);
	while (scanf("%63s", name) == 1) {
		p.n++;
		if (store_alias_get(p.store, "org", name, &a) == STORE_OK)
			continue;
		lost++;
		(void)fprintf(stderr, "lost: %s\n", name);
	}
	whole = hash_prefix_whole(&a.hash);
	if (p.n > 0 && store_source_get(p.store, "org", &whole, false,
	    &src) == STORE_OK) {
		fd = store_source_open(p.store, &src);
		lost += fd < 0;
		if (fd >= 0)
			(void)close(fd);
		store_source_clear(&src);
	}
	store_close(p.store);
	event_base_free(p.base);
	(void)printf("%u answered, %u lost\n", p.n, lost);
	return (lost == 0 && p.n > 0 ? 0 : 1);
}

int
main(int argc, char **argv)
{

	if (argc == 4 && strcmp(argv[1], "flood") == 0)
		flood(argv[2], argv[3]);
	else if (argc == 3 && strcmp(argv[1], "cut") == 0)
		cut(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "verify") == 0)
		return (verify(argv[2]));
	else
		die("usage: store_power flood DIR ROUND | cut MOUNTPOINT | "
		    "verify DIR");
	return (0);
}
