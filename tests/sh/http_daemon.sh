# SPDX-License-Identifier: BSD-2-Clause
# The strict door of the real daemon: all three sockets refuse what is
# malformed, and go on serving.
set -e
test -x "$top_builddir/daemon/monikerd" || exit 77
door=$(realpath "$srcdir/lib/http_door.py")
here=$(mktemp -d)
daemon=
trap 'test -z "$daemon" || kill -9 "$daemon" 2>/dev/null; rm -rf "$here"' EXIT
cd "$here"
. "$top_srcdir/tests/lib/moniker.sh"

echo "http_head_bytes = 16384" | moniker_conf
"$top_builddir/daemon/monikerd" -f monikerd.conf 2>log &
daemon=$!
moniker_ready
python3 "$door" image.sock api.sock local.sock || { tail -n 30 log; exit 1; }

# The number by which Varnish knows a request leads to its lines here.
http 404 --unix-socket api.sock -H "X-Varnish: 4711" http://localhost/nothing
grep -q 'event=refused id=4711 status=404 path=/nothing' log
grep -q 'event=request id=4711 listener=1 method=GET path=/nothing' log

kill -TERM "$daemon"
wait "$daemon" || { tail -n 30 log; fail "it did not stop in good order"; }
daemon=
! grep -E 'level=error|AddressSanitizer|runtime error' log
