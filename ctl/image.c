/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl.h"

static ctl_columns image_columns = {
	"hash", "name", "format", "width", "height", "size", "created", NULL
};

static ctl_columns one_columns = {
	"hash", "name", "format", "width", "height", "size", "created",
	"dynamic_metadata", NULL
};

static void
image_path(const struct ctl *ctl, char *buf, size_t size, const char *hash)
{
	ctl_path(ctl, buf, size, "sourceimages");
	client_append(buf, size, "/");
	client_escape(buf, size, hash);
}

/* nftw() gives its callback no argument. */
static struct upload {
	struct ctl	*ctl;
	json_t		*items;
	int		refused;
	int		rc;
} upload;

static int
upload_file(const char *file)
{
	struct ctl_bar bar = { .label = file };
	char path[2048];
	struct reply r;

	ctl_path(upload.ctl, path, sizeof path, "sourceimages");
	if (client_upload(upload.ctl->client, path, file, ctl_progress, &bar,
	    &r)) {
		ctl_progress_end(&bar);
		(void)json_array_extend(upload.items,
		    json_object_get(r.body, "items"));
		reply_clear(&r);
		return (0);
	}
	ctl_progress_end(&bar);
	upload.refused++;
	upload.rc = ctl_fail(file, &r);
	/* No sense in trying a thousand files without a server or a key. */
	return (upload.rc == CTL_REFUSED || upload.rc == CTL_INPUT ? 0 : 1);
}

static void
upload_unread(const char *file)
{
	ctl_complain(file, "cannot be read");
	upload.refused++;
	upload.rc = CTL_INPUT;
}

static int
upload_visit(const char *file, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_DNR || type == FTW_NS)
		upload_unread(file);
	return (type == FTW_F ? upload_file(file) : 0);
}

static int
image_put(struct ctl *ctl, int argc, char **argv)
{
	struct stat st;

	upload = (struct upload){ .ctl = ctl, .items = json_array() };
	for (int i = 0; i < argc; i++) {
		if (client_is_url(argv[i])) {
			if (upload_file(argv[i]) != 0)
				break;
		} else if (stat(argv[i], &st) != 0)
			upload_unread(argv[i]);
		else if (S_ISDIR(st.st_mode) ?
		    nftw(argv[i], upload_visit, 16, FTW_PHYS) != 0 :
		    upload_file(argv[i]) != 0)
			break;
	}
	ctl_table(ctl, upload.items, image_columns);
	if (upload.refused > 0 && json_array_size(upload.items) > 0)
		upload.rc = CTL_PARTLY;
	json_decref(upload.items);
	return (upload.rc);
}

static int
image_get(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	image_path(ctl, path, sizeof path, argv[0]);
	return (ctl_call(ctl, "GET", path, NULL, argv[0], one_columns));
}

static int
image_rm(struct ctl *ctl, int argc, char **argv)
{
	return (ctl_delete_each(ctl, argc, argv, image_path));
}

static int
image_restore(struct ctl *ctl, int argc, char **argv)
{
	char path[2048];

	(void)argc;
	image_path(ctl, path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/restore");
	return (ctl_call(ctl, "POST", path, NULL, argv[0], image_columns));
}

static int
image_download(struct ctl *ctl, int argc, char **argv)
{
	const char *file = argc > 1 ? argv[1] : argv[0];
	struct ctl_bar bar = { .label = file };
	char path[2048];
	struct reply r;
	bool ok;

	image_path(ctl, path, sizeof path, argv[0]);
	client_append(path, sizeof path, "/download");
	ok = client_download(ctl->client, path, file, ctl_progress, &bar, &r);
	ctl_progress_end(&bar);
	if (!ok)
		return (ctl_fail(argv[0], &r));
	reply_clear(&r);
	return (CTL_OK);
}

static int
image_forget(struct ctl *ctl, int argc, char **argv)
{
	char path[8192];

	(void)argc;
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, "/remote?url=");
	client_escape(path, sizeof path, argv[0]);
	return (ctl_call(ctl, "DELETE", path, NULL, argv[0], image_columns));
}

/* Appends FIELD=VALUE each, and what the options say. */
static bool
image_query(const struct ctl *ctl, char *query, size_t size, int argc,
    char **argv)
{
	const char *equal;
	char name[256];

	for (int i = 0; i < argc; i++) {
		equal = strchr(argv[i], '=');
		if (equal == NULL || (size_t)(equal - argv[i]) >= sizeof name) {
			ctl_complain(argv[i], "is not a search: give FIELD=VALUE");
			return (false);
		}
		(void)snprintf(name, sizeof name, "%.*s",
		    (int)(equal - argv[i]), argv[i]);
		client_append(query, size, "&");
		client_escape(query, size, name);
		client_append(query, size, "=");
		client_escape(query, size, equal + 1);
	}
	if (ctl->any)
		client_append(query, size, "&operator=or");
	if (ctl->sort != NULL) {
		client_append(query, size, "&sort=");
		client_escape(query, size, ctl->sort);
	}
	return (true);
}

/* The API pages numbers up to 10 000 hits, cursors beyond. */
static int
image_list(struct ctl *ctl, int argc, char **argv)
{
	char path[2048], query[3072] = "limit=1000";

	if (!image_query(ctl, query, sizeof query, argc, argv))
		return (CTL_USAGE);
	ctl_path(ctl, path, sizeof path, "sourceimages");
	return (ctl_list(ctl, path, query, image_columns));
}

static int
image_facets(struct ctl *ctl, int argc, char **argv)
{
	static ctl_columns columns = { "value", "count", NULL };
	char path[4096], query[3072] = "";
	struct reply r;

	if (!image_query(ctl, query, sizeof query, argc - 1, argv + 1))
		return (CTL_USAGE);
	ctl_path(ctl, path, sizeof path, "sourceimages");
	client_append(path, sizeof path, "?limit=0&facets=");
	client_escape(path, sizeof path, argv[0]);
	client_append(path, sizeof path, query);
	if (!client_call(ctl->client, "GET", path, NULL, &r))
		return (ctl_fail(argv[0], &r));
	ctl_table(ctl, json_object_iter_value(json_object_iter(
	    json_object_get(r.body, "facets"))), columns);
	reply_clear(&r);
	return (CTL_OK);
}

const struct command image_commands[] = {
	{ "image", "put", "FILE|FOLDER|URL...", "upload source images", 1, -1,
	    true, image_put },
	{ "image", "get", "HASH", "show its name, size, metadata and so on", 1,
	    1, true, image_get },
	{ "image", "list", "[FIELD=VALUE...]", "list all, or search; --sort, "
	    "--any", 0, 16, true, image_list },
	{ "image", "facets", "FIELD [FIELD=VALUE...]", "list the values of a "
	    "field and their counts; --any", 1, 17, true, image_facets },
	{ "image", "rm", "HASH...", "delete source images; restore works for "
	    "30 days", 1, -1, true, image_rm },
	{ "image", "restore", "HASH", "restore a deleted source image", 1, 1,
	    true, image_restore },
	{ "image", "download", "HASH [FILE]", "save the uploaded bytes", 1, 2,
	    true, image_download },
	{ "image", "forget", "URL", "have a remote image fetched again when "
	    "requested", 1, 1, true, image_forget },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
