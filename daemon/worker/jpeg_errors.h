/* SPDX-License-Identifier: BSD-2-Clause */
/* The errors of libjpeg, which would end the process, as those of libvips. */
#ifndef JPEG_ERRORS_H
#define JPEG_ERRORS_H

#include <stdio.h>	/* which jpeglib.h wants */
#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>

struct jpeg_errors {
	struct jpeg_error_mgr mgr;	/* first: libjpeg knows no more of it */
	jmp_buf		failed;		/* where an error goes */
};

/* For the field "err" of a coder. "failed" has to be set before it is used. */
struct jpeg_error_mgr *jpeg_errors_init(struct jpeg_errors *);

#endif
