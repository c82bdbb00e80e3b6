/* SPDX-License-Identifier: BSD-2-Clause */
/* What kinds of values monikerd.conf has. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

/* Kind, and what a value that is not one must be. */
#define CONF_KINDS							\
	X(NUMBER, "a number")						\
	X(TEXT, "text that is not empty")				\
	X(PATH, "an absolute path")					\
	X(SOCKET, "an absolute path of at most 107 bytes")		\
	X(FILE, "an absolute path, or \"\" for none")			\
	X(LEVEL, "one of error, warn, info, debug")			\
	X(RENDER_HOST, "http:// or https:// and a host with "		\
	    "{organization} in it, without a path")			\
	X(ORIGIN, "http:// or https:// and a host, without a path, or "	\
	    "\"\" for none")						\
	X(BUCKET, "http:// or https://, a host, and a path of a bucket and " \
	    "perhaps a prefix of the characters a-z A-Z 0-9 _ . - /, or "	\
	    "\"\" for none")						\
	X(ADDRESS, "host:port")						\
	X(URL, "http:// or https:// and a host")			\
	X(ORGANIZATION, "the name of an organization")			\
	X(LISTEN, "host:port, or \"\" for none")			\
	X(HOSTS, "hosts as cdn.example.com and *.example.com, or *, or "	\
	    "\"\" for none")						\
	X(PORTS, "ports as 80 443")					\
	X(NETS, "at most 1023 bytes of addresses and networks as "	\
	    "10.0.0.1 and fd00::/8, or \"\" for none")			\
	X(NAME, "named by 1 to 64 of the characters a-z A-Z 0-9 _ . -")

enum conf_kind {
#define X(id, must)	CONF_ ## id,
	CONF_KINDS
#undef X
};

/* NULL when *value* is of *kind*, else what it must be, to end a sentence. */
const char *conf_check(enum conf_kind kind, const char *value);

#endif
