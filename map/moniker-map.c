/* SPDX-License-Identifier: BSD-2-Clause */
/* moniker-map: what is in a map, and whether it is sound. */
#include "config.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "map_snapshot.h"

enum {
	TOOL_OK = 0,
	TOOL_UNSOUND = 1,
	TOOL_USAGE = 64,
	TOOL_IO = 74
};

static const char * const kind_name[MAP_KINDS] = {
	[MAP_KIND_ALIAS] = "alias",
	[MAP_KIND_SOURCE] = "source",
	[MAP_KIND_STACK] = "stack",
	[MAP_KIND_ORGANIZATION] = "organization",
	[MAP_KIND_FALLBACK] = "fallback",
	[MAP_KIND_PLAN] = "plan",
	[MAP_KIND_PREVIEW] = "preview",
};

static bool dump_all;

static void
usage(FILE *f)
{

	(void)fprintf(f, "usage: moniker-map check|stat|dump [-a] DIR\n"
	    "  check  look at every byte, say what is wrong and where\n"
	    "  stat   numbers\n"
	    "  dump   one alias a line: organization, name, hash, epoch;\n"
	    "         with -a every record, its kind in front\n");
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
}

static void
print_problem(void *priv, const char *where, const char *what)
{

	(void)printf("%s: %s: %s\n", (const char *)priv, where, what);
}

static int
tool_check(char *dir)
{
	unsigned n;

	n = map_check(dir, print_problem, dir);
	if (n == 0)
		(void)printf("%s: sound\n", dir);
	return (n == 0 ? TOOL_OK : TOOL_UNSOUND);
}

static void
print_number(const char *what, uint64_t n)
{

	(void)printf("%-16s %" PRIu64 "\n", what, n);
}

static void
print_measure(const char *dir)
{
	struct map_snapshot s;
	struct map_measure m;

	if (map_snapshot_open(&s, dir) == MAP_BECAUSE_NONE) {
		map_measure(&s, &m);
		print_number("seq", m.seq);
		print_number("file-bytes", m.file_size);
		print_number("slots", m.slots);
		print_number("slots-taken", m.slots_taken);
		print_number("slots-gone", m.slots_gone);
		print_number("probe-longest", m.probe_longest);
		print_number("record-room", m.record_room);
		print_number("record-used", m.record_used);
		print_number("record-live", m.record_live);
	}
	map_snapshot_close(&s);
}

static int
tool_stat(const char *dir)
{
	uint64_t now = now_ms();
	struct map_reader *r;
	struct map_status st;
	int k;

	r = map_reader_open(dir);
	if (r == NULL)
		return (TOOL_IO);
	map_reader_status(r, now, &st);
	map_reader_close(r);
	if (!st.attached) {
		(void)printf("%-16s no: %s\n", "attached", st.reason);
		return (TOOL_UNSOUND);
	}
	(void)printf("%-16s yes\n", "attached");
	print_number("generation", st.generation);
	for (k = 1; k < MAP_KINDS; k++)
		print_number(kind_name[k], st.entries[k]);
	print_measure(dir);
	if (st.heartbeat_ms == 0)
		(void)printf("%-16s never\n", "heartbeat-age-ms");
	else
		print_number("heartbeat-age-ms",
		    now > st.heartbeat_ms ? now - st.heartbeat_ms : 0);
	(void)printf("%-16s %s\n", "healthy", st.healthy ? "yes" :
	    "no: no recent sign of monikerd");
	return (st.healthy ? TOOL_OK : TOOL_UNSOUND);
}

/* A line must stay a line, and a terminal a terminal. */
static void
print_bytes(const void *p, size_t len)
{
	const unsigned char *s = p;

	for (; len > 0; len--, s++)
		if (*s > ' ' && *s < 0x7f && *s != '\\')
			(void)putchar(*s);
		else
			(void)printf("\\x%02x", *s);
}

static void
print_hex(const void *p, size_t len)
{
	const unsigned char *s = p;

	while (len-- > 0)
		(void)printf("%02x", *s++);
}

static int
print_record(void *priv, const struct map_key *k, const struct map_value *v)
{

	(void)priv;
	if (!dump_all && k->kind != MAP_KIND_ALIAS)
		return (0);
	if (dump_all)
		(void)printf("%s ", kind_name[k->kind]);
	print_bytes(k->org, k->org_len);
	if (k->name_len > 0)
		(void)putchar(' ');
	if (k->kind == MAP_KIND_SOURCE)
		print_hex(k->name, k->name_len);
	else
		print_bytes(k->name, k->name_len);
	if (k->kind == MAP_KIND_ALIAS) {
		(void)putchar(' ');
		print_hex(v->hash, sizeof v->hash);
	}
	(void)printf(" %" PRIu64, v->epoch);
	if (v->soft != 0)
		(void)printf(" soft:%" PRIu64, v->soft);
	if (v->has_shown) {
		(void)printf(" shown:");
		print_hex(v->shown, sizeof v->shown);
	}
	if (v->has_previous) {
		(void)printf(" previous:");
		print_hex(v->previous, sizeof v->previous);
	}
	if (v->due_ms != 0)
		(void)printf(" due:%" PRIu64, v->due_ms);
	(void)printf("%s\n", !v->revoked ? "" :
	    k->kind == MAP_KIND_ORGANIZATION ? " borrows" : " revoked");
	return (ferror(stdout));
}

static int
tool_dump(const char *dir)
{
	struct map_snapshot s;
	enum map_reason why;

	why = map_snapshot_open(&s, dir);
	map_snapshot_close(&s);
	if (why != MAP_BECAUSE_NONE || map_each(dir, print_record, NULL) < 0) {
		(void)fprintf(stderr, "moniker-map: %s: %s\n", dir,
		    map_reason_text(why));
		return (TOOL_UNSOUND);
	}
	return (TOOL_OK);
}

static int
tool_run(const char *verb, char *dir)
{

	if (strcmp(verb, "check") == 0)
		return (tool_check(dir));
	if (strcmp(verb, "stat") == 0)
		return (tool_stat(dir));
	if (strcmp(verb, "dump") == 0)
		return (tool_dump(dir));
	usage(stderr);
	return (TOOL_USAGE);
}

int
main(int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int c, rc;

	while ((c = getopt_long(argc, argv, "ahV", longopts, NULL)) != -1) {
		switch (c) {
		case 'a':
			dump_all = true;
			break;
		case 'h':
			usage(stdout);
			return (TOOL_OK);
		case 'V':
			(void)printf("moniker-map %s\n", PACKAGE_VERSION);
			return (TOOL_OK);
		default:
			usage(stderr);
			return (TOOL_USAGE);
		}
	}
	if (argc - optind != 2) {
		usage(stderr);
		return (TOOL_USAGE);
	}
	rc = tool_run(argv[optind], argv[optind + 1]);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("moniker-map");
		return (TOOL_IO);
	}
	return (rc);
}
