#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a refused purge costs beside a GET of an alias, straight at the daemon.
set -eu
. "$SRC/bench/purge_lib.sh"
n=${1:-5000}

start_daemon <<-EOT
	purges_alias = 1
EOT
http 200 --unix-socket api.sock -X POST -H "Api-Key: $(cat key)" \
    -F "filedata=@$SRC/tests/images/red.png" http://api/sourceimages/demo
hash=$(field hash)
direct 201 PUT /sourceimages/demo/alias/logo -d "{\"hash\":\"$hash\"}"
direct 200 DELETE /sourceimages/demo/alias/logo/cache
direct 429 DELETE /sourceimages/demo/alias/logo/cache

key=$(cat key)
alias=/sourceimages/demo/alias/logo
refused=$($client rate api.sock api "$key" DELETE $alias/cache "$n")
get=$($client rate api.sock api "$key" GET $alias "$n")
again=$($client rate api.sock api "$key" DELETE $alias/cache "$n")
echo "call                     us"
echo "GET of an alias       $get"
echo "refused purge         $refused, again $again"
goal "refused/GET" "$(awk "BEGIN { printf \"%.2f\",
    ($refused < $again ? $refused : $again) / $get }")" 1
exit $missed
