# SPDX-License-Identifier: BSD-2-Clause
# Where a void * or a job of the store becomes an object, its magic number is
# checked, and no object has a magic number that nobody checks.
. "$srcdir/lib/await.sh" || exit 1
cd "$top_srcdir/daemon" || exit 1

checked="http/*.[ch] api/*.[ch] purge/*.[ch] store/*.[ch] *.[ch]"
pointer='(arg|[a-z]+->(arg|priv|link))'
bare=$(grep -nE "struct [a-z_]+ \*[a-z]+ = $pointer;" $checked
    grep -nE '\(struct [a-z_]+ \*\)([a-z]*job|read|arg)\b' $checked)
# What may be NULL is checked in the next lines.
bare=$(echo "$bare" | grep -v '^api/upload.c:.* = c->priv;$')
test -z "$bare" || fail "unchecked:
$bare"

n=0
for magic in $(sed -n 's/^#define \([A-Z_]*_MAGIC\)[[:space:]]*0x.*/\1/p' \
    */*.[ch] *.[ch]); do
	# What comes from another process is refused, not asserted.
	grep -qE "(CHECK_OBJ|CAST_OBJ)\(.*, $magic\)|[!=]= $magic" \
	    */*.[ch] *.[ch] ||
	    fail "nobody checks $magic"
	n=$((n + 1))
done
const=$(grep -rnE --include='*.[ch]' '\*\)\(uintptr_t\)' "." ../ctl ../map)
test -z "$const" || fail "const is dropped without TRUST_ME():
$const"
test $n -gt 40 || fail "only $n magic numbers were found"
