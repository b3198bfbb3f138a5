#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Properties and private state against what the kernel says by getsockopt() and ss.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

PORT=7101
FIELDS=+all,+ca

# talk ALGORITHM OPTION...: a traced connection from a to b that uses it; what the
# kernel said of it is in client.out, the trace in trace.out.
talk() {
	local algorithm=$1
	shift
	export PYTHONDONTWRITEBYTECODE=1
	proc_start peer in_b python3 "$TCC_TESTS/properties/peer.py" "$PORT"
	wait_for "grep -q ready '$NETNS_DIR/peer.out'" 10
	trace_start --json --fields="$FIELDS" --netns="$NETNS_A" --dport="$PORT" --buffer=8M "$@"
	in_a python3 "$TCC_TESTS/properties/client.py" "$B_IP4" "$PORT" "$algorithm" \
		"$NETNS_ROUTER" "$(own_cgroup)" >"$NETNS_DIR/client.out"
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	cat "$NETNS_DIR/trace.err"
	check_account "$(lines "$NETNS_DIR/trace.out")"
	[ "$(summary lost)" -eq 0 ]
}

# The number of this shell's cgroup, of version 2; 0 without.
own_cgroup() {
	local top path
	top=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	path=$(sed -n 's/^0:://p' /proc/self/cgroup)
	stat -c %i "$top$path" 2>/dev/null || echo 0
}

compare() {
	run python3 "$TCC_TESTS/properties/compare.py" "$NETNS_DIR/trace.out" \
		"$NETNS_DIR/client.out"
	echo "$output"
	[ "$status" -eq 0 ]
}

needs_algorithm() {
	grep -qw "$1" /proc/sys/net/ipv4/tcp_available_congestion_control ||
		skip "this kernel has no $1"
}

equal_for() {
	needs_algorithm "$1"
	netns_bottleneck 20mbit 60kB
	talk "$1"
	compare
}

@test "reno: each property equal to TCP_INFO and ss, idle and in Loss" {
	equal_for reno
}

@test "cubic: each property equal to TCP_INFO and ss, idle and in Loss" {
	equal_for cubic
}

@test "bbr: each property equal to TCP_INFO and ss, idle and in Loss" {
	equal_for bbr
}
