# SPDX-License-Identifier: BSD-2-Clause
#
# Bans by HTTP, for a Varnish whose command line monikerd cannot reach. Include
# it after "import moniker;" and before moniker.vcl, which knows no method BAN.
# In monikerd.conf:
#
#	varnish edge1 {
#		url = "http://edge1.example.net/"
#		secret_file = "/etc/moniker/edge1.token"
#		repeat_ms = 90000
#	}
#
# The same token stands here in /etc/varnish/moniker-ban.token, which the user
# of the worker (vcache) may read. Without that file, or while it is empty,
# nobody may ban; another token counts at once. Only names and hashes in our own
# headers can be asked for, so what arrives here cannot become another expression.

import std;

sub vcl_recv {
	if (req.method == "BAN") {
		call moniker_ban;
	}
}

sub moniker_ban {
	if (req.http.Authorization !~ "^Bearer " || !moniker.token_matches(
	    "/etc/varnish/moniker-ban.token",
	    regsub(req.http.Authorization, "^Bearer ", ""))) {
		return (synth(403, "This is not the token."));
	}
	unset req.http.Authorization;
	unset req.http.Range;
	if (req.http.X-Moniker-Ban-Org !~ "^[A-Za-z0-9_-]+$" ||
	    (req.http.X-Moniker-Ban-Source &&
	    req.http.X-Moniker-Ban-Source !~ "^[0-9a-f]{40}$") ||
	    (req.http.X-Moniker-Ban-Secondary &&
	    req.http.X-Moniker-Ban-Secondary !~ "^[0-9a-f]{40}$") ||
	    (req.http.X-Moniker-Ban-Stack &&
	    req.http.X-Moniker-Ban-Stack !~ "^[A-Za-z0-9_-]+$") ||
	    (req.http.X-Moniker-Ban-Alias &&
	    req.http.X-Moniker-Ban-Alias !~ "^[A-Za-z0-9_-]+$")) {
		return (synth(400, "This ban is not one of moniker's."));
	}
	set req.http.X-Moniker-Ban = "obj.http.x-moniker-org == " +
	    req.http.X-Moniker-Ban-Org;
	if (req.http.X-Moniker-Ban-Source) {
		set req.http.X-Moniker-Ban = req.http.X-Moniker-Ban +
		    " && obj.http.x-moniker-source == " +
		    req.http.X-Moniker-Ban-Source;
	}
	if (req.http.X-Moniker-Ban-Secondary) {
		set req.http.X-Moniker-Ban = req.http.X-Moniker-Ban +
		    " && obj.http.x-moniker-secondary ~ " +
		    req.http.X-Moniker-Ban-Secondary;
	}
	if (req.http.X-Moniker-Ban-Stack) {
		set req.http.X-Moniker-Ban = req.http.X-Moniker-Ban +
		    " && obj.http.x-moniker-stack ~ (^|,)" +
		    req.http.X-Moniker-Ban-Stack + "(,|$)";
	}
	if (req.http.X-Moniker-Ban-Alias) {
		set req.http.X-Moniker-Ban = req.http.X-Moniker-Ban +
		    " && obj.http.x-moniker-alias ~ (^|,)" +
		    req.http.X-Moniker-Ban-Alias + "(,|$)";
	}
	if (std.ban(req.http.X-Moniker-Ban)) {
		return (synth(200, "Banned"));
	}
	return (synth(500, std.ban_error()));
}
