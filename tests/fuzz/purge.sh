# SPDX-License-Identifier: BSD-2-Clause
# What a Varnish CLI may answer.
. "$srcdir/fuzz/run.sh"

fuzz fuzz_cli daemon/purge/cli.c -- -I/usr/include/varnish -levent_core \
    -lsodium || exit 1
