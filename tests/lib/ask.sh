#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# ask.sh ADDRESS PORT HOST PATH TEXT: asks until the answer's body has TEXT.
i=0
until curl -s --max-time 5 -H "Host: $3" "http://$1:$2$4" | grep -qF "$5"; do
	i=$((i + 1))
	if test $i -gt 200; then
		echo "ask.sh: $4 never answered \"$5\"" >&2
		exit 1
	fi
	sleep 0.05
done
