#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a refused purge costs beside a GET of an alias, straight at the daemon: in
# its processor's time, as the time that passes is also the machine's.
set -eu
. "$SRC/bench/lib/purge.sh"
n=${1:-20000}

run_daemon "purges_alias = 1"
moniker_key
http 200 --unix-socket api.sock -X POST -H "Api-Key: $(cat key)" \
    -F "filedata=@$SRC/tests/images/red.png" http://api/sourceimages/demo
hash=$(field hash)
direct 201 PUT /sourceimages/demo/alias/logo -d "{\"hash\":\"$hash\"}"
direct 200 DELETE /sourceimages/demo/alias/logo/cache
direct 429 DELETE /sourceimages/demo/alias/logo/cache

alias=/sourceimages/demo/alias/logo
$client compare api.sock api "$(cat key)" "$daemon" "$n" GET $alias \
    DELETE $alias/cache >times
echo "call                us  of the daemon's processor"
{ read -r get get_cpu; read -r refused refused_cpu; } <times
printf '%-16s %5s  %5s\n' "GET of an alias" "$get" "$get_cpu" \
    "refused purge" "$refused" "$refused_cpu"
goal "refused/GET, processor" "$(awk "BEGIN { printf \"%.2f\",
    $refused_cpu / $get_cpu }")" "<" 1
exit $missed
