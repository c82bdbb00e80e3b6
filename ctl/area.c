/* SPDX-License-Identifier: BSD-2-Clause */
/* Dynamic metadata: what a crop of an image is centred on, or cut to. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

static ctl_columns area_columns = { "hash", "dynamic_metadata", NULL };

static void
area_path(const struct ctl *ctl, char *buf, size_t size, const char *hash,
    const char *object)
{
	ctl_path(ctl, buf, size, "sourceimages");
	client_append(buf, size, "/");
	client_escape(buf, size, hash);
	if (object == NULL)
		return;
	client_append(buf, size, "/meta/dynamic/");
	client_escape(buf, size, object);
	if (ctl->replace)
		client_append(buf, size, "?deletePrevious=true");
	if (ctl->keep_hash)
		client_append(buf, size, ctl->replace ? "&keepHash=true" :
		    "?keepHash=true");
}

/* Takes *body* over. An answer without one says that nothing changed. */
static int
area_change(struct ctl *ctl, const char *method, const char *hash,
    const char *object, json_t *body)
{
	char path[2048];
	struct reply r;
	bool ok;

	area_path(ctl, path, sizeof path, hash, object);
	ok = client_call(ctl->client, method, path, body, &r);
	json_decref(body);
	if (!ok)
		return (ctl_fail(hash, &r));
	if (r.body != NULL)
		return (ctl_show(ctl, &r, area_columns));
	reply_clear(&r);
	area_path(ctl, path, sizeof path, hash, NULL);
	return (ctl_call(ctl, "GET", path, NULL, hash, area_columns));
}

/* "12" or "12.5%". */
static bool
area_number(const char *text, json_t *area, const char *side, int *percents)
{
	char *end;
	double d = strtod(text, &end);
	bool percent = *end == '%';

	if (end == text || end[percent] != '\0' || !isfinite(d))
		return (false);
	*percents += percent;
	return (json_object_set_new(area, side, d == floor(d) &&
	    fabs(d) < 1e9 ? json_integer((json_int_t)d) : json_real(d)) == 0);
}

static int
area_focus(struct ctl *ctl, int argc, char **argv)
{
	static const char *const sides[] = { "x", "y", "width", "height" };
	json_t *area = json_object();
	int percents = 0, n = argc - 1;

	for (int i = 0; i < n; i++)
		if (!area_number(argv[1 + i], area, sides[i], &percents)) {
			ctl_complain(argv[1 + i], "is not a number such as 120 or "
			    "12.5%");
			json_decref(area);
			return (CTL_USAGE);
		}
	if ((percents > 0 && percents < n) || n == 3) {
		json_decref(area);
		ctl_complain("image focus", n == 3 ? "a WIDTH needs a HEIGHT" :
		    "give all numbers in pixels, or all in percent");
		return (CTL_USAGE);
	}
	if (percents > 0)
		(void)json_object_set_new(area, "percentage", json_true());
	return (area_change(ctl, "PUT", argv[0], "subject_area", area));
}

static int
area_set(struct ctl *ctl, int argc, char **argv)
{
	json_t *body = ctl_load(argv[2]);

	(void)argc;
	return (body == NULL ? CTL_INPUT :
	    area_change(ctl, "PUT", argv[0], argv[1], body));
}

static int
area_unset(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	return (area_change(ctl, "DELETE", argv[0], argv[1], NULL));
}

const struct command area_commands[] = {
	{ "image", "focus", "HASH X Y [WIDTH HEIGHT]", "set the area that a "
	    "crop keeps; --replace, --keep-hash", 3, 5, true, area_focus },
	{ "image", "set", "HASH OBJECT FILE|-", "set dynamic metadata from "
	    "JSON; --replace, --keep-hash", 3, 3, true, area_set },
	{ "image", "unset", "HASH OBJECT", "remove dynamic metadata; "
	    "--replace, --keep-hash", 2, 2, true, area_unset },
	{ NULL, NULL, NULL, NULL, 0, 0, false, NULL }
};
