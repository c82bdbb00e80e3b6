/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a source cannot be read, in words that tell its owner what is wrong. The
 * libraries' own words are many lines, of which some are warnings and some tell
 * only what did not happen afterwards.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "worker/reason.h"

/*--------------------------------------------------------------------
 * The line of a library that tells the cause
 */

/* Lines that hold one of these tell of something else. */
static const char *const idle[] = {
	"bad seek", "unable to write to target", "extraneous bytes before",
	"Corrupt JPEG data", "warnings", "libpng read error",
	"TIFFFetchNormalTag", "Unknown field with tag", "vips2png",
	"error in tile", "unable to read PNG header",
};

static bool
is_idle(const char *line, size_t n)
{
	for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
		if (memmem(line, n, idle[i], strlen(idle[i])) != NULL)
			return (true);
	return (n == 0);
}

/*--------------------------------------------------------------------
 * What libpng says goes to the log only. What fails after it says so too.
 */

static char warned[160];

GLogWriterOutput
reason_log(GLogLevelFlags level, const GLogField *fields, gsize n,
    gpointer arg)
{
	(void)level;
	(void)arg;
	for (gsize i = 0; i < n; i++)
		if (strcmp(fields[i].key, "MESSAGE") == 0 &&
		    fields[i].length < 0 &&
		    !is_idle(fields[i].value, strlen(fields[i].value)))
			(void)snprintf(warned, sizeof warned, "%s",
			    (const char *)fields[i].value);
	return (G_LOG_WRITER_HANDLED);
}

void
reason_forget(void)
{
	warned[0] = '\0';
}

/*--------------------------------------------------------------------
 * Its words
 */

/* Names of functions and of libraries before the words: "VipsJpeg: " */
static const char *
words(const char *line, size_t n)
{
	static const char data[] = " of data: ";
	const char *p = memmem(line, n, data, sizeof data - 1);
	size_t name;

	if (p != NULL)		/* an XML parser's, behind its numbers */
		return (p + sizeof data - 1);
	for (;;) {
		name = strcspn(line, ": \n");
		if (strncmp(line, "source input: ", 14) == 0)
			line += 14;
		else if (name >= n || line[name] != ':' ||
		    line[name + 1] != ' ')
			return (line);
		else
			line += name + 2;
	}
}

/* In words of ours what the libraries say in a dozen ways */
static const struct {
	const char	*theirs, *ours;
} cuts[] = {
	{ "Premature end of", NULL }, { "Unexpected end of", NULL },
	{ "Read Error", NULL }, { "Not enough image data", NULL },
	{ "Seek error", NULL }, { "Read error", NULL },
	{ "Can not read TIFF directory", NULL },
	{ "IO error during reading", NULL }, { "not enough data", NULL },
	{ "JxlDecoderProcessInput", "its JPEG XL data is broken, or ends too "
	    "early" },
	{ "unable to parse image", "the WebP file is cut short, or its "
	    "structure broken" },
	{ "unable to read pixels", "its WebP data is broken" },
	{ "tRNS must be after", "its chunk tRNS is before PLTE" },
	{ "CRC error", "a checksum in it is wrong: the file is damaged" },
	{ "Failed to allocate memory for to read TIFF", "its TIFF directory "
	    "is broken" },
	{ "tiled separate planes", "a TIFF in tiles with a plane for each "
	    "colour (PlanarConfiguration 2) is not supported" },
};

static const char *
in_our_words(const char *text, size_t n)
{
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
		if (memmem(text, n, cuts[i].theirs,
		    strlen(cuts[i].theirs)) != NULL)
			return (cuts[i].ours != NULL ? cuts[i].ours :
			    "the file is cut short or damaged");
	return (NULL);
}

void
reason_of(const char *errors, char *buf, size_t size)
{
	const char *line = errors, *ours;
	size_t n = strcspn(line, "\n");

	while (is_idle(line, n) && line[n] != '\0') {
		line += n + 1;
		n = strcspn(line, "\n");
	}
	if (is_idle(line, n)) {
		line = warned[0] != '\0' ? warned : "its header or data is "
		    "damaged";
		n = strcspn(line, "\n");
	}
	if ((ours = in_our_words(line, n)) != NULL)
		(void)snprintf(buf, size, "%s", ours);
	else {
		const char *p = words(line, n);

		(void)snprintf(buf, size, "%.*s", (int)(line + n - p), p);
	}
}
