#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A running trace has no privilege left: neither capabilities nor the system
# calls that would serve to do harm.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

@test "after the start there is no capability, and none to be gained" {
	trace_start --port 1
	# The status line comes after the drop.
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		echo "$set $(status_of $set)"
		[ "$(status_of $set)" = 0000000000000000 ]
	done
	[ "$(status_of NoNewPrivs)" -eq 1 ]
}

@test "after the start a seccomp filter holds, and tracing works under it to its end" {
	confines_calls || skip "built without libseccomp, or with sanitizers"
	iperf_server_start
	trace_start --port "$IPERF_PORT"
	[ "$(status_of Seccomp)" -eq 2 ]
	iperf_client --time 1 >/dev/null
	kill -USR1 "$(proc_pid trace)"
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	check_account "$(lines "$NETNS_DIR/trace.out")"
	[ "$(summary written)" -gt 100 ]
}

@test "from inside, execve, bpf, ptrace and socket are refused" {
	confines_calls || skip "built without libseccomp, or with sanitizers"
	run -0 env LD_PRELOAD="$TCC_BUILD/tests/forbidden.so" "$TCC_TRACE" --duration 0.3 --port 1
	echo "$output"
	for call in execve bpf ptrace socket; do
		[[ $output =~ forbidden:\ $call:\ Operation\ not\ permitted ]]
	done
}
