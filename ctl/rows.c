/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <jansson.h>
#include <string.h>

#include "rows.h"

#define LINE_MAX_BYTES	4096
#define NAME_SET	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789_"

int
rows_format(const char *word, const char *file)
{
	const char *dot = strrchr(file, '.');

	if (word == NULL && dot != NULL)
		word = dot + 1;
	if (word == NULL || strcmp(word, "csv") == 0)
		return (ROWS_CSV);
	if (strncmp(word, "json", 4) == 0 || strcmp(word, "ndjson") == 0)
		return (ROWS_JSON);
	return (-1);
}

/* What the server would refuse is found here, with its line. */
static const char *
row_check(const struct row *r)
{
	size_t n = strlen(r->hash);

	if (r->alias[0] == '\0' || r->alias[strspn(r->alias, NAME_SET)] != '\0')
		return ("alias: must be letters, digits and underscores");
	if (n != 0 && (n < 6 || r->hash[strspn(r->hash, "0123456789abcdef")]
	    != '\0'))
		return ("hash: must be 6 to 40 lower-case hex digits");
	return (NULL);
}

static const char *
row_set(struct row *r, const char *alias, size_t alias_len, const char *hash,
    size_t hash_len)
{
	if (alias_len >= sizeof r->alias)
		return ("alias: has more than 255 characters");
	if (hash_len >= sizeof r->hash)
		return ("hash: has more than 40 characters");
	(void)memcpy(r->alias, alias, alias_len);
	r->alias[alias_len] = '\0';
	(void)memcpy(r->hash, hash, hash_len);
	r->hash[hash_len] = '\0';
	return (row_check(r));
}

static const char *
row_csv(char *line, struct row *r)
{
	char *comma = strchr(line, ',');

	if (comma == NULL)
		return ("must be alias,hash");
	return (row_set(r, line, (size_t)(comma - line), comma + 1,
	    strlen(comma + 1)));
}

static const char *
row_json(const char *line, struct row *r)
{
	json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const json_t *alias = json_object_get(o, "alias");
	const json_t *hash = json_object_get(o, "hash");
	const char *why = "must be an object with the texts alias and hash";

	if (json_is_string(alias) && (json_is_string(hash) ||
	    json_is_null(hash)))
		why = row_set(r, json_string_value(alias),
		    json_string_length(alias), json_is_null(hash) ? "" :
		    json_string_value(hash), json_string_length(hash));
	json_decref(o);
	return (why);
}

int
rows_read(FILE *f, enum row_format format, struct row *r, const char **why)
{
	char line[LINE_MAX_BYTES];
	size_t n;

	while (fgets(line, sizeof line, f) != NULL) {
		r->line++;
		n = strlen(line);
		if (n == sizeof line - 1 && line[n - 1] != '\n') {
			*why = "the line is too long";
			while (fgets(line, sizeof line, f) != NULL &&
			    strchr(line, '\n') == NULL)
				continue;
			return (-1);
		}
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0' || (format == ROWS_CSV && r->line == 1 &&
		    strcmp(line, "alias,hash") == 0))
			continue;
		*why = format == ROWS_CSV ? row_csv(line, r) :
		    row_json(line, r);
		return (*why == NULL ? 1 : -1);
	}
	return (0);
}

void
rows_begin(FILE *f, enum row_format format)
{
	if (format == ROWS_CSV)
		(void)fputs("alias,hash\n", f);
}

/* Names and hashes were checked by the server: nothing needs quoting. */
void
rows_write(FILE *f, enum row_format format, const struct row *r)
{
	if (format == ROWS_CSV)
		(void)fprintf(f, "%s,%s\n", r->alias, r->hash);
	else
		(void)fprintf(f, "{\"alias\":\"%s\",\"hash\":\"%s\"}\n",
		    r->alias, r->hash);
}
