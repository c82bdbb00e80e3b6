#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Takes the power from a file system under a store that is written to, ROUNDS
# times, and looks for every write that was answered. Needs root and a loop
# device. Part of make soak.
set -eu
rounds=${ROUNDS:-20}
power=${top_builddir:-..}/tests/soak/store_power
dir=$(mktemp -d "${TMPDIR:-/tmp}/store_power.XXXXXX")
mnt=$dir/mnt
pid=
clean() {
	test -z "$pid" || kill -9 "$pid" 2>/dev/null || true
	umount "$mnt" 2>/dev/null || true
	rm -rf "$dir"
}
trap clean EXIT
mkdir "$mnt"
truncate -s 64M "$dir/disk"
/sbin/mkfs.ext4 -q -F "$dir/disk"
if ! mount -o loop "$dir/disk" "$mnt" 2>"$dir/err"; then
	echo "store_power: skipped, cannot mount: $(cat "$dir/err")"
	exit 77
fi
: >"$dir/all"
for round in $(seq "$rounds"); do
	: >"$dir/answered"
	"$power" flood "$mnt/data" "$round" >"$dir/answered" 2>/dev/null &
	pid=$!
	# At another place each time: when so many were answered.
	want=$((150 + RANDOM % 1500))
	until test "$(wc -l <"$dir/answered")" -ge "$want"; do
		kill -0 "$pid"
	done
	"$power" cut "$mnt"
	kill -9 "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	pid=
	umount "$mnt"
	mount -o loop "$dir/disk" "$mnt"
	# A line that was cut off was not answered.
	sed -n '/^r[0-9]*_[0-9]*$/p' "$dir/answered" >>"$dir/all"
	echo "round $round: $("$power" verify "$mnt/data" <"$dir/all")"
done
