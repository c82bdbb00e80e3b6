/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What organizations, aliases, stacks and hosts are called. The edge, the
 * origin, the API, the settings and the bans all ask here, so that none of
 * them takes a name that another refuses. hash.h says what a hash is.
 *
 * Pure functions over bytes: no allocation, no locale, no dependency.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <stddef.h>

#define ORG_MAX		63	/* bytes of an organization's name: a label */
#define NAME_MAX_LEN	255	/* bytes of an alias's or stack's name */

/* Host names that begin so are the API's. */
#define ORG_UNREACHABLE	"api"
/* Stands for any stack: the operations are in the URL. */
#define STACK_DYNAMIC	"dynamic"

/* 1 to ORG_MAX of a-z, 0-9 and "-", which is neither first nor last. */
bool name_is_org(const char *);
/* The same, but for ORG_UNREACHABLE: what pictures are asked for by. */
bool name_is_org_shown(const char *);
/* 1 to NAME_MAX_LEN of a-z, A-Z, 0-9 and "_". */
bool name_is_alias(const char *);
/*
 * A variant of an alias is an alias called ALIAS__VARIANT. Its length before
 * NAME_VARIANT, or 0 if *name* is a plain alias.
 */
#define NAME_VARIANT	"__"
size_t name_variant_of(const char *name, size_t len);
/* 1 to NAME_MAX_LEN of a-z, 0-9, "_" and "-". */
bool name_is_stack(const char *);
/* Whether stack *name* changes without notice, so that no cache keeps it. */
bool name_is_preview(const char *name);
/* Whether *name* is the service's: no stack of a user is called so. */
bool name_is_reserved(const char *name);
/* What a URL may begin with: a stack of a user, or STACK_DYNAMIC. */
bool name_is_url_stack(const char *);

/*
 * Whether *host*, the value of a Host header, is a name or an address with or
 * without a port: no label is empty (but for the root's, at the end), and the
 * port is a number.
 */
bool name_is_host(const char *host);

/*
 * The organization that *host* names by its first label, whatever its case.
 * False, and *org* is undefined, if that cannot be one, if the name has one
 * label only, and for an address.
 */
bool name_host_org(const char *host, char org[ORG_MAX + 1]);

#define HOST_MAX	253	/* bytes of a host's name */

/* Labels of letters, digits, "-" and "_", with dots between them. */
bool name_is_dns(const char *);

/*
 * "cdn.example.com", "*.example.com" (each host below it), an address, "*"
 * (all): whether it is such a pattern, and whether *host* (an IPv6 address
 * without brackets) matches one.
 */
bool name_is_host_pattern(const char *);
bool name_host_matches(const char *pattern, const char *host);

/*
 * The pattern that *text* is, which may be written as a regular expression that
 * means no more: "^.*\.example\.com$". False: it is neither.
 */
bool name_host_pattern(const char *text, char *out, size_t size);

#endif
