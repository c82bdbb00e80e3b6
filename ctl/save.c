/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "save.h"

/* For the handler: the file that is being written, or "". */
static char unfinished[sizeof ((struct save *)0)->tmp];

static void
on_end(int sig)
{
	(void)unlink(unfinished);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

bool
save_open(struct save *s, const char *file)
{
	struct stat st;
	int n = 0;

	s->file = file;
	s->tmp[0] = '\0';
	if (stat(file, &st) != 0 || S_ISREG(st.st_mode))
		n = snprintf(s->tmp, sizeof s->tmp, "%s.part", file);
	if (n < 0 || (size_t)n >= sizeof s->tmp) {
		errno = ENAMETOOLONG;
		return (false);
	}
	s->f = fopen(s->tmp[0] != '\0' ? s->tmp : file, "we");
	if (s->f == NULL)
		return (false);
	if (s->tmp[0] != '\0') {
		(void)memcpy(unfinished, s->tmp, sizeof unfinished);
		(void)signal(SIGINT, on_end);
		(void)signal(SIGTERM, on_end);
	}
	return (true);
}

bool
save_close(struct save *s, bool keep)
{
	bool ok = ferror(s->f) == 0;

	ok = fclose(s->f) == 0 && ok;
	if (s->tmp[0] == '\0')
		return (ok);
	if (ok && keep)
		ok = rename(s->tmp, s->file) == 0;
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	if (!ok || !keep)
		(void)unlink(s->tmp);
	return (ok);
}
