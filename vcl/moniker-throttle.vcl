# SPDX-License-Identifier: BSD-2-Clause
#
# A limit of the pictures that are not in the cache: for a client, and for an
# organization, so that nobody has all of the daemon's workers to himself. Hits
# are not counted. Wants vmod_vsthrottle (Debian: varnish-modules). Include it
# after moniker.vcl or moniker-sticky.vcl; for other numbers, include a copy of
# it. Behind a proxy client.ip is the proxy's own, unless that speaks the PROXY
# protocol: see doc/tls.rst.

import vsthrottle;

sub vcl_miss {
	call moniker_throttle;
}

# Previews, and what else is never kept
sub vcl_pass {
	call moniker_throttle;
}

sub moniker_throttle {
	if (names.is_image() && req.backend_hint == moniker_image) {
		if (vsthrottle.is_denied("moniker client " + client.ip,
		    100, 10s)) {
			return (synth(7429, "You ask for too many new" +
			    " pictures; wait a moment."));
		}
		if (vsthrottle.is_denied("moniker organization " +
		    names.organization(), 400, 10s)) {
			return (synth(7429, "Too many new pictures of this" +
			    " organization are asked for; wait a moment."));
		}
	}
}
