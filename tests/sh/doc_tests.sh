# SPDX-License-Identifier: BSD-2-Clause
# Each test that doc/ says holds something is there.
cd "$srcdir" || exit
failed=0

names() { # PAGE...: t_NAME, NAME.vtc, FOLDER/NAME.py, NAME.sh between ``
	grep -ohE '``(t_[a-z_]+|([a-z_]+/)*[a-z_]+\.(vtc|py|sh))``' "$@" |
	    tr -d '`' | sort -u
}

for name in $(names ../doc/architecture*.rst); do
	name=${name#tests/}
	case $name in
	t_*)	test -f "unit/$name.c" ;;
	*/*)	test -f "$name" ;;
	*)	test -n "$(find . -name "$name")" ;;
	esac || {
		echo "doc/ names the test $name, which is not there"
		failed=1
	}
done
test "$(names ../doc/architecture-security.rst | wc -l)" -gt 30 || failed=1
exit $failed
