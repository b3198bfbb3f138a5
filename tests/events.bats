#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The kinds of events beside probe, what holds a sender back, and what a close
# says of a connection's life.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace
load lib/events

FIELDS=+all

# The suite of another build may run at the same time, and most traces see both.
setup() {
	skip_unless_root
	netns_pair_up
	own_port
}

serve() {
	export PYTHONDONTWRITEBYTECODE=1
	proc_start server in_b python3 "$TCC_TESTS/events/ends.py" serve "$PORT" "$1"
	wait_for "grep -q ready '$NETNS_DIR/server.out'" 20
}

trace_a() {
	trace_start --json --fields="$FIELDS" --netns="$NETNS_A" --dport="$PORT" --buffer=4M "$@"
}

# How many segments the namespace a has sent again.
retransmits() {
	in_a nstat -asz TcpRetransSegs | awk '$1 == "TcpRetransSegs" { print $2 }'
}

# bats test_tags=plain
@test "what comes on pid 1 is let off only where nothing of pid 1 was written" {
	FTRACE_INSTANCE=$BATS_TEST_TMPDIR
	# The second is of pid 1.
	cat >"$FTRACE_INSTANCE/trace" <<-END
		# entries-in-buffer/entries-written: 4/4   #P:2
		     a-b c-12    [000] ..s1.    10.000001: tcp_probe: family=AF_INET src=10.0.0.1:5000 dest=10.0.0.2:$PORT mark=0
		  systemd-1     [001] ..s1.    10.000101: tcp_probe: family=AF_INET src=10.0.0.1:5000 dest=10.0.0.2:$PORT mark=0
		     a-b c-12    [000] ..s1.    10.000201: tcp_retransmit_skb: family=AF_INET sport=5000 dport=$PORT saddr=10.0.0.1
		     a-b c-12    [000] ..s1.    10.000301: tcp_probe: family=AF_INET src=10.0.0.1:$PORT dest=10.0.0.2:5000 mark=0
	END
	compared() {
		printf '{"event":"%s","ktime":"%s","sport":5000,"dport":'"$PORT"'}\n' "$@" \
			>"$NETNS_DIR/trace.out"
		ftrace_compare --dport | head -n 2 | paste -sd ' '
	}
	[ "$(compared probe 10000001300 retransmit 10000200600)" = 'probe 1 2 1 retransmit 1 1 0' ]
	[ "$(compared probe 10000101300 retransmit 10000200600)" = 'probe 1 2 0 retransmit 1 1 0' ]
	# Of any kind.
	sed -i '/retransmit/s/a-b c-12/systemd-1/' "$FTRACE_INSTANCE/trace"
	[ "$(compared probe 10000001300 retransmit 10000200600)" = 'probe 1 2 0 retransmit 1 1 0' ]
	[ "$(ftrace_compare --port | head -n 1)" = 'probe 1 3 0' ]
	unset FTRACE_INSTANCE
}

@test "a bottleneck: congestion states in order, each retransmit that nstat counts" {
	local before n untraceable=0 gaps=0
	netns_bottleneck 20mbit 60kB
	# One packet a segment: of several, cut and joined again by SACKs, the length
	# does not tell how many nstat counts.
	ip -n "$NETNS_A" link set "$NETNS_DEV" gso_max_segs 1
	serve sink
	ftrace_start "$AT_PORT" || :
	before=$(retransmits)
	trace_a --events=all
	ends in_a send "$B_IP4" "$PORT" bulk 3 reno
	finish
	n=$(($(retransmits) - before))
	[ -z "${FTRACE_INSTANCE:-}" ] || {
		ftrace_compare --dport >"$NETNS_DIR/compared"
		untraceable=$(awk '$1 == "retransmit" { print $4 }' "$NETNS_DIR/compared")
		gaps=$(awk '$1 == "ca_state" { print $4 }' "$NETNS_DIR/compared")
	}
	echo "nstat $n, untraceable $untraceable, and states $gaps"
	check recovery $((n - untraceable)) "$gaps"
}

@test "a blackholed path: tail-loss probe, timeouts, Loss, and back" {
	serve sink
	trace_a --events=all
	ends in_a send "$B_IP4" "$PORT" tail 1 reno
	finish
	check blackhole
}

# limited WHAT SERVER HOW ALGORITHM
limited() {
	serve "$2"
	trace_a
	ends in_a send "$B_IP4" "$PORT" "$3" 2 "$4"
	proc_stop server
	trace_stop
	check limited_by "$1"
}

# bats test_tags=plain
@test "limited_by: cwnd" {
	netns_bottleneck 20mbit 500kB
	limited cwnd sink bulk reno
}

# bats test_tags=plain
@test "limited_by: rwnd" {
	limited rwnd slow bulk reno
}

# bats test_tags=plain
@test "limited_by: sndbuf" {
	netns_bottleneck 20mbit 500kB
	limited sndbuf sink sndbuf reno
}

# bats test_tags=plain
@test "limited_by: app" {
	limited app sink app reno
}

# bats test_tags=plain
@test "limited_by: maxpace" {
	limited maxpace sink pacing reno
}

# bats test_tags=plain
@test "limited_by: recovery" {
	netns_bottleneck 10mbit 30kB
	limited recovery sink bulk reno
}

@test "a server that writes and closes at once is followed to its end" {
	serve page
	trace_start --json --fields="$FIELDS" --netns="$NETNS_B" --sport="$PORT" --events=all
	[ "$(ends in_a fetch "$B_IP4" "$PORT")" -eq 50000 ]
	wait_for "grep -q '\"event\":\"close\"' '$NETNS_DIR/trace.out'" 20
	finish
	check life
}

@test "a reset: sent by one end, received by the other" {
	serve sink
	proc_start other "$TCC_TRACE" --json --fields="$FIELDS" --netns="$NETNS_B" --sport="$PORT" \
		--events=reset,close
	wait_attached other
	trace_a --events=reset
	ends in_a send "$B_IP4" "$PORT" reset 0.2 reno
	wait_for "grep -q close '$NETNS_DIR/other.out'" 20
	finish
	proc_stop other INT
	cat "$NETNS_DIR/other.err"
	check reset sent
	mv "$NETNS_DIR/other.out" "$NETNS_DIR/trace.out"
	check reset received
	[ "$(grep -c '"event":"close"' "$NETNS_DIR/trace.out")" -eq 1 ]
}

@test "close: a connection that its own end aborts has one, with its totals" {
	serve sink
	trace_a --events=close
	ends in_a send "$B_IP4" "$PORT" reset 0.2 reno
	wait_for "grep -q close '$NETNS_DIR/trace.out'" 20
	finish
	check one_close
}

@test "close: what began before the trace is partial, and says what was watched" {
	export GO_ON=$NETNS_DIR/go-on
	serve sink
	trace_start --json --events=close --port="$PORT"
	proc_start sender in_a python3 "$TCC_TESTS/events/ends.py" send "$B_IP4" "$PORT" halves 20 reno
	wait_for "grep -q halfway '$NETNS_DIR/sender.out'" 20
	proc_start late "$TCC_TRACE" --json --events=close --port="$PORT"
	wait_attached late
	touch "$GO_ON"
	wait_for "[ \"\$(cat '$NETNS_DIR/trace.out' '$NETNS_DIR/late.out' | wc -l)\" -eq 4 ]" 20
	proc_stop late INT
	finish
	check watched "$PORT" "$(<"$NETNS_DIR/late.out")"
}

@test "close: an attempt to connect that is refused has one" {
	trace_a --events=state,close
	run ! in_a bash -c "exec 3<>/dev/tcp/$B_IP4/$PORT"
	wait_for "grep -q '\"event\":\"close\"' '$NETNS_DIR/trace.out'" 20
	finish
	jq -e -s 'length == 3 and .[1].old_state == "SYN_SENT" and .[1].new_state == "CLOSE" and
		.[2].event == "close" and .[2].sport == .[1].sport and .[2].bytes_sent == 0' \
		"$NETNS_DIR/trace.out"
}

@test "close: totals equal TCP_INFO, and the sum of the stream" {
	local info
	netns_bottleneck 20mbit 60kB
	serve sink
	trace_a --events=probe,close,state,ca_state
	info=$(ends in_a send "$B_IP4" "$PORT" bulk 2 cubic)
	finish
	check totals "$info"
}

# No memory for options in the namespace a: none to remember a socket by.
refuse_memory() {
	ip netns exec "$NETNS_A" test -e /proc/sys/net/core/optmem_max ||
		skip "this kernel has one net.core.optmem_max for all namespaces"
	netns_set "$NETNS_A" core/optmem_max "$1"
}

# closes HOW...: of each connection that sends so, in turn, one close, which has no
# totals, as nothing was remembered; and it is said, once.
closes_of() {
	local how
	for how; do
		ends in_a send "$B_IP4" "$PORT" "$how" 0.3 reno >/dev/null
	done
	wait_for "[ \"\$(grep -c '\"event\":\"close\"' '$NETNS_DIR/trace.out')\" -ge $# ]" 20
	finish
	[ "$(grep -c 'no memory to remember some connections' "$NETNS_DIR/trace.err")" -eq 1 ]
	jq -e -s 'map(select(.event == "close")) | length == '$#' and all(.duration_ms == null and
		.cwnd_max == null and .bytes_sent > 20000 and .sport > 0 and .saddr == "'"$A_IP4"'")' \
		"$NETNS_DIR/trace.out"
}

@test "close: memory refused by net.core.optmem_max loses the totals, never the record" {
	serve sink
	refuse_memory 0
	trace_start --json --fields="$FIELDS" --events=state,close --dport="$PORT"
	closes_of reset bulk reset bulk
	grep 'their closes have no totals' "$NETNS_DIR/trace.err"
}

@test "close: memory refused by a socket full of options loses the totals, never the record" {
	serve sink
	refuse_memory 16384	# filters are no longer than 4096 instructions
	trace_start --json --fields="$FIELDS" --events=close --dport="$PORT"
	closes_of full-reset full-bulk
}

@test "close: of sockets that are closed long after the end, one each" {
	serve page
	refuse_memory 0
	trace_start --json --fields="$FIELDS" --events=state,close --netns="$NETNS_A" --dport="$PORT"
	in_a bash -c "exec 3<>/dev/tcp/$B_IP4/$PORT && cat <&3 >/dev/null && sleep 0.3 && exec 3<&-
		exec 3<>/dev/tcp/$B_IP4/$PORT && cat <&3 >/dev/null"
	finish
	[ "$(grep -c '"event":"close"' "$NETNS_DIR/trace.out")" -eq 2 ]
}

@test "--changes where memory is refused leaves nothing out, and says so" {
	serve sink
	refuse_memory 0
	trace_start --json --fields=snd_nxt,skipped --changes --dport="$PORT"
	ends in_a send "$B_IP4" "$PORT" bulk 0.3 reno >/dev/null
	trace_stop
	check_account "$(lines "$NETNS_DIR/trace.out")"
	[ "$(summary filtered)" -eq 0 ] || [ "$(lines "$NETNS_DIR/trace.out")" -gt 100 ]
	[ "$(grep -c 'no memory to remember some connections' "$NETNS_DIR/trace.err")" -eq 1 ]
	jq -e -s 'length > 100 and all(.skipped == 0)' "$NETNS_DIR/trace.out"
}

@test "an aborted connection is one, and the reset after its close is of it" {
	serve sink
	trace_a --events=state,reset,close
	ends in_a send "$B_IP4" "$PORT" reset 0.2 reno
	wait_for "grep -q '\"event\":\"reset\"' '$NETNS_DIR/trace.out'" 20
	finish
	grep -q '^tcc-trace: 1 connection in' "$NETNS_DIR/trace.err"
	# Its timer goes on.
	[ "$(jq -s '[.[] | select(.event == "reset")][0].conn_ms >= [.[] | select(.event == "close")][0].conn_ms' \
		"$NETNS_DIR/trace.out")" = true ]
}

@test "the connections of one socket, one after the other, are several" {
	serve sink
	trace_a --events=all
	proc_start closes "$TCC_TRACE" --json --fields="$FIELDS" --netns="$NETNS_A" --dport="$PORT" \
		--events=close
	wait_attached closes
	ends in_a again "$B_IP4" "$PORT" 3
	finish
	proc_stop closes INT
	grep '^tcc-trace: 3 connections in' "$NETNS_DIR/trace.err"
	grep '^tcc-trace: 3 connections in' "$NETNS_DIR/closes.err"
	check lives 3
	mv "$NETNS_DIR/closes.out" "$NETNS_DIR/trace.out"
	check lives 3
}

# bats test_tags=plain
@test "a segment that does not leave is not sent again" {
	local before
	serve sink
	before=$(retransmits)
	# So slow that what is to be sent again is still queued below TCP.
	tc -n "$NETNS_A" qdisc add dev "$NETNS_DEV" root tbf rate 1kbit burst 1600 latency 100s
	trace_a --events=retransmit
	in_a timeout 4 bash -c "exec 3<>/dev/tcp/$B_IP4/$PORT && head -c 4000 /dev/zero >&3 && sleep 3" || :
	trace_stop
	cat "$NETNS_DIR/trace.err"
	check_kinds
	in_a nstat -asz TcpExtTCPSpuriousRtxHostQueues
	[ "$(lines "$NETNS_DIR/trace.out")" -le $(($(retransmits) - before)) ]
}

@test "private state is absent until the algorithm has begun" {
	grep -qw bbr /proc/sys/net/ipv4/tcp_available_congestion_control ||
		skip "this kernel has no bbr"
	FIELDS=event,cc,new_state,bbr_mode,bbr_min_rtt,+ca
	serve sink
	trace_a --events=state,probe
	ends in_a send "$B_IP4" "$PORT" bulk 0.2 bbr
	finish
	jq -e -s '(.[0] | .new_state == "SYN_SENT" and .cc == "bbr" and .bbr_mode == null and
		.bbr_min_rtt == null and (keys | all(startswith("ca.") | not))) and
		(map(select(.event == "probe")) |
		length > 10 and all(.bbr_mode != null and has("ca.mode")))' "$NETNS_DIR/trace.out"
}

@test "without socket cookies, a connection that gets its port late is one" {
	serve sink
	FIELDS=+cookie,+old_state,+duration_ms
	on_kernel_5_10 trace_a --events=probe,state,close
	ends in_a send "$B_IP4" "$PORT" bulk 0.2 reno
	finish
	grep -q '^tcc-trace: 1 connection in' "$NETNS_DIR/trace.err"
	# What comes without its port cannot be told from others: it begins no connection.
	jq -e -s '.[0].old_state == "CLOSE" and .[0].sport == 0 and .[0].conn_ms == 0 and
		.[1].sport > 0 and .[1].conn_ms == 0 and .[2].conn_ms > 0 and
		all(.cookie == null) and
		(map(select(.event == "close")) | length == 1 and
		(.[0].conn_ms - .[0].duration_ms | fabs) < 5)' "$NETNS_DIR/trace.out"
}

# The ring buffers of the trace, of all CPUs together, in bytes.
rare_bytes() {
	awk '$1 == "map_type:" { type = $2 } $1 == "max_entries:" && type == 27 { print $2 }' \
		"/proc/$(proc_pid trace)"/fdinfo/*
}

# What the default is here: a 256th of the memory, at most 16 MiB.
default_rare_bytes() {
	awk -v bytes="$(($(getconf _PHYS_PAGES) * $(getconf PAGESIZE) / 256))" 'BEGIN {
		for (most = 1048576; most * 2 <= bytes && most < 16777216; most *= 2);
		print most
	}'
}

@test "the rare kinds' buffer is as large as --buffer says, by default as the machine allows" {
	local n_cpus
	n_cpus=$(grep -c '^processor' /proc/cpuinfo)
	trace_start --events=retransmit --buffer=16M
	[ "$(rare_bytes)" -gt $((8 * n_cpus << 20)) ]
	[ "$(rare_bytes)" -le $((16 * n_cpus << 20)) ]
	trace_stop
	trace_start --events=retransmit
	[ "$(rare_bytes)" -eq "$(default_rare_bytes)" ]
	trace_stop
	# A doorbell needs a page.
	trace_start --events=probe --port=1
	[ "$(rare_bytes)" -eq "$(getconf PAGESIZE)" ]
	trace_stop
}

# burst N OPTION...: N connections end at once; none of their closes is lost at the
# default. With STOPPED=yes not even where the reader does not get a CPU meanwhile.
burst() {
	local n=$1
	shift
	closes_on_init_start
	export PYTHONDONTWRITEBYTECODE=1
	trace_start --json --netns="$NETNS_A" --port="$PORT" "$@"
	proc_start hold in_a python3 "$TCC_TESTS/events/ends.py" hold "$PORT" "$n"
	wait_for "grep -q held '$NETNS_DIR/hold.out'" 30
	[ -z "${STOPPED:-}" ] || kill -s STOP "$(proc_pid trace)"
	proc_stop hold KILL
	[ -z "${STOPPED:-}" ] || sleep 1
	[ -z "${STOPPED:-}" ] || kill -s CONT "$(proc_pid trace)"
	finish
	grep '"event":"close"' "$NETNS_DIR/trace.out" >"$NETNS_DIR/closes"
	echo "closes: $(lines "$NETNS_DIR/closes"), on pid 1: $(closes_on_init)"
	[ "$(lines "$NETNS_DIR/closes")" -ge $((2 * n - $(closes_on_init))) ]
}

@test "1,000 connections end at once: no close is lost" {
	burst 1000 --events=close
}

# bats test_tags=plain
@test "5,000 connections end at once: no close is lost" {
	burst 5000 --events=close
}

# bats test_tags=plain
@test "5,000 connections end at once while the reader stands still: no close is lost" {
	[ "$(default_rare_bytes)" -eq $((16 << 20)) ] || skip "needs a machine of 4 GiB"
	STOPPED=yes burst 5000 --events=state,close
}

# bats test_tags=plain
@test "5,000 connections end at once: no change of their state is lost, nor what is asked besides" {
	burst 5000 --events=state,close,retransmit,ca_state --fields=all
}

# missed KIND: how many runs of its program the kernel left out, of the whole machine.
missed() {
	sed -n "s/^tcc-trace: $1: .* missed \([0-9]*\).*/\1/p" "$NETNS_DIR/trace.err"
}

# bats test_tags=plain
@test "each kind: as many events as ftrace has of its tracepoint" {
	local kind ours theirs untraceable n=0
	netns_bottleneck 20mbit 60kB
	serve sink
	ftrace_start "$AT_PORT" || skip "needs instances of tracefs"
	trace_start --json --fields=event,ktime,sport,dport --port="$PORT" --buffer=4M --events=all
	ends in_a send "$B_IP4" "$PORT" bulk 1 cubic
	ends in_a send "$B_IP4" "$PORT" reset 0.2 reno
	finish
	ftrace_compare --port >"$NETNS_DIR/compared"
	while read -r kind ours theirs untraceable; do
		echo "$kind: $ours, missed at most $(missed "$kind"), ftrace: $theirs, untraceable: $untraceable"
		[ "$theirs" -gt 0 ] || continue
		n=$((n + 1))
		[ "$ours" -gt 0 ]
		[ "$ours" -le $((theirs - untraceable)) ]
		[ $((ours + $(missed "$kind"))) -ge $((theirs - untraceable)) ]
	done <"$NETNS_DIR/compared"
	[ "$n" -eq "$FTRACE_N_KINDS" ]
	# No tracepoint tells which of these are a connection's.
	[ "$(grep -c '"event":"reset"' "$NETNS_DIR/trace.out")" -eq 2 ]
	[ "$(grep -c '"event":"close"' "$NETNS_DIR/trace.out")" -eq 4 ]
}
