# SPDX-License-Identifier: BSD-2-Clause
# What a fetcher says to the daemon, and the URLs that it is sent to.
. "$srcdir/fuzz/run.sh"

fuzz fuzz_fetch daemon/fetch/frame.c daemon/fetch/fetch_url.c \
    daemon/fetch/address.c name/host.c name/name.c name/pattern.c || exit 1
