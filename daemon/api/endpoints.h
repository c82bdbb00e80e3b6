/* SPDX-License-Identifier: BSD-2-Clause */
/* What the resources' files offer to the table of routes. */
#ifndef ENDPOINTS_H
#define ENDPOINTS_H

#include "api/call.h"
#include "api/roles.h"
#include "api/routes.h"

#define R(method, pattern, name)	\
	extern const struct endpoint endpoint_##name;
API_ROUTES(R)
#undef R

#endif
