# SPDX-License-Identifier: BSD-2-Clause
# What the tests with a real daemon share; POSIX sh, sourced in a vtc's
# "shell", whose working directory is ${tmpdir}. Reads and leaves there:
# monikerd.conf, moniker.vcl, ready, key, red and blue (hashes), v1.addr.
. "$top_srcdir/tests/lib/await.sh"

# Settings from stdin win over these.
moniker_conf() {
	cat - >more.conf
	cat >monikerd.conf <<-EOT
	map_dir = "$PWD/map"
	store_dir = "$PWD/store"
	image_socket = "$PWD/image.sock"
	api_socket = "$PWD/api.sock"
	local_socket = "$PWD/local.sock"
	ready_file = "$PWD/ready"
	log_level = "debug"
	varnish v1 {
		instance = "$PWD/v1"
	}
	include("$PWD/more.conf")
	EOT
	moniker_vcl >moniker.vcl
}

# The shipped example with the paths of this test.
moniker_vcl() {
	sed -e "s,/run/moniker/image.sock,$PWD/image.sock," \
	    -e "s,/run/moniker/api.sock,$PWD/api.sock," \
	    -e "s,\"/run/moniker\(/map\)*\",\"$PWD/map\"," \
	    "$top_srcdir/vcl/example.vcl"
}

# Prints the body, leaves it in "body" and the head in "head".
http() { # WANTED-STATUS CURL-ARGUMENT...
	_want=$1
	shift
	rm -f body
	_got=$(curl -sS -m 30 -D head -o body -w '%{http_code}' "$@") ||
		fail "no answer: $*"
	touch body
	case " $_want " in
	*" $_got "*) ;;
	*)	cat head body
		fail "answered $_got, not $_want: $*" ;;
	esac
}

# The API, through Varnish.
api() { # STATUS METHOD PATH CURL-ARGUMENT...
	_s=$1 _m=$2 _p=$3
	shift 3
	http "$_s" -X "$_m" -H "Api-Key: $(cat key)" "$@" \
	    "http://$(cat v1.addr)$_p"
}

# A picture, through Varnish.
picture() { # STATUS PATH CURL-ARGUMENT...
	_s=$1 _p=$2
	shift 2
	http "$_s" -H "Host: demo.localhost" "$@" "http://$(cat v1.addr)$_p"
}

# The same, as soon as Varnish's probe has seen that the daemon is up.
await_picture() { # PATH
	_seen() { (picture 200 "$1"); }
	await _seen "$1"
}

# The first string of that name in the JSON of "body".
field() {
	grep -o "\"$1\": *\"[^\"]*\"" body | head -n 1 |
		sed 's/.*"\([^"]*\)"$/\1/'
}

header() { # NAME
	tr -d '\r' <head | sed -n "s/^$1: *//Ip" | tail -n 1
}

same() { # WHAT GOT WANTED
	test "$2" = "$3" || fail "$1 is '$2', not '$3'"
}

alias_put() { # STATUS NAME HASH [QUERY]
	api "$1" PUT "/sourceimages/demo/alias/$2${4:-}" -d "{\"hash\":\"$3\"}"
}

upload() { # FILE
	api 200 POST /sourceimages/demo -F "filedata=@$1"
	field hash
}

stack() { # NAME OPERATIONS [OPTIONS]
	api 201 PUT "/stacks/demo/$1" \
	    -d "{\"operations\":[$2],\"options\":{${3:-}}}"
}

# Width, height of a PNG in "body".
png_size() { od -An -tu1 -j16 -N8 body | awk '{
	print $3 * 256 + $4 "x" $7 * 256 + $8 }'; }

counter() { varnishstat -n "$PWD/v1" -1 -f "$1" | awk '{ print $2 }'; }

moniker_ready() { await test -e ready; }

# Organization and key, over the daemon's own socket.
moniker_key() {
	_l=http://localhost/organizations/demo
	http 201 --unix-socket local.sock -X PUT "$_l" \
	    -d '{"display_name":"Demo","billing_email":"demo@example.org"}'
	http 201 --unix-socket local.sock -X POST "$_l/keys" \
	    -d '{"comment":"test","roles":["admin"]}'
	field api_key >key
	test -s key || fail "no key"
}

# Two sources, the stack "resize" (40 x 30) and the alias "logo" on red.
moniker_demo() { # ADDRESS-OF-VARNISH
	echo "$1" >v1.addr
	moniker_key
	upload "$top_srcdir/tests/images/red.png" >red
	upload "$top_srcdir/tests/images/blue.png" >blue
	stack resize '{"name":"resize","options":{"width":40,"height":30,
	    "mode":"absolute"}}'
	alias_put 201 logo "$(cat red)"
}

# Before more requests than varnishtest can keep log lines of: only errors and
# what the VMOD says stay.
quiet_log() { # [INSTANCE]
	_mask=$(varnishd -x vsl | awk '/^--*$/ { print "-" name } { name = $1 }' |
	    grep -vE 'Error|EXP_|LRU' | paste -sd,)
	varnishadm -n "$PWD/${1:-v1}" param.set vsl_mask "$_mask" ||
		fail "vsl_mask"
}
