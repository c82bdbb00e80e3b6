# SPDX-License-Identifier: BSD-2-Clause
# How tests in shell fail and wait; POSIX sh, sourced.

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# Waits for COMMAND to succeed, at most 60 s. What it said last is in await.log
# of $dir, or of the working directory.
await() {
	_n=0
	until "$@" >"${dir:-.}/await.log" 2>&1; do
		_n=$((_n + 1))
		test $_n -lt 1200 || {
			cat "${dir:-.}/await.log"
			fail "not in time: $*"
		}
		sleep 0.05
	done
}
