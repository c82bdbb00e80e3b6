#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# quickstart run and stop as a newcomer meets them. Prints TAP.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
n=0 failed=0
trap 'for d in "$dir"/*/; do "$top/quickstart" stop --dir "$d"; done
    rm -rf "$dir"' EXIT

ok() { # WHAT COMMAND...
	local what=$1

	shift
	n=$((n + 1))
	if "$@" >"$dir/log" 2>&1; then
		echo "ok $n - $what"
		return
	fi
	sed 's/^/# /' "$dir/log"
	echo "not ok $n - $what"
	failed=$((failed + 1))
}

run() { # NAME ARGUMENT...
	local name=$1

	shift
	"$top/quickstart" run --detach --dir "$dir/$name" \
	    --listen 127.0.0.1:0 "$@"
}
stop() { "$top/quickstart" stop --dir "$dir/$1"; }
value() { (. "$dir/$1/env" && echo "${!2}"); }
dies() { ! kill -0 "$1" 2>/dev/null; }
differs() { test "$1" != "$2"; }
is() { test "$1" = "$2" || { echo "is '$1', not '$2'"; return 1; }; }

shows() { # NAME
	local port

	port=$(value "$1" API_URL)
	curl -sf --resolve "demo.localhost:${port##*:}:127.0.0.1" \
	    "$(value "$1" PICTURE)" | head -c 3 | od -An -tx1 |
	    grep -q "ff d8 ff"
}

complete() { # NAME
	local v

	for v in API_URL RENDER_HOST ORG API_KEY MAP_DIR VARNISH_NAME \
	    MONIKERD_PID VARNISHD_PID; do
		test -n "$(value "$1" $v)" || { echo "no $v"; return 1; }
	done
	varnishadm -n "$(value "$1" VARNISH_NAME)" ping &&
	    kill -0 "$(value "$1" MONIKERD_PID)" &&
	    kill -0 "$(value "$1" VARNISHD_PID)" &&
	    test -d "$(value "$1" MAP_DIR)"
}

# Each printed curl line does what the words before it say.
seed_lines() {
	local lines

	lines=$(run a | sed -n 's/^ *\(curl .*\)/\1/p' | grep -v @picture)
	test "$(wc -l <<<"$lines")" -ge 4 || { echo "too few: $lines"; return 1; }
	bash -e -o pipefail -c "${lines//curl /curl -sS -f }"
}

# The commands of README.rst, with this run's places for theirs.
readme_api() { # NAME
	sed -n '/^A five-minute tour$/,/^Use it in your/s/^    //p' "$top/README.rst" |
	    sed -e "s,/run/moniker/local.sock,$dir/$1/local.sock," \
	    -e "s,\<run/env,$dir/$1/env,; s,=run/,=$dir/$1/," \
	    -e "s,build/ctl,$top/&," >"$dir/readme"
	test "$(grep -c '^curl' "$dir/readme")" -ge 8 || return 1
	cp "$top/tests/images/red.png" "$dir/logo.png"
	( cd "$dir" && bash -e -c 'curl() { command curl -sS -f "$@"; }; . ./readme' )
}

# Of an organization that lends its images, made by the local socket.
live_key() { # NAME
	local at=(--unix-socket "$dir/$1/local.sock") org=http://localhost/organizations/live

	curl -sS -f "${at[@]}" -X PUT $org -d '{}' >&2 &&
	    curl -sS -f "${at[@]}" $org/keys -d '{"roles": ["admin"]}' |
		sed -n 's/.*"api_key":"\([^"]*\)".*/\1/p'
}

# Those of doc/api.rst, but for the URLs that are no commands, and tables.
api_page() { # NAME
	sed '/^Errors$/,$d; /^ \{30\}/d' "$top/doc/api.rst" |
	    sed -n '/^    /s/^    //p' | grep -v '^http:' >"$dir/page"
	test "$(grep -c '^curl' "$dir/page")" -ge 20 || return 1
	cp "$top/tests/images/red.png" "$dir/logo.png"
	( cd "$dir" && API=$(value "$1" API_URL) KEY=$(value "$1" API_KEY) \
	    HASH=$(value "$1" HASH) OTHER=$(value "$1" OTHER) \
	    LIVE_KEY=$(live_key "$1") \
	    bash -e -c 'curl() { command curl -sS -f "$@"; }; . ./page' )
}

# Those of monikerctl(1), by the daemon's own socket; the set-up is done.
monikerctl_page() { # NAME
	sed -n '/^EXAMPLES$/,$s/^\t\(monikerctl .*\)/\1/p' \
	    "$top/doc/monikerctl.1.rst" | sed -e "s/ HASH\$/ \$HASH/" \
	    -e 's/alias set/--overwrite &/' >"$dir/page"
	test "$(wc -l <"$dir/page")" -ge 7 || return 1
	mkdir -p "$dir/shell/photos"
	cp "$top/tests/images/red.png" "$dir/shell/logo.png"
	cp "$top/tests/images/blue.png" "$dir/shell/photos"
	( cd "$dir/shell" && PATH=$top/build/ctl:$PATH MONIKER_ORG=demo \
	    MONIKER_SOCKET=$dir/$1/local.sock HASH=$(value "$1" HASH) \
	    bash -e "$dir/page" )
}

# Where there is no apt, each library that configure asks for has a package.
other_systems() {
	local tools=$dir/tools system name

	mkdir -p "$tools"
	for name in bash cat df dirname mkdir tail uname; do
		ln -sf "$(command -v $name)" "$tools"
	done
	for system in dnf apk; do
		ln -sf /bin/true "$tools/$system"
		! PATH=$tools "$top/quickstart" build >"$dir/said" 2>&1 ||
		    return 1
		for name in varnish freetype harfbuzz docutils $(sed -n \
		    's/^PKG_CHECK_MODULES(\[\([A-Z]*\)\].*/\L\1/p' \
		    "$top/configure.ac" | grep -vE 'font|gmodule|glib|cmocka')
		do
			grep -q "[ -]\(lib\)\?$name" "$dir/said" || {
				echo "$system: no $name"; cat "$dir/said"; return 1; }
		done
		rm "$tools/$system"
	done
}

# All others that are shown anywhere.
other_pages() { # NAME
	python3 "$top/tests/documented.py" "$dir/$1"
}

# Its VCL is the one that the tests load, less some comments.
readme_vcl() {
	local lines

	lines=$(sed -n '/^    vcl 4.1;$/,/^    include/p' "$top/README.rst" |
	    sed -e 's/^    //' -e 's/        /\t/g')
	test "$(wc -l <<<"$lines")" -gt 20 || return 1
	diff <(grep -v '^[[:space:]]*#' <<<"$lines") \
	    <(sed -n '/^vcl 4.1;$/,/^include/p' "$top/vcl/example.vcl" |
		grep -v '^[[:space:]]*#')
}

within() { # SECONDS COMMAND...
	local begun=$SECONDS

	until "${@:2}"; do
		test $((SECONDS - begun)) -lt "$1" || return 1
		sleep 0.1
	done
}

ctrl_c() {
	local pid monikerd varnishd

	setsid --fork env --default-signal=INT \
	    bash -c 'echo $$ >"$1/pid"; exec "${@:2}"' - \
	    "$dir" "$top/quickstart" run --dir "$dir/c" \
	    --listen 127.0.0.1:0 >"$dir/c.log" 2>&1
	within 60 test -e "$dir/c/env" || { cat "$dir/c.log"; return 1; }
	monikerd=$(value c MONIKERD_PID) varnishd=$(value c VARNISHD_PID)
	pid=$(cat "$dir/pid")
	within 10 grep -q "Ctrl-C ends it" "$dir/c.log" || return 1
	kill -INT "$pid"
	within 20 dies "$pid" && dies "$monikerd" && dies "$varnishd" &&
	    test ! -e "$dir/c/env"
}

ok "--help" "$top/quickstart" --help
ok "the names of packages elsewhere" other_systems
ok "run --detach" run a
ok "all of env is there and true" complete a
ok "the picture is a JPEG" shows a
monikerd=$(value a MONIKERD_PID) key=$(value a API_KEY)
ok "run again changes nothing" run a
ok "the same daemon" is "$(value a MONIKERD_PID)" "$monikerd"
ok "the printed curl lines" seed_lines
tuned() {
	varnishadm -n "$(value a VARNISH_NAME)" param.show ban_lurker_age |
	    grep -q "Value is: 5.000"
}
ok "bans are retired soon" tuned
one_number() { kill -0 "$(cat "$dir/a/monikerd.pid")"; }
ok "the pid file is for kill" one_number
keyless() { ! run a | grep -F "$key"; }
ok "no key on a command line" keyless
echo 'purges_alias = 3' >"$dir/more.conf"
ok "a second folder, with MONIKER_CONF" \
    env MONIKER_CONF="$dir/more.conf" "$top/quickstart" run --detach \
    --dir "$dir/b" --listen 127.0.0.1:0
ok "on another port" differs "$(value a API_URL)" "$(value b API_URL)"
limit() {
	curl -sfi -X DELETE -H "Api-Key: $(value b API_KEY)" \
	    "$(value b API_URL)/sourceimages/demo/alias/logo/cache" |
	    grep -i '^x-ratelimit-limit: 3'
}
ok "whose settings win" limit
ok "the commands of README.rst" readme_api b
ok "the commands of doc/api.rst" api_page a
ok "the examples of monikerctl(1)" monikerctl_page a
ok "the commands of all other pages" other_pages a
ok "the VCL of README.rst" readme_vcl
ok "stop" stop a
ok "monikerd is gone" dies "$monikerd"
ok "env is gone" test ! -e "$dir/a/env"
ok "the other runs on" shows b
ok "stop again" stop a
# As one who runs it by flock(1), which keeps its lock while anybody has it.
run_locked() { # NAME
	flock "$dir/lock" "$top/quickstart" run --detach --dir "$dir/$1" \
	    --listen 127.0.0.1:0
}
first_line() { run e | head -n 1 && within 60 shows e; }
ok "a reader that leaves early ends nothing" first_line
ok "and can be stopped" stop e
ok "run after stop" run_locked a
ok "the servers keep no lock of the caller" flock -n "$dir/lock" true
ok "with the same key" is "$(value a API_KEY)" "$key"
ok "and the picture" shows a
kill -KILL "$(value a MONIKERD_PID)" "$(value a VARNISHD_PID)"
ok "run after both were killed" run a
ok "shows the picture" shows a
ok "Ctrl-C ends both" ctrl_c
long=$dir/$(printf 'x%.0s' {1..100})
ok "a long name for the folder" "$top/quickstart" run --detach --dir "$long" \
    --listen 127.0.0.1:0
# What it says when it refuses, and the status.
refuses() { # STATUS WORDS ARGUMENT...
	local wanted=$1 words=$2 status=0

	shift 2
	timeout 100 "$top/quickstart" "$@" >"$dir/said" 2>&1 || status=$?
	cat "$dir/said"
	grep -q -e "$words" "$dir/said" && is "$status" "$wanted"
}
port=$(value b API_URL)
ok "a port that is in use" refuses 1 "--listen 127.0.0.1:0 picks" run \
    --detach --dir "$dir/d" --listen "127.0.0.1:${port##*:}"
ok "a bad address" refuses 1 "is not ADDR:PORT" run --listen nonsense
ok "no such option" refuses 64 "no such option: --fast" run --fast
ok "an option without its value" refuses 64 "--dir wants a value" run --dir
ok "no such command" refuses 64 "no such command: walk" walk
ok "help of a command, which is not begun" refuses 0 usage: check --help
ok "an argument too many" refuses 64 "no such argument: now" build now
ok "a folder that cannot be written" refuses 1 "another folder with --dir" \
    run --dir /proc/x
echo "1..$n"
test $failed = 0
