/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <jansson.h>
#include <string.h>

#include "name/hash.h"
#include "name/name.h"
#include "rows.h"

#define LINE_MAX_BYTES	4096
#define BOM		"\xef\xbb\xbf"	/* as some editors begin a file */

int
rows_format(const char *word, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *dot = strrchr(slash != NULL ? slash : file, '.');

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

	if (!name_is_alias(r->alias))
		return ("alias: must be letters, digits and underscores");
	if (n != 0 && !hash_is_prefix(r->hash, n))
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

/* Without the quotes that spreadsheets put around texts. */
static char *
unquote(char *text)
{
	size_t n = strlen(text);

	if (n < 2 || text[0] != '"' || text[n - 1] != '"')
		return (text);
	text[n - 1] = '\0';
	return (text + 1);
}

static const char *
row_csv(char *line, struct row *r)
{
	char *alias = line, *hash = strchr(line, ',');

	if (hash == NULL || strchr(hash + 1, ',') != NULL)
		return ("must be alias,hash");
	*hash++ = '\0';
	alias = unquote(alias);
	hash = unquote(hash);
	return (row_set(r, alias, strlen(alias), hash, strlen(hash)));
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

static bool
is_head(const char *line)
{
	return (strcmp(line, "alias,hash") == 0 ||
	    strcmp(line, "\"alias\",\"hash\"") == 0);
}

static const char *
row_parse(char *line, enum row_format format, struct row *r)
{
	return (format == ROWS_CSV ? row_csv(line, r) : row_json(line, r));
}

/*
 * The next line without its end, which is LF, CR or both. False at the end of
 * the file, and for what an interrupt left of a line. *why* is NULL, or what is
 * wrong with the line.
 */
static bool
line_read(FILE *f, char *buf, size_t size, const char **why)
{
	size_t n = 0;
	int c;

	*why = NULL;
	while ((c = getc_unlocked(f)) != EOF && c != '\n' && c != '\r')
		if (c == '\0')
			*why = "the line holds a NUL";
		else if (n == size - 1)
			*why = "the line is too long";
		else
			buf[n++] = (char)c;
	buf[n] = '\0';
	if (c == '\r' && (c = getc_unlocked(f)) != '\n')
		(void)ungetc(c, f);
	return (!ferror(f) && (c != EOF || n > 0 || *why != NULL));
}

int
rows_read(FILE *f, enum row_format format, struct row *r, const char **why)
{
	char buf[LINE_MAX_BYTES], *line;

	while (line_read(f, buf, sizeof buf, why)) {
		r->line++;
		if (*why != NULL)
			return (-1);
		line = buf;
		if (r->line == 1 && strncmp(line, BOM, sizeof BOM - 1) == 0)
			line += sizeof BOM - 1;
		/* The analyzer does not know of the BOM. NOLINTNEXTLINE */
		if (*line == '\0' || (format == ROWS_CSV && r->line == 1 &&
		    is_head(line)))
			continue;
		*why = row_parse(line, format, r);
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
