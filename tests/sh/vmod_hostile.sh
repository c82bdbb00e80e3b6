# SPDX-License-Identifier: BSD-2-Clause
# Damaged, foreign and hostile maps inside a real varnishd: no panic, no hang,
# and an answer to every request.
. "$srcdir/lib/edge.sh" || exit 1

MAPS=${MAPS:-150}

edge_start
for i in $(seq 200); do echo "put-alias demo l$i $(hash_of "$i")"; done |
    edge_write
pid=$(worker)

# The folders, and the VCL that asks every one of them.
python3 - "$dir" "$MAPS" "$top_builddir" <<'EOT' || exit 1
import os, random, shutil, sys

dir, count, build = sys.argv[1], int(sys.argv[2]), sys.argv[3]
rnd = random.Random(20)
good = os.path.join(dir, "map")
data = [f for f in os.listdir(good) if f.startswith("data")][0]

def edit(path, change):
    with open(path, "r+b") as f:
        b = bytearray(f.read())
        change(b)
        f.seek(0)
        f.truncate()
        f.write(b)

def flip(b):
    for _ in range(rnd.choice([1, 1, 4, 64])):
        b[rnd.randrange(min(len(b), 4096))] = rnd.randrange(256)

def scatter(b):
    for _ in range(2000):
        b[rnd.randrange(len(b))] = rnd.choice([0, 255, rnd.randrange(256)])

def noise(b):
    b[256:] = rnd.randbytes(len(b) - 256)

def cut(b):
    del b[rnd.choice([0, 1, 7, 64, 4095, 4096, len(b) // 2, len(b) - 1]):]

def fill(value):
    def change(b):
        b[:] = bytes([value]) * len(b)
    return change

def other(kind):
    def make(path):
        os.unlink(path)
        kind(path)
    return make

odd = [other(os.mkfifo), other(os.mkdir), other(lambda p: os.symlink(p, p)),
       other(lambda p: os.symlink("/dev/zero", p)), other(lambda p: None),
       lambda p: os.chmod(p, 0)]
changes = [flip, flip, flip, scatter, noise, cut, fill(0), fill(255)]
vcl = open(os.path.join(dir, "edge.vcl")).read().split("sub vcl_backend_error")
new, use = "", ""
for i in range(count):
    m = os.path.join(dir, "bad%d" % i)
    os.mkdir(m)
    for f in os.listdir(good):
        shutil.copy(os.path.join(good, f), m)
    victim = os.path.join(m, rnd.choice([data, data, "control"]))
    if i < 2 * len(odd):
        odd[i % len(odd)](os.path.join(m, [data, "control"][i // len(odd)]))
    else:
        edit(victim, changes[i % len(changes)])
    new += '    new m%d = moniker.map("%s");\n' % (i, m)
    use += ('    m%d.set_organization(req.http.org);\n'
            '    set req.http.x = m%d.url(req.url) + m%d.epochs() + '
            'm%d.reason() + m%d.entries() + m%d.generation() + '
            'm%d.heartbeat_age() + m%d.alias_epoch() + m%d.source_epoch();\n'
            % ((i,) * 9))
open(os.path.join(dir, "bad.vcl"), "w").write("""vcl 4.1;
import moniker from "%s/vmod/.libs/libvmod_moniker.so";
backend default none;
sub vcl_init {
%s}
sub vcl_recv {
%s    return (synth(200));
}
""" % (build, new, use))
EOT
rm -f "$dir/cc/vgc.so"
adm vcl.load bad "$dir/bad.vcl" >/dev/null || fail "the VCL does not load"
adm vcl.use bad >/dev/null || fail "the VCL cannot be used"

n=0
for i in $(seq 200); do
	printf 'url = "%s/thumb/-_l%d_-.jpg"\noutput = /dev/null\n' "$URL" "$i"
	printf 'url = "%s/thumb/%s.jpg"\noutput = /dev/null\n' "$URL" \
	    "$(hash_of "$i")"
done >"$dir/urls"
codes() {
	curl -s --max-time 60 -H "Org: demo" -w '%{http_code}\n' \
	    -K "$dir/urls" | sort | uniq -c
}
test "$(echo $(codes))" = "400 200" || fail "answers: $(codes)"

# Bytes that change under the reader's hands: as no writer ever would.
python3 - "$dir/bad20" "$dir/bad21" "$dir/bad22" <<'EOT' &
import os, random, sys, time

rnd = random.Random(21)
end = time.time() + 5
files = [os.path.join(d, f) for d in sys.argv[1:] for f in os.listdir(d)]
fds = [os.open(f, os.O_RDWR) for f in files]
while time.time() < end:
    for fd in fds:
        size = os.fstat(fd).st_size
        if size > 0:
            os.pwrite(fd, bytes([rnd.randrange(256)]), rnd.randrange(size))
EOT
scribbler=$!
while kill -0 $scribbler 2>/dev/null; do
	test "$(echo $(codes))" = "400 200" || fail "answers, scribbled on"
	n=$((n + 400))
done
wait $scribbler

test "$(worker)" = "$pid" || fail "the worker was replaced"
adm panic.show >/dev/null 2>&1 && fail "a worker panicked"
adm vcl.use boot >/dev/null
test "$(ask "$URL/thumb/-_l7_-.jpg")" = "/thumb/$(hash_of 7).jpg" ||
    fail "the good map no longer answers"
echo "$MAPS bad maps, $((n + 400)) requests, no panic"
