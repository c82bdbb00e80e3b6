# SPDX-License-Identifier: BSD-2-Clause
# The dialect of doc/style.rst.
. "$srcdir/lib/await.sh" || exit 1

python3 "$srcdir/lib/style.py" "$top_srcdir" ||
	fail "the lines above are not as doc/style.rst says"
