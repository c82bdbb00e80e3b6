/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker gives up before sandbox.c shuts the door: the file system, its
 * user, its rights as root. What the system refuses is told, not fatal.
 */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "cage/confine.h"
#include "worker/cage.h"
#include "worker/vector.h"

/*
 * ORC maps its code from a file, which it makes and removes in the folder that
 * this names. One of our own, as in $HOME or /tmp others might look on.
 */
static void
generate_code(struct wire_cage *c, bool wanted)
{
	char dir[] = "/tmp/moniker-worker-XXXXXX";
	bool made;

	if (!vector_generates()) {
		c->has |= CAGE_CODE;
		return;
	}
	if (!wanted) {
		vector_disable();
		c->has |= CAGE_CODE;
		return;
	}
	made = !(c->has & CAGE_ROOT) && mkdtemp(dir) != NULL;
	(void)setenv("XDG_RUNTIME_DIR", made ? dir : "/", 1);
	vector_reserve();
	(void)unsetenv("XDG_RUNTIME_DIR");
	if (made)
		(void)rmdir(dir);
}

int
cage_enter(struct wire_cage *c, const struct wire_limits *l)
{
	confine_root(c, (int)l->refused);
	generate_code(c, l->jit != 0);
	return (confine_rights(c, l->user_namespace != 0));
}
