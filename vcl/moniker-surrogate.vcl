# SPDX-License-Identifier: BSD-2-Clause
#
# Surrogate-Key for a CDN in front, which can then follow purges by the webhook
# of monikerd: the organization, and in it the alias, the source image and the
# stack. Include it before moniker.vcl or moniker-sticky.vcl, which take away
# what tells the source image of the object: a sticky one may show another than
# the alias means by now.

sub vcl_deliver {
	if (names.is_image()) {
		set resp.http.Surrogate-Key = names.organization();
		if (names.alias()) {
			set resp.http.Surrogate-Key = resp.http.Surrogate-Key +
			    " " + names.organization() + "/alias/" +
			    names.alias();
			if (names.variant()) {
				# By this all variants can be purged.
				set resp.http.Surrogate-Key =
				    resp.http.Surrogate-Key + " " +
				    names.organization() + "/alias/" +
				    regsub(names.alias(),
				    "__[A-Za-z0-9].*$", "");
			}
		}
		if (resp.http.x-moniker-source) {
			set resp.http.Surrogate-Key = resp.http.Surrogate-Key +
			    " " + names.organization() + "/source/" +
			    resp.http.x-moniker-source;
		} elsif (names.source()) {
			set resp.http.Surrogate-Key = resp.http.Surrogate-Key +
			    " " + names.organization() + "/source/" +
			    names.source();
		}
		# "HASH", "_ALIAS_=HASH" and "/STACK", with commas between.
		if (resp.http.x-moniker-secondary) {
			set resp.http.Surrogate-Key = resp.http.Surrogate-Key +
			    regsuball(regsuball(regsuball("," +
			    resp.http.x-moniker-secondary,
			    ",([0-9a-f]{40})", " " + names.organization() +
			    "/source/\1"), ",_([A-Za-z0-9_]+)_=[0-9a-f]{40}",
			    " " + names.organization() + "/alias/\1"),
			    ",/([a-z0-9_-]+)", " " + names.organization() +
			    "/stack/\1");
		}
		if (names.stack()) {
			set resp.http.Surrogate-Key = resp.http.Surrogate-Key +
			    " " + names.organization() + "/stack/" +
			    names.stack();
		}
	}
}
