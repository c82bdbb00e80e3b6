/* SPDX-License-Identifier: BSD-2-Clause */
/* The name under which a browser saves a picture. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "url.h"

#define NAME_BYTES	150
#define SLUG_BYTES	500	/* decoded; a longer slug is not a name */

/*
 * How many bytes at *p* no name should have: controls, what divides paths or
 * ends the quoted text, and marks that turn the direction of writing.
 */
static size_t
unwanted(const unsigned char *p)
{

	if (*p < ' ' || *p == 0x7f || strchr("/\\\"", *p) != NULL)
		return (1);
	if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
		return (2);
	if (p[0] == 0xe2 && ((p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f ||
	    (p[2] >= 0xaa && p[2] <= 0xae))) ||
	    (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
		return (3);
	return (0);
}

/* Whether it is the second or a later byte of a character. */
static bool
continues(unsigned char c)
{

	return ((c & 0xc0) == 0x80);
}

/* The slug as a name; false: nothing of it is one. */
static bool
name_of(struct url_span slug, char name[NAME_BYTES + 1])
{
	char text[SLUG_BYTES + 1];
	size_t n = 0, skip;
	const char *p;

	if (url_decode(slug, text, sizeof text) < 0)
		return (false);
	for (p = text; *p != '\0' && n < NAME_BYTES; p += skip) {
		skip = unwanted((const unsigned char *)p);
		/* What begins with a dot is hidden. */
		if (skip == 0 && n == 0 && (*p == '.' || *p == ' '))
			skip = 1;
		if (skip > 0)
			continue;
		name[n++] = *p;
		skip = 1;
	}
	/* The last character whole, or not at all. */
	while (n > 0 && *p != '\0' && continues((unsigned char)*p) &&
	    continues((unsigned char)name[n - 1]))
		n--;
	if (n > 0 && *p != '\0' && continues((unsigned char)*p))
		n--;
	/* What a version leaves behind, and what some systems drop. */
	while (n > 0 && strchr("-. ", name[n - 1]) != NULL)
		n--;
	name[n] = '\0';
	return (n > 0);
}

/* For those that do not read filename*. */
static size_t
write_ascii(const char *name, char *out)
{
	size_t n = 0;

	for (; *name != '\0'; name++)
		if (!continues((unsigned char)*name))
			out[n++] = (unsigned char)*name >= 0x80 ||
			    *name == '%' ? '_' : *name;
	return (n);
}

static size_t
write_escaped(const char *name, char *out)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	return (n);
}

/* What a picture of that media type is called; else as the URL ends. */
static struct url_span
extension(const struct url *u, const char *type)
{
	static const struct {
		const char	*type, *ext;
	} known[] = {
		{ "image/jpeg", "jpg" }, { "image/png", "png" },
		{ "image/webp", "webp" }, { "image/avif", "avif" },
		{ "image/gif", "gif" }, { "image/jxl", "jxl" },
		{ "image/heif", "heif" }, { "image/svg+xml", "svg" },
		{ "image/tiff", "tiff" }, { "application/pdf", "pdf" },
		{ "image/jp2", "jp2" }
	};

	for (size_t i = 0; type != NULL && i < sizeof known / sizeof *known;
	    i++)
		if (strcmp(known[i].type, type) == 0)
			return (url_text(known[i].ext));
	return (u->format);
}

bool
url_download(const struct url *u, const char *type,
    const char *otherwise, char value[URL_DOWNLOAD_MAX])
{
	char name[NAME_BYTES + 1], ascii[NAME_BYTES + 1];
	char escaped[3 * NAME_BYTES + 1];
	const struct url_span end = extension(u, type);
	int ext = end.len < 16 ? (int)end.len : 16;

	if (!name_of(u->slug, name) && !name_of(url_text(u->alias), name) &&
	    !name_of(url_text(otherwise), name))
		return (false);
	ascii[write_ascii(name, ascii)] = '\0';
	escaped[write_escaped(name, escaped)] = '\0';
	/* The quoted name comes last: a client reads it to the end. */
	if (strcmp(ascii, name) == 0)
		(void)snprintf(value, URL_DOWNLOAD_MAX,
		    "attachment; filename=\"%s.%.*s\"", name, ext,
		    end.p);
	else
		(void)snprintf(value, URL_DOWNLOAD_MAX, "attachment; "
		    "filename*=UTF-8''%s.%.*s; filename=\"%s.%.*s\"", escaped,
		    ext, end.p, ascii, ext, end.p);
	return (true);
}
