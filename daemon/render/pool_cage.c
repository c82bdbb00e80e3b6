/* SPDX-License-Identifier: BSD-2-Clause */
/* What the workers' cage has, for the log, the metrics and the operator. */
#include "config.h"

#include <event2/event.h>
#include <string.h>

#include "log.h"
#include "render/pool_priv.h"

struct cage_part {
	const char	*name;
	uint32_t	bit;		/* 0: another rule */
	const char	*has, *lacks;
};

static const struct cage_part parts[] = {
	{ "seccomp", 0, "some system calls, and no others", "" },
	{ "landlock", 0, "no file can be opened by its name", "no" },
	{ "namespaces", CAGE_NAMESPACES,
	    "no process, network or mount of others is seen", "no" },
	{ "root", CAGE_ROOT, "the root folder is empty", "no" },
	{ "user", CAGE_USER, "another user, or a namespace of users",
	    "that of the daemon" },
	{ "code", CAGE_CODE, "no memory is both written and executed",
	    "libvips generates code; render_jit = 0 has it do without" },
};
#define N_PARTS	(sizeof parts / sizeof *parts)

/* Part number *i*: 0 or 1, or a version. */
static unsigned
cage_has(const struct wire_cage *c, size_t i)
{
	if (i == 0)
		return (1);	/* or there would be no worker */
	if (i == 1)
		return (c->landlock);
	return ((c->has & parts[i].bit) != 0);
}

static void
cage_log(const struct wire_cage *c)
{
	const struct log_pair landlock = KV("landlock", c->landlock),
	    namespaces = KV("namespaces", cage_has(c, 2)),
	    root = KV("root", cage_has(c, 3)),
	    user = KV("user", cage_has(c, 4)),
	    code = KV("code", cage_has(c, 5)), lacks = KV("lacks", c->lacks);

	if (c->lacks[0] == '\0')
		log_info("render_cage", landlock, namespaces, root, user,
		    code, lacks);
	else
		log_warn("render_cage", "workers go on without; monikerd "
		    "--cage says more", landlock, namespaces, root, user, code,
		    lacks);
}

void
cage_told(struct render_pool *p, const struct wire_cage *told)
{
	struct wire_cage c = *told;

	c.lacks[sizeof c.lacks - 1] = '\0';
	if (p->cage_known && memcmp(&c, &p->cage, sizeof c) == 0)
		return;
	p->cage = c;
	p->cage_known = true;
	cage_log(&c);
}

bool
render_pool_cage(const struct render_pool *p, size_t i, const char **part,
    unsigned *has)
{
	if (!p->cage_known || i >= N_PARTS)
		return (false);
	*part = parts[i].name;
	*has = cage_has(&p->cage, i);
	return (true);
}

/*--------------------------------------------------------------------
 * monikerd --cage
 */

static void
print(const struct wire_cage *c, FILE *f)
{
	for (size_t i = 0; i < N_PARTS; i++)
		(void)fprintf(f, "%-11s %s: %s\n", parts[i].name,
		    cage_has(c, i) > 0 ? "yes" : "NO ", cage_has(c, i) > 0 ?
		    parts[i].has : parts[i].lacks);
	if (c->landlock > 0)
		(void)fprintf(f, "Landlock's version is %u.\n", c->landlock);
	if (c->lacks[0] != '\0')
		(void)fprintf(f, "lacks: %s\n", c->lacks);
}

static void
print_libs(const struct render_pool *p, FILE *f)
{
	char reads[64], writes[64];

	(void)fprintf(f, "Made with %s.\n", p->libs.names);
	render_pool_lacks(p, false, reads, sizeof reads);
	render_pool_lacks(p, true, writes, sizeof writes);
	if (*reads != '\0')
		(void)fprintf(f, "no coder to read: %s\n", reads);
	if (*writes != '\0')
		(void)fprintf(f, "no coder to write: %s\n", writes);
}

int
render_cage_print(const struct render_conf *conf, FILE *f)
{
	struct event_base *base = event_base_new();
	struct render_conf one = *conf;
	struct render_pool *p = NULL;
	char err[256] = "out of memory";
	int rc = -1;

	one.workers = 1;
	if (base != NULL)
		p = render_pool_new(base, &one, err, sizeof err);
	if (p == NULL)
		(void)fprintf(f, "%s\n", err);
	/* Until it is ready, or has gone without having been. */
	while (p != NULL && !p->cage_known && p->workers[0].failures == 0)
		(void)event_base_loop(base, EVLOOP_ONCE);
	if (p != NULL && p->cage_known) {
		print(&p->cage, f);
		print_libs(p, f);
		rc = p->cage.lacks[0] == '\0' ? 0 : 1;
	}
	render_pool_free(p);
	if (base != NULL)
		event_base_free(base);
	return (rc);
}
