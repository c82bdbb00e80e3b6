# SPDX-License-Identifier: BSD-2-Clause
# SIGHUP: the running daemon takes over what it can, names what it cannot, and
# keeps all as it was when the file is wrong. The TCP listeners, too.
set -e
test -x "$top_builddir/daemon/monikerd" || exit 77
here=$(mktemp -d)
daemon=
trap 'test -z "$daemon" || kill -9 "$daemon" 2>/dev/null; rm -rf "$here"' EXIT
cd "$here"
. "$top_srcdir/tests/lib/moniker.sh"

# Sends SIGHUP and waits for a line that the log did not have before.
hup() { # PATTERN
	_from=$(($(wc -l <log) + 1)) _what=$1
	kill -HUP "$daemon"
	_said() { tail -n +$_from log | grep -q "$_what"; }
	await _said
}

echo 'image_listen = "127.0.0.1:0"' | moniker_conf
"$top_builddir/daemon/monikerd" -f monikerd.conf 2>log &
daemon=$!
moniker_ready
kill -0 "$daemon"

port=$(sed -n 's/.*event=listening address=127\.0\.0\.1:\([0-9]*\)$/\1/p' log)
http 200 "http://127.0.0.1:$port/health"

long=$(printf '%02000d' 0)
http 200 --unix-socket api.sock -H "X-Long: $long" http://localhost/health

cat >more.conf <<-EOT
	http_head_bytes = 1024
	log_level = "info"
	render_side = 100
	varnish other { instance = "$PWD/other" }
EOT
hup 'event=reloaded'
http 431 --unix-socket api.sock -H "X-Long: $long" http://localhost/health
grep -q 'event=reload key=http_head_bytes taken=1' log
grep -q 'event=reload key=log_level taken=1' log
grep -q 'event=reload key=image_listen taken=0 hint="restart' log
grep -q 'event=reload key=render_side taken=0 hint="restart' log
grep -q 'event=reload key=varnish taken=0 hint="restart' log
! grep -q 'key=map_dir' log

printf '\nhttp_head_bytes = 32768\nhttp_head_bites = 1\n' >more.conf
hup 'level=error event=reload error=".*more.conf:3: unknown setting'
http 431 --unix-socket api.sock -H "X-Long: $long" http://localhost/health

echo 'http_head_bytes = 32768' >more.conf
hup 'event=reloaded'
http 200 --unix-socket api.sock -H "X-Long: $long" http://localhost/health

python3 "$srcdir/lib/log_lines.py" <log || fail "no line of the log"
kill -TERM "$daemon"
wait "$daemon" || { tail -n 30 log; fail "it did not stop in good order"; }
daemon=
! grep -E 'AddressSanitizer|runtime error' log
