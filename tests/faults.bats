#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong with a log file: each step of a rotation, each write, the
# compression. It is said once, and once when it is over; nothing else is lost.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace
load lib/readers

setup() {
	skip_unless_root
	netns_pair_up
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1
	export TCC_FAULT=$BATS_TEST_TMPDIR/fault
	printf '%64s' '' >"$TCC_FAULT"
	fault none 0
	sanitizer_options verify_asan_link_order=0
	iperf_server_start
}

teardown() {
	netns_pair_down
	! mountpoint -q "$BATS_TEST_TMPDIR/disk" || umount "$BATS_TEST_TMPDIR/disk"
}

# fault CALL ERRNO: from now on it fails so. Not truncated: it is mapped.
fault() {
	printf '%-63s' "$*" 1<>"$TCC_FAULT"
}

# The trace, in which calls can be made to fail, under a load of some thousand
# events a second.
trace_with_faults() {
	proc_start trace env LD_PRELOAD="$TCC_BUILD/tests/fault.so" "$TCC_TRACE" \
		--port "$IPERF_PORT" --buffer=4M "$@"
	trace_wait_attached
	# Small segments: an event each.
	proc_start load in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --time 100 \
		--no-delay --bitrate 30M --length 1K
	wait_written 200000
}

# Once the trace has gone on for a while after what the test has done.
end_of_load() {
	wait_written 200000
	proc_stop load
	each_cpu_speaks
	end_at_once
}

# Where nothing can be written any more.
end_at_once() {
	proc_stop load
	trace_stop
	cat "$NETNS_DIR/trace.err"
}

# said N TEXT: so many messages have it.
said() {
	echo "said $(grep -cF "$2" "$NETNS_DIR/trace.err") times: $2"
	[ "$(grep -cF "$2" "$NETNS_DIR/trace.err")" -eq "$1" ]
}

# Messages apart from the usual ones.
n_messages() {
	grep -vc 'attached in\|probe: seen\|connections* in\|larger --buffer' "$NETNS_DIR/trace.err"
}

# Neither lost nor torn nor doubled: all files together have what was written.
check_files() {
	run python3 "$TCC_TESTS/rotate/compare.py" files "$1" 0
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ \ ([0-9]+)\ records ]]
	check_account "${BASH_REMATCH[1]}"
	[ "$(summary buffer)" -eq 0 ]
}

anonymous_kb() {
	awk '/^RssAnon:/ { print $2 }' "/proc/$(proc_pid trace)/status"
}

# memory_is_flat BEFORE AT_MOST: its memory is what it was, but for that. Only where it is its own.
memory_is_flat() {
	local now
	now=$(anonymous_kb)
	echo "memory: $1 kB, then $now kB"
	is_sanitized || [ "$now" -le $(($1 + $2)) ]
}

# ---- the steps of a rotation -----------------------------------------------------

# step_fails CALL ERRNO TEXT OPTION...: for some thousand events, and further attempts.
step_fails() {
	local call=$1 errno=$2 text=$3 before
	shift 3
	trace_with_faults --csv --log-file a.csv --rotate-size=64K "$@"
	wait_written 800000	# its tables and buffers have their size by then
	before=$(anonymous_kb)
	fault "$call" "$errno"
	wait_for "grep -q 'cannot rotate' '$NETNS_DIR/trace.err'" 20
	wait_written 400000
	sleep 1.2	# the next attempt
	fault none 0
	memory_is_flat "$before" 128
	wait_for "grep -q 'is rotated or reopened again' '$NETNS_DIR/trace.err'" 20
	end_of_load
	[ "$PROC_STATUS" -eq 0 ]
	said 1 "cannot rotate 'a.csv': $text; going on in the old file, over its limit"
	said 1 "'a.csv' is rotated or reopened again"
	[ "$(n_messages)" -eq 2 ]
	[ "$(summary lost)" -eq 0 ]
}

@test "a rotated file cannot be renamed: the old file goes on, and no record is lost" {
	step_fails renameat 13 'Permission denied' --rotate-keep=9999
	check_files a.csv
}

@test "the file itself cannot be renamed" {
	step_fails renameat2 30 'Read-only file system' --rotate-keep=all
	check_files a.csv
	run bash -c "cat a.csv.* a.csv | wc -c"
	[ "$output" -gt $((64 << 10)) ]
}

@test "the new file cannot be opened: the renamed one goes on" {
	step_fails openat 28 'No space left on device' --rotate-keep=9999
	check_files a.csv
}

# What is removed is not missing by mistake: nothing newer than it is.
@test "the oldest file cannot be removed" {
	step_fails unlinkat 1 'Operation not permitted' --rotate-keep=2
	[ "$(ls)" = "$(printf 'a.csv\na.csv.1\na.csv.2\nfault')" ]
}

@test "with --rotate-keep=0 the file cannot be emptied" {
	step_fails ftruncate 5 'Input/output error' --rotate-keep=0
	[ "$(ls)" = "$(printf 'a.csv\nfault')" ]
	[ "$(stat -c %s a.csv)" -le $((64 << 10)) ]
}

@test "a directory that has a rotated file's name is reported" {
	mkdir -p a.csv.1/full
	trace_with_faults --csv --log-file a.csv --rotate-size=64K --rotate-keep=2
	wait_for "grep -q 'cannot rotate' '$NETNS_DIR/trace.err'" 20
	rm -r a.csv.1
	wait_for "grep -q 'is rotated or reopened again' '$NETNS_DIR/trace.err'" 20
	end_of_load
	said 1 "cannot rotate 'a.csv': 'a.csv.1': it is not one of its rotated files; going on in the old file, over its limit"
	said 1 "'a.csv' is rotated or reopened again"
	[ "$(n_messages)" -eq 2 ]
	[ "$(summary lost)" -eq 0 ]
}

@test "a file that cannot be reopened at a hangup: the old one goes on" {
	trace_with_faults --csv --log-file a.csv
	mv a.csv a.csv.1
	fault openat 13
	kill -HUP "$(proc_pid trace)"
	wait_for "grep -q 'cannot reopen' '$NETNS_DIR/trace.err'" 20
	sleep 1.5
	[ ! -e a.csv ]
	fault none 0
	wait_for "grep -q 'reopened again' '$NETNS_DIR/trace.err' && [ -s a.csv ]" 20
	end_of_load
	[ "$PROC_STATUS" -eq 0 ]
	said 1 "cannot reopen 'a.csv': Permission denied; going on in the old file"
	said 1 "'a.csv' is rotated or reopened again"
	[ "$(n_messages)" -eq 2 ]
	[ "$(summary lost)" -eq 0 ]
	check_files a.csv
}

# ---- writes -----------------------------------------------------------------------

# The fields say where what was lost is missing; behind the last nothing is.
check_marks() {
	local marked
	marked=$(cat "$@" | sed -nE 's/.*"lost":([0-9]+).*/\1/p' | awk '{ sum += $1 } END { print sum + 0 }')
	echo "marked $marked, lost $(summary lost)"
	[ "$marked" -eq "$(summary lost)" ]
}

# write_fails ERRNO TEXT: for more than a second.
write_fails() {
	local before
	trace_with_faults --json --log-file a.json
	wait_written 800000
	before=$(anonymous_kb)
	fault write "$1"
	wait_for "grep -q 'cannot write' '$NETNS_DIR/trace.err'" 20
	sleep 1.2	# some attempts
	kill -USR1 "$(proc_pid trace)"
	fault none 0
	memory_is_flat "$before" 512
	wait_for "grep -q 'works again' '$NETNS_DIR/trace.err'" 20
	end_of_load
	[ "$PROC_STATUS" -eq 0 ]
	said 1 "cannot write to a.json: $2"
	said 1 "writing to a.json works again"
	[ "$(n_messages)" -eq 2 ]
	[ "$(summary output)" -gt 0 ]
	check_files a.json
	check_marks a.json
}

@test "a full disk: said once, counted, marked where it is missing, and gone on" {
	write_fails 28 'No space left on device'
}

# bats test_tags=plain
@test "a quota that is reached" {
	write_fails 122 'Disk quota exceeded'
}

# bats test_tags=plain
@test "a file system that is read-only now" {
	write_fails 30 'Read-only file system'
}

@test "a disk that fills, and gets room again: whole lines, and nothing lost but what is counted" {
	mkdir disk
	mount -t tmpfs -o size=100m none disk
	head -c 99m /dev/zero >disk/other
	trace_with_faults --json --log-file disk/a.json
	wait_for "grep -q 'cannot write' '$NETNS_DIR/trace.err'" 20
	sleep 1
	# As a command's output it would be empty if it were a newline.
	[ "$(tail -c 1 disk/a.json)" = '' ]
	rm disk/other
	wait_for "grep -q 'works again' '$NETNS_DIR/trace.err'" 20
	end_of_load
	[ "$PROC_STATUS" -eq 0 ]
	said 1 "cannot write to disk/a.json: No space left on device"
	said 1 "writing to disk/a.json works again"
	[ "$(summary output)" -gt 0 ]
	cp disk/a.json .
	check_files a.json
	check_marks a.json
}

@test "a write that fails to the end: status 1; with --strict at once" {
	trace_with_faults --csv --log-file a.csv
	fault write 28
	wait_for "grep -q 'cannot write' '$NETNS_DIR/trace.err'" 20
	end_at_once
	[ "$PROC_STATUS" -eq 1 ]
	said 1 "cannot write to a.csv: No space left on device"
	[ "$(n_messages)" -eq 1 ]
	fault none 0
	check_files a.csv

	trace_with_faults --csv --log-file b.csv --strict
	fault write 28
	wait_for '! proc_is_running trace' 20
	proc_is_running load
	trace_stop
	[ "$PROC_STATUS" -eq 1 ]
	said 1 "cannot write to b.csv: No space left on device"
	[ "$(n_messages)" -eq 1 ]
	fault none 0
	check_files b.csv
}

@test "what the file system says only at the end is status 1" {
	trace_with_faults --csv --log-file a.csv
	fault close 5
	end_of_load
	[ "$PROC_STATUS" -eq 1 ]
	said 1 "cannot write to a.csv: Input/output error"
}

# What is at the path then may be anybody's.
@test "a directory that is removed, or replaced, is said once and not followed" {
	mkdir directory
	trace_with_faults --json --log-file directory/a.json
	rm -r directory
	wait_for "grep -q 'cannot write' '$NETNS_DIR/trace.err'" 20
	mkdir directory
	kill -HUP "$(proc_pid trace)"
	wait_for "grep -q 'cannot reopen' '$NETNS_DIR/trace.err'" 20
	end_at_once
	[ "$PROC_STATUS" -eq 1 ]
	[ -z "$(ls directory)" ]
	said 1 "cannot write to directory/a.json: its directory is gone, or another one now"
	said 1 "cannot reopen 'directory/a.json': its directory is gone, or another one now; going on in the old file"
	[ "$(n_messages)" -eq 2 ]
}

@test "a directory that is moved away and back: rotating waits, no record is lost" {
	mkdir directory
	trace_with_faults --csv --log-file directory/a.csv --rotate-size=64K --rotate-keep=9999
	mv directory elsewhere
	mkdir directory
	wait_for "grep -q 'cannot rotate' '$NETNS_DIR/trace.err'" 20
	sleep 1
	[ -z "$(ls directory)" ]
	rmdir directory
	mv elsewhere directory
	wait_for "grep -q 'is rotated or reopened again' '$NETNS_DIR/trace.err'" 20
	end_of_load
	[ "$PROC_STATUS" -eq 0 ]
	said 1 "cannot rotate 'directory/a.csv': its directory is gone, or another one now; going on in the old file, over its limit"
	said 1 "'directory/a.csv' is rotated or reopened again"
	[ "$(n_messages)" -eq 2 ]
	check_files directory/a.csv
}

@test "a file that is removed, or emptied, is begun anew, complete in itself" {
	trace_with_faults --csv --log-file a.csv
	rm a.csv
	wait_for '[ -s a.csv ]' 20
	: >a.csv
	wait_for '[ -s a.csv ]' 20
	[ "$(head -c 6 a.csv)" = event, ]
	end_of_load
	[ "$PROC_STATUS" -eq 0 ]
	said 1 "'a.csv' was removed; begun anew"
	[ "$(n_messages)" -eq 1 ]
	[ "$(summary lost)" -eq 0 ]
}

# ---- compression ------------------------------------------------------------------

# The programs of this test come first.
fake_program() {
	mkdir -p bin
	cat >bin/gzip
	chmod +x bin/gzip
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "a compression that fails: said once, the rotated files stay, tracing goes on" {
	fake_program <<<$'#!/bin/sh\nhead -c 100\nexit 1'
	trace_with_faults --csv --log-file a.csv --rotate-size=64K --rotate-keep=9999 \
		--compress=gzip
	end_of_load
	[ "$PROC_STATUS" -eq 0 ]
	said 1 "cannot compress rotated files of 'a.csv': the program failed (no space left?)"
	[ "$(n_messages)" -eq 1 ]
	[ "$(find . -name '*.gz' -o -name '*.compressing' | wc -l)" -eq 0 ]
	[ "$(summary lost)" -eq 0 ]
	check_files a.csv
}

@test "a compression whose end is not on the disk is not taken for one" {
	trace_with_faults --csv --log-file a.csv --rotate-size=64K --rotate-keep=9999 \
		--compress=gzip
	fault fsync 5
	wait_for "grep -q 'cannot compress' '$NETNS_DIR/trace.err'" 20
	find . -name '*.gz' | sort >before
	wait_written 400000
	find . -name '*.gz' | sort >after
	end_of_load
	said 1 "cannot compress rotated files of 'a.csv': Input/output error"
	[ "$(wc -l <after)" -le $(($(wc -l <before) + 1)) ]
	gunzip -t a.csv.*.gz
	check_files a.csv
}

@test "a helper that is killed: said once, the rotated files stay, tracing goes on" {
	# Killed at work: it is so for long.
	fake_program <<<$'#!/bin/sh\nexec tail -f /dev/null'
	trace_with_faults --csv --log-file a.csv --rotate-size=64K --rotate-keep=9999 \
		--compress=gzip
	wait_for '[ -e a.csv.compressing ]' 20
	pkill -KILL -P "$(proc_pid trace)"
	wait_for '[ ! -e a.csv.compressing ]' 20
	end_of_load
	[ "$PROC_STATUS" -eq 0 ]
	said 1 "cannot compress rotated files of 'a.csv': the process for it has ended; what is rotated stays as it is"
	[ "$(n_messages)" -eq 1 ]
	[ "$(summary lost)" -eq 0 ]
	check_files a.csv
}

@test "a directory, or a link, of a rotated file's name is not in the way of compression" {
	mkdir a.csv.9000
	ln -s /etc/passwd a.csv.8000
	trace_with_faults --csv --log-file a.csv --rotate-size=64K --rotate-keep=9999 \
		--compress=gzip
	wait_for '[ -e a.csv.1.gz ]' 20
	rm -r a.csv.9000 a.csv.8000
	end_of_load
	[ "$(n_messages)" -eq 0 ]
	check_files a.csv
}

@test "a second instance that is refused leaves the compression of the first alone" {
	fake_program <<<$'#!/bin/sh\nexec tail -f /dev/null'
	trace_with_faults --csv --log-file a.csv --rotate-size=64K --rotate-keep=9999 \
		--compress=gzip
	wait_for '[ -e a.csv.compressing ]' 20
	run -1 "$TCC_TRACE" --csv --log-file a.csv --rotate-size=64K --compress=gzip --duration 0.1
	[ "$output" = "tcc-trace: --log-file: 'a.csv': another tcc-trace is writing it" ]
	[ -e a.csv.compressing ]
	end_of_load
	[ "$(n_messages)" -eq 0 ]
	[ ! -e a.csv.compressing ]
}

@test "the compressor is not there: said at the start" {
	mkdir none
	run -1 env PATH="$PWD/none" "$TCC_TRACE" --log-file a.csv --rotate-size=1M --compress=xz
	[ "$output" = "tcc-trace: --compress: the program 'xz' is not in \$PATH; install it, or choose another" ]
	[ ! -e a.csv ]
}
