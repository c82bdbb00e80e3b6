/* SPDX-License-Identifier: BSD-2-Clause */
/* monikerctl: the API of monikerd from a shell. */
#include "config.h"

#include <curl/curl.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

static const struct command *const groups[] = {
	alias_commands, transfer_commands, plan_commands, image_commands,
	area_commands, copy_commands, stack_commands, purge_commands, org_commands,
	member_commands, sign_commands, token_commands, audit_commands,
	stats_commands, status_commands, webhook_commands,
};
#define N_GROUPS	(sizeof groups / sizeof *groups)
#define COMPLETE_TIMEOUT	2	/* seconds; a shell waits */

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "url", required_argument, NULL, 'u' },
	{ "socket", required_argument, NULL, 's' },
	{ "organization", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'j' },
	{ "table", no_argument, NULL, 't' },
	{ "overwrite", no_argument, NULL, 'w' },
	{ "replace", no_argument, NULL, 'r' },
	{ "keep-hash", no_argument, NULL, 'k' },
	{ "prefix", required_argument, NULL, 'p' },
	{ "wait", required_argument, NULL, 'W' },
	{ "soft", no_argument, NULL, 'S' },
	{ "variants", no_argument, NULL, 'v' },
	{ "comment", required_argument, NULL, 'C' },
	{ "role", required_argument, NULL, 'R' },
	{ "format", required_argument, NULL, 'F' },
	{ "expires", required_argument, NULL, 'E' },
	{ "allow", required_argument, NULL, 'A' },
	{ "from", required_argument, NULL, 'f' },
	{ "to", required_argument, NULL, 'T' },
	{ "sort", required_argument, NULL, 'O' },
	{ "any", no_argument, NULL, 'Y' },
	{ "description", required_argument, NULL, 'D' },
	{ "tag", required_argument, NULL, 'G' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "restore", no_argument, NULL, 'B' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "complete", no_argument, NULL, 'K' },
	{ NULL, 0, NULL, 0 }
};

static bool
begins_with(const struct command *c, int argc, char **argv)
{
	return ((argc < 1 || strcmp(argv[0], c->noun) == 0) &&
	    (argc < 2 || strcmp(argv[1], c->verb) == 0));
}

/*
 * The commands that begin with the words given, unless *f* is NULL. Returns
 * how many there are.
 */
static int
usage_commands(FILE *f, int argc, char **argv)
{
	const struct command *c;
	int n = 0;

	for (size_t g = 0; g < N_GROUPS; g++)
		for (c = groups[g]; c->noun != NULL; c++)
			if (begins_with(c, argc, argv)) {
				if (f != NULL)
					(void)fprintf(f,
					    "  %-7s %-12s %-24s %s\n", c->noun,
					    c->verb, c->args, c->help);
				n++;
			}
	return (n);
}

static int
usage(FILE *f, int rc, int argc, char **argv)
{
	(void)fputs("usage: monikerctl [OPTIONS] COMMAND [ARGUMENTS]\n\n", f);
	if (usage_commands(f, argc, argv) == 0)
		(void)usage_commands(f, 0, NULL);
	(void)fputs("\n"
	    "  -o, --organization NAME  organization to act on\n"
	    "  -u, --url URL            URL of the API\n"
	    "  -s, --socket PATH        Unix socket of the daemon\n"
	    "  -c, --config FILE        read this file instead of "
	    "~/.config/monikerctl.conf\n"
	    "      --json, --table      output format, on a terminal or not\n"
	    "\n"
	    "Set the key in MONIKER_KEY or in the file, never on the command "
	    "line.\nMONIKER_ORG, MONIKER_URL and MONIKER_SOCKET replace "
	    "-o, -u and -s.\nmonikerctl(1) explains the other options.\n",
	    f);
	return (rc);
}

static const struct command *
find(int argc, char **argv)
{
	if (argc < 2)
		return (NULL);
	for (size_t g = 0; g < N_GROUPS; g++)
		for (const struct command *c = groups[g]; c->noun != NULL; c++)
			if (strcmp(c->noun, argv[0]) == 0 &&
			    strcmp(c->verb, argv[1]) == 0)
				return (c);
	return (NULL);
}

/* What may stand behind the words given, for the shell's completion. */
static int
complete(struct ctl *ctl, struct client_conf *conf, int argc, char **argv)
{
	const struct command *c = find(argc, argv);
	const char *last = "";
	char err[512];

	if (c != NULL) {
		conf->timeout = COMPLETE_TIMEOUT;
		ctl->client = client_new(conf, err, sizeof err);
		ctl_complete_argument(ctl, c, argc - 2);
		client_free(ctl->client);
		return (CTL_OK);
	}
	for (size_t g = 0; argc < 2 && g < N_GROUPS; g++)
		for (c = groups[g]; c->noun != NULL; c++)
			if (argc == 1 && strcmp(argv[0], c->noun) == 0)
				(void)puts(c->verb);
			else if (argc == 0 && strcmp(last, c->noun) != 0)
				(void)puts(last = c->noun);
	return (CTL_OK);
}

/* The mistake first, then the commands that may have been meant. */
static int
unknown_command(int argc, char **argv)
{
	int n = usage_commands(NULL, argc < 1 ? argc : 1, argv);

	if (argc == 0)
		(void)fprintf(stderr, "monikerctl: no command given; "
		    "monikerctl --help lists them\n");
	else if (n == 0)
		(void)fprintf(stderr, "monikerctl: unknown command \"%s\"; "
		    "monikerctl --help lists all\n", argv[0]);
	else if (argc == 1)
		(void)fprintf(stderr, "monikerctl: %s: give one of its "
		    "commands:\n", argv[0]);
	else
		(void)fprintf(stderr, "monikerctl: %s has no command \"%s\"; "
		    "it has:\n", argv[0], argv[1]);
	if (n > 0 && argc > 0)
		(void)usage_commands(stderr, 1, argv);
	return (CTL_USAGE);
}

/* Such as a script's variable that was never set. */
static bool
any_empty(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (*argv[i] == '\0')
			return (true);
	return (false);
}

/*
 * An option that a command does not know would be ignored: an export of what
 * begins with a prefix would be one of all.
 */
static bool
options_fit(const struct ctl *ctl, const struct command *c)
{
	const struct {
		const char	*name;
		bool		given;
		const char	*commands;
	} options[] = {
		{ "overwrite", ctl->overwrite,
		    "alias set;alias import;stack set;"
		    "image copy;image move;" },
		{ "replace", ctl->replace,
		    "image focus;image set;image unset;alias repoint;" },
		{ "keep-hash", ctl->keep_hash,
		    "image focus;image set;image unset;" },
		{ "prefix", ctl->prefix != NULL, "alias list;"
		    "alias rollback-all;alias repoint;purge aliases;" },
		{ "tag", ctl->tag != NULL, "alias list;alias set;"
		    "alias rollback-all;alias repoint;purge aliases;" },
		{ "description", ctl->description != NULL, "alias set;"
		    "webhook create;" },
		{ "dry-run", ctl->dry_run,
		    "alias rollback-all;alias repoint;" },
		{ "restore", ctl->restore,
		    "alias rollback;alias rollback-all;" },
		{ "wait", ctl->wait != NULL, "purge alias;purge aliases;"
		    "purge image;purge stack;purge status;" },
		{ "soft", ctl->soft, "purge alias;purge image;purge stack;" },
		{ "variants", ctl->variants, "purge alias;" },
		{ "comment", ctl->comment != NULL, "key create;key edit;"
		    "member add;member edit;alias set;alias rollback;"
		    "alias rollback-all;alias repoint;plan add;"
		    "set put;" },
		{ "role", ctl->role != NULL, "key create;member add;"
		    "member edit;" },
		{ "format", ctl->format != NULL,
		    "alias import;alias export;" },
		{ "expires", ctl->expires != NULL,
		    "key create;key edit;member add;signkey create;"
		    "signkey edit;" },
		{ "allow", ctl->allow != NULL, "key create;key edit;"
		    "member add;token create;" },
		{ "from", ctl->from != NULL, "audit list;audit export;"
		    "stats show;" },
		{ "to", ctl->to != NULL, "audit list;audit export;"
		    "stats show;" },
		{ "sort", ctl->sort != NULL, "image list;" },
		{ "any", ctl->any, "image list;image facets;" },
	};
	char command[64];

	(void)snprintf(command, sizeof command, "%s %s;", c->noun, c->verb);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (options[i].given &&
		    strstr(options[i].commands, command) == NULL) {
			(void)fprintf(stderr, "monikerctl: --%s is not for "
			    "%s %s\n", options[i].name, c->noun, c->verb);
			return (false);
		}
	return (true);
}

static int
run(struct ctl *ctl, const struct client_conf *conf, int argc, char **argv)
{
	const struct command *c = find(argc, argv);
	char err[512];
	int rc;

	if (c == NULL)
		return (unknown_command(argc, argv));
	argc -= 2;
	argv += 2;
	if (argc < c->min || (c->max >= 0 && argc > c->max) ||
	    any_empty(argc, argv)) {
		(void)fprintf(stderr, "usage: monikerctl %s %s %s\n", c->noun,
		    c->verb, c->args);
		return (CTL_USAGE);
	}
	if (!options_fit(ctl, c))
		return (CTL_USAGE);
	ctl->client = client_new(conf, err, sizeof err);
	if (ctl->client == NULL) {
		(void)fprintf(stderr, "monikerctl: %s\n", err);
		return (CTL_CONFIG);
	}
	if (c->needs_org && *client_org(ctl->client) == '\0') {
		(void)fprintf(stderr, "monikerctl: which organization? Give "
		    "-o NAME or set MONIKER_ORG\n");
		rc = CTL_USAGE;
	} else
		rc = c->run(ctl, argc, argv);
	client_free(ctl->client);
	if ((fflush(stdout) != 0 || ferror(stdout)) && rc == CTL_OK) {
		ctl_complain("standard output", "cannot be written");
		rc = CTL_INPUT;
	}
	return (rc);
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .json = !isatty(STDOUT_FILENO) };
	struct client_conf conf = { .file = NULL };
	bool help = false;
	int o, rc;

	(void)setlocale(LC_CTYPE, "");
	while ((o = getopt_long(argc, argv, "c:u:s:o:h", longs, NULL)) != -1) {
		switch (o) {
		case 'c': conf.file = optarg; break;
		case 'u': conf.url = optarg; break;
		case 's': conf.socket = optarg; break;
		case 'o': conf.org = optarg; break;
		case 'j': ctl.json = true; break;
		case 't': ctl.json = false; break;
		case 'w': ctl.overwrite = true; break;
		case 'r': ctl.replace = true; break;
		case 'k': ctl.keep_hash = true; break;
		case 'p': ctl.prefix = optarg; break;
		case 'W': ctl.wait = optarg; break;
		case 'S': ctl.soft = true; break;
		case 'v': ctl.variants = true; break;
		case 'C': ctl.comment = optarg; break;
		case 'R': ctl.role = optarg; break;
		case 'F': ctl.format = optarg; break;
		case 'E': ctl.expires = optarg; break;
		case 'A': ctl.allow = optarg; break;
		case 'f': ctl.from = optarg; break;
		case 'T': ctl.to = optarg; break;
		case 'O': ctl.sort = optarg; break;
		case 'Y': ctl.any = true; break;
		case 'D': ctl.description = optarg; break;
		case 'G': ctl.tag = optarg; break;
		case 'n': ctl.dry_run = true; break;
		case 'B': ctl.restore = true; break;
		case 'K': return (complete(&ctl, &conf, argc - optind,
		    argv + optind));
		case 'V':
			(void)printf("monikerctl %s\n", PACKAGE_VERSION);
			return (CTL_OK);
		case 'h': help = true; break;
		default:
			(void)fputs("see monikerctl --help\n", stderr);
			return (CTL_USAGE);
		}
	}
	if (help)
		return (usage(stdout, CTL_OK, argc - optind, argv + optind));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return (CTL_CONFIG);
	rc = run(&ctl, &conf, argc - optind, argv + optind);
	curl_global_cleanup();
	return (rc);
}
