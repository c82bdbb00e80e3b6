#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# ask.sh ADDRESS PORT HOST PATH TEXT: asks until the answer's body has TEXT.
. "${0%/*}/await.sh"

has_text() {
	curl -s --max-time 5 -H "Host: $3" "http://$1:$2$4" | grep -F "$5"
}
await has_text "$@"
