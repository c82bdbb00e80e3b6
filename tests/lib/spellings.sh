# SPDX-License-Identifier: BSD-2-Clause
# The table of doc/spellings.rst: however the URL of a picture is spelled, it
# makes one object in the cache and one render. POSIX sh, sourced after
# moniker.sh and moniker_demo.

short() { cut -c 1-12 red; }

metric() { # NAME
	curl -sS --unix-socket local.sock http://localhost/metrics |
	    awk -v name="moniker_$1" '$1 == name { print $2 }'
}

renders() { metric renders_total; }

# Varnish's threads add up what they count only now and then.
_settled() {
	_now=$(counter MAIN.n_object)
	test "$_now" = "$_objects" || _same=0
	_objects=$_now _same=$((_same + 1))
	test $_same -gt 12
}

# Each is asked for twice; all must be the picture of the first.
spellings() { # NAME; URLs from standard input
	_objects= _same=0
	await _settled
	_renders=$(renders) _urls=0
	while read -r _url; do
		for _i in 1 2; do
			picture 200 "$_url" -g
			if test "$_urls" = 0; then
				cp body first
				header etag >first.etag
			fi
			cmp -s body first || fail "$1: $_url: other bytes"
			same "$1: $_url: ETag" "$(header etag)" \
			    "$(cat first.etag)"
			_urls=$((_urls + 1))
		done
		spelling_total=$((spelling_total + 1))
	done
	_one() {
		test $(($(counter MAIN.n_object) - _objects)) = 1
	}
	await _one
	same "$1: renders" $(($(renders) - _renders)) 1
	echo "$1: $((_urls / 2)) spellings: 1 object, 1 render"
}

# The blocks of the page: a line that ends in "::", then indented URLs. In
# sticky mode an alias has an object of its own.
spelling_table() { # PAGE instant|sticky
	spelling_total=0
	sed '1,/^The table$/s/.*//' "$1" >table
	grep -n '::$' table >blocks
	while IFS=: read -r _line _name _rest; do
		sed -n "$((_line + 2)),\$p" table |
		    sed -e '/^$/q' -e "s/^ *//; s/HASH/$(cat red)/g" \
			-e "s/SHORT/$(short)/g" | grep / >urls
		if test "$2" = sticky; then
			grep -e -_logo_- urls >alias_urls || :
			sed -i /-_logo_-/d urls
			test ! -s alias_urls ||
				spellings "$_name, by alias" <alias_urls
		fi
		spellings "$_name" <urls
	done <blocks
	test "$spelling_total" -ge 40 || fail "$spelling_total spellings only"
	echo "$spelling_total spellings of $(wc -l <blocks) pictures"
}
