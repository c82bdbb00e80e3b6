#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# containers.sh [SUITE [FOLDER]]: makes the images of containers/build from the
# packages in FOLDER, runs them as compose.yaml says and makes a user's calls.
# FOLDER is, unless given, that in which packages.sh left those of SUITE
# (trixie). Needs root, buildah, podman, crun and mmdebstrap.
set -eu -o pipefail
here=$(realpath "$(dirname "$0")")
top=$(realpath "${top_srcdir:-$here/../..}")
. "$here/tree.sh"
for command in buildah podman crun mmdebstrap curl nsenter; do
	command -v $command >/dev/null && test "$(id -u)" = 0 || {
		echo "SKIP: needs root and $command"
		exit 77
	}
done
# What is mounted goes with it. crun wants one kind of cgroups, and many machines
# have two.
test -n "${IN_MOUNTS:-}" ||
    IN_MOUNTS=yes exec unshare --mount bash "$0" "$@"
test ! -d /sys/fs/cgroup/unified || mount -t cgroup2 none /sys/fs/cgroup
suite=${1:-trixie}
debs=${2:-$TREES/$suite/build/up/packages}

tmp=$(mktemp -d)
store=(--root "$tmp/store" --runroot "$tmp/run"
    --storage-driver "${STORAGE_DRIVER:-overlay}")
podman() { command podman "${store[@]}" --cgroup-manager cgroupfs \
    --events-backend file --runtime crun "$@"; }
clean() {
	set +e
	podman rm -af -t 1
	podman volume rm -af
	command buildah "${store[@]}" rm -a
	umount "$tmp/store/overlay"
	rm -rf --one-file-system "$tmp"
}
trap 'clean >/dev/null 2>&1' EXIT
# No more than this machine's root may have.
limits=(--cgroups disabled --ulimit "nofile=$(ulimit -Hn):$(ulimit -Hn)"
    --ulimit nproc=9000:9000)

fail() {
	echo "FAILED: $*" >&2
	for name in $(podman ps -a --format '{{.Names}}'); do
		echo "--- $name" >&2
		podman logs --tail 20 "$name" >&2 || :
	done
	exit 1
}
await() {
	local n=300

	until "$@" >/dev/null 2>&1; do
		test $((n -= 1)) -gt 0 || fail "not in time: $*"
		sleep 0.1
	done
}
# In the network of a container, which has no other.
inside() { # NAME COMMAND...
	local pid
	pid=$(podman inspect -f '{{.State.Pid}}' "$1")
	shift
	nsenter -n -t "$pid" "$@"
}
call() { # NAME WANTED CURL-ARGUMENT...
	local name=$1 wanted=$2 got

	shift 2
	got=$(inside "$name" curl -sS -m 30 -D "$tmp/head" -o "$tmp/body" \
	    -w '%{http_code}' "$@")
	test "$got" = "$wanted" || fail "$got for $*: $(cat "$tmp/body")"
}
field() { grep -o "\"$1\":\"[^\"]*\"" "$tmp/body" | head -n 1 | cut -d'"' -f4; }

# As compose.yaml: nothing may be written but what is in memory, and the data.
start() { # NAME IMAGE ARGUMENT...
	local name=$1 image=$2

	shift 2
	podman run -d --name "$name" "${limits[@]}" --read-only \
	    --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges --tmpfs /tmp \
	    "$@" "localhost/moniker-$image:test" >/dev/null ||
	    fail "$name does not start"
}
memory() { # VOLUME USER
	podman volume create --opt type=tmpfs --opt device=tmpfs \
	    --opt "o=uid=$2,gid=980,mode=0750" "$1" >/dev/null
}

banned() { # NAME
	podman exec "$1" varnishadm -n /var/lib/varnish ban.list | grep -q moniker
}

# The calls of debian/tests/seed, by Varnish of one and the daemon of another.
calls() { # VARNISH DAEMON
	local local=(podman exec "$2" curl -sS --unix-socket
	    /run/moniker/local.sock) a=http://127.0.0.1:8080
	local h="Host: demo.example.net" key red blue

	await podman exec "$2" entry healthy
	await podman exec "$1" entry healthy
	"${local[@]}" -X PUT -d '{}' http://localhost/organizations/demo >"$tmp/body"
	"${local[@]}" -d '{"roles":["admin"]}' \
	    http://localhost/organizations/demo/keys >"$tmp/body"
	key="Api-Key: $(field api_key)"
	call "$1" 200 -H "$key" -F "filedata=@$top/tests/images/red.png" \
	    $a/sourceimages/demo
	red=$(field hash)
	call "$1" 200 -H "$key" -F "filedata=@$top/tests/images/blue.png" \
	    $a/sourceimages/demo
	blue=$(field hash)
	call "$1" 201 -H "$key" -X PUT $a/stacks/demo/resize \
	    -d '{"operations":[{"name":"resize","options":{"width":20}}]}'
	call "$1" 201 -H "$key" -X PUT $a/sourceimages/demo/alias/logo \
	    -d "{\"hash\":\"$red\"}"
	call "$1" 200 -H "$h" $a/resize/-_logo_-.jpg
	grep -qi '^cache-control:.*max-age=77' "$tmp/head" ||
	    fail "MONIKERD_ALIAS_MAX_AGE has no effect"
	grep -qi '^cache-control:.*revalidate=88' "$tmp/head" ||
	    fail "/etc/moniker/local.conf has no effect"
	cp "$tmp/body" "$tmp/first"
	call "$1" 200 -H "$h" $a/resize/-_logo_-.avif
	call "$1" 200 -H "$key" -X PUT \
	    "$a/sourceimages/demo/alias/logo?overwrite=true" \
	    -d "{\"hash\":\"$blue\"}"
	call "$1" 200 -H "$h" $a/resize/-_logo_-.jpg
	! cmp -s "$tmp/body" "$tmp/first" || fail "the old picture"
	call "$1" 200 -H "$key" -X DELETE $a/sourceimages/demo/alias/logo/cache
	await banned "$1"
	call "$1" 204 -H "$key" -X DELETE $a/sourceimages/demo/alias/logo
	call "$1" 404 -H "$h" $a/resize/-_logo_-.jpg
	podman exec "$2" moniker-map check /run/moniker/map >/dev/null ||
	    fail "the map"
}

# Not root, nothing to write to, and a render worker's cage that lacks nothing.
confined() { # DAEMON
	test "$(podman exec "$1" id -u)" != 0 || fail "$1 runs as root"
	! podman exec "$1" touch /etc/x 2>/dev/null || fail "/etc can be written"
	podman exec "$1" monikerd --cage -f /run/moniker/monikerd.conf \
	    >"$tmp/cage" 2>&1 || fail "$(cat "$tmp/cage")"
	for part in seccomp landlock namespaces root user; do
		grep -q "^$part *yes" "$tmp/cage" || fail "$(cat "$tmp/cage")"
	done
}

# Docker's filter of calls lets nobody make a namespace. All else stays.
under_docker() {
	python3 - /usr/share/containers/seccomp.json >"$tmp/docker.json" <<-'EOT'
	import json, sys
	profile = json.load(open(sys.argv[1]))
	profile["defaultErrno"], profile["defaultErrnoRet"] = "EPERM", 1
	refused = {"clone", "clone3", "unshare", "setns", "mount", "umount2",
	           "umount", "pivot_root"}
	for rule in profile["syscalls"]:
	    rule["names"] = [n for n in rule["names"] if n not in refused]
	profile["syscalls"] = [r for r in profile["syscalls"] if r["names"]] + [
	    {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [
	        {"index": 0, "value": 0x7e020000, "valueTwo": 0,
	         "op": "SCMP_CMP_MASKED_EQ"}]},
	    {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]
	json.dump(profile, sys.stdout)
	EOT
	memory docker-run 981
	start docker daemon --network none -v docker-run:/run/moniker \
	    -v docker-data:/var/lib/moniker \
	    --security-opt "seccomp=$tmp/docker.json"
	await podman exec docker entry healthy
	podman exec docker monikerd --cage -f /run/moniker/monikerd.conf \
	    >"$tmp/cage" || :
	for part in seccomp landlock; do
		grep -q "^$part *yes" "$tmp/cage" || fail "$(cat "$tmp/cage")"
	done
	grep -q "^namespaces *NO" "$tmp/cage" || fail "$(cat "$tmp/cage")"
}

# A request that runs when SIGTERM comes is answered.
drained() { # DAEMON
	local pid upload

	: >"$tmp/verbose"
	head -c 3000000 /dev/urandom >"$tmp/noise"
	pid=$(podman inspect -f '{{.State.Pid}}' "$1")
	curl -sSv -m 30 --limit-rate 1500k -H "Expect: 100-continue" \
	    -o "$tmp/answer" -w '%{http_code}' \
	    -F "filedata=@$tmp/noise" --unix-socket \
	    "/proc/$pid/root/run/moniker/local.sock" \
	    http://localhost/sourceimages/demo >"$tmp/code" \
	    2>"$tmp/verbose" &
	upload=$!
	await grep -q 'HTTP/1.1 100' "$tmp/verbose"
	podman stop -t 20 "$1" >/dev/null
	wait $upload || fail "the upload was cut: $(cat "$tmp/answer")"
	test "$(cat "$tmp/code")" = 400 || fail "$(cat "$tmp/code"): $(cat "$tmp/answer")"
	test "$(podman inspect -f '{{.State.ExitCode}}' "$1")" = 0 ||
	    fail "$1 did not end by itself"
}

BUILDAH="buildah ${store[*]}" MIRROR=$(tree_mirror) \
    APT_CACHE=$TREES/$suite/apt.images "$top/containers/build" --suite "$suite" \
    --tag test "$debs"

echo 'alias_swr = 88' >"$tmp/local.conf"
chmod 644 "$tmp/local.conf"
settings=(-e MONIKERD_ALIAS_MAX_AGE=77
    -v "$tmp/local.conf:/etc/moniker/local.conf:ro")
memory run 981
memory try-run 981
memory try-varnish 981
memory varnish 982

start try try --network none -v try-run:/run/moniker \
    -v try-varnish:/var/lib/varnish -v try-data:/var/lib/moniker "${settings[@]}"
calls try try
confined try
drained try
echo "one image to try: ok"

start varnish varnish --network none -v run:/run/moniker:ro \
    -v varnish:/var/lib/varnish
start daemon daemon --network container:varnish -v run:/run/moniker \
    -v data:/var/lib/moniker "${settings[@]}"
calls varnish daemon
confined daemon
drained daemon
# Data and map were kept, and Varnish went on.
podman start daemon >/dev/null
await podman exec daemon entry healthy
call varnish 200 http://127.0.0.1:8080/operations
podman stop -t 20 varnish >/dev/null
echo "two images to run: ok"

under_docker
echo "under Docker's filter: ok"

podman run --name wrong "${limits[@]}" --network none -e MONIKERD_ALIAS_MAX_AG=1 \
    localhost/moniker-daemon:test >"$tmp/wrong" 2>&1 && fail "a wrong name passes"
grep -q alias_max_ag "$tmp/wrong" || fail "$(cat "$tmp/wrong")"
