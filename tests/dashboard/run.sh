#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The dashboard in Debian's chromium, against a moniker of its own. Prints TAP.
# "run.sh shots FOLDER" makes pictures of all pages instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
dir=$(mktemp -d)
trap '"$top/quickstart" stop --dir "$dir/run"; rm -rf "$dir"' EXIT

test -f "$top/build/dashboard/files/index.html" || {
	echo "1..0 # SKIP the build has no dashboard"
	exit 0
}
cp "$here"/package.json "$here"/package-lock.json "$here"/*.mjs \
    "$top/dashboard/snippets.js" "$dir"
( cd "$dir" && npm ci --no-audit --no-fund --ignore-scripts ) ||
	{ echo "not ok 1 - npm ci (is a registry within reach?)"; exit 1; }
# One address may begin sessions and purges as often as the tests do.
echo 'purges_alias = 1000' >"$dir/conf"
MONIKER_CONF=$dir/conf "$top/quickstart" run --detach --dir "$dir/run" \
    --listen 127.0.0.1:0
set -a
. "$dir/run/env"
LOCAL_SOCKET=$dir/run/local.sock
PICTURES=${RENDER_HOST/\{organization\}/demo}
TMP=$dir
set +a
cd "$dir"
if test "${1:-}" = shots; then
	mkdir -p "$2"
	SHOTS=$(cd "$top" && realpath "$2") node shots.mjs
	exit
fi
node --test --test-concurrency=2 --test-reporter=tap ./*.test.mjs
