# SPDX-License-Identifier: BSD-2-Clause
# The VMOD under valgrind, where no sanitizer reaches: a sanitized VMOD only
# loads into a varnishd that is sanitized as well. Fails on each error, leaks
# among them, whose stack passes through our own files.
TESTS=${VALGRIND_TESTS:-vmod_sticky.vtc vmod_subs.vtc vmod_url.vtc
    vmod_unattached.vtc vmod_vcls.vtc vmod_workspace.vtc}

command -v valgrind >/dev/null || {
	echo "valgrind is not installed"
	exit 77
}
real=$(command -v varnishd)
dir=$(mktemp -d "${TMPDIR:-/tmp}/valgrind.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

# varnishtest starts this one. The worker is a fork of the manager and so runs
# under valgrind too; the compiler of VCL, which is executed, does not.
mkdir "$dir/bin" "$dir/log"
chmod 755 "$dir" && chmod 1777 "$dir/log"
cat >"$dir/bin/varnishd" <<EOF
#!/bin/sh
case \$1 in
-[xV?])	exec $real "\$@" ;;
esac
exec valgrind -q --vgdb=no --num-callers=30 --keep-debuginfo=yes \
    --fair-sched=yes --leak-check=full --show-leak-kinds=definite \
    --log-file="$dir/log/%p" $real "\$@"
EOF
chmod +x "$dir/bin/varnishd"

cd "$srcdir/vtc" || exit 1
PATH=$dir/bin:$PATH varnishtest -k -j"$(nproc)" -t 120 \
    -D"vmod_moniker=moniker from \"$top_builddir/vmod/.libs/libvmod_moniker.so\"" \
    -Dmapfill="$top_builddir/tests/lib/mapfill" -Dtop_srcdir="$top_srcdir" \
    -p "'cc_command=exec gcc -O0 -fpic -shared -w -o %o %s'" \
    -p vcl_path="$top_srcdir/vcl" $TESTS || exit 1

# A frame names its file; what has no debug information, its object.
ours=$(cd "$top_srcdir" && printf '%s|' map/*.[ch] vmod/*.[ch] url/*.[ch] |
    sed -E 's,(map|vmod|url)/,,g; s/\./\\./g; s/\|$//')
awk -v ours="\\\\(($ours):|_vmod_moniker" '
function judge() { if (bad) printf "%s\n", text; text = ""; bad = 0 }
{ sub(/^==[0-9]+== ?/, "") }
$0 == "" { judge(); next }
{ text = text $0 "\n"; if ($0 ~ ours) bad = 1 }
END { judge() }' "$dir"/log/* >"$dir/found"
test ! -s "$dir/found" || {
	cat "$dir/found"
	exit 1
}
echo "$(ls "$dir/log" | wc -l) processes under valgrind, no error of ours"
