/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <vips/vips.h>

#include "worker/jpeg_errors.h"

static void
on_error(j_common_ptr c)
{
	struct jpeg_errors *e = (struct jpeg_errors *)c->err;
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	vips_error("jpeg", "%s", text);
	longjmp(e->failed, 1);
}

struct jpeg_error_mgr *
jpeg_errors_init(struct jpeg_errors *e)
{
	(void)jpeg_std_error(&e->mgr);
	e->mgr.error_exit = on_error;
	return (&e->mgr);
}
