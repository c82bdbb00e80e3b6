/* SPDX-License-Identifier: BSD-2-Clause */
/* What most commands come down to: one call, and its answer shown. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

void
ctl_path(const struct ctl *ctl, char *buf, size_t size, const char *noun)
{
	(void)snprintf(buf, size, "/%s/", noun);
	client_escape(buf, size, client_org(ctl->client));
}

void
ctl_complain(const char *what, const char *why)
{
	char *text = NULL;

	/* They come from files and from the network, and may hold anything. */
	if (asprintf(&text, "%s: %s", what, why) < 0)
		return;
	ctl_defuse(text);
	(void)fprintf(stderr, "monikerctl: %s\n", text);
	free(text);
}

json_t *
ctl_load(const char *file)
{
	json_error_t e;
	json_t *v;

	v = strcmp(file, "-") == 0 ? json_loadf(stdin, 0, &e) :
	    json_load_file(file, 0, &e);
	if (v == NULL)
		(void)fprintf(stderr, "monikerctl: %s:%d: %s\n", file, e.line,
		    e.text);
	return (v);
}

/* The server names the parameter of its API; people here give an option. */
static void
name_option(char *text, size_t size, const char *api, const char *option)
{
	char *at = strstr(text, api), *rest;

	if (at == NULL)
		return;
	rest = strdup(at + strlen(api));
	*at = '\0';
	client_append(text, size, option);
	if (rest != NULL)
		client_append(text, size, rest);
	free(rest);
}

int
ctl_fail(const char *what, struct reply *r)
{
	long status = r->status;

	name_option(r->error, sizeof r->error, "overwrite=true",
	    "--overwrite");
	name_option(r->error, sizeof r->error, "keepHash", "--keep-hash");
	name_option(r->error, sizeof r->error, "deletePrevious", "--replace");
	ctl_complain(what, r->error);
	reply_clear(r);
	if (status == CLIENT_FILE)
		return (CTL_INPUT);
	if (status == 0)
		return (CTL_UNREACHABLE);
	if (status == 401 || status == 403)
		return (CTL_CREDENTIALS);
	if (status == 429 || status == 503 || status == 507)
		return (CTL_LATER);
	return (CTL_REFUSED);
}

int
ctl_call(struct ctl *ctl, const char *method, const char *path,
    json_t *body, const char *what, ctl_columns columns)
{
	struct reply r;
	bool ok = client_call(ctl->client, method, path, body, &r);

	json_decref(body);
	return (ok ? ctl_show(ctl, &r, columns) : ctl_fail(what, &r));
}

int
ctl_send(struct ctl *ctl, const char *method, const char *path, json_t *body,
    const char *what, ctl_columns columns)
{
	if (body != NULL)
		return (ctl_call(ctl, method, path, body, what, columns));
	ctl_complain(what, "text must be UTF-8");
	return (CTL_USAGE);
}

json_t *
ctl_words(const char *list)
{
	json_t *words = json_array();
	int e = 0;

	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		if (n > 0)
			e |= json_array_append_new(words,
			    json_stringn(list, n));
		list += n + (list[n] == ',');
	}
	if (e == 0)
		return (words);
	json_decref(words);
	return (NULL);
}

json_t *
ctl_allowed(const struct ctl *ctl)
{

	if (ctl->allow == NULL)
		return (NULL);
	if (strcmp(ctl->allow, "any") == 0)
		return (json_array());
	return (ctl_words(ctl->allow));
}

int
ctl_edit_key(struct ctl *ctl, const char *path, const char *id,
    ctl_columns columns)
{
	json_t *body;

	if (ctl->comment == NULL && ctl->expires == NULL &&
	    ctl->allow == NULL) {
		ctl_complain(id, "what is to change? Give --comment, "
		    "--expires or --allow");
		return (CTL_USAGE);
	}
	body = json_pack("{s:s*, s:s*, s:o*}", "comment", ctl->comment,
	    "expires", ctl->expires, "allowed_ips", ctl_allowed(ctl));
	if (ctl->expires != NULL && strcmp(ctl->expires, "never") == 0)
		(void)json_object_set_new(body, "expires", json_null());
	return (ctl_send(ctl, "PATCH", path, body, id, columns));
}

int
ctl_delete_each(struct ctl *ctl, int argc, char **argv, ctl_path_f *path)
{
	json_t *deleted = json_array();
	char url[2048];
	struct reply r;
	int rc = CTL_OK, e;

	for (int i = 0; i < argc; i++) {
		path(ctl, url, sizeof url, argv[i]);
		if (client_call(ctl->client, "DELETE", url, NULL, &r)) {
			reply_clear(&r);
			(void)json_array_append_new(deleted,
			    json_string(argv[i]));
		} else {
			e = ctl_fail(argv[i], &r);
			rc = argc == 1 ? e : CTL_PARTLY;
		}
	}
	if (ctl->json && json_array_size(deleted) > 0)
		ctl_print_json(json_pack("{s:O}", "deleted", deleted));
	json_decref(deleted);
	return (rc);
}
