#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# packages.sh [SUITE...]: makes a release, builds the Debian packages from it in
# a tree of each release of Debian (default: bookworm, trixie and forky), looks
# at them with lintian, installs them into a new tree and runs debian/tests/seed
# and packages_life.sh there. Of bookworm and trixie it then upgrades the one to
# the other. Needs root, mmdebstrap, a mirror, npm and some minutes, so "make
# soak" runs it and "make check" does not.
set -eu -o pipefail
here=$(realpath "$(dirname "$0")")
top=$(realpath "${top_srcdir:-$here/../..}")
. "$here/tree.sh"
trees_can || exit 77
cd "$top"
test $# -gt 0 || set -- bookworm trixie forky

quiet() { # LOG COMMAND...
	local log=$1

	shift
	"$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; return 1; }
}

# "make dist" in a clone of HEAD, unpacked where each build takes it from.
release() {
	local at=$TREES/release

	rm -rf "$at"
	git clone -q --no-hardlinks "$top" "$at/clone"
	mkdir "$at/clone/build"
	quiet "$at/log" sh -ec 'cd "$1"
		./autogen.sh
		cd build
		../configure -q --with-dashboard
		make dist
		tar -xzf moniker-*.tar.gz -C ../..' sh "$at/clone"
	test -s "$at"/moniker-*/dashboard/preact.js || {
		tail -n 20 "$at/log" >&2
		return 1
	}
}

# Leaves them in $TREES/SUITE/build/up/packages. What the build needs stays there
# for the next time.
build() { # SUITE
	rm -rf "$TREES/$1"/build/up/{source,packages,*moniker*_*}
	mkdir -p "$TREES/$1/build/up"
	cp -r "$TREES"/release/moniker-* "$TREES/$1/build/up/source"
	quiet "$TREES/$1/build.log" tree_in "$1" build sh -ec '
		exec 2>&1
		dpkg --configure -a
		apt-get -q update
		apt-get -q -y --no-install-recommends install build-essential \
		    lintian
		cd /source
		apt-get -q -y --no-install-recommends -P nocheck build-dep ./
		DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
		    dpkg-buildpackage -Pnocheck -us -uc -b
		mkdir /packages
		mv /*moniker*_* /packages/
	' || return
	tree_in "$1" build sh -ec 'said=$(lintian --allow-root /packages/*.changes)
		test -z "$said" || { echo "$said"; exit 1; }' || return
	echo "$1: lintian: clean"
}

# A new tree with the packages in /, and what the tests want of the source.
furnished() { # SUITE NAME
	local up=$TREES/$1/$2/up

	tree_new "$1" "$2"
	mkdir -p "$up/source/debian" "$up/source/tests"
	cp -r debian/tests "$up/source/debian/"
	cp -r tests/images tests/soak/packages_*.sh "$up/source/tests/"
	cp "$TREES/$1"/build/up/packages/*moniker*_*.deb "$up/"
	quiet "$TREES/$1/$2.log" tree_in "$1" "$2" sh -ec '
		apt-get -q update
		apt-get -q -y --no-install-recommends install curl python3 \
		    systemd-standalone-sysusers systemd-standalone-tmpfiles \
		    libheif-plugin-x265 libheif-plugin-aomenc ||
		apt-get -q -y --no-install-recommends install curl python3 \
		    systemd-standalone-sysusers systemd-standalone-tmpfiles
		apt-get -q -y --no-install-recommends install \
		    /moniker_*.deb /moniker-doc_*.deb /varnish-moniker_*.deb'
}

live() { # SUITE
	furnished "$1" life || return
	tree_in "$1" life /source/debian/tests/seed &&
	    tree_in "$1" life bash /source/tests/packages_life.sh
}

# Data and map are those of the older release, and so is all else until apt gets
# the sources of the next one and our packages for it.
upgrade() { # SUITE NEXT
	local up=$TREES/$1/upgrade/up

	furnished "$1" upgrade
	tree_in "$1" upgrade bash /source/tests/packages_upgrade.sh fill
	rm "$up"/*.deb
	cp "$TREES/$2"/build/up/packages/*moniker*_*.deb "$up/"
	quiet "$TREES/$1/upgrade.log" tree_in "$1" upgrade sh -ec "
		sed -i 's/$1/$2/g' /etc/apt/sources.list
		apt-get -q update
		apt-get -q -y --no-install-recommends dist-upgrade \
		    /moniker_*.deb /moniker-doc_*.deb /varnish-moniker_*.deb
		apt-get -q -y --no-install-recommends install \
		    libheif-plugin-x265 libheif-plugin-aomenc"
	tree_in "$1" upgrade bash /source/tests/packages_upgrade.sh look
	echo "$1 to $2: upgrade: ok"
}

release
for suite; do
	tree_base "$suite"
	build "$suite"
	live "$suite"
	echo "$suite: packages: ok"
done
case " $* " in
*" bookworm "*" trixie "*)	upgrade bookworm trixie ;;
esac
