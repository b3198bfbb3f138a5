#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The program on real connections: what it writes, what it filters, how it
# accounts for each event, however the trace ends.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

# A short transfer from a to b: some hundreds to thousands of events.
transfer() {
	iperf_client --bytes 30M "$@" >"$NETNS_DIR/iperf.txt"
}

# A pipe that somebody has open who reads nothing.
stuck_pipe() {
	mkfifo "$NETNS_DIR/pipe"
	proc_start reader bash -c "exec sleep 600 <>'$NETNS_DIR/pipe'"
}

# What of an output file lies between the connection's two ends only.
ends() {
	awk '{ print $8, $10 }' "$1" | sed 's/\.[0-9]* / /; s/\.[0-9]*$//' | sort -u
}

@test "a transfer is traced at both ends, each line as promised" {
	iperf_server_start
	trace_start --port "$IPERF_PORT"
	transfer
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	check_account "$(lines "$NETNS_DIR/trace.out")"
	[ "$(lines "$NETNS_DIR/trace.out")" -gt 100 ]
	[ "$(malformed_lines "$NETNS_DIR/trace.out")" -eq 0 ]
	grep -q " $A_IP4\.[0-9]* > $B_IP4\.$IPERF_PORT " "$NETNS_DIR/trace.out"
	grep -q " ::ffff:$B_IP4\.$IPERF_PORT > ::ffff:$A_IP4\.[0-9]* " "$NETNS_DIR/trace.out"
}

@test "the trace begins and ends with a status: what is traced, how fast it attached, how to stop" {
	trace_start --port 443 --dst '!10.0.0.0/8' -4
	trace_stop TERM
	[ "$PROC_STATUS" -eq 0 ]
	grep -E '^tcc-trace: tracing .*port 443.*not dst 10.0.0.0/8.* \(attached in [0-9]+ ms\); Ctrl-C stops$' \
		"$NETNS_DIR/trace.err"
	grep -E '^tcc-trace: [0-9]+ connections? in [0-9]+\.[0-9]{3} s$' "$NETNS_DIR/trace.err"
	[ "$(lines "$NETNS_DIR/trace.err")" -eq 3 ]
}

@test "--quiet says nothing" {
	run -0 "$TCC_TRACE" --quiet --duration 0.2 --port 1
	[ -z "$output" ]
}

# bats test_tags=plain
@test "the field host is this host's name" {
	iperf_server_start
	trace_start --port "$IPERF_PORT" --csv --no-header --fields=host
	iperf_client --bytes 1M >/dev/null
	trace_stop
	[ "$(sort -u "$NETNS_DIR/trace.out")" = "$(uname -n)" ]
}

# bats test_tags=plain
@test "IPv6 is traced, -4 leaves it out, -6 takes it alone" {
	[ -n "$A_IP6" ] || skip "no IPv6 here"
	iperf_server_start
	proc_start six "$TCC_TRACE" --port "$IPERF_PORT" -6
	proc_start four "$TCC_TRACE" --port "$IPERF_PORT" -4
	wait_for "grep -q attached '$NETNS_DIR/six.err' && grep -q attached '$NETNS_DIR/four.err'" 20
	iperf_client --client "$B_IP6" --bytes 1M >/dev/null
	transfer
	proc_stop six
	proc_stop four
	grep -q " $A_IP6\.[0-9]* > $B_IP6\.$IPERF_PORT " "$NETNS_DIR/six.out"
	grep -q " $A_IP4\.[0-9]* > $B_IP4\.$IPERF_PORT " "$NETNS_DIR/four.out"
	run -1 grep -qF " $A_IP4." "$NETNS_DIR/six.out"
	run -1 grep -qF " $A_IP6." "$NETNS_DIR/four.out"
	# A server on :: talks to IPv4 clients by v4-mapped addresses.
	grep -q " ::ffff:$B_IP4\.$IPERF_PORT > ::ffff:$A_IP4\.[0-9]* " "$NETNS_DIR/four.out"
}

# bats test_tags=plain
@test "filters choose by address, prefix, end, port, range; all the rest is counted" {
	iperf_server_start
	local -A expected=(
		["--src=$A_IP4 --dport=$IPERF_PORT"]="$A_IP4 $B_IP4"
		["--dst=10.198.1.0/24 --sport=$((IPERF_PORT - 1))-$((IPERF_PORT + 9))"]="::ffff:$B_IP4 ::ffff:$A_IP4"
		["--ip=10.198.0.0/16 --port=$IPERF_PORT --src=!10.198.2.0/24"]="$A_IP4 $B_IP4"
		["--ip=$B_IP4,192.0.2.1 --sport=!$IPERF_PORT --port=$IPERF_PORT"]="$A_IP4 $B_IP4"
	)
	local options name=0
	local -A names=()
	for options in "${!expected[@]}"; do
		names[$options]=t$((name++))
		# shellcheck disable=SC2086 # words
		proc_start "${names[$options]}" "$TCC_TRACE" $options
		wait_for "grep -q attached '$NETNS_DIR/${names[$options]}.err'" 20
	done
	transfer
	for options in "${!expected[@]}"; do
		local files="$NETNS_DIR/${names[$options]}"
		proc_stop "${names[$options]}"
		echo "$options: $(ends "$files.out")"
		[ "$(ends "$files.out")" = "${expected[$options]}" ]
		check_account "$(lines "$files.out")" "$files.err"
		[ "$(summary filtered "$files.err")" -gt 0 ]
	done
}

# On loopback the mark that a socket gives its packets arrives with them.
marked_transfer() {
	in_b python3 -c '
import socket, sys, threading
port = int(sys.argv[1])
server = socket.create_server(("127.0.0.1", port))
server.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 0x5678)
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 0x1234)
client.connect(("127.0.0.1", port))
peer, _ = server.accept()
peer.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 0x5678)
def serve():
    while peer.recv(4096):
        peer.send(b"y" * 512)
    peer.close()
thread = threading.Thread(target=serve)
thread.start()
for _ in range(200):
    client.send(b"x" * 1000)
    client.recv(4096)
client.close()
thread.join()
' "$IPERF_PORT"
}

# bats test_tags=plain
@test "--mark looks at the packet's mark" {
	proc_start marked "$TCC_TRACE" --mark 0x1200/0xff00 --port "$IPERF_PORT" -F +mark
	proc_start others "$TCC_TRACE" --mark '!0x1234' --port "$IPERF_PORT" -F +mark
	wait_for "grep -q attached '$NETNS_DIR/marked.err' && grep -q attached '$NETNS_DIR/others.err'" 20
	marked_transfer
	proc_stop marked
	proc_stop others
	# What the client sent arrives at the server.
	[ "$(lines "$NETNS_DIR/marked.out")" -ge 200 ]
	[ "$(grep -c " 127\.0\.0\.1\.$IPERF_PORT > .* mark 4660\$" "$NETNS_DIR/marked.out")" -eq \
		"$(lines "$NETNS_DIR/marked.out")" ]
	[ "$(lines "$NETNS_DIR/others.out")" -ge 200 ]
	[ "$(grep -c " > 127\.0\.0\.1\.$IPERF_PORT .* mark 22136\$" "$NETNS_DIR/others.out")" -eq \
		"$(lines "$NETNS_DIR/others.out")" ]
}

@test "a connection open before the start works like any other" {
	iperf_server_start
	proc_start client in_a iperf3 --client "$B_IP4" --port "$IPERF_PORT" --time 4 --bitrate 20M
	wait_for "in_a ss --no-header -tn state established | grep -q $B_IP4" 20
	trace_start --dport "$IPERF_PORT" --count 50
	wait_for "! proc_is_running trace" 20
	[ "$(malformed_lines "$NETNS_DIR/trace.out")" -eq 0 ]
	check_account 50
	# The first record of each connection is at 0.
	awk '{ key = $8 " " $10 } !(key in seen) { seen[key]; if ($5 != "0.000") exit 1 }' \
		"$NETNS_DIR/trace.out"
}

@test "--count writes so many, and counts what was already recorded as discarded" {
	iperf_server_start
	flood 4
	trace_start --count 1000
	wait_for "! proc_is_running trace" 20
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	check_account 1000
	[ "$(summary written)" -eq 1000 ]
	[ "$(summary lost)" -eq 0 ]
}

@test "--duration ends it" {
	run -0 "$TCC_TRACE" --duration 300ms --port 1
	[[ $output =~ connections\ in\ 0\.[3-9] ]]
}

@test "| head ends it quietly, at once, and accounts for all" {
	iperf_server_start
	flood 4
	bash -c "'$TCC_TRACE' 2>'$NETNS_DIR/trace.err' | head -n 3 >'$NETNS_DIR/trace.out'
		echo \"\${PIPESTATUS[0]}\" >'$NETNS_DIR/status'"
	[ "$(cat "$NETNS_DIR/status")" -eq 0 ]
	[ "$(lines "$NETNS_DIR/trace.out")" -eq 3 ]
	[ "$(malformed_lines "$NETNS_DIR/trace.out")" -eq 0 ]
	# And, on a busy machine, one that a larger buffer loses less.
	[ "$(grep -vc 'the buffer was full' "$NETNS_DIR/trace.err")" -eq 3 ]
	check_account "$(summary written)"
	[ "$(summary written)" -ge 3 ]
	[ "$(summary output)" -eq 0 ]
}

@test "a reader that goes away while nothing happens is noticed" {
	mkfifo "$NETNS_DIR/pipe"
	proc_start reader cat "$NETNS_DIR/pipe"
	# A port that nobody uses: not one event.
	proc_start trace bash -c "exec '$TCC_TRACE' --port 1 >'$NETNS_DIR/pipe'"
	trace_wait_attached
	proc_stop reader
	wait_for "! proc_is_running trace" 20
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
}

# The pipe's reader stops for two seconds under load: loss is counted, marked
# where it is, and afterwards tracing goes on.
@test "a stopped reader costs counted and marked events only" {
	iperf_server_start
	mkfifo "$NETNS_DIR/pipe"
	proc_start reader cat "$NETNS_DIR/pipe"
	proc_start trace bash -c "exec '$TCC_TRACE' --buffer 64K >'$NETNS_DIR/pipe'"
	trace_wait_attached
	flood 5
	wait_for "[ -s '$NETNS_DIR/reader.out' ]" 20
	kill -STOP "$(proc_pid reader)"
	sleep 2
	local before
	before=$(lines "$NETNS_DIR/reader.out")
	kill -CONT "$(proc_pid reader)"
	wait_for "! proc_is_running flood" 15
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	wait_for "! proc_is_running reader" 20
	check_account "$(lines "$NETNS_DIR/reader.out")"
	[ "$(malformed_lines "$NETNS_DIR/reader.out")" -eq 0 ]
	[ "$(summary buffer)" -gt 0 ]
	[ "$(summary output)" -eq 0 ]
	[ "$(lines "$NETNS_DIR/reader.out")" -gt "$before" ]
	# What the lines say was lost is what the summary says, but for what was
	# lost behind each CPU's last line.
	local marked
	marked=$(sed -n 's/.* lost //p' "$NETNS_DIR/reader.out" | awk '{ n += $1 } END { print n + 0 }')
	echo "marked $marked"
	[ "$marked" -gt 0 ]
	[ "$marked" -le "$(summary buffer)" ]
}

# The program itself stops: what the kernel then cannot keep is lost, counted
# and marked, and the order holds.
@test "a stopped tracer costs counted and marked events only" {
	iperf_server_start
	trace_start --buffer 64K --csv --fields ktime,lost
	proc_start paced in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --time 4 \
		--bitrate 500M
	wait_for "[ -s '$NETNS_DIR/trace.out' ]" 20
	kill -STOP "$(proc_pid trace)"
	sleep 2
	kill -CONT "$(proc_pid trace)"
	wait_for "! proc_is_running paced" 20
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	check_account $(($(lines "$NETNS_DIR/trace.out") - 1))
	[ "$(summary buffer)" -gt 0 ]
	awk -F, -v buffer="$(summary buffer)" '
		NR > 1 { if ($1 < last) exit 2; last = $1; lost += $2 }
		END { print "marked", lost; exit !(lost > 0 && lost <= buffer) }' "$NETNS_DIR/trace.out"
}

@test "--strict: 3 when events were lost, 0 when none were" {
	iperf_server_start
	trace_start --strict --buffer 64K
	flood 3
	wait_for "[ -s '$NETNS_DIR/trace.out' ]" 20
	kill -STOP "$(proc_pid trace)"
	sleep 1
	kill -CONT "$(proc_pid trace)"
	trace_stop
	[ "$PROC_STATUS" -eq 3 ]
	check_account "$(lines "$NETNS_DIR/trace.out")"
	run -0 "$TCC_TRACE" --strict --duration 0.2 --port 1 --quiet
}

# Nobody reads: SIGINT is not in vain, what is left is waited for 2 s, and is
# counted as lost by the output. What the pipe holds is whole lines.
@test "an output that takes nothing is waited for 2 s at the end" {
	iperf_server_start
	stuck_pipe
	proc_start trace bash -c "exec '$TCC_TRACE' >'$NETNS_DIR/pipe'"
	trace_wait_attached
	flood 2
	wait_for "! proc_is_running flood" 20
	exec 4<>"$NETNS_DIR/pipe"
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	[ "$(summary output)" -gt 0 ]
	# Until it would have to wait.
	dd iflag=nonblock bs=64K status=none <&4 >"$NETNS_DIR/pipe.out" 2>/dev/null || :
	exec 4<&-
	check_account "$(lines "$NETNS_DIR/pipe.out")"
	[ "$(malformed_lines "$NETNS_DIR/pipe.out")" -eq 0 ]
}

@test "--duration ends it though the output takes nothing" {
	iperf_server_start
	stuck_pipe
	flood 6
	proc_start trace bash -c "exec '$TCC_TRACE' --duration 1 >'$NETNS_DIR/pipe'"
	trace_wait_attached
	wait_for "! proc_is_running trace" 20
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	[ "$(summary output)" -gt 0 ]
	check_account "$(summary written)"
}

@test "the running summary balances while lines wait" {
	iperf_server_start
	stuck_pipe
	proc_start trace bash -c "exec '$TCC_TRACE' >'$NETNS_DIR/pipe'"
	trace_wait_attached
	flood 1
	wait_for "! proc_is_running flood" 20
	kill -USR1 "$(proc_pid trace)"
	wait_for "grep -q '^tcc-trace: probe: seen' '$NETNS_DIR/trace.err'" 20
	[ "$(summary waiting)" -gt 0 ]
	[ "$(summary seen)" -eq $(($(summary written) + $(summary filtered) + $(summary lost) +
		$(summary missed) + $(summary discarded) + $(summary waiting))) ]
}

# What kernels before 5.12 lack is not used, though this one has it.
# bats test_tags=plain
@test "without socket cookies, connections are told apart by socket and tuple" {
	iperf_server_start
	proc_start trace env ASAN_OPTIONS=verify_asan_link_order=0 TCC_RELEASE=5.10.0 \
		LD_PRELOAD="$TCC_BUILD/tests/other_kernel.so" \
		"$TCC_TRACE" --port "$IPERF_PORT" --csv --fields cookie,saddr,sport,daddr,dport,conn_ms
	trace_wait_attached
	transfer
	trace_stop
	check_account $(($(lines "$NETNS_DIR/trace.out") - 1))
	# As many connections as there are tuples.
	grep "^tcc-trace: $(tail -n +2 "$NETNS_DIR/trace.out" | cut -d, -f 2-5 | sort -u | wc -l) connections" \
		"$NETNS_DIR/trace.err"
	awk -F, 'NR > 1 { key = $2 $3 $4 $5; if ($1 != "" || (!(key in seen) && $6 != "0.000") ||
		$6 + 0 < seen[key]) exit 1; seen[key] = $6 + 0 } END { exit NR < 100 }' \
		"$NETNS_DIR/trace.out"
}

@test "SIGUSR1 prints the running summary, and tracing goes on" {
	iperf_server_start
	trace_start --port "$IPERF_PORT"
	transfer
	kill -USR1 "$(proc_pid trace)"
	wait_for "grep -q '^tcc-trace: probe: seen' '$NETNS_DIR/trace.err'" 20
	transfer
	trace_stop
	[ "$(grep -c '^tcc-trace: probe: seen' "$NETNS_DIR/trace.err")" -eq 2 ]
	check_account "$(lines "$NETNS_DIR/trace.out")"
}

@test "SIGHUP ends it, but is ignored under nohup" {
	trace_start --port 1
	trace_stop HUP
	[ "$PROC_STATUS" -eq 0 ]
	proc_start trace nohup "$TCC_TRACE" --port 1
	trace_wait_attached
	kill -HUP "$(proc_pid trace)"
	sleep 0.3
	proc_is_running trace
}

@test "text columns: --time=utc and --time=wall show the time of day" {
	iperf_server_start
	proc_start utc "$TCC_TRACE" --port "$IPERF_PORT" --time utc --count 5
	proc_start wall env TZ=Asia/Kolkata "$TCC_TRACE" --port "$IPERF_PORT" --time wall --count 5
	wait_for "grep -q attached '$NETNS_DIR/utc.err' && grep -q attached '$NETNS_DIR/wall.err'" 20
	local now
	now=$(date -u +%s)
	transfer
	wait_for "! proc_is_running utc && ! proc_is_running wall" 20
	local first
	first=$(awk 'NR == 1 { print $1 }' "$NETNS_DIR/utc.out")
	[[ $first =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{9}Z$ ]]
	[ $(($(date -d "$first" +%s) - now)) -le 3 ]
	first=$(awk 'NR == 1 { print $1 }' "$NETNS_DIR/wall.out")
	[[ $first =~ \.[0-9]{9}\+05:30$ ]]
	[ $(($(date -d "$first" +%s) - now)) -le 3 ]
}

# bats test_tags=plain
@test "as nobody, CAP_BPF and CAP_PERFMON are enough" {
	iperf_server_start
	proc_start trace setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all,+bpf,+perfmon --ambient-caps=-all,+bpf,+perfmon \
		--bounding-set=-all,+bpf,+perfmon "$TCC_TRACE" --port "$IPERF_PORT"
	trace_wait_attached
	transfer
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	check_account "$(lines "$NETNS_DIR/trace.out")"
	[ "$(summary written)" -gt 100 ]
}

monotonic() {
	python3 -c 'import time; print(int(time.monotonic()))'
}

# inside_time OFFSET: in a time namespace whose clock is that many seconds from the
# kernel's. A record is written as it comes, with the kernel's time and the wall's.
inside_time() {
	local before after ktime
	unshare --time --monotonic="$1" --fork true 2>/dev/null || skip "needs time namespaces"
	iperf_server_start
	before=$(date +%s) && ktime=$(monotonic)
	proc_start trace unshare --time --monotonic="$1" --fork "$TCC_TRACE" --json --duration=3 \
		--fields=time,ktime,offset_ms --port "$IPERF_PORT"
	trace_wait_attached
	iperf_client --time 1 --bitrate 20M >/dev/null
	wait_for "[ -s '$NETNS_DIR/trace.out' ]" 20
	wait_for '! proc_is_running trace' 20
	after=$(date +%s)
	cat "$NETNS_DIR/trace.err"
	[ "$(summary written)" -gt 100 ]
	[ "$(summary lost)" -eq 0 ]
	jq -e -s --argjson before "$before" --argjson after "$after" --argjson ktime "$ktime" '
		map(select(.event == null or .event == "probe")) | length > 100 and
		all(.offset_ms > 0 and .offset_ms < 5000 and
		(.time[:19] + "Z" | fromdate) >= $before - 1 and
		(.time[:19] + "Z" | fromdate) <= $after and
		(.ktime | tonumber / 1e9) > $ktime - 60 and
		(.ktime | tonumber / 1e9) < $ktime + 60)' "$NETNS_DIR/trace.out"
}

# bats test_tags=plain
@test "inside a time namespace that is ahead, times are the kernel's" {
	inside_time 1000000
}

# bats test_tags=plain
@test "inside a time namespace that is behind, times are the kernel's" {
	inside_time "-$(($(monotonic) / 2))"
}
