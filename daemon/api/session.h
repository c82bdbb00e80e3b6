/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of the dashboard: a cookie that stands for a key, so that no script
 * ever holds one. Picture hosts are the same site as the API, and so SameSite
 * does not keep their pages out: the cookie counts only beside a header that no
 * form can send, and whose preflight is never allowed.
 */
#ifndef SESSION_H
#define SESSION_H

#include "api/call.h"

/*
 * The secret of the session that the call carries. False: it carries none that
 * counts.
 */
bool session_carried(struct call *, char secret[SESSION_LEN + 1]);

#endif
