#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes preact.js and licenses.txt in TO of what the lock file in FROM names.
# Where npm reaches no registry, it says so and leaves them out: what is built has
# no dashboard then, and is whole otherwise.
set -eu
from=$(cd "$1" && pwd)
to=$(cd "$2" && pwd)
tmp=$to/vendor.tmp

rm -rf "$tmp"
mkdir "$tmp"
trap 'rm -rf "$tmp"' EXIT
cp "$from/package.json" "$from/package-lock.json" "$from/vendor.js" "$tmp"
cd "$tmp"
if ! npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1
then
	cat npm.log >&2
	echo "dashboard: npm cannot fetch preact, htm and esbuild (is there a" \
	    "network?); building without the dashboard. Run make again to have" \
	    "it, or configure --without-dashboard." >&2
	exit 0
fi
node_modules/.bin/esbuild vendor.js --bundle --format=esm --target=es2022 \
    --legal-comments=none --log-level=warning --outfile=made.js
{
	echo "/* Preact (MIT) and htm (Apache-2.0): see licenses.txt */"
	cat made.js
} >"$to/preact.js"
for p in preact htm; do
	echo "$p $(sed -n 's/^  "version": "\(.*\)",$/\1/p' \
	    "node_modules/$p/package.json")"
	echo
	cat "node_modules/$p/LICENSE"
	echo
done >"$to/licenses.txt"
