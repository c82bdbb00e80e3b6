# SPDX-License-Identifier: BSD-2-Clause
# The complete example of vmod_moniker(3), taken from the manual page's source,
# serves a picture by alias.
. "$srcdir/lib/edge.sh" || exit 1

edge_start
echo "put-alias demo logo $(hash_of 5)" | edge_write
awk '/^EXAMPLE$/ { on = 1 } /^THE MAP$/ { on = 0 } on && /^  / {
    sub(/^  /, ""); print }' \
    "$top_builddir/vmod/vmod_moniker.vcc" >"$dir/manual.vcl"
test "$(grep -c '' "$dir/manual.vcl")" -gt 30 || fail "no example found"
{
	sed -e "s,^import moniker;,import moniker from \"$VMOD\";," \
	    -e "s,/run/moniker/image.sock,$dir/none.sock," \
	    -e "s,\"/run/moniker/map\",\"$dir/map\"," "$dir/manual.vcl"
	# in place of an origin
	cat <<-'EOT'
	sub vcl_backend_error {
		set beresp.status = 200;
		set beresp.body = bereq.url + " of " +
		    bereq.http.X-Moniker-Organization;
		return (deliver);
	}
	EOT
} >"$dir/try.vcl"
rm -f "$dir/cc/vgc.so"
adm vcl.load manual "$dir/try.vcl" >"$dir/adm.log" ||
    cat "$dir/adm.log" >&2
adm vcl.use manual >/dev/null || fail "the example does not load"
test "$(ask "$URL/thumb/-_logo_-/slug.jpg")" = \
    "/thumb/$(hash_of 5).jpg of demo" || fail "the example does not serve"
ask -I "$URL/thumb/-_logo_-.jpg" | grep -q "^Cache-Control: public, max-age=60" ||
    fail "no Cache-Control"
test "$(ask -o /dev/null -w '%{http_code}' "$URL/thumb/-_no_-.jpg")" = 404 ||
    fail "an unknown alias is not 404"
