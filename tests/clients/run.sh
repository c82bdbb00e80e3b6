#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs the pinned clients aside and runs them against a moniker of their
# own. Prints TAP.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
dir=$(mktemp -d)
trap '"$top/quickstart" stop --dir "$dir/run"; rm -rf "$dir"' EXIT

cp "$here"/package.json "$here"/package-lock.json "$here"/*.test.js "$dir"
( cd "$dir" && npm ci --no-audit --no-fund --ignore-scripts ) ||
	{ echo "not ok 1 - npm ci (is a registry within reach?)"; exit 1; }
"$top/quickstart" run --detach --dir "$dir/run" --listen 127.0.0.1:0
# A second organization, which takes copies of the first one's images.
for call in 'shelf {}' 'shelf/options {"copy_from":["demo"]}'; do
	curl -sSf -o "$dir/curl.out" --unix-socket "$dir/run/local.sock" -X PUT \
	    "http://localhost/organizations/${call%% *}" -d "${call#* }"
done
set -a
. "$dir/run/env"
IMAGES=$here/../images
set +a
cd "$dir"
node --test --test-reporter=tap ./*.test.js
