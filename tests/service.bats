#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tcc-trace as a service: the unit, the examples beside it, and what they rely
# on. No service is started: the machine may not run systemd.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/readers
load lib/trace

EXAMPLES=$TCC_TESTS/../examples

setup() {
	[ -x "$TCC_TRACE" ]
}

teardown() {
	netns_pair_down
	[ -z "${LOG_DIR:-}" ] || rm -rf "$LOG_DIR"
}

# A network, and a directory for log files. Not below bats' own directories:
# others may not enter those.
log_dir_up() {
	skip_unless_root
	netns_pair_up
	LOG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tcc-service.XXXXXX")
	chmod 750 "$LOG_DIR"
}

# The unit as installed, but with the program under test.
unit() {
	mkdir "$BATS_TEST_TMPDIR/unit"
	sed "s|^ExecStart=[^ ]*|ExecStart=$TCC_TRACE|" "$TCC_BUILD/systemd/tcc-trace.service" \
		>"$BATS_TEST_TMPDIR/unit/tcc-trace.service"
	echo "$BATS_TEST_TMPDIR/unit/tcc-trace.service"
}

# records KIND FILE...: how many records of a kind are in them.
records() {
	zcat -f "${@:2}" | grep -c "\"event\":\"$1\""
}

# ---- the unit ---------------------------------------------------------------

# bats test_tags=plain
@test "the unit: nothing is left to be filled in, systemd-analyze finds no fault" {
	skip_without systemd-analyze
	run ! grep -E '@[a-z]+@' "$TCC_BUILD/systemd/tcc-trace.service"
	run -0 systemd-analyze verify --man=no "$(unit)"
	echo "$output"
	# Other units of this machine may have faults.
	[[ $output != *tcc-trace* ]]
}

# bats test_tags=plain
@test "the unit: exposure of 2.0 at most" {
	local exposure
	skip_without systemd-analyze
	[ "$(systemd-analyze --version | awk 'NR == 1 { print int($2) }')" -ge 250 ] ||
		skip "needs systemd-analyze 250, for --offline"
	exposure=$(systemd-analyze security --offline=yes --no-pager "$(unit)" |
		sed -nE 's/.*Overall exposure level for tcc-trace\.service: ([0-9.]+) .*/\1/p')
	echo "exposure $exposure"
	[ -n "$exposure" ]
	awk -v exposure="$exposure" 'BEGIN { exit !(exposure <= 2.0) }'
}

# ---- readiness --------------------------------------------------------------

# listen ADDRESS: in the background a supervisor's socket; what is told, and what of the
# trace's messages was there then, is in `told`.
listen() {
	python3 -c '
import socket, sys
address = sys.argv[1]
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind("\0" + address[1:] if address[0] == "@" else address)
print("listening", flush=True)
end.settimeout(30)
print(end.recv(100).decode(), flush=True)
print(open(sys.argv[2]).read(), flush=True)
end.settimeout(2)
try:
    print("again", end.recv(100).decode())
except TimeoutError:
    print("no more")
' "$1" "$NETNS_DIR/trace.err" >"$BATS_TEST_TMPDIR/told" 2>&1 3>&- &
	listener=$!
	wait_for "grep -q listening '$BATS_TEST_TMPDIR/told'" 30
}

# told_ready ADDRESS COMMAND...: that once, when it traces.
told_ready() {
	local listener address=$1
	: >"$NETNS_DIR/trace.err"
	listen "$address"
	shift
	NOTIFY_SOCKET=$address proc_start trace "$@"
	wait "$listener"
	cat "$BATS_TEST_TMPDIR/told"
	[ "$(sed -n 2p "$BATS_TEST_TMPDIR/told")" = READY=1 ]
	sed -n 3p "$BATS_TEST_TMPDIR/told" | grep -q 'attached in'
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/told")" = 'no more' ]
	trace_stop TERM
	[ "$PROC_STATUS" -eq 0 ]
}

@test "a supervisor is told READY=1 once, when it traces; also where socket() is refused" {
	log_dir_up
	told_ready "$BATS_TEST_TMPDIR/notify" "$TCC_TRACE" --port 1
	told_ready "@tcc-notify-$BASHPID" "$TCC_TRACE" --port 1
	# As RestrictAddressFamilies=none has it.
	printf '%-64s' 'socket 97' >"$BATS_TEST_TMPDIR/fault"
	sanitizer_options verify_asan_link_order=0
	told_ready "$BATS_TEST_TMPDIR/notify2" env TCC_FAULT="$BATS_TEST_TMPDIR/fault" \
		LD_PRELOAD="$TCC_BUILD/tests/fault.so" "$TCC_TRACE" --port 1
}

@test "who is not there to be told, or has a name that is none, is no reason to fail" {
	skip_unless_root
	local name
	for name in "$BATS_TEST_TMPDIR/nobody" '' / @ relative vsock:2:1234 \
		"/$(printf '%0200d' 0)" "$BATS_TEST_TMPDIR"; do
		NOTIFY_SOCKET=$name run -0 "$TCC_TRACE" --port 1 --duration 0.1 --quiet
		[ -z "$output" ]
	done
}

# ---- its options ------------------------------------------------------------

# The value of OPTIONS, a line for each that the example file shows.
example_options() {
	sed -n 's/^#OPTIONS="\(.*\)"$/\1/p' "$EXAMPLES/tcc-trace.default"
}

@test "the options of the unit and each of its example file are valid" {
	local options n=0
	while read -r options; do
		echo "tcc-trace $options"
		timeout 30 bash -c "exec \"\$TCC_TRACE\" $options --version" >/dev/null
		n=$((n + 1))
	done < <(example_options)
	[ "$n" -ge 4 ]
}

# bats test_tags=plain
@test "the example file shows the options of the unit, and nothing that is in force" {
	local options
	# %L is where the system's services log.
	options=$(sed -nE 's|^Environment="OPTIONS=(.*)"$|\1|; s|%L|/var/log|gp' \
		"$TCC_BUILD/systemd/tcc-trace.service")
	[ -n "$options" ]
	[ "$(example_options | head -n 1)" = "$options" ]
	run ! grep -v '^#' <(grep . "$EXAMPLES/tcc-trace.default")
}

# ---- as a user of no privilege ----------------------------------------------

@test "with the service's user and capabilities a log file is written, confined" {
	log_dir_up
	chown 65534:65534 "$LOG_DIR"
	iperf_server_start
	proc_start trace setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all,+bpf,+perfmon --ambient-caps=-all,+bpf,+perfmon \
		--bounding-set=-all,+bpf,+perfmon --no-new-privs \
		"$TCC_TRACE" --port "$IPERF_PORT" --log-file "$LOG_DIR/trace.jsonl" \
		--rotate-size=64K --rotate-keep=9999 --compress=gzip
	trace_wait_attached
	# Real, effective, saved, of the file system.
	[ "$(status_of Uid | xargs)" = '65534 65534 65534 65534' ]
	for set in CapInh CapPrm CapEff CapAmb; do
		echo "$set $(status_of $set)"
		[ "$(status_of $set)" = 0000000000000000 ]
	done
	[ "$(status_of NoNewPrivs)" -eq 1 ]
	! confines_calls || [ "$(status_of Seccomp)" -eq 2 ]
	iperf_client --time 1 >/dev/null
	kill -HUP "$(proc_pid trace)"
	kill -USR1 "$(proc_pid trace)"
	wait_for "[ -e '$LOG_DIR/trace.jsonl.2.gz' ]" 30
	trace_stop TERM
	cat "$NETNS_DIR/trace.err"
	[ "$PROC_STATUS" -eq 0 ]
	[ "$(grep -c 'probe: seen' "$NETNS_DIR/trace.err")" -eq 2 ]
	[ "$(grep -vc 'attached in\|probe: seen\|connections in\|larger --buffer' \
		"$NETNS_DIR/trace.err")" -eq 0 ]
	check_account "$(records probe "$LOG_DIR"/*)"
	[ "$(summary written)" -gt 100 ]
	[ "$(stat -c '%u %a' "$LOG_DIR"/* | sort -u)" = '65534 640' ]
	# As large as the man page has it, where it says how far back the files reach.
	local bytes said
	bytes=$(zcat -f "$LOG_DIR"/trace.jsonl* | awk '/"event":"probe"/ { n++; bytes += length + 1 }
		END { printf "%d", bytes / n }')
	said=$(sed -n 's/^A JSON line .* about \([0-9]*\) bytes.*/\1/p' "$TCC_BUILD/man/tcc-trace.8")
	echo "a line has $bytes bytes, said are $said"
	[ "$bytes" -gt $((said * 8 / 10)) ]
	[ "$bytes" -lt $((said * 12 / 10)) ]
}

# ---- logrotate --------------------------------------------------------------

# bats test_tags=plain
@test "logrotate accepts its example" {
	skip_without logrotate
	run -0 logrotate --debug --state "$BATS_TEST_TMPDIR/state" "$EXAMPLES/tcc-trace.logrotate"
	echo "$output"
	[[ $output != *error* ]]
	[[ $output == *'/var/log/tcc-trace/trace.jsonl'* ]]
}

# The example, on the file of this test; its systemctl reloads the trace of
# this test, as ExecReload does.
logrotate_prepare() {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/systemctl" <<-END
		#!/bin/sh
		[ "\$1" != reload ] || kill -HUP $(proc_pid trace)
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/systemctl"
	sed "s|^/var/log/tcc-trace/|$LOG_DIR/|" "$EXAMPLES/tcc-trace.logrotate" \
		>"$BATS_TEST_TMPDIR/logrotate.conf"
}

rotate() {
	PATH=$BATS_TEST_TMPDIR/bin:$PATH logrotate --force --state "$BATS_TEST_TMPDIR/state" \
		"$BATS_TEST_TMPDIR/logrotate.conf" &&
		wait_for "[ -s '$LOG_DIR/trace.jsonl' ]" 20
}

@test "logrotate takes the log away under a running trace, and no record is lost" {
	local file
	skip_without logrotate jq
	log_dir_up
	netns_bottleneck 200mbit 1MB
	iperf_server_start
	trace_start --port "$IPERF_PORT" --log-file "$LOG_DIR/trace.jsonl"
	logrotate_prepare
	proc_start client in_a iperf3 --client "$B_IP4" --port "$IPERF_PORT" --time 100
	for _ in 1 2 3; do
		wait_for "[ \"\$(lines '$LOG_DIR/trace.jsonl')\" -gt 1000 ]" 20
		rotate
		proc_is_running trace
	done
	wait_for "[ \"\$(lines '$LOG_DIR/trace.jsonl')\" -gt 1000 ]" 20
	proc_stop client INT
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	ls -l "$LOG_DIR"
	[ "$(cd "$LOG_DIR" && echo *)" = \
		'trace.jsonl trace.jsonl.1 trace.jsonl.2.gz trace.jsonl.3.gz' ]
	# The sum is the account's; each file is whole and begins with its opening.
	check_account "$(records probe "$LOG_DIR"/*)"
	[ "$(summary output)" -eq 0 ]
	for file in "$LOG_DIR"/*; do
		[ "$(records probe "$file")" -gt 0 ]
		[ "$(zcat -f "$file" | head -n 1 | jq -r .event)" = trace ]
		zcat -f "$file" | jq empty
		[ "$(stat -c %a "$file")" = 640 ]
	done
}
