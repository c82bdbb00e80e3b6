/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hosted service has and this server has not: clients are told that it
 * is known, and missing. The table in doc/api.rst has all of it.
 */
#ifndef HOSTED_H
#define HOSTED_H

#include <stdbool.h>
#include <stddef.h>

bool hosted_operation(const char *name);
/* An option, or the ending of a URL, of videos. */
bool hosted_video_option(const char *name);
bool hosted_video_format(const char *ext, size_t len);

#define HOSTED_OPERATION "\"%.40s\" is an operation of the hosted service " \
	"that this server does not have"
#define HOSTED_VIDEO	"is for video, which this server does not make"

#endif
