#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --changes and --interval: what they leave out says nothing new, and is counted.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

FIELDS=ktime,sport,dport,snd_cwnd,snd_nxt,snd_una,ssthresh,lost,ca_state

# compare_traces WHAT[,MS] OPTION...: two traces of one long transfer that loses segments,
# all and with OPTION..., event by event. An event that one of them missed, and counted as
# missed, moves what follows: only then it is tried again.
compare_traces() {
	local attempt
	export PYTHONDONTWRITEBYTECODE=1
	netns_bottleneck 20mbit 60kB
	iperf_server_start
	for attempt in 1 2 3 4 5; do
		trace_once "${@:2}"
		compare "$1" && return
		[ "$(summary missed)$(summary missed "$NETNS_DIR/full.err")" != 00 ] || return 1
		echo "attempt $attempt: there are missed events"
	done
	return 1
}

# The one of all events begins first, and ends last.
trace_once() {
	proc_start full "$TCC_TRACE" --csv --fields="$FIELDS" --port "$IPERF_PORT" --buffer=8M
	wait_attached full
	trace_start --csv --fields="$FIELDS,skipped" --port "$IPERF_PORT" "$@"
	iperf_client --time 8 --congestion cubic >/dev/null
	wait_for all_closed 20
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	proc_stop full INT
	cat "$NETNS_DIR/trace.err" "$NETNS_DIR/full.err"
	check_account $(($(lines "$NETNS_DIR/trace.out") - 1))
	# All that the other one wrote is here written, filtered or missed.
	[ "$(summary written "$NETNS_DIR/full.err")" -le \
		$(($(summary written) + $(summary filtered) + $(summary missed))) ]
	[ "$(summary filtered)" -gt 0 ]
}

all_closed() {
	[ -z "$(in_b ss --no-header --tcp --numeric state all exclude listening exclude time-wait \
		"sport = :$IPERF_PORT")" ]
}

compare() {
	run python3 "$TCC_TESTS/thin/compare.py" "$1" "$NETNS_DIR/full.out" "$NETNS_DIR/trace.out"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "--changes: over ten times less, and the curve redrawn is the full one" {
	compare_traces changes --changes
	[[ $output =~ ([0-9]+)\.[0-9]\ times ]]
	[ "${BASH_REMATCH[1]}" -ge 10 ]
}

@test "--changes where programs have no socket storage" {
	sanitizer_options verify_asan_link_order=0
	export LD_PRELOAD=$TCC_BUILD/tests/other_kernel.so TCC_RELEASE=5.10.0
	compare_traces changes --changes
}

@test "--interval: one event in that time, none left out that was due, in recovery as well" {
	compare_traces interval,50 --interval=50ms
	# In recovery, where most is left out, there were events to leave out.
	[[ $output =~ ([0-9]+)\ left\ out\ in\ recovery ]]
	[ "${BASH_REMATCH[1]}" -ge 10 ]
}

# By the times of the records themselves: a moment between the decision and a record's
# time is seen where many are close to the limit.
@test "--interval: at 1 ms no record is a nanosecond too early" {
	iperf_server_start
	trace_start --csv --fields=cookie,ktime --port="$IPERF_PORT" --interval=1ms --buffer=8M
	iperf_client --time 4 >/dev/null
	trace_stop
	run awk -F, 'NR > 1 && $1 in last { n++; if ($2 - last[$1] < 1000000) early++ }
		NR > 1 { last[$1] = $2 }
		END { print early + 0 " of " n " too early"; exit early || n < 500 }' \
		"$NETNS_DIR/trace.out"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "skipped is a default field where events are left out, and only there" {
	run -0 "$TCC_TRACE" --csv --changes --duration 0.1 --port 1 --quiet
	[[ $output == *,lost,skipped ]]
	run -0 "$TCC_TRACE" --csv --interval=1s --duration 0.1 --port 1 --quiet
	[[ $output == *,lost,skipped ]]
	run -0 "$TCC_TRACE" --csv --duration 0.1 --port 1 --quiet
	[[ $output == *,lost ]]
	run -0 "$TCC_TRACE" --csv --changes --fields=-skipped --duration 0.1 --port 1 --quiet
	[[ $output == *,lost ]]
}
