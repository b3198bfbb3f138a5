#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sockets used in odd ways: of each kind of event all that ftrace has of its tracepoint is
# written, and what is seen is what ftrace counts on the whole machine.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns
load lib/trace
load lib/events

setup() {
	skip_unless_root
	netns_pair_up
	export PYTHONDONTWRITEBYTECODE=1
}

monotonic_ns() {
	python3 -c 'import time; print(time.monotonic_ns())'
}

begin_odd() {
	own_port
	proc_start server in_b python3 "$TCC_TESTS/odd/odd.py" serve "$PORT"
	wait_for "grep -q ready '$NETNS_DIR/server.out'" 20
	# Two: with probe and state together there are probes that no tracepoint tells of.
	local options=(--json "--fields=event,ktime,sport,dport" "--port=$PORT-$((PORT + 2))" --buffer=8M)
	ftrace_start || skip "needs instances of tracefs"
	trace_start --events=probe,retransmit,ca_state "${options[@]}"
	proc_start others "$TCC_TRACE" --events=state,close,reset "${options[@]}"
	wait_attached others
	BEGIN_NS=$(monotonic_ns)
}

# Once both ends of all connections are gone.
end_odd() {
	local namespace
	for namespace in in_a in_b; do
		wait_for "[ -z \"\$($namespace ss -Htn state all exclude time-wait exclude listening)\" ]" 20
	done
	END_NS=$(monotonic_ns)
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	proc_stop others INT
	[ "$PROC_STATUS" -eq 0 ]
	cat "$NETNS_DIR/trace.err" "$NETNS_DIR/others.err"
	python3 "$TCC_TESTS/odd/compare.py" "$PORT" "$BEGIN_NS" "$END_NS" "$FTRACE_INSTANCE/trace" \
		"$NETNS_DIR/trace" "$NETNS_DIR/others"
}

odd() {
	in_a python3 "$TCC_TESTS/odd/odd.py" "$1" "$B_IP4" "$PORT"
}

# written KIND: how many of it there are.
written() {
	cat "$NETNS_DIR/trace.out" "$NETNS_DIR/others.out" | grep -c "\"event\":\"$1\"" || :
}

@test "Fast Open: data in the SYN" {
	netns_set "$NETNS_B" ipv4/tcp_fastopen 3
	begin_odd
	odd fastopen
	end_odd
	[ "$(written close)" -ge 10 ]
}

@test "MPTCP: a connection of connections" {
	in_a test -e /proc/sys/net/mptcp/enabled || skip "this kernel has no MPTCP"
	begin_odd
	odd mptcp
	end_odd
	[ "$(written probe)" -ge 10 ]
}

@test "a socket that is connected to itself" {
	begin_odd
	odd self
	end_odd
	[ "$(written probe)" -ge 20 ]
}

@test "connections of one socket, disconnected and used again" {
	begin_odd
	ends in_a again "$B_IP4" "$PORT" 5
	end_odd
	[ "$(written close)" -ge 5 ]
}

@test "TCP_REPAIR: a connection goes on in another socket" {
	begin_odd
	odd repair
	end_odd
	[ "$(written probe)" -ge 2 ]
}

@test "orphans: closed with all to be sent yet, through a bottleneck" {
	netns_bottleneck 10mbit 60kB
	begin_odd
	odd orphans
	[ "$(in_a ss -Htn state fin-wait-1 | wc -l)" -ge 1 ]
	end_odd
	[ "$(written retransmit)" -ge 1 ]
}

@test "short connections, thousands of them" {
	local n
	n=$(long_or_short 20000 2000)
	export FTRACE_KB=131072
	begin_odd
	proc_stop server
	ends in_a many "$PORT" "$n"
	end_odd
	[ "$(written probe)" -ge "$n" ]
}
