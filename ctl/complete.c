/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words for the shell's completion: nouns, the verbs of one, and what may
 * stand next: names that the server knows, or ":files".
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/trust_me.h"
#include "ctl.h"

#define NAMES_MAX	"100"	/* more than a terminal shows */

/* Writes the *i*th word of "NAME FILE|-"; the last "..." goes on for ever. */
static bool
argument(const char *args, int i, char *word, size_t size)
{
	size_t n = 0;

	do {
		args += n + strspn(args + n, " ");
		n = strcspn(args, " ");
	} while (n > 0 && i-- > 0 && strncmp(args + n - 3, "...", 3) != 0);
	(void)snprintf(word, size, "%.*s", (int)n, args);
	return (n > 0);
}

static int
print_names(void *field, const json_t *items)
{
	const json_t *o;
	size_t i;

	json_array_foreach(items, i, o) {
		const char *name = json_string_value(json_object_get(o, field));

		if (name != NULL)
			(void)puts(name);
	}
	return (CTL_OK);
}

/* What a NAME, HASH or ID of this command is in the API, and its field. */
static bool
names_path(const struct ctl *ctl, const struct command *c, char *path,
    size_t size, const char **field)
{
	const char *kind = strcmp(c->noun, "purge") == 0 ? c->verb : c->noun;

	if (strcmp(kind, "alias") == 0) {
		ctl_path(ctl, path, size, "sourceimages");
		client_append(path, size, "/alias");
		*field = "alias";
	} else if (strcmp(kind, "stack") == 0) {
		ctl_path(ctl, path, size, "stacks");
		*field = "name";
	} else if (strcmp(kind, "org") == 0) {
		(void)snprintf(path, size, "/organizations");
		*field = "name";
	} else if (strcmp(kind, "key") == 0 || strcmp(kind, "signkey") == 0) {
		ctl_path(ctl, path, size, "organizations");
		client_append(path, size, *kind == 'k' ? "/keys" :
		    "/signing_keys");
		*field = "id";
	} else if (strcmp(kind, "webhook") == 0) {
		ctl_path(ctl, path, size, "organizations");
		client_append(path, size, "/webhooks");
		*field = "id";
	} else
		return (false);
	return (true);
}

/* Without a word on standard error: a shell is in the middle of a line. */
static void
complete_names(struct ctl *ctl, const struct command *c)
{
	char path[2048];
	const char *field;
	struct reply r;

	if (!names_path(ctl, c, path, sizeof path, &field))
		return;
	if (strcmp(field, "alias") == 0 || strcmp(field, "name") == 0)
		client_append(path, sizeof path, "?limit=" NAMES_MAX);
	if (strcmp(field, "alias") == 0 && ctl->prefix != NULL) {
		client_append(path, sizeof path, "&prefix=");
		client_escape(path, sizeof path, ctl->prefix);
	}
	if (client_call(ctl->client, "GET", path, NULL, &r))
		(void)print_names(TRUST_ME(field),
		    json_object_get(r.body, "items"));
	reply_clear(&r);
}

void
ctl_complete_argument(struct ctl *ctl, const struct command *c, int i)
{
	char word[32];

	if (!argument(c->args, i, word, sizeof word))
		return;
	if (strstr(word, "FILE") != NULL || strstr(word, "FOLDER") != NULL)
		(void)puts(":files");
	else if (strcmp(word, "OBJECT") == 0)
		(void)puts("subject_area\ncrop_area\nmulti_areas\nversion");
	else if (ctl->client != NULL && (strncmp(word, "NAME", 4) == 0 ||
	    strncmp(word, "ID", 2) == 0))
		complete_names(ctl, c);
}
