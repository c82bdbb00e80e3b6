/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * render_one SOURCE SEGMENTS FORMAT RESULT [ACCEPT]: renders one picture
 * through a pool and says what came of it. For trying, and for the contact
 * sheet.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "render_util.h"

int
main(int argc, char **argv)
{
	struct rendered out;
	FILE *f;

	worker_entry(argc, argv);
	if (argc < 5) {
		fprintf(stderr, "usage: render_one SOURCE SEGMENTS FORMAT "
		    "RESULT [ACCEPT]\n");
		return (64);
	}
	render_file(argv[1], argv[2], argv[3], argv[5], &out);
	if (out.r.status != RENDER_OK) {
		printf("%s: status %d: %s\n", argv[2], (int)out.r.status,
		    out.error);
		render_end();
		return (1);
	}
	f = fopen(argv[4], "wb");
	if (f == NULL || fwrite(out.data, 1, out.len, f) != out.len ||
	    fclose(f) != 0) {
		perror(argv[4]);
		return (1);
	}
	printf("%s: %ux%u %s %zu bytes\n", argv[2], out.r.width, out.r.height,
	    out.r.mimetype, out.len);
	free(out.data);
	render_end();
	return (0);
}
