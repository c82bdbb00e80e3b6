/* SPDX-License-Identifier: BSD-2-Clause */
/* monikerd: what the command line asks for. */
#include "config.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "api/api.h"
#include "cage/spawn.h"
#include "conf.h"
#include "fetch/fetcher.h"
#include "fsck_all.h"
#include "log.h"
#include "monikerd.h"
#include "render/render.h"
#include "worker/worker.h"

static const char usage_text[] =
"usage: monikerd [-t] [-f FILE]\n"
"       monikerd --fsck [--deep] [-f FILE | FOLDER]\n"
"       monikerd --begin-anew [-f FILE]\n"
"       monikerd --cage [-f FILE]\n"
"       monikerd --routes | --version | --help\n"
"\n"
"  -f, --config FILE  configuration file, by default\n"
"                     " MONIKERD_CONF "\n"
"  -t, --test         check the configuration and exit\n"
"      --fsck         compare database, source images and map, report what\n"
"                     is wrong, and exit; with FOLDER, check that backup. The\n"
"                     daemon may be running\n"
"      --deep         with --fsck, also read every source image\n"
"      --begin-anew   create an empty database after one was lost, and exit\n"
"      --cage         start a render worker, report what confines it, and\n"
"                     exit\n"
"      --routes       print the routes of the API and exit\n"
"\n"
"monikerd runs in the foreground and logs to standard error. SIGTERM and\n"
"SIGINT stop it; SIGHUP reads the configuration again. Exit status: 0 stopped\n"
"or no fault, 1 --fsck or --cage found a fault, 64 usage, 69 could not start,\n"
"78 configuration. See monikerd(8) and monikerd.conf(5).\n";

enum task { TASK_RUN, TASK_TEST, TASK_FSCK, TASK_ANEW, TASK_CAGE };

struct wish {
	enum task	task;
	const char	*file;
	const char	*folder;	/* --fsck this one alone, or NULL */
	bool		deep;
};

static int
usage(FILE *f, int rc)
{
	(void)fputs(usage_text, f);
	return (rc);
}

/* Returns -1, or the exit status when all is done. */
static int
read_options(int argc, char **argv, struct wish *w)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'f' },
		{ "test", no_argument, NULL, 't' },
		{ "fsck", no_argument, NULL, 'c' },
		{ "deep", no_argument, NULL, 'd' },
		{ "begin-anew", no_argument, NULL, 'a' },
		{ "cage", no_argument, NULL, 'C' },
		{ "routes", no_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int o;

	while ((o = getopt_long(argc, argv, "f:th", longs, NULL)) != -1) {
		switch (o) {
		case 'f':
			w->file = optarg;
			break;
		case 't':
			w->task = TASK_TEST;
			break;
		case 'c':
			w->task = TASK_FSCK;
			break;
		case 'd':
			w->deep = true;
			break;
		case 'a':
			w->task = TASK_ANEW;
			break;
		case 'C':
			w->task = TASK_CAGE;
			break;
		case 'r':
			api_print_routes(stdout);
			return (EX_OK);
		case 'V':
			(void)printf("monikerd %s\n", PACKAGE_VERSION);
			return (EX_OK);
		case 'h':
			return (usage(stdout, EX_OK));
		default:
			return (usage(stderr, EX_USAGE));
		}
	}
	if (optind + 1 == argc && w->task == TASK_FSCK)
		w->folder = argv[optind++];
	return (optind == argc ? -1 : usage(stderr, EX_USAGE));
}

static int
cage(const struct conf *conf)
{
	int rc = render_cage_print(&conf->render, stdout);

	return (rc < 0 ? EX_UNAVAILABLE : rc);
}

static int
run(struct conf *conf, const struct wish *w)
{
	enum log_level level;

	(void)log_level_parse(conf->log_level, &level);
	log_set_level(level);
	if (w->task == TASK_TEST) {
		unsigned n = conf_warn(conf, stderr);

		(void)printf("%s: good%s\n", w->file,
		    n > 0 ? ", but see the warnings" : "");
		return (EX_OK);
	}
	if (sodium_init() < 0)
		return (EX_OSERR);
	if (w->task == TASK_FSCK)
		return (fsck_all(conf, w->deep));
	if (w->task == TASK_ANEW)
		return (monikerd_begin_anew(conf));
	if (w->task == TASK_CAGE)
		return (cage(conf));
	(void)signal(SIGPIPE, SIG_IGN);
	return (monikerd_run(conf, w->file));
}

/*
 * A daemon started without them would open another file in the place of
 * standard error, and write the log into it.
 */
static int
open_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
	return (fd >= 0 ? 0 : -1);
}

int
main(int argc, char **argv)
{
	struct wish wish = { .file = MONIKERD_CONF };
	char err[512];
	struct conf *conf;
	int rc;

	if (argc == 2 && strcmp(argv[1], "--render-worker") == 0)
		worker_main(SPAWN_FD);
	if (argc == 2 && strcmp(argv[1], "--fetch") == 0)
		fetcher_main(SPAWN_FD);
	if (open_standard_files() != 0)
		return (EX_OSERR);
	rc = read_options(argc, argv, &wish);
	if (rc != -1)
		return (rc);
	if (wish.folder != NULL)
		return (sodium_init() < 0 ? EX_OSERR :
		    fsck_folder(wish.folder, wish.deep));
	conf = conf_read(wish.file, err, sizeof err);
	if (conf == NULL) {
		(void)fprintf(stderr, "monikerd: %s\n", err);
		return (EX_CONFIG);
	}
	rc = run(conf, &wish);
	conf_free(conf);
	return (rc);
}
