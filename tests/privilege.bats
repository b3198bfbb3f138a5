#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A running trace has no privilege left: neither capabilities nor the system
# calls that would serve to do harm.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

@test "after the start there is no capability, and none to be gained" {
	trace_start --port 1
	# The status line comes after the drop.
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		echo "$set $(status_of $set)"
		[ "$(status_of $set)" = 0000000000000000 ]
	done
	[ "$(status_of NoNewPrivs)" -eq 1 ]
}

@test "after the start a seccomp filter holds, and tracing works under it to its end" {
	confines_calls || skip "built without libseccomp, or with sanitizers"
	iperf_server_start
	trace_start --port "$IPERF_PORT"
	[ "$(status_of Seccomp)" -eq 2 ]
	iperf_client --time 1 >/dev/null
	kill -USR1 "$(proc_pid trace)"
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	check_account "$(lines "$NETNS_DIR/trace.out")"
	[ "$(summary written)" -gt 100 ]
}

@test "from inside, execve, bpf, ptrace, socket and typing into a terminal are refused" {
	confines_calls || skip "built without libseccomp, or with sanitizers"
	run -0 env LD_PRELOAD="$TCC_BUILD/tests/forbidden.so" "$TCC_TRACE" --duration 0.3 --port 1
	echo "$output"
	for call in execve bpf ptrace socket ioctl; do
		[[ $output =~ forbidden:\ $call:\ Operation\ not\ permitted ]]
	done
}

# ---- with a log file and its helper ----------------------------------------------------

# Where nobody may write. Not below bats' own directories: others may not enter those.
nobodys_directory() {
	LOG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tcc-privilege.XXXXXX")
	chown nobody "$LOG_DIR"
}

teardown() {
	netns_pair_down
	[ -z "${LOG_DIR:-}" ] || rm -rf "$LOG_DIR"
}

has_no_capability() {
	local set
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		echo "$1 $set $(sed -n "s/^$set:[[:space:]]*//p" "/proc/$1/status")"
		grep -q "^$set:[[:space:]]*0000000000000000$" "/proc/$1/status"
	done
	grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$1/status"
}

@test "--user: files are made, rotated, compressed and counted as that user, without privilege" {
	local pid helper
	nobodys_directory
	iperf_server_start
	trace_start --user nobody --csv --port "$IPERF_PORT" --log-file "$LOG_DIR/a.csv" \
		--rotate-size=64K --compress=gzip
	pid=$(proc_pid trace) helper=$(pgrep -P "$(proc_pid trace)")
	for pid in "$pid" "$helper"; do
		has_no_capability "$pid"
		[ "$(ps -o ruser=,euser=,suser=,fuser= "$pid" | xargs)" = 'nobody nobody nobody nobody' ]
		# Of root's groups none.
		[ "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$pid/status" | xargs)" = "$(id -G nobody)" ]
	done
	! confines_calls || [ "$(status_of Seccomp)" -eq 2 ]
	in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --time 2 --bitrate 100M >/dev/null
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	cat "$NETNS_DIR/trace.err"
	ls -l "$LOG_DIR"
	[ "$(stat -c '%U %a' "$LOG_DIR"/* | sort -u)" = 'nobody 640' ]
	[ -e "$LOG_DIR/a.csv.1.gz" ]
	[ "$(summary output)" -eq 0 ]
	[ "$(grep -vc 'attached in\|probe: seen\|connections in' "$NETNS_DIR/trace.err")" -eq 0 ]
}

@test "--user: a file that only root may write is not written; nobody is no user to become for nobody" {
	LOG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tcc-privilege.XXXXXX")
	run -1 "$TCC_TRACE" --user nobody --log-file "$LOG_DIR/a.csv" --duration 0.1
	[ "$output" = "tcc-trace: cannot open '$LOG_DIR/a.csv': Permission denied" ]
	run -2 "$TCC_TRACE" --user no-such-user --duration 0.1
	[ "$output" = "tcc-trace: --user: 'no-such-user': expected the name or number of a user of this machine" ]
	run -2 "$TCC_TRACE" --user 12x --duration 0.1
	run -1 setpriv --reuid=daemon --regid=daemon --clear-groups "$TCC_TRACE" --user nobody \
		--duration 0.1
	[ "$output" = "tcc-trace: --user: cannot become 'nobody': Operation not permitted" ]
}

@test "the helper inherits no files, no terminal, no blocked signal" {
	local helper
	nobodys_directory
	trace_start --csv --port 1 --log-file "$LOG_DIR/a.csv" --rotate-size=64K --compress=gzip
	helper=$(pgrep -P "$(proc_pid trace)")
	has_no_capability "$helper"
	run -0 readlink "/proc/$helper/fd/"*
	echo "$output"
	[ "$(sort -u <<<"$output" | sed 's/socket:.*/socket/')" = "$(printf '/dev/null\nsocket')" ]
	[ "$(ps -o sid= "$helper" | xargs)" = "$helper" ]
	[ "$(ps -o ni= "$helper" | xargs)" = 19 ]
	grep -q '^SigBlk:[[:space:]]*0000000000000000$' "/proc/$helper/status"
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	wait_for "! kill -0 $helper 2>/dev/null" 5
}

@test "a link that another user planted in a shared directory is not followed" {
	nobodys_directory
	chmod 1777 "$LOG_DIR"
	echo precious >"$BATS_TEST_TMPDIR/precious"
	ln -s "$BATS_TEST_TMPDIR/precious" "$LOG_DIR/a.json"
	chown -h nobody "$LOG_DIR/a.json"
	run -1 "$TCC_TRACE" --log-file "$LOG_DIR/a.json" --duration 0.1 --port 1
	[ "$output" = "tcc-trace: --log-file: '$LOG_DIR/a.json' is, or leads to, a symbolic link of another user; name the file itself" ]
	[ "$(cat "$BATS_TEST_TMPDIR/precious")" = precious ]
	# Our own is followed, but not rotated: the link would be moved.
	ln -s "$LOG_DIR/real.csv" "$BATS_TEST_TMPDIR/link.csv"
	run -0 "$TCC_TRACE" --quiet --log-file "$BATS_TEST_TMPDIR/link.csv" --duration 0.1 --port 1
	[ "$(wc -l <"$LOG_DIR/real.csv")" -eq 1 ]
	run -1 "$TCC_TRACE" --log-file "$BATS_TEST_TMPDIR/link.csv" --rotate-size=1M --duration 0.1
	[ "$output" = "tcc-trace: --log-file: '$BATS_TEST_TMPDIR/link.csv' cannot be rotated: it is not a regular file" ]
}

# The umask takes away; nothing adds.
@test "files are made 0640, less the umask" {
	local umask mode
	nobodys_directory
	while read -r umask mode; do
		rm -f "$LOG_DIR/a.csv"
		run -0 bash -c "umask $umask && exec '$TCC_TRACE' --quiet --log-file '$LOG_DIR/a.csv' --duration 0.1 --port 1"
		[ "$(stat -c %a "$LOG_DIR/a.csv")" = "$mode" ]
	done <<<$'022 640\n077 600\n000 640\n027 640'
}
