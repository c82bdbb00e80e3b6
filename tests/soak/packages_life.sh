#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Inside of a Debian tree with the packages of / installed: the same again, an
# upgrade past a changed setting, removal, purge, and back. Run by packages.sh.
set -eu -o pipefail
export DEBIAN_FRONTEND=noninteractive
conf=/etc/moniker/monikerd.conf data=/var/lib/moniker
group=$(id -gn moniker)
vcl=$(sed -n 's/^LoadCredential=varnish-secret:\(.*\)secret/\1default.vcl/p' \
    /usr/lib/systemd/system/monikerd.service)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fail() { echo "FAILED: $*" >&2; tail -n 20 "$tmp/log" >&2; exit 1; }
does() { "$@" >"$tmp/log" 2>&1 || fail "$*"; }
is() { test "$1" = "$2" || fail "'$1' is not '$2'"; }
state() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || :; }

# The packages with another version and another default in the example.
next_version() { # VERSION
	local p

	for p in "${names[@]}"; do
		rm -rf "$tmp/$p"
		dpkg-deb -R /"${p}"_[0-9]*.deb "$tmp/$p"
		sed -i "s/^Version:.*/Version: $1/" "$tmp/$p/DEBIAN/control"
		test $p != moniker ||
		    echo "# of version $1" >>"$tmp/$p$conf"
		does dpkg-deb -b "$tmp/$p" "$tmp/$p.deb"
	done
}

names=(varnish-moniker moniker-doc moniker)
debs=(/moniker_[0-9]*.deb /moniker-doc_[0-9]*.deb /varnish-moniker_[0-9]*.deb)
install -d -o moniker -g "$group" -m 0700 $data
echo kept >$data/kept
uid=$(id -u moniker)
cp "$vcl" "$tmp/default.vcl"

does dpkg -i "${debs[@]}"
is "$(state moniker)" installed
for page in moniker/dashboard/index.html doc/moniker/html/index.html \
    doc/moniker/html/moniker-errors.7.html; do
	test -s /usr/share/$page || fail "no $page"
done

echo 'alias_swr = 77' >>$conf
next_version 0.1.1
does dpkg --force-confold -i "$tmp"/*.deb
grep -q 'alias_swr = 77' $conf || fail "an upgrade lost a setting"
does monikerd -t -f $conf
test -e $conf.dpkg-dist || fail "the new example is not beside it"

does dpkg -r "${names[@]}"
is "$(state moniker)" config-files
test -e $conf || fail "removal took the settings"
test ! -e /usr/sbin/monikerd || fail "removal left the daemon"
does dpkg --force-confold -i "${debs[@]}"
grep -q 'alias_swr = 77' $conf || fail "removal and installation lost it"

does dpkg -P "${names[@]}"
case $(state moniker) in
''|not-installed) ;;
*)	fail "purged, and yet it is $(state moniker)" ;;
esac
test ! -e /etc/moniker || fail "purged, but there is $(ls -A /etc/moniker)"
left=$(find /etc /usr /var -xdev -name '*moniker*' ! -path '/var/cache/*' \
    ! -path "$data*" ! -path '/var/backups/*')
test -z "$left" || fail "purged, and left: $left"
is "$(cat $data/kept)" kept
cmp "$vcl" "$tmp/default.vcl"

does dpkg -i "${debs[@]}"
is "$(id -u moniker)" "$uid"
is "$(stat -c %U $data)" moniker
! grep -q 'alias_swr = 77' $conf || fail "a purge kept a setting"
does monikerd -t -f $conf
rm $data/kept
echo "install, again, upgrade, remove, purge, and back: ok"
