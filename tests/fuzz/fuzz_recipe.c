/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stack as the API takes it, and recipes of it: "JSON \n segments \n format
 * \n query \n accept \n dynamic metadata of the image". The normal form of a stack is one, and a recipe has no
 * more of anything than it has room for.
 */
#include "config.h"
#include "url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/recipe.h"
#include "recipe/recipe_crop.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

#define HASH	"0123456789abcdef0123456789abcdef01234567"

/* A normal form as a client would send it: without "stack_" before names. */
static json_t *
as_sent(json_t *normal)
{
	json_t *out = json_object(), *v;
	const char *name;

	json_object_foreach(normal, name, v)
		(void)json_object_set(out, strncmp(name, "stack_", 6) == 0 ?
		    name + 6 : name, v);
	return (out);
}

static json_t *
normal(const char *text)
{
	json_t *body = json_loads(text, JSON_DECODE_ANY, NULL);
	json_t *out, *sent, *again;
	char err[256] = "";

	if (body == NULL)
		return (NULL);
	out = stack_normalize(body, err, sizeof err);
	json_decref(body);
	MUST(out != NULL || *err != '\0');
	if (out == NULL)
		return (NULL);
	sent = as_sent(out);
	again = stack_normalize(sent, err, sizeof err);
	if (again == NULL)
		fprintf(stderr, "%s\n", err);
	MUST(again != NULL && json_equal(out, again));
	json_decref(again);
	json_decref(sent);
	return (out);
}

/* Its variables are those of a URL. */
static void
check_second(struct recipe *r, const struct recipe_second *s)
{
	struct recipe_second now;
	struct recipe *of_stack;
	char err[256], *segments;
	int status;

	MUST(s->image != NULL || s->stack != NULL);
	if (s->variables != NULL) {
		segments = recipe_second_segments(s->variables);
		of_stack = recipe_new(NULL, &(struct url){
		    .segments = url_text(segments),
		    .format = url_text("png") }, NULL, &status, err,
		    sizeof err);
		if (of_stack != NULL)
			recipe_as_layer(of_stack);
		recipe_free(of_stack);
		free(segments);
	}
	if (!recipe_resolve_second(r, HASH, NULL))
		return;
	MUST(recipe_second(r, &now) && strcmp(now.image, HASH) == 0 &&
	    now.stack == NULL && now.variables == NULL);
}

/* A part that follows an area is one of the picture, as far as it is inside. */
static void
check_crop(const struct rop *o)
{
	const struct affine map = AFFINE_IDLE;
	const struct size have = { 640, 480 };
	bool kept = false;
	struct box at;
	struct size s;
	double x, y;

	if (o->id != OPS_crop || !recipe_crop_area(o, have, &map, have, &at))
		return;
	s = recipe_crop_part(o, have, &at, false, &kept, &x, &y);
	MUST(s.width > 0 && s.width <= have.width && s.height > 0 &&
	    s.height <= have.height);
	MUST(x > -have.width && x < have.width && y > -have.height &&
	    y < have.height);
}

/* What the API takes a recipe knows. */
static void
check_areas(const char *text)
{
	json_t *all = text == NULL ? NULL : json_loads(text, 0, NULL), *v;
	const char *name;
	char err[256] = "";
	struct area a;

	json_object_foreach(all, name, v)
		if (areas_check(name, v, 640, 480, err, sizeof err) != 0)
			MUST(*err != '\0');
		else if (strcmp(name, "subject_area") == 0)
			MUST(areas_get(all, AREA_SUBJECT, &a) && a.w > 0);
	json_decref(all);
}

static void
check_recipe(struct recipe *r)
{
	char digest[33], again[33];
	struct recipe_second s;

	MUST(r->n_ops <= RECIPE_OPS && r->text_len <= RECIPE_TEXT);
	MUST(r->format < FORMAT_MAX);
	recipe_digest(r, digest);
	MUST(strlen(digest) == 32);
	(void)recipe_source_file(r);
	(void)recipe_attachment(r);
	(void)recipe_varies(r);
	for (unsigned i = 0; i < r->n_ops; i++)
		check_crop(&r->ops[i]);
	if (recipe_second(r, &s))
		check_second(r, &s);
	recipe_digest(r, again);
}

/* Expressions of the URL give way to text without any, or there is a reason. */
static char *
compute(const json_t *stack, struct url *u)
{
	const struct recipe_image image = { .hash = HASH, .format = "png",
	    .width = 640, .height = 480, .save_data = true };
	char err[256] = "", *plain;

	if (!recipe_is_computed(u))
		return (NULL);
	plain = recipe_compute(&image, stack, u, err, sizeof err);
	MUST(plain != NULL || *err != '\0');
	MUST(plain == NULL || strpbrk(plain, "[]") == NULL);
	u->segments = url_text(plain);
	return (plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = strndup((const char *)data, len), *rest = text;
	char *part[6], err[256] = "", *plain;
	struct recipe_image image = { .hash = HASH, .format = "png",
	    .width = 640, .height = 480 };
	struct recipe *r;
	struct url u;
	json_t *stack;
	int status = 0;

	for (int i = 0; i < 6; i++)
		part[i] = strsep(&rest, "\n");
	stack = normal(part[0]);
	u = (struct url){
	    .segments = url_text(part[1] == NULL ? "" : part[1]),
	    .format = url_text(part[2] == NULL ? "jpg" : part[2]),
	    .query = url_text(part[3]) };
	plain = compute(stack, &u);
	image.dynamic_metadata = part[5];
	check_areas(part[5]);
	r = recipe_new_for(&image, stack, &u, part[4], &status, err,
	    sizeof err);
	if (r == NULL)
		MUST(*err != '\0' && (status == 400 || status == 404));
	else
		check_recipe(r);
	recipe_free(r);
	json_decref(stack);
	free(plain);
	free(text);
	return (0);
}
