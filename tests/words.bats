#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Messages: what names make of them, and a stderr that takes none. tests/unit/test_log.c
# has the same without a trace.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns
load lib/trace
load lib/readers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

KINDS="pipe fifo terminal stopped stream datagram"

# each_kind FUNCTION: with each of them, side by side, each in a directory of its own.
each_kind() {
	local kind pids=() failed=0
	for kind in $KINDS; do
		mkdir "$kind"
		(cd "$kind" && set -e && "$1" "$kind") >"$kind/log" 2>&1 3>&- &
		pids+=("$kind $!")
	done
	for kind in "${pids[@]}"; do
		wait "${kind#* }" && continue
		failed=1
		echo "${kind% *}:"
		cat "${kind% *}/log"
	done
	return "$failed"
}

# lacks FILE WORDS
lacks() {
	[ -s "$1" ] && [ "$(grep -c "$2" "$1")" -eq 0 ]
}

# stuck KIND OPTION... -- COMMAND...: tests/lib/stuck.py, what it says in `said`.
stuck() {
	PYTHONDONTWRITEBYTECODE=1 python3 "$TCC_TESTS/lib/stuck.py" "$@" 2>said || {
		cat said
		return 1
	}
	cat said
	lacks said '^flags changed'
}

# took LEAST MOST: seconds; what a busy machine added does not count for MOST.
took() {
	awk -v least="$1" -v most="$2" '/^took / { exit !($2 >= least && $3 <= most) }' said
}

# The records in FILE are all that were seen, and it says so itself.
# complete FILE
complete() {
	tail -n 1 "$1" | grep -q '^{"event":"end",'
	local end written
	end=$(tail -n 1 "$1")
	written=$(sed -nE 's/.*"probe_written":([0-9]+).*/\1/p' <<<"$end")
	[ "$written" -gt 20 ]
	[ "$(grep -c '^{"event":"probe",' "$1")" -eq "$written" ]
	[[ $end == *'"probe_lost":0,'* ]]
}

# traffic_start: segments without end, until the test's.
traffic_start() {
	skip_unless_root
	skip_without python3
	netns_pair_up
	iperf_server_start
	proc_start client in_a iperf3 --client "$B_IP4" --port "$IPERF_PORT" --time 60 --bitrate 100M
}

teardown() {
	netns_pair_down
}

# ---- what names make of them ---------------------------------------------------------------

@test "no name forges a message: a file's, a user's, a field's, a namespace's" {
	local name option
	name=$'x\e[2J\ntcc-trace: all is well\r\xc2\x9b1m\xff\u202e\x7f'
	for option in --user --fields --netns --cgroup --cc --port --ip --mark --events --format \
		--ca-struct --ca-btf --time --duration --buffer --count; do
		run "$TCC_TRACE" "$option=$name"
		printf '%s\n' "$option" "$output" | cat -v
		[ "$status" -ne 0 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ ${lines[0]} == "tcc-trace: "* ]]
		LC_ALL=C equal "$output" "$(LC_ALL=C tr -cd ' -~' <<<"$output")"
		case $option in
			--user | --ca-btf) continue ;;	# it may be something else that is said
		esac
		[[ $output == *'x\x1b[2J\x0atcc-trace: all is well\x0d\xc2\x9b1m\xff\xe2\x80\xae\x7f'* ]]
	done
	local status_wanted=2
	for option in "--$name" "$name"; do
		run "-$status_wanted" "$TCC_TRACE" "$option"
		status_wanted=127	# a command
		[ "${#lines[@]}" -eq 1 ]
		LC_ALL=C equal "$output" "$(LC_ALL=C tr -cd ' -~' <<<"$output")"
	done
}

@test "no name of a log file forges a message; characters of UTF-8 are shown as they are" {
	skip_unless_root
	local name=$'no\e[31m\n\xff/f\xc3\xa9'
	run -1 "$TCC_TRACE" --log-file="$name" --duration=0.1
	equal "tcc-trace: cannot open 'no\\x1b[31m\\x0a\\xff/f"$'\xc3\xa9'"': No such file or directory" \
		"$output"
}

@test "a long name does not cut off the reason" {
	skip_unless_root
	local name
	name=$(printf '%03000d/x' 0)
	run -1 "$TCC_TRACE" --log-file="$name" --duration=0.1
	echo "$output"
	[[ $output == "tcc-trace: cannot open '000"*"000/x': File name too long" ]]
	[ "${#output}" -le 2048 ]
	name=$(printf '%0100000d' 0)
	run -2 "$TCC_TRACE" --fields="$name"
	[[ $output == "tcc-trace: --fields: '000"*"000': no such field; --fields=help lists them" ]]
}

# ---- a stderr that takes nothing -----------------------------------------------------------

wrong_option() {
	stuck "$1" -- "$TCC_TRACE" --port=x
	grep -qx 'status 2' said
	took 1.5 5
}

@test "a wrong option: ends, whatever stderr is" {
	skip_without python3
	each_kind wrong_option
}

nothing_taken() {
	stuck "$1" -- "$TCC_TRACE" --port="$IPERF_PORT" --duration=1 --log-file=a.json --verbose
	grep -qx 'status 0' said
	# The trace, and patience at the end.
	took 2.8 7
	complete a.json
}

@test "a stderr that takes nothing stops neither start, trace nor end; records are complete" {
	traffic_start
	each_kind nothing_taken
}

ended_by_signal() {
	stuck "$1" --signal=USR1@1.5 --signal=INT@2 -- \
		"$TCC_TRACE" --port="$IPERF_PORT" --user=nobody --json >a.json
	grep -qx 'status 0' said
	took 2 6
	[ "$(grep -c '^{"event":"probe",.*}$' a.json)" -gt 20 ]
}

@test "a signal ends it in bounds, when stderr takes nothing" {
	traffic_start
	each_kind ended_by_signal
}

stopped_while_tracing() {
	stuck "$1" --fill=2 --signal=USR1@2.5 --signal=USR1@3 --read=4 --signal=USR1@4.5 \
		--signal=INT@5 -- "$TCC_TRACE" --port="$IPERF_PORT" --log-file=a.json
	grep -qx 'status 0' said
	took 5 8
	complete a.json
	grep -qE '^tcc-trace: warning: [0-9]+ lines of messages dropped here: stderr took nothing$' said
	[ "$(grep -c 'dropped here' said)" -eq 1 ]
	# Behind it both summaries, whole: that of the signal, that of the end.
	sed '1,/dropped here/d' said >behind
	[ "$(grep -cE '^tcc-trace: probe: seen [0-9]+ = .*' behind)" -eq 2 ]
	[ "$(grep -cE '^tcc-trace: [0-9]+ connections? in [0-9.]+ s$' behind)" -eq 2 ]
}

@test "a stderr that stops while tracing: records go on, and what was dropped is said" {
	traffic_start
	each_kind stopped_while_tracing
}

slow() {
	# Attached by then, on a busy machine, too.
	stuck "$1" --fill=3 --read=5.5 -- "$TCC_TRACE" --port="$IPERF_PORT" --duration=4 \
		--log-file=a.json
	grep -qx 'status 0' said
	lacks said 'dropped here'
	grep -q 'attached in' said
	grep -qE '^tcc-trace: probe: seen [0-9]+ = ' said
	grep -qE '^tcc-trace: [0-9]+ connections? in [0-9.]+ s$' said
}

@test "a slow stderr is waited for at the end: nothing of the summary is dropped" {
	traffic_start
	each_kind slow
}

@test "nothing waits between attaching and the end, not even to say that it has begun" {
	traffic_start
	stuck pipe --read=1.5 -- "$TCC_TRACE" --port="$IPERF_PORT" --duration=1 --log-file=a.json
	took 1.4 3
	grep -qx 'tcc-trace: warning: 1 line of messages dropped here: stderr took nothing' said
	lacks said 'attached in'
	grep -qE '^tcc-trace: [0-9]+ connections? in [0-9.]+ s$' said
	complete a.json
}
