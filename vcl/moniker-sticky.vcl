# SPDX-License-Identifier: BSD-2-Clause
#
# Image aliases, sticky: the object belongs to the alias, and shows what that
# pointed at when it was purged last, or was made; in every size. See
# moniker-vcl(7), and moniker.vcl for what must precede the include.

include "./moniker-common.vcl";

sub vcl_recv {
	# The usual picture; what follows is for all that is not.
	if (names.receive(sticky = true)) {
		set req.backend_hint = moniker_image;
		return (hash);
	}
	if (names.is_unknown() && req.restarts == 0) {
		return (synth(7404, "There is no alias of this name."));
	}
	call moniker_door;
	set req.url = names.alias_url(req.url);
	call moniker_picture;
	if (names.is_alias()) {
		# The fetch gets what the alias means now, when its key is made:
		# a purge that comes between the two finds nothing to outrun it.
		set req.http.X-Moniker-Alias = names.alias();
		if (names.is_known()) {
			set req.http.X-Moniker-Epoch = names.source_epoch();
		} else {
			# The daemon knows what was published last.
			set req.http.X-Moniker-Sticky = "1";
		}
	}
	if (req.http.X-Moniker-Miss) {
		set req.hash_always_miss = true;
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

# The key knows nothing of the source image that the object shows, which may
# have been purged or deleted. Then what is shown is what the alias points at.
sub vcl_hit {
	if (!names.is_untouched()) {
		if (names.is_known() && !req.http.X-Moniker-Miss &&
		    (obj.http.x-moniker-source != names.source() ||
		    !names.is_current(obj.http.x-moniker-source,
		    obj.http.x-moniker-epoch))) {
			set req.http.X-Moniker-Miss = "1";
			return (restart);
		}
		call moniker_secondary;
		call moniker_soft;
	}
}

sub vcl_backend_fetch {
	if (bereq.backend == moniker_image && bereq.http.X-Moniker-Alias) {
		set bereq.url = names.url_at(bereq.url,
		    bereq.http.X-Moniker-Source);
	}
}
