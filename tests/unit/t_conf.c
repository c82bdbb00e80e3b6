/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration: what it takes, what it refuses, and how it says so. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf.h"

static char file[] = "t_conf-XXXXXX";
static char err[512];

static struct conf *
read_text(const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return (conf_read(file, err, sizeof err));
}

static int
setup(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	return (fd < 0 ? -1 : close(fd));
}

static int
teardown(void **state)
{
	(void)state;
	return (unlink(file));
}

static void
test_defaults(void **state)
{
	struct conf *c;

	(void)state;
	/* An empty file, in memory that was used before */
	conf_free(read_text("x = ${T_CONF_UNSET:-yyyyyyyyyyyyyyyyyy}\n"));
	c = read_text("");
	assert_string_equal(err, "");
	assert_non_null(c);
	assert_string_equal(c->map_dir, "/run/moniker/map");
	assert_string_equal(c->ready_file, "");
	assert_int_equal(c->upload_max, UINT64_C(1180) << 20);
	assert_int_equal(c->http.head_bytes, 32768);
	assert_int_equal(c->render.pixels, 225000000);
	assert_int_equal(c->render.memory, UINT64_C(1) << 30);
	assert_true(c->render.workers >= 1);
	assert_int_equal(c->n_targets, 0);
	conf_free(c);
	conf_free(NULL);
}

static void
test_values(void **state)
{
	struct conf *c = read_text(
	    "map_dir = '/x/map'\n"
	    "alias_max_age = 1\n"
	    "alias_max_age = 0\n"		/* the later one holds */
	    "http_body_rate = 1073741824\n"
	    "render_memory_mb = 1048576\n"
	    "render_workers = 3\n"
	    "render_host = \"https://img.{organization}.example.net:8443\"\n"
	    "varnish a { instance = \"edge\" }\n"
	    "varnish \"b.c\" {\n"
	    "	address = \"[::1]:6082\"\n"
	    "	secret_file = /etc/varnish/secret\n"
	    "	repeat_ms = 90000\n"
	    "	retry_max_ms = 250\n"
	    "}\n");

	(void)state;
	if (c == NULL)
		fail_msg("%s", err);
	assert_string_equal(c->map_dir, "/x/map");
	assert_int_equal(c->alias_max_age, 0);
	assert_int_equal(c->http.body_rate, 1073741824);
	assert_int_equal(c->render.memory, UINT64_C(1) << 40);
	assert_int_equal(c->render.workers, 3);
	assert_int_equal(c->n_targets, 2);
	assert_string_equal(c->targets[0].name, "a");
	assert_string_equal(c->targets[0].instance, "edge");
	assert_null(c->targets[0].address);
	assert_int_equal(c->targets[0].repeat_ms, 0);
	assert_string_equal(c->targets[1].name, "b.c");
	assert_string_equal(c->targets[1].address, "[::1]:6082");
	assert_string_equal(c->targets[1].secret_file, "/etc/varnish/secret");
	assert_int_equal(c->targets[1].repeat_ms, 90000);
	assert_int_equal(c->targets[0].retry_max_ms, 0);
	assert_int_equal(c->targets[1].retry_max_ms, 250);
	conf_free(c);
}

struct told {
	char	text[512];
};

static void
on_told(void *arg, const struct conf_key *k, bool taken)
{
	struct told *t = arg;
	size_t n = strlen(t->text);

	snprintf(t->text + n, sizeof t->text - n, "%s%s ", taken ? "+" : "-",
	    k != NULL ? k->name : "varnish");
}

static int
reload(struct conf *c, const char *text, struct told *told)
{
	FILE *f = fopen(file, "w");

	fputs(text, f);
	fclose(f);
	memset(told, 0, sizeof *told);
	return (conf_reload(c, file, on_told, told, err, sizeof err));
}

static void
test_reload(void **state)
{
	static const char first[] = "log_level = warn\nalias_swr = 1\n"
	    "varnish a { instance = x }\n";
	struct conf *c = read_text(first);
	struct told told;

	(void)state;
	assert_int_equal(reload(c, first, &told), 0);
	assert_string_equal(told.text, "");
	/* A broken file changes nothing, not even what comes before the error. */
	assert_int_equal(reload(c, "log_level = debug\nx = 1\n", &told), -1);
	assert_non_null(strstr(err, ":2: unknown setting 'x'"));
	assert_string_equal(told.text, "");
	assert_string_equal(c->log_level, "warn");

	assert_int_equal(reload(c, "log_level = debug\nmap_dir = /x\n"
	    "http_idle_ms = 70000\nupload_max_mb = 2\nrender_side = 7\n"
	    "varnish a { instance = y }\n", &told), 0);
	assert_string_equal(told.text, "-map_dir +log_level +alias_swr "
	    "+upload_max_mb +http_idle_ms -render_side -varnish ");
	assert_string_equal(c->log_level, "debug");
	assert_string_equal(c->map_dir, "/run/moniker/map");
	assert_int_equal(c->alias_swr, 600);	/* the default again */
	assert_int_equal(c->upload_max, 2 << 20);
	assert_int_equal(c->http.linger_bytes, 4 << 20);
	assert_int_equal(c->http.idle_ms, 70000);
	assert_int_equal(c->render.side, 30000);
	assert_string_equal(c->targets[0].instance, "x");

	assert_int_equal(reload(c, "varnish a { instance = x }\n"
	    "varnish b { instance = x }\n", &told), 0);
	assert_non_null(strstr(told.text, "-varnish "));
	conf_free(c);
}

/* A text, the line of its error, and what the error must name. */
static const struct {
	const char	*text;
	int		line;
	const char	*names;
} bad[] = {
	{ "no_such_key = 1\n", 1, "no_such_key" },
	{ "\n\nMap_Dir = /x\n", 3, "Map_Dir" },
	{ "map_dir\n", 1, "map_dir is followed neither by" },
	{ "\nmap_dir\nstore_dir = /x\n", 2, "map_dir is followed" },
	{ "map_dir = # /x\n", 2, "map_dir = is not followed by a value" },
	{ "map_dir = \"/x\n", 1, "quoted text that begins here" },
	{ "# 1\nmap_dir = \"/x\nlog_level = info\n\n\nready_file = '/y'\n",
	    2, "quoted text that begins here has no end" },
	{ "ready_file = '/x\n\n", 1, "has no end" },
	{ "/* x\n*/\n/* map_dir = /x\n\n", 3, "comment that begins here" },
	{ "map_dir = \"/x\\t\"\n", 1, "there are no other escapes" },
	{ "map_dir = \"/${X\"\n", 1, "the ${ has no end" },
	{ "map_dir = \"/x${}\"\n", 1, "the ${ is not understood" },
	{ "map_dir = \"${PATH:/x}\"\n", 1, "the ${ is not understood" },
	{ "\nmap_dir = \"/${T_CONF_UNSET:-${PATH}}\"\n", 2,
	    "the ${ is not understood" },
	{ "map_dir = ${T_CONF_UNSET:-${PATH}}\n", 1,
	    "the ${ is not understood" },
	{ "map_dir = relative\n", 1, "map_dir" },
	{ "map_dir = \"\"\n", 1, "map_dir" },
	{ "\nmap_dir = \"${T_CONF_UNSET}\"\n", 2,
	    "no variable T_CONF_UNSET" },
	{ "map_dir = \"/x${T_CONF_UNSET}\"\n", 1, "T_CONF_UNSET" },
	{ "map_dir = ${T_CONF_UNSET}\n", 1, "T_CONF_UNSET" },
	{ "varnish a {\ninstance = \"${T_CONF_UNSET}\"\n}\n", 2,
	    "T_CONF_UNSET" },
	{ "ready_file = relative\n", 1, "ready_file" },
	{ "log_level = loud\n", 1, "log_level" },
	{ "render_host = example.net\n", 1, "render_host" },
	{ "render_host = \"http://example.net\"\n", 1, "{organization}" },
	{ "render_host = \"http://{organization}.net/x\"\n", 1, "a path" },
	{ "render_host = \"http://{organization}..net\"\n", 1, "a path" },
	{ "render_host = \"http://{organization}.net:x\"\n", 1, "a path" },
	{ "render_host = \"http://{organization}.{organization}.net\"\n", 1,
	    "a path" },
	{ "varnish a { webhook = \"http://x\"\n organization = \"-a\"\n }\n",
	    2, "name of an organization" },
	{ "varnish a { webhook = \"http://x\"\n organization = A\n }\n",
	    2, "name of an organization" },
	{ "# one\nalias_max_age = soon\n", 2, "alias_max_age" },
	{ "alias_max_age = 5s\n", 1, "alias_max_age" },
	/* The line is right behind comments of every kind. */
	{ "# 1\n#\n  # 3\nlog_level = info # 4\n// 5\n/* 6\n7 */ x = 1\n",
	    7, "x" },
	{ "pid_file = \"/# \\\" // /*\"\nready_file = '/*\"'\nx = 1\n", 3,
	    "x" },
	{ "alias_max_age = -1\n", 1, "from 0 to 31536000" },
	{ "alias_max_age = 31536001\n", 1, "alias_max_age" },
	{ "alias_max_age = \"\"\n", 1, "alias_max_age" },
	{ "alias_max_age = 99999999999999999999\n", 1, "alias_max_age" },
	{ "alias_max_age = 0x10\n", 1, "alias_max_age" },
	{ "upload_max_mb = 0\n", 1, "from 1 to 1048576" },
	{ "http_connections = 1.5\n", 1, "http_connections" },
	{ "alias_max_age = { 1, 2 }\n", 1, "not followed by a value" },
	{ "varnish a {\n}\n", 2, "varnish \"a\" must be one with just one" },
	{ "varnish a { instance = x\n address = \"h:1\"\n }\n", 3, "just one" },
	{ "varnish a { address = \"h:1\" }\n", 1, "secret_file" },
	{ "varnish a { listen = \"h:1\" }\n", 1, "secret_file" },
	{ "varnish a { url = \"http://x\"\n webhook = \"https://y\"\n }\n", 3,
	    "just one" },
	{ "varnish a { instance = \"\" }\n", 1, "instance" },
	{ "varnish a { address = h }\n", 1, "host:port" },
	{ "varnish a { address = \"h:0\" }\n", 1, "host:port" },
	{ "varnish a { address = \"h:65536\" }\n", 1, "host:port" },
	{ "varnish a { address = \":80\" }\n", 1, "host:port" },
	{ "varnish a { instance = x\nrepeat_ms = -1 }\n", 2, "repeat_ms" },
	{ "varnish a { instance = x\ncolour = red }\n", 2, "colour" },
	{ "varnish a { instance = x }\nvarnish a { instance = y }\n", 2, "is given more than once" },
	{ "varnish \"a b\" { instance = x }\n", 1, "a-z" },
	{ "varnish { instance = x }\n", 1, "by a name and {" },
	{ "varnsih a { instance = x }\n", 1, "unknown setting 'varnsih'" },
	{ "include(\"/no/such/file\")\n", 1, "/no/such/file" },
	/* What was meant */
	{ "Map_Dri = /x\n", 1, "is it 'map_dir'?" },
	{ "renderworkers = 2\n", 1, "is it 'render_workers'?" },
	{ "varnish a {\nadress = x\n}\n", 2, "is it 'address'?" },
	{ "address = x\n", 1, "set it in a varnish section" },
	{ "varnish a {\n alias_swr = 1\n}\n", 2, "outside of it" },
	{ "alias_max_age = 1h\n", 1, "number of seconds from" },
	{ "upload_max_mb = 1GB\n", 1, "number of megabytes from" },
	{ "varnish a { instance = x\ntimeout_ms = 1s }\n", 2,
	    "of milliseconds from 100" },
	/* What would be read as something else */
	{ "# {\nvarnish a { # }\n instance = '}'\n", 2, "has no end" },
	{ "varnish a { instance = x } varnish b {\ninstance = '\n'\n", 2,
	    "has no end" },
	{ "map_dir = '/x\ny'\n", 1, "has no end" },
	{ "map_dir = '/x\ty'\n", 1, "control characters" },
	{ "varnish a {\nvarnish b { instance = x }\n}\n", 2, "varnish is" },
	{ "varnish a {\ninclude(\"/x\")\n}\n", 2, "include is" },
	{ "varnish a {\ninstance = x\n}\n}\n", 4, "ends no section" },
	{ "alias_swr = 1\n= 2\n", 2, "a key is expected here, not =" },
	{ "varnish a { url = \"ftp://x\" }\n", 1, "url is" },
	{ "varnish a { webhook = \"http:///\" }\n", 1, "and a host" },
	{ "varnish a { instance = x\norganization = 'A B' }\n", 2,
	    "organization is" },
	{ "map_dir = /x\nstore_dir = /x\n", 0, "map_dir and store_dir" },
	{ "api_listen = 'h:1'\nmetrics_listen = 'h:1'\n", 0,
	    "api_listen and metrics_listen" },
	{ "api_socket = /x\nimage_socket = /x\n", 0, "api_socket" },
	{ "pid_file = /x\nready_file = /x\n", 0, "pid_file" },
};

/* Included text has lines of its own; those of the including one go on. */
static void
test_include(void **state)
{
	char inner[] = "t_conf-inner-XXXXXX", text[256], want[128];
	int fd = mkstemp(inner);
	struct conf *c;

	(void)state;
	assert_true(fd >= 0);
	dprintf(fd, "# one\n# two\nalias_swr = 7\nalias_max_age = 9\n");
	snprintf(text, sizeof text, "alias_max_age = 5\n# two\n"
	    "include(\"%s\")\nalias_swr = 8\n", inner);
	c = read_text(text);
	if (c == NULL)
		fail_msg("%s", err);
	assert_int_equal(c->alias_max_age, 9);
	assert_int_equal(c->alias_swr, 8);
	conf_free(c);

	strcat(text, "wrong = 1\n");
	assert_null(read_text(text));
	snprintf(want, sizeof want, "%s:5: unknown setting 'wrong'", file);
	assert_string_equal(err, want);

	dprintf(fd, "wrong = 1\n");
	assert_null(read_text(text));
	snprintf(want, sizeof want, "%s:5: unknown setting 'wrong'", inner);
	assert_string_equal(err, want);
	close(fd);

	snprintf(text, sizeof text, "include(\"%s\")\n", file);
	assert_null(read_text(text));
	assert_non_null(strstr(err, "include each other"));
	assert_null(conf_read("/tmp", err, sizeof err));
	assert_string_equal(err, "/tmp: cannot be read: Is a directory");
	unlink(inner);
}

/* As a power cut may leave it; what stands behind would not be read. */
static void
test_nul(void **state)
{
	static const char text[] = "alias_swr = 7\n\0\0\nalias_swr = 8\n";
	FILE *f = fopen(file, "w");

	(void)state;
	assert_non_null(f);
	fwrite(text, 1, sizeof text - 1, f);
	fclose(f);
	assert_null(conf_read(file, err, sizeof err));
	assert_memory_equal(err, file, strlen(file));
	assert_non_null(strstr(err, "NUL"));
}

static void
test_refused(void **state)
{
	char where[64], path[200];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct conf *c = read_text(bad[i].text);

		print_message("%s", bad[i].text);
		assert_null(c);
		print_message("  %s\n", err);
		snprintf(where, sizeof where, "%s:%d: ", file, bad[i].line);
		if (bad[i].line > 0)
			assert_memory_equal(err, where, strlen(where));
		else
			assert_memory_equal(err, file, strlen(file));
		assert_non_null(strstr(err, bad[i].names));
	}
	assert_null(conf_read("/no/such/file", err, sizeof err));
	assert_string_equal(err,
	    "/no/such/file: cannot be read: No such file or directory");
	memset(path, 'a', sizeof path);
	memcpy(path, "api_socket=/", 12);
	path[12 + 107] = '\0';
	assert_null(read_text(path));
	assert_non_null(strstr(err, "at most 107 bytes"));
	path[12 + 106] = '\0';
	conf_free(read_text(path));
	assert_string_equal(err, "");
}

static void
test_variables(void **state)
{
	struct conf *c;

	(void)state;
	assert_int_equal(setenv("T_CONF_SET", "/by/name", 1), 0);
	c = read_text("map_dir = \"${T_CONF_SET}/map\"\n"
	    "store_dir = \"${T_CONF_UNSET:-/else}\"\n"
	    "# ${T_CONF_UNSET}\npid_file = '/${T_CONF_UNSET}'\n");
	assert_string_equal(err, "");
	assert_non_null(c);
	assert_string_equal(c->map_dir, "/by/name/map");
	assert_string_equal(c->store_dir, "/else");
	assert_string_equal(c->pid_file, "/${T_CONF_UNSET}");
	conf_free(c);
}

/* Every key, at both ends of its range and beyond. */
static void
test_ranges(void **state)
{
	const struct conf_key *k;
	char text[128];
	size_t n;

	(void)state;
	k = conf_keys(&n);
	for (; n > 0; n--, k++) {
		if (k->kind != CONF_NUMBER)
			continue;
		for (int i = 0; i < 4; i++) {
			long v = i == 0 ? k->min - 1 : i == 1 ? k->min :
			    i == 2 ? k->max : k->max + 1;
			struct conf *c;

			snprintf(text, sizeof text, "\n%s = %ld\n", k->name,
			    v);
			c = read_text(text);
			assert_int_equal(c != NULL, i == 1 || i == 2);
			if (c == NULL)
				assert_non_null(strstr(err, k->name));
			conf_free(c);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_include),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_reload),
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
