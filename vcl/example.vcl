# SPDX-License-Identifier: BSD-2-Clause
#
# All that it takes to serve pictures by alias. Copy it to
# /etc/varnish/default.vcl and change what differs at your place.
vcl 4.1;

import moniker;

# Pictures: organization.example.net
backend moniker_image {
	.path = "/run/moniker/image.sock";
	.first_byte_timeout = 60s;
	.max_connections = 2000;
	# One good answer is enough to ask it again, when it has started; only
	# eight bad ones in a row mean that it is down.
	.probe = {
		.url = "/health";
		.interval = 250ms;
		.timeout = 1s;
		.window = 8;
		.threshold = 1;
		.initial = 1;
	}
}

# The API: api.example.net, and the address without a name
backend moniker_api {
	.path = "/run/moniker/api.sock";
	.first_byte_timeout = 60s;
	.max_connections = 1000;
}

sub vcl_init {
	new names = moniker.map("/run/moniker/map");
}

# Or "moniker-sticky.vcl": changes show when the alias is purged.
include "moniker.vcl";

# Your own subroutines of these names may stand before the include (and so
# come first) or after it, as this one:
sub vcl_deliver {
	if (obj.hits > 0) {
		set resp.http.X-Cache = "hit";
	} else {
		set resp.http.X-Cache = "miss";
	}
}
