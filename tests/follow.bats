#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --follow: files that grow while they are read, are rotated, cut, replaced. Traces nothing
# and needs no privilege.

bats_require_minimum_version 1.5.0
load lib/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export TZ=UTC0
	PIDS=()
}

teardown() {
	local pid
	for pid in "${PIDS[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
	done
}

# record N [FILE]: its line, at the end of log.json.
record() {
	printf '{"event":"probe","time":"2026-11-22T22:43:%02d.000Z","snd_cwnd":%d}\n' "$1" "$1" \
		>>"${2:-log.json}"
}

# follow [OPTION...]: in the background, as $PID; what is written comes into `got`.
follow() {
	"$TCC_TRACE" --follow --csv --no-header -F snd_cwnd "$@" <&0 >got 2>err 3>&- &
	PID=$!
	PIDS+=("$PID")
}

# await LINE...: until these are what is there.
await() {
	local i
	for ((i = 0; i < 600; i++)); do
		[ "$(cat got)" != "$(printf '%s\n' "$@")" ] || return 0
		sleep 0.05
	done
	cat err
	equal "$(printf '%s\n' "$@")" "$(cat got)"
}

# finish [STATUS]: by a signal.
finish() {
	local status=0
	kill -TERM "$PID"
	wait "$PID" || status=$?
	cat err
	[ "$status" -eq "${1:-0}" ]
}

# rotate: log.json.1 is the newest, then.
rotate() {
	local i
	for i in 5 4 3 2 1; do
		[ ! -e "log.json.$i" ] || mv "log.json.$i" "log.json.$((i + 1))"
	done
	mv log.json log.json.1
}

@test "a file that grows; a line is waited for until it is whole" {
	record 1
	follow -r log.json
	await 1
	record 2
	await 1 2
	printf '{"event":"probe","snd_c' >>log.json
	sleep 0.5
	await 1 2
	printf 'wnd":3}\n' >>log.json
	await 1 2 3
	finish
	grep -q '^tcc-trace: probe: seen 3 = written 3 .*; what else was lost or missed is unknown$' err
	# Waiting takes next to nothing.
	follow -r log.json
	await 1 2 3
	sleep 1
	awk '{ exit !($14 + $15 < 50) }' "/proc/$PID/stat"
	finish
}

@test "rotation: by numbers, several times between two looks, compressed, by time" {
	local i
	skip_without gzip
	record 1
	follow -r log.json
	await 1
	record 2
	mv log.json log.json.1
	# Who rotates may write the old one until the new one is begun.
	: >log.json
	sleep 0.3
	record 3 log.json.1
	await 1 2 3
	record 4
	await 1 2 3 4
	kill -STOP "$PID"
	for i in 5 6 7; do
		rotate
		record "$i"
	done
	gzip log.json.1
	kill -CONT "$PID"
	await 1 2 3 4 5 6 7
	# No name for a while.
	rotate
	sleep 0.3
	record 8
	await 1 2 3 4 5 6 7 8
	# What is gone before it was read is unknown; what is there is read.
	kill -STOP "$PID"
	rm log.json log.json.*
	record 9
	kill -CONT "$PID"
	await 1 2 3 4 5 6 7 8 9
	grep -q "^tcc-trace: warning: 'log.json': the file that was read last is not there any more" err
	finish
}

@test "a file that is cut is read anew; one that is not there yet is waited for" {
	record 1
	record 2
	follow -r log.json
	await 1 2
	: >log.json
	sleep 0.3
	record 3
	await 1 2 3
	grep -qx "tcc-trace: warning: 'log.json': was cut: it is read from its beginning" err
	finish
	mv log.json log.json.1
	follow -r log.json
	await 3
	record 4
	await 3 4
	finish
}

@test "--count, --duration, standard input, --since; what is refused" {
	record 1
	record 2
	follow -r log.json -c 3
	await 1 2
	record 3
	wait "$PID"
	equal "$(printf '%s\n' 1 2 3)" "$(cat got)"
	follow -r log.json -d 1s
	wait "$PID"
	equal "$(printf '%s\n' 1 2 3)" "$(cat got)"
	follow -r - <log.json
	await 1 2 3
	record 4
	await 1 2 3 4
	finish
	# Before now, of which the last record says nothing.
	printf '{"event":"probe","time":"%s","snd_cwnd":5}\n' "$(date -u +%FT%T.%NZ)" >>log.json
	follow -r log.json --since=-1h
	await 5
	finish
	follow -r log.json --since=2026-11-22T22:43:03Z --until=2026-11-22T22:44:00Z
	await 3 4
	finish
	run -2 "$TCC_TRACE" -r log.json.1 --follow
	[ "$output" = "tcc-trace: --follow: 'log.json.1': expected the name of the log file: a rotated one does not grow" ]
	run -2 "$TCC_TRACE" --follow
	[ "$output" = "tcc-trace: --follow: expected --read=FILE beside it" ]
}

@test "several files: in order, though one is silent or late" {
	record 1
	record 2 other.json
	follow -r log.json -r other.json
	await 1 2
	# Nothing old waits for the silent one.
	record 3
	await 1 2 3
	# What is of this moment does, for a second; what is to come, until it knows of later.
	later() { printf '{"event":"probe","time":"%s","snd_cwnd":%d}\n' "$(date -u -d "$1" +%FT%T.%NZ)" "$2"; }
	later '+5 minutes' 5 >>log.json
	sleep 0.5
	await 1 2 3
	later '+4 minutes' 4 >>other.json
	await 1 2 3 4
	later '+6 minutes' 6 >>other.json
	await 1 2 3 4 5
	later '-2 seconds' 7 >>log.json
	await 1 2 3 4 5 7
	finish
}
