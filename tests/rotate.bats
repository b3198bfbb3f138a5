#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Log files under load: rotated, compressed and reopened, nothing is lost,
# doubled or torn; killed at any moment, all of them can be read.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace
load lib/readers

FIELDS=event,cookie,saddr,sport,daddr,dport,snd_cwnd,ssthresh,mss,snd_wnd,srtt,rcv_wnd,length,snd_nxt,snd_una

setup() {
	skip_unless_root
	netns_pair_up
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1
	iperf_server_start
}

teardown() {
	netns_pair_down
}

compare() {
	run python3 "$TCC_TESTS/rotate/compare.py" "$@"
	echo "$output"
	[ "$status" -eq 0 ]
}

# Two instances: "log" with OPTION..., "pipe" into a pipe, all attached when this
# returns. The buffers are large enough that nothing is lost.
two_tracers() {
	local common=(--port "$IPERF_PORT" --buffer=64M --fields="$FIELDS" "$1")
	shift
	proc_start pipe bash -c '"$@" | cat >pipe.out' bash "$TCC_TRACE" "${common[@]}"
	wait_for "grep -q 'attached in' '$NETNS_DIR/pipe.err'" 20
	proc_start log "$TCC_TRACE" "${common[@]}" "$@"
	wait_for "grep -q 'attached in' '$NETNS_DIR/log.err'" 20
}

# The instance in the pipeline is bash's child.
stop_two() {
	wait_for all_closed 10
	pkill -INT -P "$(proc_pid pipe)" -x tcc-trace
	wait_for '! proc_is_running pipe' 20
	proc_stop log "${1:-INT}"
	cat "$NETNS_DIR/log.err" "$NETNS_DIR/pipe.err"
	[ "$PROC_STATUS" -eq 0 ]
}

all_closed() {
	[ -z "$(in_b ss --no-header --tcp --numeric state all exclude listening exclude time-wait \
		"sport = :$IPERF_PORT or dport = :$IPERF_PORT")" ]
}

# As much as the machine can, for SECONDS; with a SIGHUP now and then.
load_with_hangups() {
	local until=$((SECONDS + $1))
	proc_start flood in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --time "$1" --parallel 2
	while [ "$SECONDS" -lt "$until" ]; do
		sleep 0.1
		kill -HUP "$(proc_pid log)"
	done
	wait "$(proc_pid flood)"
}

# rotated LOG [SUFFIX]: how many of its files are rotated, in that form.
rotated() {
	find . -name "$1.[0-9]*${2:-}" | wc -l
}

# The files of all the log together are what the pipe got. check_streams LOG LIMIT
check_streams() {
	local log="$NETNS_DIR/log.err" pipe="$NETNS_DIR/pipe.err"
	compare files "$1" "$2"
	compare stream "$1" pipe.out "$(summary missed "$log"),$(summary missed "$pipe")" \
		"$(summary lost "$log"),$(summary lost "$pipe")"
	[[ $output =~ \ ([0-9]+)\ records ]]
	check_account "${BASH_REMATCH[1]}" "$log"
	[ "$(summary output "$log")" -eq 0 ]
	# As none is lost in the buffers, each record was compared.
	echo "lost $(summary lost "$log") $(summary lost "$pipe")"
}

@test "over 100 rotations by size, with hangups: the files are the stream, each within its size" {
	two_tracers --csv --log-file a.csv --rotate-size=256K --rotate-keep=9999
	load_with_hangups 6
	stop_two
	[ "$(rotated a.csv)" -gt 100 ]
	check_streams a.csv $((256 << 10))
	run ! grep -v 'attached in\|probe: seen\|connections in' "$NETNS_DIR/log.err"
}

@test "over 100 rotations by size, JSON, all kept by their time" {
	two_tracers --json --log-file a.json --rotate-size=1M --rotate-keep=all
	load_with_hangups 6
	stop_two TERM
	[ "$(rotated a.json)" -gt 100 ]
	check_streams a.json $((1 << 20))
}

@test "over 100 rotations by time" {
	two_tracers --csv --log-file a.csv --rotate-time=20ms --rotate-keep=all
	load_with_hangups 6
	stop_two
	[ "$(rotated a.csv)" -gt 100 ]
	check_streams a.csv 0
}

# compress_by PROGRAM SUFFIX OPTION...: it ends by itself, so it waits until all
# is compressed.
compress_by() {
	skip_without "$1"
	two_tracers "${@:3}" --log-file a.csv --compress="$1" --duration=9s
	load_with_hangups 5
	wait_for '! proc_is_running log' 90
	stop_two
	[ "$(rotated a.csv)" -gt 100 ]
	[ "$(rotated a.csv "$2")" -eq "$(rotated a.csv)" ]
	[ ! -e a.csv.compressing ]
	check_streams a.csv "${LIMIT:-0}"
}

@test "over 100 rotations by size, compressed by gzip" {
	LIMIT=$((256 << 10)) compress_by gzip .gz --csv --rotate-size=256K --rotate-keep=9999
}

@test "over 100 rotations by time, compressed by zstd" {
	compress_by zstd .zst --csv --rotate-time=20ms --rotate-keep=all
}

@test "over 100 rotations by size and time, compressed by xz" {
	LIMIT=$((256 << 10)) compress_by xz .xz --csv --rotate-size=256K --rotate-time=20ms \
		--rotate-keep=9999
}
