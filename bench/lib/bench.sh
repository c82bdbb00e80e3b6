# SPDX-License-Identifier: BSD-2-Clause
# What the benchmarks in bash have in common; sourced. They end with
# "exit $missed".

missed=0
# What is no number misses.
goal() { # NAME VALUE <|<=|>= WANTED
	local said=met

	awk -v v="$2" -v o="$3" -v w="$4" 'BEGIN {
		if (v !~ /^[0-9.]+$/) exit 1
		v += 0; w += 0
		exit !(o == ">=" ? v >= w : o == "<=" ? v <= w : v < w)
	}' || said=missed
	test $said = met || missed=1
	echo "goal $1: $2 (wanted $3 $4): $said"
}

# A daemon of its own in folder $dir; leaves its pid in $daemon.
daemon_start() { # [SETTING...]
	{
		for key in map_dir store_dir; do
			echo "$key = \"$dir/${key%_dir}\""
		done
		for name in image api local; do
			echo "${name}_socket = \"$dir/$name.sock\""
		done
		echo "ready_file = \"$dir/ready\""
		printf '%s\n' "$@"
	} >"$dir/monikerd.conf"
	"$BUILD/daemon/monikerd" -f "$dir/monikerd.conf" 2>"$dir/log" &
	daemon=$!
	until test -e "$dir/ready"; do
		kill -0 "$daemon" || { cat "$dir/log"; exit 1; }
		sleep 0.02
	done
}
