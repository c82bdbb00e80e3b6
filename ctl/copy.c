/* SPDX-License-Identifier: BSD-2-Clause */
/* Source images to another organization. */
#include "config.h"

#include <stdio.h>

#include "ctl.h"

static ctl_columns copy_columns = { "hash", "result", NULL };

/* What a call takes. */
#define COPIES	100

static void
copy_results(json_t *rows, const json_t *answer, const char *result)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(answer, result), i, v)
		(void)json_array_append_new(rows, json_pack("{s:O, s:s}",
		    "hash", v, "result", result));
}

/* Some of the hashes; what became of each goes to *rows*. */
static int
copy_some(struct ctl *ctl, const char *how, int argc, char **argv,
    json_t *rows)
{
	json_t *hashes = json_array();
	char path[2048];
	struct reply r;
	bool ok;

	for (int i = 0; i < argc; i++)
		if (json_array_append_new(hashes, json_string(argv[i])) != 0) {
			json_decref(hashes);
			ctl_complain(argv[i], "is not UTF-8");
			return (CTL_USAGE);
		}
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, how);
	ok = client_call(ctl->client, "POST", path, hashes, &r);
	json_decref(hashes);
	if (!ok)
		return (ctl_fail("copy", &r));
	copy_results(rows, r.body, "created");
	copy_results(rows, r.body, "existing");
	copy_results(rows, r.body, "notfound");
	ok = json_array_size(json_object_get(r.body, "notfound")) == 0;
	reply_clear(&r);
	return (ok ? CTL_OK : CTL_PARTLY);
}

static int
copy_all(struct ctl *ctl, const char *how, int argc, char **argv)
{
	json_t *rows = json_array();
	int rc = CTL_OK, one;

	client_copy_to(ctl->client, argv[0], ctl->overwrite);
	for (int i = 1; i < argc; i += COPIES) {
		one = copy_some(ctl, how, argc - i < COPIES ? argc - i :
		    COPIES, argv + i, rows);
		if (one != CTL_OK)
			rc = one;
		if (one != CTL_OK && one != CTL_PARTLY)
			break;
	}
	if (json_array_size(rows) > 0)
		ctl_table(ctl, rows, copy_columns);
	json_decref(rows);
	return (rc);
}

static int
image_copy(struct ctl *ctl, int argc, char **argv)
{
	return (copy_all(ctl, "/copy", argc, argv));
}

static int
image_move(struct ctl *ctl, int argc, char **argv)
{
	return (copy_all(ctl, "/move", argc, argv));
}

const struct command copy_commands[] = {
	{ "image", "copy", "ORGANIZATION HASH...", "copy to another "
	    "organization; --overwrite", 2, -1, true, image_copy },
	{ "image", "move", "ORGANIZATION HASH...", "copy, then delete here; "
	    "--overwrite", 2, -1, true, image_move },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
