# SPDX-License-Identifier: BSD-2-Clause
# Sourced: Debian trees of any release, to build and test in. Needs root,
# mmdebstrap and a mirror. $MONIKER_TREES keeps what is large and the same each
# time: a tree of a release, and the packages that apt fetched for it.

TREES=$(realpath -m "${MONIKER_TREES:-/var/tmp/moniker-trees}")

trees_can() {
	test "$(id -u)" = 0 && command -v mmdebstrap >/dev/null &&
	    grep -qw overlay /proc/filesystems && return
	echo "SKIP: needs root, mmdebstrap and overlayfs"
	return 1
}

# From where this machine's own packages come.
tree_mirror() {
	apt-get indextargets --format '$(REPO_URI)' | sort | uniq -c |
	    sort -rn | awk 'NR == 1 { print $2 }'
}

# Makes the tree of a release unless it is there. Debian's next one is signed
# for some days only, and a mirror may be older.
tree_base() { # SUITE
	local base=$TREES/$1/base

	test ! -d "$base" || return 0
	mkdir -p "$TREES/$1/apt"
	rm -rf --one-file-system "$base.new"
	mmdebstrap --quiet --variant=minbase --include=ca-certificates,git \
	    --dpkgopt=force-unsafe-io \
	    --aptopt='Acquire::Check-Valid-Until "false"' \
	    --customize-hook='cp -r /etc/ssl/certs/. "$1/etc/ssl/certs/"' \
	    "$1" "$base.new" "$(tree_mirror)" >"$TREES/$1/base.log" 2>&1 || {
		tail -n 20 "$TREES/$1/base.log" >&2
		return 1
	}
	mv "$base.new" "$base"
}

# Runs a command in a tree over that of the release: what it writes goes to
# $TREES/SUITE/NAME/up, and what it leaves running ends with it.
tree_in() { # SUITE NAME COMMAND...
	local suite=$1 at=$TREES/$1/$2

	shift 2
	mkdir -p "$at/up" "$at/work" "$at/root"
	unshare --mount --pid --fork --kill-child bash -c '
		set -e
		base=$1 at=$2 apt=$3 root=$2/root
		shift 3
		mount -t overlay overlay "$root" \
		    -o "lowerdir=$base,upperdir=$at/up,workdir=$at/work"
		mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
		mkdir -p "$apt/partial"
		mount --bind "$apt" "$root/var/cache/apt/archives"
		rm -f "$root/etc/resolv.conf"
		cp -L /etc/resolv.conf "$root/etc/resolv.conf" || :
		# No chroot: the kernel lets nobody make a namespace of users in one.
		mkdir -p "$root/mnt/host"
		cd "$root"
		pivot_root . mnt/host
		umount -l /mnt/host
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		    HOME=/root LC_ALL=C.UTF-8 CI="${CI:-}" \
		    NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-}" \
		    DEBIAN_FRONTEND=noninteractive "$@"
	' tree "$TREES/$suite/base" "$at" "$TREES/$suite/apt" "$@" </dev/null
}

tree_new() { # SUITE NAME
	rm -rf --one-file-system "${TREES:?}/$1/$2"
	mkdir -p "$TREES/$1/$2/up"
}

# Puts the source of HEAD, a clone as git makes it, into /source of a tree.
tree_source() { # SUITE NAME
	mkdir -p "$TREES/$1/$2/up"
	git clone -q --no-hardlinks "$top" "$TREES/$1/$2/up/source"
}
