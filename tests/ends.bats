#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A trace ends within the bounds that the man page gives (SIGNALS), whatever is stuck
# then, and its account is complete. The cases are a table; tests/ends/run.py runs it.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns
load lib/trace

setup() {
	skip_unless_root
	skip_without python3
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1
	sanitizer_options verify_asan_link_order=0
	netns_pair_up
	iperf_server_start
	proc_start client in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --time 120 \
		--no-delay --bitrate 30M --length 1K
}

# NAME; what ends the trace (A+B: B later as well); after how many seconds it has ended,
# at least and at most; its status; what stdout is; what stderr is; what hangs from just
# before the end on; whether something is lost; its options.
stuck_ends() {
	cat <<-'END'
		pipe INT 2 2 0 pipe file - lost
		fifo TERM 2 2 0 fifo file - lost
		terminal INT 2 2 0 terminal file - lost
		terminal-stopped INT 2 2 0 stopped file - lost
		stream-socket INT 2 2 0 stream file - lost
		datagram-socket INT 2 2 0 datagram file - lost
		tcp-socket INT 2 2 0 tcp file - lost
		pipe-quit QUIT 2 2 0 pipe file - lost
		pipe-hup HUP 2 2 0 pipe file - lost
		pipe-second-signal INT+TERM 0.5 0.5 0 pipe file - lost
		pipe-duration duration 2 2 0 pipe file - lost --duration=2
		slow-count count 0 12 0 slow file - none --count=1500
		pipe-json-strict INT 2 2 3 pipe file - lost --json --strict
		slow INT 4 5 0 slower file - lost --json
		slow-duration-told duration 2.5 20 0 slow file - none --json --duration=2
		slow-duration-signal duration+INT 2 5 0 slower file - lost --json --duration=2
		slow-duration-two-signals duration+INT+INT 0 0.5 0 slower file - lost --json --duration=2
		copy-pipe INT 2 2 0 pipe file - none --log-file=a.json --tee
		copy-hangs INT 2 2.5 1 file file stdout lost --log-file=a.json --tee
		copy-hangs-csv INT 2 2.5 1 file file stdout any --log-file=a.json --tee=csv
		both-pipes INT 2 5 0 pipe pipe - any
		stderr-pipe INT 2 2 0 file pipe - any --log-file=a.json
		stderr-hangs INT 2 2.5 1 file file stderr any --log-file=a.json
		file-hangs INT 2 2.5 1 file file write lost --log-file=a.json
		file-hangs-duration duration 2 2.5 1 file file write lost --log-file=a.json --duration=3
		file-hangs-two-signals INT+INT 0 2.5 1 file file write lost --log-file=a.json
		stdout-file-hangs INT 2 2.5 1 file file write lost
		close-hangs INT 2 2.5 1 file file close none --log-file=a.json
		rename-hangs INT 2 2.5 1 file file renameat lost --log-file=a.json --rotate-size=64K --rotate-keep=999
		open-hangs INT 2 2.5 1 file file openat lost --log-file=a.json --rotate-size=64K --rotate-keep=999
		remove-hangs INT 2 2.5 1 file file unlinkat lost --log-file=a.json --rotate-size=64K --rotate-keep=1
		empty-hangs INT 2 2.5 1 file file ftruncate any --log-file=a.json --rotate-size=64K --rotate-keep=0
		compressor-hangs INT 2 3 0 file file program none --log-file=a.json --rotate-size=64K --rotate-keep=999 --compress=gzip
		compressor-hangs-duration duration 2 3 0 file file program none --log-file=a.json --rotate-size=64K --rotate-keep=999 --compress=gzip --duration=4
		helper-hangs INT 2 3.5 0 file file fsync none --log-file=a.json --rotate-size=64K --rotate-keep=999 --compress=gzip
		helper-stopped INT 0 3.5 0 file file stop-helper none --log-file=a.json --rotate-size=64K --rotate-keep=999 --compress=gzip
	END
}

@test "whatever is stuck: ends within its bounds, and the account is complete" {
	stuck_ends >table
	python3 "$TCC_TESTS/ends/run.py" "$TCC_TRACE" "$TCC_BUILD/tests/fault.so" "$IPERF_PORT" \
		<table >results
	cat results
	[ "$(grep -c '^ok ' results)" -eq "$(wc -l <table)" ]
	[ "$(wc -l <table)" -ge 30 ]
}

# Whatever would kill: the file has its end record, and says what became of all.
@test "no signal that can be taken ends it without an end record" {
	local signal failed=0
	for signal in INT TERM QUIT ALRM VTALRM PROF IO PWR STKFLT XCPU RTMIN RTMAX; do
		proc_start "trace-$signal" "$TCC_TRACE" --port "$IPERF_PORT" --log-file="$signal.json"
	done
	for signal in INT TERM QUIT ALRM VTALRM PROF IO PWR STKFLT XCPU RTMIN RTMAX; do
		wait_attached "trace-$signal"
		wait_for "[ \$(lines $signal.json) -gt 20 ]" 20
		# That one ends nothing.
		kill -s USR2 "$(proc_pid "trace-$signal")"
		kill -s "$signal" "$(proc_pid "trace-$signal")"
	done
	for signal in INT TERM QUIT ALRM VTALRM PROF IO PWR STKFLT XCPU RTMIN RTMAX; do
		wait "$(proc_pid "trace-$signal")" || failed=1
		tail -n 1 "$signal.json" | grep -q '^{"event":"end",' || failed=1
		[ "$(grep -c '{"event":"probe"' "$signal.json")" -eq "$(summary written "$NETNS_DIR/trace-$signal.err")" ] || failed=1
		echo "$signal: $failed, $(grep probe: "$NETNS_DIR/trace-$signal.err")"
	done
	[ "$failed" -eq 0 ]
}

@test "a signal that was ignored at the start stays so, but not INT and TERM" {
	proc_start trace env --ignore-signal=QUIT,ALRM,HUP,INT "$TCC_TRACE" --port "$IPERF_PORT"
	trace_wait_attached
	local signal
	for signal in QUIT ALRM HUP USR2; do
		kill -s "$signal" "$(proc_pid trace)"
	done
	wait_written 20000
	trace_stop INT
	[ "$PROC_STATUS" -eq 0 ]
	check_account "$(lines "$NETNS_DIR/trace.out")"
}
