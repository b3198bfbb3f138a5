#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# make bench works: one short round, in which each row of its tables is there and holds
# numbers. What they are is not judged: this is no time to measure.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns

# row TEXT N: the row that begins so has N numbers behind it, each above 0.
row() {
	local line
	line=$(grep -F -- "$1" <<<"$output") || {
		echo "no row '$1'"
		return 1
	}
	awk -v line="${line#*"$1"}" -v n="$2" 'BEGIN {
		split(line, value, " ")
		for (i = 1; i <= n; i++)
			if (value[i] !~ /^[0-9.]+$/ || value[i] <= 0) {
				print "not a number above 0:", line
				exit 1
			}
	}'
}

@test "bench-format: a row for each format and for what it is compared with" {
	local what
	run -0 env TCC_SHORT=yes "$TCC_BUILD/bench/format"
	echo "$output"
	for what in 'json, event to line' 'csv, event to line' 'text, event to line' \
		'tcpprobe, event to line' 'json, formatting alone' 'one snprintf' \
		'jansson pack + dumpb'; do
		row "$what " 2
	done
	for what in 'json, million' 'csv, million' 'text, million' 'jansson / json' \
		'one snprintf / json'; do
		grep -qE "^$what.* +[0-9]+\.[0-9]{2} [Mx] asked " <<<"$output"
	done
}

# bench PART: without words on stderr, as of a part that stopped early.
bench() {
	skip_unless_root
	command -v iperf3 >/dev/null || skip "needs iperf3"
	run -0 env TCC_SHORT=yes "TCC_BENCH=$TCC_BUILD/bench" \
		bash "$TCC_TESTS/../bench/bench.sh" "$1"
	echo "$output"
	[[ $output != *"bench: "* ]]
}

@test "bench-cost: median, least and events of each program, and their ratios" {
	local what
	bench cost
	for what in 'an empty program' 'the same event through a BPF ring buffer' 'tcc-trace' \
		'tcc-trace --port=1, which nothing matches' 'tcc-trace -F +ca,all, all properties' \
		'tcc-trace -e close, which adds up'; do
		row "  $what  " 3
	done
	! command -v bpftrace || row '  bpftrace, the same text  ' 3
	row '(tcc-trace - empty) / (ring buffer - empty)' 1
	row '  tcc-trace / empty' 1
}

@test "bench-cpu: the time of an event written as text" {
	bench cpu
	row '  tcc-trace  ' 2
	! command -v bpftrace || row '  bpftrace, the same text  ' 2
}

@test "bench-idle and bench-start: wakes, milliseconds, memory" {
	bench idle
	grep -qE '^  with a filter that nothing matches +[0-9]+ ' <<<"$output"
	bench start
	row '  attached after, ms' 1
	row '  peak resident memory, MB' 1
	row '  kernel memory of its maps, MB' 1
}

@test "bench-read: a row for each program that is there, the others said; --since" {
	local form
	skip_without python3
	run -0 env TCC_SHORT=yes python3 "$TCC_TESTS/../bench/read.py" "$TCC_TRACE" \
		"$TCC_BUILD/tests/replay" "$TCC_BUILD/tests/node"
	echo "$output"
	for form in json csv; do
		row "tcc-trace, $form" 3
		! command -v mlr || row "Miller, $form" 3
		grep -qE "^  DuckDB, $form +([0-9]+ |skipped: )" <<<"$output"
	done
	if command -v jq; then
		row 'jq, json' 3
		row 'tcc-trace / jq, json' 1
	else
		grep -q 'jq, json .*skipped: jq is not installed' <<<"$output"
	fi
	row 'csv / json' 1
	row 'all of it / --since' 1
}
