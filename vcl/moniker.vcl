# SPDX-License-Identifier: BSD-2-Clause
#
# Image aliases, instant: alias and hash URL share one object, and a re-pointed
# alias shows the new picture from the next request on. See moniker-vcl(7).
#
# Before the include there must be "import moniker;", the backends
# moniker_image and moniker_api, and the object "names", a moniker.map().

include "./moniker-common.vcl";

sub vcl_recv {
	# The usual picture; what follows is for all that is not.
	if (names.receive()) {
		set req.backend_hint = moniker_image;
		return (hash);
	}
	if (names.is_unknown() && req.restarts == 0) {
		return (synth(7404, "There is no alias of this name."));
	}
	call moniker_door;
	set req.url = names.url(req.url);
	call moniker_picture;
	if (names.is_alias() && !names.is_known()) {
		# No map: the origin resolves the alias, whose object this is.
		set req.http.X-Moniker-Alias = names.alias();
	}
	return (hash);
}

# Not by Host, so that all host names of an organization share. Nor by Accept:
# pictures that depend on it say so by Vary.
sub vcl_hash {
	if (names.is_image()) {
		hash_data(names.key());
		return (lookup);
	}
}

# Only from the cache: the origin has enough to do, or nothing to say.
sub vcl_miss {
	if (names.is_fallback()) {
		return (synth(7503, "The origin does not answer."));
	}
}

sub vcl_hit {
	if (!names.is_untouched()) {
		call moniker_secondary;
		call moniker_soft;
	}
}
