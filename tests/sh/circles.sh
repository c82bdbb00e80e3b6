# SPDX-License-Identifier: BSD-2-Clause
# No file of the API depends on one that depends on it, but through the table
# of routes, which names them all.
. "$srcdir/lib/await.sh" || exit 1

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
library=$(realpath "$top_builddir/daemon/api/libapi.a")
(cd "$dir" && ar x "$library" && rm -f ./*routes.o) || fail "ar"
python3 "$srcdir/lib/circles.py" "$dir" || fail "untie the files above"
