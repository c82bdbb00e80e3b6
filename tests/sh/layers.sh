# SPDX-License-Identifier: BSD-2-Clause
# A folder includes only its own headers and those of folders below it, as
# doc/architecture.rst lists them. And no two files of the daemon have one name.
. "$srcdir/lib/await.sh" || exit 1

# A folder, and those that it may include from besides its own.
below='base:
name:
expr:
map: base
url: name
vmod: map url name
daemon/log:
daemon/http: base daemon/log name
daemon/s3: base
daemon/store: base daemon/log daemon/s3 name
daemon/recipe: base expr url name
daemon/wire: base daemon/recipe
daemon/cage: base daemon/wire
daemon/worker: base daemon/recipe daemon/wire daemon/cage
daemon/render: base daemon/log daemon/recipe daemon/wire daemon/cage
daemon/fetch: base name daemon/log daemon/wire daemon/cage
daemon/purge: base daemon/log daemon/store name
daemon/hook: base daemon/log daemon/store daemon/fetch name
daemon/api: base conf daemon/log daemon/http daemon/store daemon/recipe daemon/render daemon/fetch daemon/purge daemon/hook url map name
daemon: base worker_main daemon/log daemon/http daemon/store daemon/render daemon/fetch daemon/cage daemon/purge daemon/hook daemon/api url map name
ctl: base name'

# Where an include of a file in FOLDER leads: the folder of the header.
folder_of() { # FOLDER HEADER
	for f in "$1" daemon url map vmod .; do
		if test -f "$top_srcdir/$f/$2"; then
			echo "$f/$2" | sed -e 's,^\./,,' -e 's,/[^/]*$,,'
			return
		fi
	done
}

n=0 wrong=0
for line in $(echo "$below" | tr ' ' ,); do
	from=${line%%:*}
	may=" $from $(echo "${line#*:}" | tr , ' ') "
	for file in "$top_srcdir/$from"/*.[ch]; do
		for header in $(sed -n 's/^#include "\(.*\)"$/\1/p' "$file"); do
			to=$(folder_of "$from" "$header")
			# Faces that stand beside the folders: of daemon/log,
			# and of the settings, which the API reads, too. Of the
			# worker others see only how it is entered.
			case $to/$header in
			daemon/log.h) to=daemon/log ;;
			daemon/obj.h) continue ;;	# includes nothing
			daemon/conf.h) test "$from" = daemon || to=conf ;;
			daemon/worker/worker/worker.h)
				test "$from" = daemon/worker || to=worker_main
				;;
			esac
			n=$((n + 1))
			case $may in
			*" $to "*) continue ;;
			esac
			# config.h and what vmodtool makes are of the build.
			test -n "$to" || continue
			echo "$from/${file##*/} includes $header of $to"
			wrong=$((wrong + 1))
		done
	done
done
test $n -gt 300 || fail "only $n includes were found"
test $wrong = 0 || fail "$wrong includes lead upward or sideways"

# A backtrace names files without their folders.
twice=$(find "$top_srcdir/daemon" -name '*.[ch]' | sed 's,.*/,,' | sort |
    uniq -d)
test -z "$twice" || fail "two files in daemon/ are called" $twice
