# SPDX-License-Identifier: BSD-2-Clause
# Expressions, which stacks and URLs have.
. "$srcdir/fuzz/run.sh"

fuzz fuzz_expr expr/lex.c expr/parse.c expr/eval.c expr/value.c expr/call.c \
    -- -lm || exit 1
