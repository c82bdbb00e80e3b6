/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands of monikerctl have in common. */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>

#include "client.h"

/* Exit statuses, as in monikerctl(1). */
enum ctl_exit {
	CTL_OK		= 0,
	CTL_REFUSED	= 1,	/* the server said no */
	CTL_PARTLY	= 2,	/* of many things some were refused */
	CTL_USAGE	= 64,
	CTL_INPUT	= 66,	/* a file cannot be read or written */
	CTL_UNREACHABLE	= 69,
	CTL_LATER	= 75,	/* quota, or the server is busy */
	CTL_CREDENTIALS	= 77,
	CTL_CONFIG	= 78
};

struct ctl {
	struct client	*client;
	bool		json;		/* print JSON, not tables */
	bool		overwrite, soft, replace, keep_hash, any, dry_run,
			restore, variants;
	const char	*prefix, *wait, *comment, *role, *format;
	const char	*from, *to, *expires, *allow, *sort, *description, *tag;
};

struct command {
	const char	*noun, *verb;
	const char	*args;		/* "NAME HASH" */
	const char	*help;
	int		min, max;	/* arguments; max -1: any number */
	bool		needs_org;
	int		(*run)(struct ctl *, int argc, char **argv);
};

/* The commands of one file, ended by an entry without a noun. */
extern const struct command alias_commands[], plan_commands[],
    image_commands[],
    area_commands[], copy_commands[], stack_commands[], org_commands[],
    purge_commands[],
    transfer_commands[], status_commands[], audit_commands[],
    sign_commands[], token_commands[], member_commands[],
    stats_commands[], webhook_commands[];

/* Prints what the *i*th argument of a command may be, for completion. */
void ctl_complete_argument(struct ctl *, const struct command *, int i);

/* "/noun/{org}", to which client_escape() may append. */
void ctl_path(const struct ctl *, char *buf, size_t size, const char *noun);
/* Writes "monikerctl: what: why", harmless to a terminal. */
void ctl_complain(const char *what, const char *why);
/* The same for *r*, which it clears; gives the exit status. */
int ctl_fail(const char *what, struct reply *r);
/* The JSON in a file, or for "-" in standard input; NULL, which is said. */
json_t *ctl_load(const char *file);

/*--------------------------------------------------------------------
 * Printing
 */

/* "?" for each character that a terminal might take for a command. */
void ctl_defuse(char *text);
/* Takes *value* over. */
void ctl_print_json(json_t *value);

/* Fields of objects, in the order of columns; ended by NULL. */
typedef const char *const ctl_columns[];

/* One object: a line a field, or JSON. Takes the reply over. */
int ctl_show(const struct ctl *, struct reply *, ctl_columns);
/*
 * One call and its answer, shown. *what* is for the sentence when it fails;
 * takes *body* over, which may be NULL. Returns an exit status.
 */
int ctl_call(struct ctl *, const char *method, const char *path, json_t *body,
    const char *what, ctl_columns);
/*
 * The same with a *body* that json_pack() made of arguments: it is NULL for
 * text that is not UTF-8, which is said.
 */
int ctl_send(struct ctl *, const char *method, const char *path, json_t *body,
    const char *what, ctl_columns);
/* An array of what stands between commas; NULL when it is not UTF-8. */
json_t *ctl_words(const char *list);
/* What --allow says, "any" being an empty array; NULL without it. */
json_t *ctl_allowed(const struct ctl *);
/* PATCH of a key, with what --comment, --expires and --allow say. */
int ctl_edit_key(struct ctl *, const char *path, const char *id, ctl_columns);
/* DELETE for each argument, at the path that *path* makes of it. */
typedef void ctl_path_f(const struct ctl *, char *buf, size_t size,
    const char *name);
int ctl_delete_each(struct ctl *, int argc, char **argv, ctl_path_f *path);
/* An array of objects: a table with a head, or JSON. */
void ctl_table(const struct ctl *, const json_t *items, ctl_columns);

/*
 * Calls *page* with the items of each page of a list. *query* has no "?".
 * Returns CTL_OK, what *page* returned, or the exit status of a failed call.
 */
typedef int ctl_page_f(void *arg, const json_t *items);
int ctl_pages(struct ctl *, const char *path, const char *query, ctl_page_f *,
    void *arg);
/* All pages as one table. */
int ctl_list(struct ctl *, const char *path, const char *query, ctl_columns);

/* A bar on a terminal's standard error; a client_progress_f. */
struct ctl_bar {
	const char	*label;
	long long	shown_ms;
};
void ctl_progress(void *bar, size_t done, size_t total);
void ctl_progress_end(struct ctl_bar *);

#endif
