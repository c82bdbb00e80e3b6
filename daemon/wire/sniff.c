/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "wire/sniff.h"

static bool
starts(const void *p, size_t len, const char *magic, size_t n)
{
	return (len >= n && memcmp(p, magic, n) == 0);
}

#define STARTS(p, len, lit)	starts(p, len, lit, sizeof lit - 1)

/* ISO base media: the brand of "ftyp", or one of those it is compatible to. */
static enum format
sniff_heif(const unsigned char *p, size_t len)
{
	size_t box = (size_t)p[0] << 24 | (size_t)p[1] << 16 |
	    (size_t)p[2] << 8 | p[3];
	bool heif = false;

	if (box > len)
		box = len;
	for (size_t at = 8; at + 4 <= box && at < 256; at += 4) {
		if (at == 12)
			continue;	/* the minor version */
		if (memcmp(p + at, "avif", 4) == 0 ||
		    memcmp(p + at, "avis", 4) == 0)
			return (FORMAT_AVIF);
		if (memcmp(p + at, "heic", 4) == 0 ||
		    memcmp(p + at, "heix", 4) == 0 ||
		    memcmp(p + at, "hevc", 4) == 0 ||
		    memcmp(p + at, "mif1", 4) == 0)
			heif = true;
	}
	return (heif ? FORMAT_HEIF : FORMAT_MAX);
}

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Behind the first *what* from *p* on, or *end* */
static const char *
behind(const char *p, const char *end, const char *what)
{
	const char *q = memmem(p, (size_t)(end - p), what, strlen(what));

	return (q == NULL ? end : q + strlen(what));
}

/* "<!DOCTYPE svg [ ... ]>" too, whose entities hold more of "<" and ">" */
static const char *
pass_doctype(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && *q != '>' && *q != '[')
		q++;
	if (q < end && *q == '[')
		q = behind(q, end, "]");
	return (behind(q, end, ">"));
}

const char *
sniff_root(const char *p, const char *end)
{
	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL)
		if (end - p >= 4 && memcmp(p, "<!--", 4) == 0)
			p = behind(p, end, "-->");
		else if (end - p >= 2 && p[1] == '?')
			p = behind(p, end, "?>");
		else if (end - p >= 2 && p[1] == '!')
			p = pass_doctype(p, end);
		else
			return (p);
	return (end);
}

/* Text, whose first element is "svg" or that of a name space. */
static bool
is_svg(const char *p, size_t len)
{
	const char *end = p + (len < SNIFF_LEN ? len : SNIFF_LEN), *name;

	if (STARTS(p, len, "\xef\xbb\xbf"))
		p += 3;
	while (p < end && is_blank(*p))
		p++;
	if (p == end || *p != '<')
		return (false);
	name = p = sniff_root(p, end);
	while (p < end && !is_blank(*p) && *p != '/' && *p != '>')
		p++;
	return (p < end && p - name >= 4 && memcmp(p - 3, "svg", 3) == 0 &&
	    (p[-4] == '<' || p[-4] == ':'));
}

enum format
sniff(const void *data, size_t len)
{
	const unsigned char *p = data;

	if (STARTS(p, len, "\xff\xd8\xff"))
		return (FORMAT_JPG);
	if (STARTS(p, len, "\x89PNG\r\n\x1a\n"))
		return (FORMAT_PNG);
	if (STARTS(p, len, "GIF87a") || STARTS(p, len, "GIF89a"))
		return (FORMAT_GIF);
	if (STARTS(p, len, "RIFF") && len >= 16 &&
	    memcmp(p + 8, "WEBPVP8", 7) == 0)
		return (FORMAT_WEBP);
	if (len >= 16 && memcmp(p + 4, "ftyp", 4) == 0)
		return (sniff_heif(p, len));
	if (STARTS(p, len, "II*\0") || STARTS(p, len, "MM\0*") ||
	    STARTS(p, len, "II+\0") || STARTS(p, len, "MM\0+"))
		return (FORMAT_TIFF);
	if (STARTS(p, len, "\xff\x0a") ||
	    STARTS(p, len, "\0\0\0\x0cJXL \r\n\x87\n"))
		return (FORMAT_JXL);
	if (STARTS(p, len, "\0\1\0\0\0") || STARTS(p, len, "OTTO\0") ||
	    STARTS(p, len, "true\0"))
		return (FORMAT_TTF);
	if (STARTS(p, len, "%PDF-"))
		return (FORMAT_PDF);
	if (STARTS(p, len, "\xff\x4f\xff\x51") ||
	    STARTS(p, len, "\0\0\0\x0cjP  \r\n\x87\n"))
		return (FORMAT_JP2);
	return (is_svg(data, len) ? FORMAT_SVG : FORMAT_MAX);
}

static const struct {
	const char	*magic;
	size_t		len;
	const char	*name;
} others[] = {
	{ "\x1a\x45\xdf\xa3", 4, "WebM video" },
	{ "\0\0\1\xba", 4, "MPEG video" },
	{ "FLV\1", 4, "Flash video" },
	{ "BM", 2, "BMP" },
	{ "\0\0\1\0", 4, "ICO" },
	{ "\0\0\2\0", 4, "CUR" },
	{ "8BPS", 4, "Photoshop" },
	{ "%!PS", 4, "PostScript" },
};

/* Decides by the first brand of "ftyp": images of this family list others. */
static bool
is_video(const char *p, size_t len)
{
	static const char brands[] = "isom iso2 iso4 iso5 iso6 mp41 mp42 avc1 "
	    "M4V  qt   3gp4 3gp5 dash";

	if (len < 16 || memcmp(p + 4, "ftyp", 4) != 0)
		return (false);
	for (const char *b = brands; b < brands + sizeof brands - 1; b += 5)
		if (memcmp(p + 8, b, 4) == 0)
			return (true);
	return (false);
}

const char *
sniff_other(const void *data, size_t len)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (starts(data, len, others[i].magic, others[i].len))
			return (others[i].name);
	return (is_video(data, len) ? "MP4 video" : NULL);
}

bool
sniff_gif_screen(const void *data, size_t len, unsigned *width,
    unsigned *height)
{
	const unsigned char *p = data;

	if (len < 10)
		return (false);
	*width = p[6] | (unsigned)p[7] << 8;
	*height = p[8] | (unsigned)p[9] << 8;
	return (true);
}
