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
	# So many rotations at least; what is to be compared grows with them.
	N_ROTATIONS=$(long_or_short 100 30)
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
	wait_attached pipe
	proc_start log "$TCC_TRACE" "${common[@]}" "$@"
	wait_attached log
}

# The instance in the pipeline is bash's child.
stop_two() {
	wait_for all_closed 20
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

# As much as the machine can, with a SIGHUP now and then, until LOG has been rotated
# so often.
load_until_rotated() {
	local until=$((SECONDS + 40))
	full_flood 100
	while [ "$(rotated "$1")" -le $((N_ROTATIONS + 10)) ] && [ "$SECONDS" -lt "$until" ]; do
		sleep 0.1
		kill -HUP "$(proc_pid log)"
	done
	proc_stop flood INT
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

@test "many rotations by size, with hangups: the files are the stream, each within its size" {
	two_tracers --csv --log-file a.csv --rotate-size=64K --rotate-keep=9999
	load_until_rotated a.csv
	stop_two
	[ "$(rotated a.csv)" -gt "$N_ROTATIONS" ]
	check_streams a.csv $((64 << 10))
	run ! grep -v 'attached in\|probe: seen\|connections in' "$NETNS_DIR/log.err"
}

# bats test_tags=plain
@test "many rotations by size, JSON, all kept by their time" {
	two_tracers --json --log-file a.json --rotate-size=64K --rotate-keep=all
	load_until_rotated a.json
	stop_two TERM
	[ "$(rotated a.json)" -gt "$N_ROTATIONS" ]
	check_streams a.json $((64 << 10))
}

@test "many rotations by time" {
	two_tracers --csv --log-file a.csv --rotate-time=15ms --rotate-keep=all
	load_until_rotated a.csv
	stop_two
	[ "$(rotated a.csv)" -gt "$N_ROTATIONS" ]
	check_streams a.csv 0
}

# compress_by PROGRAM SUFFIX OPTION...: it ends by itself, so it waits until all
# is compressed.
compress_by() {
	skip_without "$1"
	two_tracers "${@:3}" --log-file a.log --compress="$1" --duration="$(long_or_short 15 10)s"
	load_until_rotated a.log
	wait_for '! proc_is_running log' 90
	stop_two
	[ "$(rotated a.log)" -gt "$N_ROTATIONS" ]
	[ "$(rotated a.log "$2")" -eq "$(rotated a.log)" ]
	[ ! -e a.log.compressing ]
	check_streams a.log "${LIMIT:-0}"
}

@test "many rotations by size, compressed by gzip" {
	LIMIT=$((64 << 10)) compress_by gzip .gz --json --rotate-size=64K --rotate-keep=9999
}

# bats test_tags=plain
@test "many rotations by time, compressed by zstd" {
	compress_by zstd .zst --csv --rotate-time=15ms --rotate-keep=all
}

# bats test_tags=plain
@test "many rotations by size and time, compressed by xz" {
	LIMIT=$((128 << 10)) compress_by xz .xz --csv --rotate-size=128K --rotate-time=15ms \
		--rotate-keep=9999
}

# ---- killed ----------------------------------------------------------------------

# Milliseconds from 0 to 299, the same in each run.
moment_ms() {
	echo $(($1 * 7919 % 300))
}

@test "killed at many moments: each file can be read, only the last line is torn" {
	local n n_torn=0 ms form n_moments
	n_moments=$(long_or_short 50 15)
	# shellcheck disable=SC2054 # one word
	local options=(--csv --fields=ktime,cookie,snd_nxt,snd_una,length --port "$IPERF_PORT"
		--log-file a.csv --rotate-size=64K --rotate-keep=9999)
	full_flood 100
	# More of them where the machine is too busy for so many files by then.
	for n in {1..150}; do
		[ "$n" -le "$n_moments" ] || [ "$(rotated a.csv)" -le "$N_ROTATIONS" ] || break
		form=$([ $((n % 2)) -eq 0 ] || echo --compress=gzip)
		# shellcheck disable=SC2086 # none, or one
		proc_start trace "$TCC_TRACE" "${options[@]}" $form
		trace_wait_attached
		n_torn=$((n_torn + $(grep -c 'ended in half a line' "$NETNS_DIR/trace.err" || :)))
		ms=$(moment_ms "$n")
		sleep "$(printf '0.%03d' "$ms")"
		proc_stop trace KILL
		# A helper ends when it sees that the tracer is gone.
		wait_for '[ ! -e a.csv.compressing ]' 20
		gunzip -t a.csv.*.gz 2>gunzip.err || { [ "$n" -lt 5 ] && grep 'a.csv.\*.gz' gunzip.err; }
	done
	echo "torn: $n_torn times; $(rotated a.csv) files, $(rotated a.csv .gz) compressed"
	[ "$(rotated a.csv)" -gt "$N_ROTATIONS" ]
	[ "$(rotated a.csv .gz)" -gt $((N_ROTATIONS / 10)) ]
	# One more, which ends in order: it resolves what is there twice, compresses the rest.
	proc_start trace "$TCC_TRACE" "${options[@]}" --compress=gzip --duration=1s
	wait_for '! proc_is_running trace' 60
	proc_stop flood
	compare files a.csv $((64 << 10))
	[ "$(rotated a.csv .gz)" -eq "$(rotated a.csv)" ]
	# All of them are one trace in time order.
	for n in $(ls a.csv.*.gz | sort -t. -k3,3nr); do
		zcat "$n"
	done | grep -v ktime >all
	cat a.csv >>all
	grep -v ktime all | cut -d, -f1 | sort -nc
	[ "$(lines all)" -gt 10000 ]
}
