# SPDX-License-Identifier: BSD-2-Clause
#
# What moniker.vcl and moniker-sticky.vcl have in common. Include one of those,
# see moniker-vcl(7).

import purge;
import std;

# What every request must pass that names.receive() leaves to VCL. Requests for
# the API end here.
sub moniker_door {
	# PURGE and BAN among them: to purge is the daemon's, which counts.
	if (req.method != "GET" && req.method != "HEAD" &&
	    req.method != "PUT" && req.method != "POST" &&
	    req.method != "DELETE" && req.method != "PATCH" &&
	    req.method != "OPTIONS" &&
	    (req.method != "COPY" || names.organization())) {
		return (synth(7405, "This method is not supported."));
	}
	if (!req.http.Host) {
		return (synth(7400, "There is no Host."));
	}
	# Copies of a longer one have no room in the workspace of a request.
	if (req.url ~ "^.{8193}") {
		return (synth(7414, "The URL is longer than 8192 bytes."));
	}
	# Whoever sends a body slowly holds a thread of Varnish, and at a pass a
	# connection to the daemon. Pictures need none; the API wants a key, a
	# token, or the dashboard's session, of the form that the daemon gives them.
	if (moniker.has_body() && (names.organization() ||
	    (req.http.Api-Key !~ "^[0-9A-Za-z]{64}$" &&
	    req.http.Authorization !~
	    "^(?i:Bearer) +[0-9A-Za-z_-]+[.][0-9A-Za-z_-]+[.][0-9A-Za-z_-]+$" &&
	    (req.http.Moniker-Dashboard != "1" || req.http.Cookie !~
	    "(^|; *)(__Host-)?moniker=[0-9A-Za-z]{43}(;|$)")))) {
		call moniker_refuse_body;
	}
	# By this a line of the daemon's log is found in varnishlog.
	set req.http.X-Request-Id = req.xid;
	if (!names.organization()) {
		set req.backend_hint = moniker_api;
		# Whose keys fail, and who changes what.
		set req.http.X-Moniker-Client = client.ip;
		# An upload over a bad line stalls for more than five seconds.
		set sess.timeout_idle = 30s;
		# Varnish would heed these for every method and answer.
		unset req.http.If-Modified-Since;
		if (req.url !~ "^[^?]*/download($|[?])") {
			unset req.http.Range;
		}
		if (moniker.has_body() && !req.http.X-Moniker-Body) {
			set req.http.X-Moniker-Body = "ask";
		}
		call moniker_room;
		return (pass);
	}
	set req.backend_hint = moniker_image;
	if (req.method != "GET" && req.method != "HEAD") {
		return (synth(7405, "Pictures can only be fetched."));
	}
}

sub moniker_refuse_body {
	if (names.organization()) {
		if (req.method != "GET" && req.method != "HEAD") {
			return (synth(7405, "Pictures can only be fetched."));
		}
		return (synth(7413, "A request for a picture has no body."));
	}
	# What a client of the hosted service calls before it has a key.
	if (req.url ~ "^/users($|[?])") {
		return (synth(7404, "Users by e-mail are not supported."));
	}
	return (synth(7403, "API credentials are not supplied or not a valid" +
	    " format: send the header Api-Key."));
}

# Only the daemon knows keys. It is asked by the head alone whether it takes the
# body, so that whoever sends one slowly, with a key that is not valid, holds no
# connection to it: each that is refused here costs no more than a short request.
sub moniker_body {
	if (resp.http.X-Moniker-Body == "take") {
		set req.http.X-Moniker-Body = "take";
		moniker.keep_body();
		return (restart);
	}
}

# Of a Range, Varnish knows one form and answers to the others with an error,
# after the origin has done what it was asked. Whoever asks for what is left of
# nothing is told so, and not for a year.
sub moniker_range {
	std.collect(req.http.Range);
	if (req.method != "GET" || !moniker.is_range(req.http.Range)) {
		unset req.http.Range;
	}
}

# What names.answer() leaves to VCL.
sub moniker_unusual {
	if (req.backend_hint == moniker_api &&
	    req.http.X-Moniker-Body == "ask") {
		call moniker_body;
	}
	# Once only: a stack may be changed between two questions.
	if (resp.status == 307 && names.is_image() &&
	    resp.http.X-Moniker-Canonical && !req.http.X-Moniker-Respelled) {
		set req.http.X-Moniker-Respelled = "1";
		set req.url = names.respell(resp.http.X-Moniker-Canonical);
		return (restart);
	}
	# What the organization shows for what is not there.
	if (resp.status == 404 && resp.http.X-Moniker-Missing &&
	    names.use_fallback_image()) {
		set req.url = names.fallback_url();
		return (restart);
	}
	if (names.is_fallback_image()) {
		call moniker_missing;
	}
	# What the alias showed before, if monikerd.conf wants it so.
	if (resp.status >= 500 && resp.status < 600 && names.falls_back()) {
		set req.url = names.fallback_url();
		return (restart);
	}
	# One answer is kept for all. What it is shown as is decided here.
	if (resp.status >= 400 && resp.status < 600 && resp.status != 416 &&
	    names.is_image() && names.wants_picture() &&
	    !resp.http.X-Moniker-Fallback) {
		if (resp.http.X-Moniker-Error) {
			return (synth(7000 + resp.status,
			    resp.http.X-Moniker-Error));
		}
		return (synth(7000 + resp.status, "There is no picture."));
	}
	if (resp.status == 200 && names.is_image()) {
		# Varnish itself finds the one tag that is the picture's.
		if (req.http.If-None-Match && (req.http.Range ||
		    req.http.If-None-Match != resp.http.ETag)) {
			call moniker_conditional;
		}
		if (req.http.Range) {
			call moniker_range;
			if (moniker.is_beyond(req.http.Range,
			    resp.http.Content-Length) && (!req.http.If-Range ||
			    req.http.If-Range == resp.http.ETag)) {
				set req.http.X-Moniker-Length =
				    resp.http.Content-Length;
				return (synth(7416, "The picture is shorter."));
			}
		}
	}
}

# The fallback image cannot be had as it was asked for, or is for saving: then
# the answer is as if there were none.
sub moniker_missing {
	if (resp.status == 200 &&
	    resp.http.Content-Disposition !~ "^attachment") {
		return;
	}
	if (names.alias()) {
		return (synth(7404, "There is no alias of this name."));
	}
	return (synth(7404, "There is no such source image."));
}

# Varnish compares with one tag, this with a list of them.
sub moniker_conditional {
	std.collect(req.http.If-None-Match);
	if (moniker.is_listed(req.http.If-None-Match, resp.http.ETag)) {
		set req.http.If-None-Match = resp.http.ETag;
		unset req.http.Range;
	}
}

# A request for a picture, after the URL was looked at.
sub moniker_picture {
	set req.http.X-Moniker-Organization = names.organization();
	# Pictures are the same for everybody.
	unset req.http.Cookie;
	unset req.http.Authorization;
	if (!names.is_image()) {
		unset req.http.Range;
		if (req.url ~ "^/_planned($|[?])") {
			return (synth(7200, "Preview"));
		}
		# The list of an album is kept for as long as the origin says.
		if (req.url ~ "^/_albums/[^/?]+/(all|favorites)[.]json($|[?])") {
			set req.url = regsub(req.url, "[?].*", "");
			unset req.http.Accept;
			return (hash);
		}
		return (pass);
	}
	if (names.planned_error()) {
		if (!names.is_attached()) {
			return (synth(7503, names.planned_error()));
		}
		return (synth(7403, names.planned_error()));
	}
	if (names.use_fallback_image()) {
		set req.url = names.fallback_url();
	}
	if (names.is_unknown()) {
		return (synth(7404, "There is no alias of this name."));
	}
	if (names.is_revoked()) {
		return (synth(7404, "The source image was deleted."));
	}
	if (names.is_signed()) {
		# Signatures are over the URL as the client wrote it.
		set req.http.X-Moniker-Url = names.original();
		if (names.variant()) {
			set req.http.X-Moniker-Variant = names.variant();
		}
	}
	if (names.stack()) {
		set req.http.X-Moniker-Stack = names.stack();
	}
	if (names.source()) {
		set req.http.X-Moniker-Source = names.source();
	} elsif (names.is_attached()) {
		# The fallback image is shown by us, once for all names.
		set req.http.X-Moniker-Missing = "tell";
	}
	if (names.soft_epoch()) {
		set req.http.X-Moniker-Soft = names.soft_epoch();
	}
	set req.http.Accept = moniker.accept(req.http.Accept);
	if (req.http.Accept == "") {
		unset req.http.Accept;
	}
	if (req.http.Save-Data ~ "(?i)^on$") {
		set req.http.Save-Data = "on";
	} else {
		unset req.http.Save-Data;
	}
	if (names.is_alias() || names.is_short() || names.is_planned()) {
		# An alias may be pointed back to an older picture, which a date
		# cannot tell from "not modified". The ETag can.
		unset req.http.If-Modified-Since;
		if (req.http.If-Range && req.http.If-Range !~ {"^""}) {
			unset req.http.If-Range;
			unset req.http.Range;
		}
		# No map: the old picture may be another one's by now, so it
		# is shown only while nobody can be asked for the new one.
		if (names.is_alias() && !names.is_known() &&
		    std.healthy(req.backend_hint)) {
			set req.grace = 0s;
		}
	}
	# Previews change without notice. Of the beginning of a hash the origin
	# says first what it means.
	if (names.is_preview() || (names.is_short() && !names.source())) {
		return (pass);
	}
}

# A client that sends more headers, or longer ones, than there is room for would
# have the origin asked, and the answer kept, without what was set here; and
# Varnish would answer 500 to a write that was done.
sub moniker_room {
	if (moniker.is_overflowed()) {
		return (fail);
	}
}

# Tags for bans, from what is known here: an origin can neither forge nor
# forget them. An object that several aliases share has no alias.
sub moniker_tags {
	set beresp.http.x-moniker-org = bereq.http.X-Moniker-Organization;
	if (bereq.http.X-Moniker-Stack) {
		set beresp.http.x-moniker-stack = bereq.http.X-Moniker-Stack;
	}
	if (bereq.http.X-Moniker-Source) {
		set beresp.http.x-moniker-source = bereq.http.X-Moniker-Source;
	}
	unset beresp.http.x-moniker-alias;
	if (bereq.http.X-Moniker-Alias) {
		set beresp.http.x-moniker-alias = bereq.http.X-Moniker-Alias;
	}
	unset beresp.http.x-moniker-epoch;
	if (bereq.http.X-Moniker-Epoch) {
		set beresp.http.x-moniker-epoch = bereq.http.X-Moniker-Epoch;
	}
	unset beresp.http.x-moniker-soft;
	if (bereq.http.X-Moniker-Soft) {
		set beresp.http.x-moniker-soft = bereq.http.X-Moniker-Soft;
	}
	if (beresp.http.x-moniker-secondary ~ "[_/]") {
		call moniker_tags_below;
	}
}

# A composition may show other pictures by alias and stack: of a list as "HASH,
# _ALIAS_=HASH,/STACK" without blanks, the names go to those of their kind.
sub moniker_tags_below {
	set beresp.http.x-moniker-alias = regsub(
	    beresp.http.x-moniker-alias + regsuball(regsuball(
	    beresp.http.x-moniker-secondary, "(^|,)[^_,][^,]*", ""),
	    "(^|,)_([A-Za-z0-9_]+)_=[0-9a-f]{40}", ",\2"), "^,", "");
	set beresp.http.x-moniker-stack = regsub(
	    beresp.http.x-moniker-stack + regsuball(regsuball(
	    beresp.http.x-moniker-secondary, "(^|,)[^/,][^,]*", ""),
	    "(^|,)/([a-z0-9_-]+)", ",\2"), "^,", "");
}

# What was purged softly is expired at its first hit, with its variants, and
# looked up again: whether to fetch in the background is decided by the look-up.
# What a fetch brings that was under way at the purge has the old number. To
# Varnish an object is neither fresh nor stale that expires at the very time of
# the request, or before it came, so it expires a moment ago, if it has an age;
# a longer one for an old object, whose ttl is a float of 24 bits.
sub moniker_soft {
	if (!req.http.X-Moniker-Expired && obj.ttl > 0s && obj.age > 0.02ms &&
	    names.is_older(obj.http.x-moniker-source,
	    obj.http.x-moniker-soft)) {
		set req.http.X-Moniker-Expired = "1";
		if (obj.age > 10s) {
			purge.soft(0s - obj.age * 0.001 * 0.001);
		} else {
			purge.soft(-0.01ms);
		}
		return (restart);
	}
}

# A composition shows other source images, by aliases and stacks perhaps, of which
# its key knows nothing: they may have been purged, deleted or pointed elsewhere
# since.
sub moniker_secondary {
	if (obj.http.x-moniker-secondary && !names.is_current(
	    obj.http.x-moniker-secondary,
	    obj.http.x-moniker-secondary-epoch)) {
		purge.hard();
		return (pass);
	}
}

# A picture for which the cache has no room, as Varnish gives up after nuke_limit
# objects that it has removed, would reach the client cut. So what is kept is
# fetched whole before anybody gets it; if it does not fit it is fetched once
# more, and not kept.
sub moniker_fit {
	if (bereq.http.X-Moniker-Fit == "no") {
		set beresp.uncacheable = true;
		set beresp.ttl = 10s;
		return (deliver);
	}
	if (beresp.status == 200 && !bereq.uncacheable) {
		set bereq.http.X-Moniker-Fit = "yes";
		set beresp.do_stream = false;
	}
}

sub vcl_pass {
	if (req.http.Range && (req.backend_hint == moniker_api ||
	    req.backend_hint == moniker_image)) {
		call moniker_range;
	}
}

# One object for a picture, however its URL is spelled: the origin is asked
# where a URL leads before it renders anything, and the look-up done again
# there. What follows from its answer lies in the VMOD, not in the cache. Once
# only: a stack may be changed between two questions.
sub vcl_backend_fetch {
	if (bereq.backend == moniker_api &&
	    bereq.http.X-Moniker-Body == "ask") {
		moniker.drop_body();
		unset bereq.body;
	}
	if (bereq.backend == moniker_image) {
		# What names.receive() has to say to the origin.
		names.fetch();
		unset bereq.http.X-Moniker-Spelling;
		if (!bereq.http.X-Moniker-Respelled && !bereq.is_bgfetch) {
			set bereq.http.X-Moniker-Spelling = "canonical";
		}
	}
}

sub vcl_backend_response {
	if (bereq.backend == moniker_image) {
		if (beresp.http.X-Moniker-Canonical) {
			set beresp.ttl = 0s;
			set beresp.grace = 0s;
			set beresp.keep = 0s;
			set beresp.uncacheable = true;
			return (deliver);
		}
		call moniker_tags;
		if (moniker.is_overflowed()) {
			# No purge could find what has not all of its tags.
			set beresp.ttl = 0s;
			set beresp.uncacheable = true;
			return (deliver);
		}
		if (beresp.status >= 500 && bereq.is_bgfetch) {
			# The old picture is better than an error.
			return (abandon);
		}
		if (beresp.status >= 400) {
			# What is missing may be uploaded this very second.
			if (beresp.ttl > 1s) {
				set beresp.ttl = 1s;
			}
			set beresp.grace = 0s;
			if (beresp.http.Cache-Control ~ "no-store") {
				# Not for two minutes, as by the built-in VCL.
				set beresp.uncacheable = true;
				unset beresp.http.Set-Cookie;
				return (deliver);
			}
			if (beresp.ttl <= 0s) {
				# What Varnish keeps of no 400 or 403, nor may
				# remember as such for longer than of a 404.
				set beresp.ttl = 1s;
				set beresp.uncacheable = true;
			}
		} elsif (beresp.http.X-Moniker-Fallback) {
			# No map: the name may be made this very second.
			set beresp.ttl = 1s;
			set beresp.grace = 0s;
		} elsif (bereq.http.X-Moniker-Url) {
			# A signature may have an end, which the origin's
			# max-age respects.
			set beresp.grace = 0s;
		} elsif (bereq.http.X-Moniker-Alias &&
		    !bereq.http.X-Moniker-Source) {
			# No map: nothing but a purge tells us of a change.
			if (beresp.ttl > 60s) {
				set beresp.ttl = 60s;
			}
			set beresp.grace = 1h;
		} else {
			set beresp.grace = 24h;
		}
		call moniker_fit;
	}
}

sub vcl_backend_error {
	if (bereq.http.X-Moniker-Fit == "yes" && !bereq.is_bgfetch) {
		set bereq.http.X-Moniker-Fit = "no";
		return (retry);
	}
	if (bereq.backend == moniker_image || bereq.backend == moniker_api) {
		set beresp.http.Content-Type = "application/json";
		set beresp.http.X-Content-Type-Options = "nosniff";
		set beresp.http.Cache-Control = "no-store";
		set beresp.http.Access-Control-Allow-Origin = "*";
		set beresp.http.Retry-After = "2";
		moniker.drop_body();
		set beresp.body = {"{"error":{"code":"} + beresp.status +
		    {","message":"The origin does not answer." }}"};
		return (deliver);
	}
}

# To answer with NNN and a JSON body: return (synth(7NNN, "A sentence.")).
sub vcl_synth {
	if (resp.status == 7200) {
		call moniker_planned;
	}
	# The usual refusal; what follows is for all others.
	if (names.refuse()) {
		if (resp.http.X-Moniker-Error) {
			call moniker_no_picture;
		}
		call moniker_error;
	}
	if (resp.status >= 7400 && resp.status < 7600) {
		set resp.http.Content-Type = "application/json";
		set resp.http.X-Content-Type-Options = "nosniff";
		if (names.is_image() && resp.status < 7500 &&
		    resp.status != 7405 && resp.status != 7413 &&
		    resp.status != 7416 && resp.status != 7429) {
			# A cache in front would go on showing what it has in
			# place of an answer that it may not keep.
			set resp.http.Cache-Control = "public, max-age=1";
			set resp.http.Vary = "Accept";
		} else {
			set resp.http.Cache-Control = "no-store";
		}
		# As the API's own answers: a script may read what is wrong.
		set resp.http.Access-Control-Allow-Origin = "*";
		if (moniker.has_body()) {
			# Or Varnish reads it first, however slowly it comes.
			set resp.http.Connection = "close";
		}
		if (resp.status == 7403 && !names.is_image()) {
			set resp.body = {"{"error":{"code":403,"message":""} +
			    resp.reason + {"" },"code":403,"message":""} +
			    resp.reason + {"","invalid_authentication":true}"};
			return (deliver);
		}
		if (resp.status == 7416) {
			set resp.http.Content-Range = "bytes */" +
			    req.http.X-Moniker-Length;
		}
		if (resp.status == 7503 || resp.status == 7429) {
			set resp.http.Retry-After = "2";
		}
		if (resp.status == 7405) {
			set resp.http.Allow = "GET, HEAD";
			if (!names.organization()) {
				set resp.http.Allow = resp.http.Allow +
				    ", PUT, POST, DELETE, PATCH, OPTIONS, COPY";
			}
		}
		if (names.is_image() && names.wants_picture() &&
		    resp.status != 7416) {
			set resp.http.Content-Type = "image/svg+xml";
			set resp.http.Vary = "Accept";
			set resp.http.X-Moniker-Error = resp.reason;
			call moniker_no_picture;
		}
		call moniker_error;
	}
}

# Has a browser send the token of a preview with each request from here on; or
# without one, ends that. What it keeps shows what is live, or was planned.
sub moniker_planned {
	set resp.http.Cache-Control = "no-store";
	set resp.http.X-Content-Type-Options = "nosniff";
	set resp.http.Referrer-Policy = "no-referrer";
	if (!names.planned_cookie(req.url)) {
		set resp.status = 7403;
		set resp.http.Content-Type = "application/json";
		call moniker_error;
	}
	set resp.http.Set-Cookie = names.planned_cookie(req.url);
	if (req.http.X-Forwarded-Proto == "https") {
		set resp.http.Set-Cookie = resp.http.Set-Cookie + "; Secure";
	}
	set resp.http.Clear-Site-Data = {""cache""};
	set resp.http.Content-Type = "text/plain; charset=utf-8";
	if (resp.http.Set-Cookie ~ "=;") {
		set resp.body = {"This browser shows the images as they are live.
"};
	} else {
		set resp.body = {"This browser shows the images of this host as they are planned.
Open your page now. To end the preview, open /_planned.
"};
	}
	return (deliver);
}

# A picture of a cross, for a page that shows one.
sub moniker_no_picture {
	set resp.body = {"<svg xmlns="http://www.w3.org/2000/svg"
width="64" height="48"><path fill="#eee" d="M0 0h64v48H0z"/>
<path stroke="#999" stroke-width="3" d="M22 14l20 20m0-20L22 34"/></svg>
"};
	return (deliver);
}

sub moniker_error {
	set resp.body = {"{"error":{"code":"} + (resp.status - 7000) +
	    {","message":""} + resp.reason + {"" }}"};
	return (deliver);
}

sub vcl_deliver {
	# The usual picture; what follows is for all that is not.
	if (!names.answer()) {
		call moniker_unusual;
		# Headers of ours, and what the answer says to caches.
		names.deliver();
	}
}
