# SPDX-License-Identifier: BSD-2-Clause
# bench/run render [ROW...]: pictures into a box of 400 x 300, by monikerd end
# to end over its socket, and by its peers, one after the other in each of
# ROUNDS rounds; the medians. A row is IMAGE:FORMAT, as j12:webp.
#
#	ROUNDS=3 SECONDS_EACH=3 CLIENTS="1 2 8": 45 minutes for all rows
#	PEERS="loop whole moniker nginx ipx"; ipx needs IPX, the folder in
#	which "npm install ipx" was run, which brings sharp, to which the
#	pictures are held; nginx needs Debian's nginx-light and
#	libnginx-mod-http-image-filter
set -eu
rounds=${ROUNDS:-3} each=${SECONDS_EACH:-3} clients=${CLIENTS:-"1 2 8"}
peers=${PEERS:-"loop whole moniker nginx ipx"}
rows=${*:-"j24:jpg j12:jpg j2:jpg j05:jpg prog12:jpg exif6:jpg p3:jpg
	cmyk:jpg alpha:jpg png16:jpg animw:jpg j24:webp j12:webp j2:webp
	j05:webp cmyk:webp alpha:webp anim:webp animw:webp j05:avif"}
# What one best peer made of the loop's speed (notes of its measurement):
# imgproxy, which cannot be installed here.
ratio_of() {
	case $1 in
	j24:jpg) echo 1.18 ;; j12:jpg) echo 1.50 ;; j2:jpg) echo 1.36 ;;
	j05:jpg) echo 1.09 ;; prog12:jpg) echo 1.19 ;; exif6:jpg) echo 1.33 ;;
	p3:jpg) echo 1.17 ;; cmyk:jpg) echo 2.47 ;; alpha:jpg) echo 1.0 ;;
	png16:jpg) echo 1.0 ;; j24:webp) echo 1.11 ;; j12:webp) echo 1.42 ;;
	j2:webp) echo 1.37 ;; j05:webp) echo 1.24 ;; cmyk:webp) echo 2.37 ;;
	animw:webp) echo 1.07 ;; anim:webp) echo 0.97 ;; *) echo 1.0 ;;
	esac
}

make -s -C "$BUILD/bench" render_load render_ssim
. ./render_quality.sh
load=$BUILD/bench/render_load
set=$BUILD/bench/photos
bash "$SRC/bench/render_images.sh" "$set"
dir=$(mktemp -d "${TMPDIR:-/tmp}/moniker-render.XXXXXX")
pids=
cleanup() {
	for p in $pids; do kill "$p" 2>/dev/null || :; done
	rm -rf "$dir"
}
trap cleanup EXIT
has() { case " $peers " in *" $1 "*) return 0 ;; esac; return 1; }
file_of() { # IMAGE
	case $1 in
	anim) echo "$set/anim.gif" ;; animw) echo "$set/anim.webp" ;;
	alpha | png16) echo "$set/$1.png" ;; *) echo "$set/$1.jpg" ;;
	esac
}
await() {
	n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		test $n -lt 200 || { echo "not in time: $*" >&2; exit 1; }
		sleep 0.05
	done
}

start_moniker() {
	for s in image api local; do
		echo "${s}_socket = \"$dir/$s.sock\""
	done >"$dir/conf"
	cat >>"$dir/conf" <<-EOT
	map_dir = "$dir/map"
	store_dir = "$dir/store"
	ready_file = "$dir/ready"
	render_workers = 2
	EOT
	"$BUILD/daemon/monikerd" -f "$dir/conf" 2>"$dir/log" &
	moniker=$!
	pids="$pids $moniker"
	await test -e "$dir/ready"
	l=http://localhost/organizations/bench
	curl -sS --unix-socket "$dir/local.sock" -X PUT $l -d \
	    '{"display_name":"b","billing_email":"b@example.org"}' >/dev/null
	key=$(curl -sS --unix-socket "$dir/local.sock" -X POST $l/keys -d \
	    '{"comment":"b","roles":["admin"]}' |
	    sed 's/.*"api_key": *"\([^"]*\)".*/\1/')
}

# As many sources as clients, equal but for a byte behind the picture, so that
# no two requests are one render.
moniker_paths() { # IMAGE FORMAT CLIENTS
	n=0
	while test $n -lt "$3"; do
		h=$dir/hash.$1.$n
		if ! test -e "$h"; then
			{ cat "$(file_of "$1")"; printf %d $n; } >"$dir/up"
			curl -sS --unix-socket "$dir/api.sock" -H \
			    "Api-Key: $key" -F "filedata=@$dir/up" \
			    http://api.localhost/sourceimages/bench |
			    sed 's/.*"hash": *"\([0-9a-f]*\)".*/\1/' >"$h"
		fi
		echo "/dynamic/resize-width-400-height-300/o-avif.quality-50\
-interlacing.mode-none/$(cat "$h").$2"
		n=$((n + 1))
	done
}

start_nginx() {
	cat >"$dir/nginx.conf" <<-EOT
	load_module /usr/lib/nginx/modules/ngx_http_image_filter_module.so;
	worker_processes 2; daemon off; pid $dir/nginx.pid; user root;
	error_log $dir/nginx.log;
	events { worker_connections 64; }
	http { access_log off; keepalive_requests 1000000;
	client_body_temp_path $dir/n1; proxy_temp_path $dir/n2;
	fastcgi_temp_path $dir/n3; uwsgi_temp_path $dir/n4;
	scgi_temp_path $dir/n5;
	server { listen unix:$dir/nginx.sock; root $set;
	location / { image_filter resize 400 300;
	image_filter_jpeg_quality 80; image_filter_buffer 64M; } } }
	EOT
	nginx -c "$dir/nginx.conf" 2>>"$dir/nginx.log" &
	nginx=$!
	pids="$pids $nginx"
	await test -S "$dir/nginx.sock"
}

start_ipx() {
	cat >"$IPX/moniker-bench.mjs" <<-EOT
	import { createIPX, ipxFSStorage, createIPXNodeServer } from "ipx";
	import { createServer } from "node:http";
	const ipx = createIPX({ storage: ipxFSStorage({ dir: "$set" }) });
	createServer(createIPXNodeServer(ipx)).listen("$dir/ipx.sock");
	EOT
	(cd "$IPX" && exec node moniker-bench.mjs) >"$dir/ipx.log" 2>&1 &
	ipx=$!
	pids="$pids $ipx"
	await test -S "$dir/ipx.sock"
}

repeat() { # COUNT WORD
	n=0
	while test $n -lt "$1"; do echo "$2"; n=$((n + 1)); done
}

measure() { # PEER IMAGE FORMAT CLIENTS
	f=$(file_of "$2")
	case $1 in
	loop | whole)
		jobs=$4
		test "$jobs" -le 2 || jobs=2
		VIPS_WARNING=0 "$load" "$1" "$f" "$3" "$jobs" "$each" ;;
	moniker)
		"$load" http "$dir/image.sock" bench.localhost "$moniker" \
		    "$each" $(moniker_paths "$2" "$3" "$4") ;;
	nginx)
		case $2:$3 in *jpg*:jpg | j*:jpg | prog12:jpg | exif6:jpg | \
		    p3:jpg | cmyk:jpg) ;; *) echo "- - - -"; return ;; esac
		"$load" http "$dir/nginx.sock" localhost "$nginx" "$each" \
		    $(repeat "$4" "/${f##*/}") ;;
	ipx)
		opt=
		case $f in *anim*) test "$3" = jpg || opt=,animated ;; esac
		fm=$3
		test "$3" != jpg || fm=jpeg
		"$load" http "$dir/ipx.sock" localhost "$ipx" "$each" \
		    $(repeat "$4" "/s_400x300,fit_inside,f_$fm,q_$(
		    test "$3" = avif && echo 50 || echo 80)$opt/${f##*/}") ;;
	esac || echo "- - - -"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

has moniker && start_moniker
if has nginx && ! command -v nginx >/dev/null; then
	peers=$(echo " $peers " | sed 's/ nginx / /')
fi
has nginx && start_nginx
if has ipx && test -n "${IPX:-}"; then start_ipx; else
	peers=$(echo " $peers " | sed 's/ ipx / /'); fi

bytes_of() { # ROW PEER
	cat "$dir/m.$1."*".$2" 2>/dev/null | awk '{ print $4 }' | median
}
# The most of all rows: a worker that ended has taken its peak along.
memory_goal() {
	cat "$dir"/m.*.moniker | awk '$3 + 0 > most { most = $3 } END {
		printf "goal memory of the service, MB: %d (wanted <= 250): " \
		    "%s\n", most,
		    (most > 0 && most <= 250 ? "met" : "missed") }'
}

goals=$dir/goals
: >"$goals"
: >"$dir/quality"
parent=
for p in nginx ipx; do
	has $p || echo "goals against $p: skipped (it is not there)" >>"$goals"
done
printf '%-14s %s' "image:format" "clients"
for p in $peers; do printf ' %22s' "$p"; done
printf '\n%-22s' "pictures/s, CPU ms, MB"
echo
for row in $rows; do for c in $clients; do
	r=0
	while test $r -lt "$rounds"; do
		for p in $peers; do
			measure "$p" "${row%:*}" "${row#*:}" "$c" \
			    >>"$dir/m.$row.$c.$p"
		done
		r=$((r + 1))
	done
	printf '%-16s %5s' "$row" "$c"
	best=0
	for p in $peers; do
		m=$dir/m.$row.$c.$p
		rate=$(awk '{ print $1 }' "$m" | median)
		printf ' %8s %7s %5s' "$rate" \
		    "$(awk '{ print $2 }' "$m" | median)" \
		    "$(awk '{ print $3 }' "$m" | median)"
		case $p in
		loop) loop=$rate ;; moniker) ours=$rate ;;
		nginx | ipx) best=$(echo "$best $rate" | awk \
		    '{ print ($2 + 0 > $1 ? $2 : $1) }') ;;
		esac
	done
	echo
	test -n "$parent" || ! has moniker || parent=$(parent_now)
	has moniker && has loop || continue
	want=$(ratio_of "$row")
	# PNG is held to the loop: ipx brings decoders that Debian lacks.
	case $row in alpha:* | png16:*) best=0 want=1.0 ;; esac
	echo "$ours $loop $best $want $row $c" | awk '{
		x = $2 > 0 ? $1 / $2 : 0
		b = $2 > 0 ? $3 / $2 : 0
		w = $4 > b ? $4 : b
		printf "goal %s x%s of the loop: %.2f (wanted >= %.2f): %s\n",
		    $5, $6, x, w, (x >= w ? "met" : "missed") }' >>"$goals"
done
	if has moniker && has ipx; then quality "$row"; fi
done
if has moniker; then
	memory_goal
	parent_goal "$parent"
	metadata_goal
	quality_goals
fi >>"$goals"
cat "$goals"
! grep -q missed "$goals"
