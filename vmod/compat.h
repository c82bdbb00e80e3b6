/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the VMOD needs from any Varnish since 7.1, by feature: the two 9.0 count
 * their VRT versions each in its own way. Included after <cache/cache.h>.
 */
#ifndef COMPAT_H
#define COMPAT_H

/* Since 7.3 a transaction of the log is a struct. */
#ifndef NO_VXID
#define NO_VXID 0
#endif

/* Since 8.0 the name of a header is a struct, not a string with its length. */
#ifndef HDR
#define HDR(name)							\
	((hdr_t)&(const struct {					\
		unsigned char	len;					\
		char		str[sizeof (name ":")];			\
	}){ sizeof (name), name ":" })
#endif

#endif
