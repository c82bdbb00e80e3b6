#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# packages_upgrade.sh fill|look: inside of a Debian tree, before and after an
# upgrade to the next release. Run by packages.sh.
. "$(dirname "$0")/../debian/tests/services"
kept=/var/tmp/kept
formats="jpg png webp gif avif"
h="Host: demo.example.net"

# What each alias shows, with its ETag.
pictures() { # FOLDER
	local format

	mkdir -p "$1"
	for format in $formats; do
		await curl -sf -o "$1/$format" -D "$1/$format.head" -H "$h" \
		    "$a/small/-_logo_-.$format"
		etag "$1/$format.head" >"$1/$format.etag"
	done
	call 200 "${l[@]}" "http://localhost/sourceimages/demo?limit=100"
	python3 -c 'import json, sys
for image in json.load(sys.stdin)["items"]:
    print(image["hash"], image["user_metadata"]["name"])' \
	    <"$tmp/body" | sort >"$1/images"
	call 200 "${l[@]}" http://localhost/sourceimages/demo/alias
	cp "$tmp/body" "$1/aliases"
}
etag() { sed -n 's/^etag: *\([^\r]*\)\r*$/\1/Ip' "$1"; }

fill() {
	local image name

	call 201 "${l[@]}" -X PUT -d '{}' http://localhost/organizations/demo
	call 201 "${l[@]}" -d '{"roles":["admin"]}' \
	    http://localhost/organizations/demo/keys
	key="Api-Key: $(field api_key)"
	mkdir -p "$kept"
	echo "$key" >"$kept/key"
	for image in "$source"/tests/images/*.png; do
		name=$(basename "$image" .png)
		call 200 -H "$key" -F "filedata=@$image" \
		    -F "meta_user[0]={\"name\":\"$name\"}" $a/sourceimages/demo
		call 201 -H "$key" -X PUT "$a/sourceimages/demo/alias/$name" \
		    -d "{\"hash\":\"$(field hash)\"}"
	done
	call 201 -H "$key" -X PUT "$a/sourceimages/demo/alias/logo" \
	    -d "{\"hash\":\"$(field hash)\"}"
	call 201 -H "$key" -X PUT $a/stacks/demo/small \
	    -d '{"operations":[{"name":"resize","options":{"width":9}}]}'
	call 200 -H "$key" -X DELETE $a/sourceimages/demo/alias/logo/cache
	pictures "$kept/before"
	kill "${pids[@]}"
	wait "${pids[@]}" || :
	cp -a /run/moniker/map "$kept/map"
}

# Of an old and a warm cache: nothing but a whole picture with a new ETag.
revalidated() { # FORMAT
	local old new

	old=$(cat "$kept/before/$1.etag")
	new=$(cat "$kept/after/$1.etag")
	test -n "$old" && test "$old" != "$new" || fail "$1: ETag $old is $new"
	call 200 -H "$h" -H "If-None-Match: $old" "$a/small/-_logo_-.$1"
	cmp -s "$tmp/body" "$kept/after/$1" || fail "$1: not the whole picture"
	call 200 -H "$h" -H "If-Range: $old" -H "Range: bytes=10-" \
	    "$a/small/-_logo_-.$1"
	call 304 -H "$h" -H "If-None-Match: $new" "$a/small/-_logo_-.$1"
}

look() {
	local format

	key=$(cat "$kept/key")
	moniker-map check /run/moniker/map
	pictures "$kept/after"
	cmp "$kept/before/images" "$kept/after/images"
	cmp "$kept/before/aliases" "$kept/after/aliases"
	for format in $formats; do
		revalidated $format
	done
	monikerd --fsck --deep
	# It goes on from there, with the old key.
	call 204 -H "$key" -X DELETE $a/sourceimages/demo/alias/logo
	call 404 -H "$h" $a/small/-_logo_-.jpg
	echo "$(wc -l <"$kept/after/images") images, their aliases and the map: as before"
}

"$1"
