#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Cuts of the congestion window, as records of their own, beside the congestion states
# of which they are made.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace
load lib/events

PORT=7301
BASE=event,ktime,cookie,saddr,daddr,sport,dport,snd_cwnd,ssthresh,lost,cpu
FIELDS=$BASE,old_ca_state,new_ca_state,snd_ssthresh,prior_cwnd,undo_marker,cong_control,from,to,factor,cause

serve() {
	export PYTHONDONTWRITEBYTECODE=1
	proc_start server in_b python3 "$TCC_TESTS/events/ends.py" serve "$PORT" sink
	wait_for "grep -q ready '$NETNS_DIR/server.out'" 20
}

# Both at once: the states with what is made of them, and what is made alone.
trace_a() {
	serve
	proc_start alone "$TCC_TRACE" --json -F "$FIELDS" -e reduction --netns="$NETNS_A" --dport="$PORT"
	wait_attached alone
	trace_start --json -F "$FIELDS" -e ca_state,reduction --netns="$NETNS_A" --dport="$PORT"
}

# check_reductions RULE CAUSE...: finish; the causes are those, and no others; RULE of
# tests/events/reductions.py.
check_reductions() {
	finish
	proc_stop alone INT
	[ "$PROC_STATUS" -eq 0 ]
	grep "^tcc-trace: reduction: seen" "$NETNS_DIR/trace.err" "$NETNS_DIR/alone.err"
	run python3 "$TCC_TESTS/events/reductions.py" "$TCC_BUILD/tests/replay" \
		"$NETNS_DIR/trace.out" "$NETNS_DIR/alone.out" "$@"
	echo "$output"
	[ "$status" -eq 0 ]
	# Its account is its own, and has no line for what it is made of.
	[ "$(grep -c '^tcc-trace: [a-z_]*: seen' "$NETNS_DIR/alone.err")" -eq 1 ]
	grep -q "^tcc-trace: reduction: seen $(lines "$NETNS_DIR/alone.out") = written $(lines \
		"$NETNS_DIR/alone.out") + filtered 0 + lost 0 + missed 0" "$NETNS_DIR/alone.err"
}

@test "a bottleneck: each entry into Recovery or Loss has one, by half with reno" {
	netns_bottleneck 20mbit 60kB
	trace_a
	ends in_a send "$B_IP4" "$PORT" bulk 3 reno
	check_reductions 0.5 loss
}

@test "a bottleneck: by three tenths with cubic" {
	netns_bottleneck 20mbit 60kB
	trace_a
	ends in_a send "$B_IP4" "$PORT" bulk 3 cubic
	check_reductions 0.7 loss
}

@test "bbr sets no threshold" {
	grep -qw bbr /proc/sys/net/ipv4/tcp_available_congestion_control ||
		skip "this kernel has no bbr"
	netns_bottleneck 20mbit 10kB
	trace_a
	ends in_a send "$B_IP4" "$PORT" bulk 2 bbr
	check_reductions none loss
}

@test "a blackholed path: a timeout, told once however often the timer expires" {
	trace_a
	ends in_a send "$B_IP4" "$PORT" tail 1 reno
	check_reductions 0.5 timeout
}

# What goes from a to b is held for longer than a timeout, and nothing of it lost.
@test "all that is held for longer than a timeout and then let through: timeout, then undo" {
	local hold=(tc -n "$NETNS_ROUTER" qdisc change dev to-b root tbf burst 10kb limit 100mb)
	netns_bottleneck 20mbit 100mb
	trace_a
	proc_start load in_a python3 "$TCC_TESTS/events/ends.py" send "$B_IP4" "$PORT" bulk 60 cubic
	wait_for "in_a ss -Htni dport = :$PORT | grep -q 'bytes_acked:[0-9]\{6\}'" 30
	"${hold[@]}" rate 8bit
	wait_for "grep -q '\"cause\":\"timeout\"' '$NETNS_DIR/trace.out'" 20
	"${hold[@]}" rate 20mbit
	# The queue looks at its clock again when something more comes.
	in_a bash -c "echo >/dev/udp/$B_IP4/9"
	wait_for "grep -q '\"cause\":\"undo\"' '$NETNS_DIR/trace.out'" 20
	proc_stop load
	check_reductions 0.7 timeout undo
}
