#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --tee: a second consumer beside the log file, with an account and failures of its own.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace
load lib/readers

setup() {
	skip_unless_root
	netns_pair_up
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	netns_pair_down
	! mountpoint -q "$BATS_TEST_TMPDIR/disk" || umount "$BATS_TEST_TMPDIR/disk"
}

# of_copy NAME: a number of the copy's account, as summary() has the file's.
of_copy() {
	sed -n 's/^tcc-trace: copy: /tcc-trace: /p' "$NETNS_DIR/trace.err" >copy.err
	summary "$1" copy.err
}

# Both accounts add up, and are told; the file has so many lines, the copy as many as
# its own account says.
check_accounts() {
	cat "$NETNS_DIR/trace.err"
	check_account "$1"
	of_copy seen >/dev/null
	check_account "$2" copy.err
	[ "$(of_copy seen)" -eq "$(summary seen)" ]
}

@test "under load the file and the copy are what each would be alone" {
	iperf_server_start
	trace_start --port "$IPERF_PORT" --buffer=4M --log-file=a.csv --tee=csv
	full_flood 100
	wait_for '[ "$(lines a.csv)" -gt 20000 ]' 60
	proc_stop flood
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	cmp a.csv "$NETNS_DIR/trace.out"
	check_accounts "$(($(lines a.csv) - 1))" "$(($(lines a.csv) - 1))"
	[ "$(summary lost)" -eq 0 ]
}

@test "the copy is text by default, and has no JSON records around it" {
	iperf_server_start
	trace_start --port "$IPERF_PORT" --log-file=a.json --tee
	iperf_client --bytes 1M >/dev/null
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	[ "$(malformed_lines "$NETNS_DIR/trace.out")" -eq 0 ]
	equal "$(jq -r 'select(.event == "probe") | "\(.snd_cwnd) \(.snd_wnd) \(.length)"' a.json)" \
		"$(sed -E 's/.* snd_cwnd ([0-9]+) .* snd_wnd ([0-9]+) .* length ([0-9]+).*/\1 \2 \3/' \
			"$NETNS_DIR/trace.out")"
	[ "$(jq -r .event a.json | sort | uniq -c | awk '$2 != "probe" { print $1, $2 }' | sort |
		paste -sd ' ')" = "1 end 1 trace" ]
}

@test "a stdout that takes nothing loses of the copy alone, and what it lacks is marked" {
	local stuck
	iperf_server_start
	mkfifo stuck
	exec {stuck}<>stuck
	proc_start trace bash -c 'exec "$0" "$@" >stuck' "$TCC_TRACE" --port "$IPERF_PORT" \
		--buffer=4M --log-file=a.csv --tee=csv --fields=ktime,lost
	trace_wait_attached
	flood 100
	wait_for '[ "$(lines a.csv)" -gt 30000 ]' 60
	# It takes again: from here on until the end, which it would not see if it held the
	# other side open.
	timeout 120 cat <stuck >copy.csv {stuck}>&- & local reader=$!
	wait_for '[ -s copy.csv ]' 20
	wait_written 200000
	proc_stop flood
	each_cpu_speaks
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	exec {stuck}>&-
	wait "$reader" || :
	check_accounts "$(($(lines a.csv) - 1))" "$(($(lines copy.csv) - 1))"
	[ "$(summary lost)" -eq 0 ]
	[ "$(of_copy output)" -gt 1000 ]
	equal "$(of_copy lost)" "$(awk -F, 'NR > 1 { n += $2 } END { print n }' copy.csv)"
	# Each line of the copy is one of the file, in its order.
	[ -z "$(comm -13 <(cut -d , -f 1 a.csv | sort) <(cut -d , -f 1 copy.csv | sort))" ]
	sort -c -t , -k 1,1 <(sed 1d copy.csv | cut -d , -f 1)
}

@test "a stdout that goes away ends only the copy" {
	iperf_server_start
	proc_start trace bash -c '"$0" "$@" | head -n 5 >head.txt; exit "${PIPESTATUS[0]}"' \
		"$TCC_TRACE" --port "$IPERF_PORT" --buffer=4M --duration=3 --log-file=a.csv --tee
	trace_wait_attached
	flood 2
	wait "$(proc_pid flood)"
	wait_for '! proc_is_running trace' 30
	[ "$(lines head.txt)" -eq 5 ]
	check_account "$(($(lines a.csv) - 1))"
	[ "$(summary lost)" -eq 0 ]
	[ "$(summary discarded)" -eq 0 ]
	[ "$(of_copy discarded)" -gt 0 ]
	[ "$(summary written)" -gt 1000 ]
}

@test "when the copy's reader has left, the trace sleeps as before" {
	local pid before after
	iperf_server_start
	proc_start trace bash -c '"$0" "$@" | head -n 1 >head.txt' "$TCC_TRACE" \
		--port "$IPERF_PORT" --log-file=a.csv --tee
	trace_wait_attached
	iperf_client --bytes 10M >/dev/null
	wait_for '[ -s head.txt ]' 20
	pid=$(pgrep -P "$(proc_pid trace)" -x tcc-trace)
	sleep 0.5
	before=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
	sleep 2
	after=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
	kill -INT "$pid"
	wait_for '! proc_is_running trace' 20
	# In hundredths of a second, of two hundred.
	echo "$((after - before)) ticks"
	[ $((after - before)) -le 50 ]
}

@test "a full disk under the file: the copy goes on" {
	iperf_server_start
	mkdir disk
	mount -t tmpfs -o size=256k none disk
	trace_start --port "$IPERF_PORT" --buffer=4M --log-file=disk/a.csv --tee=csv
	flood 100
	wait_for "grep -q 'cannot write' '$NETNS_DIR/trace.err'" 60
	wait_written 300000
	proc_stop flood
	trace_stop
	[ "$PROC_STATUS" -eq 1 ]
	grep -F 'cannot write to disk/a.csv: No space left on device' "$NETNS_DIR/trace.err"
	check_accounts "$(($(lines disk/a.csv) - 1))" "$(($(lines "$NETNS_DIR/trace.out") - 1))"
	[ "$(summary output)" -gt 1000 ]
	[ "$(of_copy lost)" -eq 0 ]
}

@test "a stdout that cannot be written ends the copy, is said once, and is status 1" {
	iperf_server_start
	proc_start trace bash -c 'exec "$0" "$@" >/dev/full' "$TCC_TRACE" --port "$IPERF_PORT" \
		--log-file=a.csv --tee
	trace_wait_attached
	iperf_client --bytes 3M >/dev/null
	trace_stop
	[ "$PROC_STATUS" -eq 1 ]
	[ "$(grep -c 'the copy ends, the log file goes on' "$NETNS_DIR/trace.err")" -eq 1 ]
	check_account "$(($(lines a.csv) - 1))"
	[ "$(of_copy written)" -eq 0 ]
}

@test "--tee without a log file is an error" {
	run -2 "$TCC_TRACE" --tee
	[ "$output" = "tcc-trace: --tee: expected --log-file=FILE beside it" ]
	run -2 "$TCC_TRACE" --log-file=- --tee=json
}
