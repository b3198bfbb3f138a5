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

# await_read FILE: until all that is in it was read.
await_read() {
	local i fd
	for ((i = 0; i < 600; i++)); do
		for fd in /proc/"$PID"/fd/*; do
			[ "$fd" -ef "$1" ] || continue
			grep -qx "pos:[[:blank:]]*$(stat -c %s "$1")" "/proc/$PID/fdinfo/${fd##*/}" && return
		done
		sleep 0.05
	done
	return 1
}

# now [SECONDS N]: a record of so long from now.
now() {
	printf '{"event":"probe","time":"%s","snd_cwnd":%d}\n' \
		"$(date -u -d "${1:-0} seconds" +%FT%T.%NZ)" "$2"
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
	await_read log.json
	equal "$(printf '%s\n' 1 2)" "$(cat got)"
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
	follow -r log.json -d 5s
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
	local began
	record 1
	record 2 other.json
	follow -r log.json -r other.json
	await 1 2
	# Nothing old waits for the silent one.
	record 3
	await 1 2 3
	# What is of this moment does, for a second.
	began=$(date +%s%N)
	now 0 4 >>log.json
	await 1 2 3 4
	echo "after $((($(date +%s%N) - began) / 1000000)) ms"
	((($(date +%s%N) - began) > 990000000))
	# In order, if both come in this second.
	kill -STOP "$PID"
	now 0 5 >>other.json
	now 1 6 >>log.json
	now 2 7 >>other.json
	kill -CONT "$PID"
	await 1 2 3 4 5 6 7
	now -60 8 >>log.json
	await 1 2 3 4 5 6 7 8
	finish
}

@test "several files: a host whose clock is ahead holds nobody up" {
	local i
	record 1
	record 2 other.json
	follow -r log.json -r other.json
	await 1 2
	for i in 3 4 5; do
		now $((3600 + i)) "$i" >>log.json
	done
	await 1 2 3 4 5
	# Nor does one that is beside all reason.
	now 300000000 6 >>log.json
	now 3700 7 >>log.json
	await 1 2 3 4 5 6 7
	now 0 8 >>other.json
	await 1 2 3 4 5 6 7 8
	finish
}

@test "several files: one that is silent is not looked at for each record of the others" {
	record 1
	record 2 other.json
	follow -r log.json -r other.json
	await 1 2
	for ((i = 0; i < 20000; i++)); do
		echo '{"event":"probe","time":"2026-11-22T22:44:00.000Z","snd_cwnd":3}'
	done >>log.json
	record 59
	for ((i = 0; i < 600; i++)); do
		[ "$(wc -l <got)" -lt 20003 ] || break
		sleep 0.05
	done
	equal 20003 "$(wc -l <got)"
	awk '$1 == "syscr:" { print; exit !($2 < 5000) }' "/proc/$PID/io"
	finish
}

@test "a file that is named twice, once by a link, is followed once, over its rotation" {
	record 1
	ln -s log.json link.json
	follow -r log.json -r log.json -r link.json
	await 1
	rotate
	record 2
	await 1 2
	record 3
	await 1 2 3
	finish
	run ! grep warning err
}

@test "rotated files that are compressed at once are known again" {
	local program
	record 1
	follow -r log.json
	await 1
	for program in gzip zstd xz; do
		command -v "$program" || continue
		rm -f log.json.*
		record 2
		await_read log.json
		kill -STOP "$PID"
		mv log.json log.json.2
		"$program" -q log.json.2
		record 3
		mv log.json log.json.1
		"$program" -q log.json.1
		rm -f log.json.1 log.json.2
		record 4
		: >got
		kill -CONT "$PID"
		await 3 4
	done
	finish
	run ! grep warning err
}

@test "what of a file was cut is counted" {
	record 1
	follow -r log.json
	await 1
	printf '{"event":"probe","snd_c' >>log.json
	await_read log.json
	: >log.json
	sleep 0.3
	record 2
	await 1 2
	echo nothing >>log.json
	await_read log.json
	finish
	grep -q '^tcc-trace: probe: seen 4 = written 2 + filtered 0 + lost 2 .*unknown$' err
	grep -qx "tcc-trace: warning: 'log.json': line 2 cannot be read" err
}

@test "--strict: all is known of what ends with an end record" {
	printf '%s\n' '{"event":"trace","schema":2}' >log.json
	record 1
	follow --strict -r log.json
	await 1
	finish 3
	echo '{"event":"end","probe_lost":0,"probe_missed":0}' >>log.json
	follow --strict -r log.json
	await 1
	await_read log.json
	sleep 0.2
	finish 0
}

@test "HH:MM of a file that has no record yet is of today" {
	: >log.json
	# Not over midnight.
	while [ "$(date -u +%H%M)" = 2359 ]; do sleep 1; done
	follow -r log.json --until=23:59:59.999
	now 0 1 >>log.json
	await 1
	finish
}

@test "a file that cannot be opened without privilege ends it, which is said before" {
	local status=0
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	record 1
	chmod 755 .
	chown 65534 log.json
	chmod 600 log.json
	mkdir sub
	mv log.json sub
	follow -r sub/log.json
	await 1
	record 2
	chown 65534 log.json
	chmod 600 log.json
	mv sub/log.json sub/log.json.1
	mv log.json sub
	wait "$PID" || status=$?
	cat err
	[ "$status" -eq 1 ]
	grep -q "^tcc-trace: warning: 'sub/log.json': cannot be opened anew without privilege, .*: the trace will end when it is rotated; expected --user=NAME" err
	grep -q "^tcc-trace: cannot open 'sub/log.json.1': Permission denied" err
}
