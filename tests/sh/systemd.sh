#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The units are sound, and the daemon is as shut in as it can be.
set -eu
command -v systemd-analyze >/dev/null || {
	echo "there is no systemd here, whose own tools are the test"
	exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Verify wants programs that are there; these are not installed yet.
sed "s,^\(Exec[A-Za-z]*=\)[^ ]*,\1$(command -v true)," \
    "$top_builddir/systemd/monikerd.service" >"$dir/monikerd.service"
systemd-analyze verify --man=no "$dir/monikerd.service" 2>&1 | tee "$dir/said"
test ! -s "$dir/said"

# The drop-in, and that it makes Varnish remove as many pictures as it takes.
mkdir "$dir/varnish.service.d"
printf '[Service]\nExecStart=%s\n' "$(command -v true)" >"$dir/varnish.service"
sed "s,^\(Exec[A-Za-z]*=-*\)[^ ]*,\1$(command -v true)," \
    "$top_builddir/systemd/varnish.conf" >"$dir/varnish.service.d/moniker.conf"
systemd-analyze verify --man=no "$dir/varnish.service" "$dir/monikerd.service" \
    2>&1 | tee "$dir/said"
test ! -s "$dir/said"
grep -q '^ExecStartPost=-/.*/\(varnish\|vinyl\)adm .*nuke_limit 1000000$' \
    "$top_builddir/systemd/varnish.conf"

score=$(systemd-analyze security --offline=true --no-pager \
    "$dir/monikerd.service" | sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
echo "exposure: $score"
awk -v s="$score" 'BEGIN { exit !(s != "" && s < 2) }'

mkdir "$dir/etc"
systemd-sysusers --root="$dir" "$(realpath "$top_builddir/systemd/moniker.sysusers")"
grep '^moniker:' "$dir/etc/passwd"
