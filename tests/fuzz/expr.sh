# SPDX-License-Identifier: BSD-2-Clause
# Expressions, which stacks and URLs have.
. "$srcdir/fuzz/run.sh"

fuzz fuzz_expr $(cd "$top_srcdir" && echo expr/*.c) -- -lm || exit 1
