#!/bin/sh
# Makes ./configure. Needs autoconf, automake, libtool and pkg-config; says which
# is missing.
set -e
cd "$(dirname "$0")"
missing=
for p in autoconf:autoconf automake:automake libtoolize:libtool \
    pkg-config:pkg-config; do
	command -v "${p%%:*}" >/dev/null || missing="$missing ${p#*:}"
done
if test -n "$missing"; then
	echo "autogen.sh: missing packages:$missing" >&2
	echo "autogen.sh: try: apt-get install$missing" >&2
	exit 1
fi
exec autoreconf --force --install
