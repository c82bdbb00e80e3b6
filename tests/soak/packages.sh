#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds the Debian packages, installs them into a new Debian tree and runs
# debian/tests/seed and packages_life.sh there. Needs root, debootstrap,
# debhelper, lintian and some minutes, so "make soak" runs it and "make check"
# does not.
set -eu -o pipefail
top=$(realpath "${top_srcdir:-$(dirname "$0")/../..}")
test "$(id -u)" = 0 && command -v debootstrap dh lintian >/dev/null || {
	echo "SKIP: needs root, debootstrap, debhelper and lintian"
	exit 77
}
dir=$(mktemp -d)
trap 'umount "$dir/tree/proc" "$dir/tree/dev" 2>/dev/null || :
    rm -rf --one-file-system "$dir"' EXIT

mkdir "$dir/build"
( cd "$top" && git archive HEAD ) | tar -x -C "$dir/build"
( cd "$dir/build" && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
    dpkg-buildpackage -us -uc -b ) >"$dir/build.log" 2>&1 || {
	tail -n 30 "$dir/build.log"
	exit 1
}
said=$(lintian --allow-root "$dir"/*.changes)
test -z "$said" || { echo "$said"; exit 1; }

# From where this machine's own packages come.
mirror=$(apt-get indextargets --format '$(REPO_URI)' | sort | uniq -c |
    sort -rn | awk 'NR == 1 { print $2 }')
debootstrap --variant=minbase bookworm "$dir/tree" "$mirror" >"$dir/boot.log"
cp -r /etc/apt/sources.list* /etc/apt/apt.conf.d "$dir/tree/etc/apt/"
cp -r /etc/ssl/certs/. "$dir/tree/etc/ssl/certs/" 2>/dev/null || :
mkdir -p "$dir/tree/source/debian" "$dir/tree/source/tests"
cp -r "$top/debian/tests" "$dir/tree/source/debian/"
cp -r "$top/tests/images" "$top/tests/soak/packages_life.sh" \
    "$dir/tree/source/tests/"
cp "$dir"/*.deb "$dir/tree/"
mount -t proc proc "$dir/tree/proc"
mount --bind /dev "$dir/tree/dev"
chroot "$dir/tree" /usr/bin/env DEBIAN_FRONTEND=noninteractive sh -c '
	apt-get -q update && apt-get -q -y --no-install-recommends install \
	    varnish curl systemd-standalone-sysusers \
	    systemd-standalone-tmpfiles ./moniker_*.deb ./varnish-moniker_*.deb
' >"$dir/install.log" 2>&1 || { tail -n 30 "$dir/install.log"; exit 1; }
chroot "$dir/tree" /source/debian/tests/seed
chroot "$dir/tree" bash /source/tests/packages_life.sh
