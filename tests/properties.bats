#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Properties and private state against what the kernel says by getsockopt() and ss.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns
load lib/trace

FIELDS=+all,+ca

# bpftrace sees all of the machine, and with it the suite of another build.
setup() {
	skip_unless_root
	netns_pair_up
	PORT=$((20000 + BASHPID % 10000))
}

# talk ALGORITHM OPTION...: a traced connection from a to b that uses it; what the
# kernel said of it is in client.out, the trace in trace.out.
talk() {
	local algorithm=$1
	shift
	export PYTHONDONTWRITEBYTECODE=1
	proc_start peer in_b python3 "$TCC_TESTS/properties/peer.py" "$PORT"
	wait_for "grep -q ready '$NETNS_DIR/peer.out'" 20
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

# bats test_tags=plain
@test "reno: each property equal to TCP_INFO and ss, idle and in Loss" {
	equal_for reno
}

# bats test_tags=plain
@test "cubic: each property equal to TCP_INFO and ss, idle and in Loss" {
	equal_for cubic
}

# bats test_tags=plain
@test "bbr: each property equal to TCP_INFO and ss, idle and in Loss" {
	equal_for bbr
}

# bats test_tags=plain
@test "CUBIC: its private state is what bpftrace reads in the kernel" {
	needs_algorithm cubic
	skip_without bpftrace
	[ "$(printf '\1\0' | od -An -tu2 | tr -d ' ')" = 1 ] || skip "its awk knows little-endian words"
	netns_bottleneck 20mbit 60kB
	IPERF_PORT=$PORT
	iperf_server_start
	proc_start bpftrace bpftrace "$TCC_TESTS/properties/cubic.bt" "$PORT"
	wait_for "grep -q Attaching '$NETNS_DIR/bpftrace.out' || ! proc_is_running bpftrace" 20
	sleep 1
	trace_start --csv --netns="$NETNS_A" --dport="$PORT" --cc=cubic \
		--fields=snd_nxt,snd_una,snd_cwnd,ca.cnt,ca.last_max_cwnd,ca.bic_origin_point,ca.bic_K
	iperf_client --time 3 --congestion cubic >/dev/null
	trace_stop
	proc_stop bpftrace INT
	cat "$NETNS_DIR/trace.err" "$NETNS_DIR/bpftrace.err"
	awk -f "$TCC_TESTS/properties/cubic.awk" "$NETNS_DIR/bpftrace.out" "$NETNS_DIR/trace.out"
}

# toy_start: register the algorithm of tests/toy_cc.bpf.c as long as the pair is up.
toy_start() {
	local fifo=$NETNS_DIR/toy.stdin
	mkfifo "$fifo"
	# The name is the machine's: another test may have it for a while.
	for _ in 1 2 3 4 5; do
		# shellcheck disable=SC2016 # for the inner shell; <> never ends
		proc_start toy bash -c 'exec "$0" "$1" <>"$2"' "$TCC_BUILD/tests/toy_cc" \
			"$TCC_BUILD/tests/toy_cc.bpf.o" "$fifo"
		wait_for "grep -q ready '$NETNS_DIR/toy.out' || ! proc_is_running toy" 20
		grep -q ready "$NETNS_DIR/toy.out" && return
		sleep 1
	done
	# One of that name left behind is a fault, no refusal.
	cat "$NETNS_DIR/toy.err"
	! grep -q 'File exists' "$NETNS_DIR/toy.err" || return 1
	skip "this kernel takes no BPF algorithm: $(tail -n 1 "$NETNS_DIR/toy.err")"
}

@test "an algorithm that is a BPF program: its private state by --ca-struct" {
	toy_start
	netns_bottleneck 50mbit 1000kB
	talk tcc_toy --ca-struct=toy
	compare
	python3 - "$NETNS_DIR/trace.out" <<-'END'
		import json, sys
		records = [json.loads(line) for line in open(sys.argv[1])]
		probes = [r for r in records if r.get("ca.n_acked") is not None]
		assert len(probes) == len(records) > 100, (len(probes), len(records))
		acked = [r["ca.n_acked"] for r in probes]
		assert acked == sorted(acked) and acked[-1] > 1000, acked[-1]
		# What toy_init() sets: a signed bit field, and an unsigned one.
		assert {r["ca.delta"] for r in probes} == {-5}
		assert {r["ca.phase"] for r in probes} == {1, 2}
		for r in probes:
		    assert (r["ca.phase"] == 2) == (r["ca.n_lost"] > 0), r
		    assert r["ca.is_capped"] == 0 or r["snd_cwnd"] >= 20 or r["ca_state"] != "Open", r
		idle = next(r for r in probes if r["length"] == 1)
		# 64 bits wide: a string in JSON.
		assert int(idle["ca.last_ack"]) == idle["snd_una"] and idle["ca.is_capped"] == 1, idle
		END
}

# A short traced connection that uses $ALGORITHM, and what the trace says.
trace_iperf() {
	export PYTHONDONTWRITEBYTECODE=1
	iperf_server_start
	trace_start --json --netns="$NETNS_A" --dport="$IPERF_PORT" "$@"
	iperf_client --bytes 4M --congestion "$ALGORITHM" >/dev/null
	trace_stop
	cat "$NETNS_DIR/trace.err"
	[ "$PROC_STATUS" -eq 0 ]
	[ "$(lines "$NETNS_DIR/trace.out")" -gt 10 ]
}

@test "an algorithm whose state is not known: named once, the trace goes on" {
	ALGORITHM=tcc_toy
	toy_start
	trace_iperf --fields=+cc,+ca
	[ "$(grep -c "the private state of algorithm 'tcc_toy' is not shown" "$NETNS_DIR/trace.err")" -eq 1 ]
	grep -q '"cc":"tcc_toy"' "$NETNS_DIR/trace.out"
	run ! grep -q '"ca\.' "$NETNS_DIR/trace.out"
}

@test "a member that an algorithm's structure lacks: named once, the others are there" {
	ALGORITHM=cubic
	needs_algorithm cubic
	trace_iperf --fields=cc,ca.cnt,ca.nothing --cc=cubic
	[ "$(grep -c -F "ca.nothing" "$NETNS_DIR/trace.err")" -eq 1 ]
	grep -qF "warning: --fields: 'ca.nothing': struct bictcp has no such member" "$NETNS_DIR/trace.err"
	jq -e -s 'all(has("ca.cnt") and ."ca.nothing" == null)' "$NETNS_DIR/trace.out"
}

# refused MESSAGE OPTION...
refused() {
	run -2 "$TCC_TRACE" --duration=0.1 --port=1 "${@:2}"
	echo "$output"
	[ "$output" = "tcc-trace: $1" ]
}

@test "options of private state where there is none, and both ca and a member, are refused" {
	refused "--ca-struct: expected ca, or a member of it, among --fields" --ca-struct=x
	refused "--ca-btf: expected ca, or a member of it, among --fields" --json --ca-btf=/dev/null
	refused "--fields: 'ca': has all members: expected it, or some of them" --json --fields=+ca,ca.x
	refused "--fields: 'ca': has all members: expected it, or some of them" --json --fields=ca.x,ca
	refused "--fields: 'ca': the columns of CSV are the same in all lines: expected members of it, as ca.MEMBER" \
		--csv --fields=+ca
}

@test "a corrupt --ca-btf: named once" {
	head -c 5000 /dev/urandom >"$NETNS_DIR/btf"
	run "$TCC_TRACE" --json --fields=+ca --ca-btf="$NETNS_DIR/btf" --port=1 --duration=0.1
	echo "$status $output"
	[ "$(grep -c -e '--ca-btf:' <<<"$output")" -eq 1 ]
}
