#!/bin/sh
# Makes ./configure. Needs autoconf, automake, libtool, pkg-config and the
# varnish.m4 of libvarnishapi-dev; says which is missing.
set -e
cd "$(dirname "$0")"
missing=
for p in autoconf:autoconf automake:automake libtoolize:libtool \
    pkg-config:pkg-config; do
	command -v "${p%%:*}" >/dev/null || missing="$missing ${p#*:}"
done
test -r "$(aclocal --print-ac-dir 2>/dev/null)/varnish.m4" ||
	missing="$missing libvarnishapi-dev"
if test -n "$missing"; then
	echo "autogen.sh: missing packages:$missing" >&2
	echo "autogen.sh: try: apt-get install$missing" >&2
	exit 1
fi
mkdir -p m4
exec autoreconf --force --install
