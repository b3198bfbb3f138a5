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

# ---- from inside ---------------------------------------------------------------------

# What uid 0 could gain by, though it has no capability; by the names of forbidden.c.
REFUSED_ALWAYS=(execve fork ptrace process_vm_readv kill tgkill tkill F_SETOWN F_SETFL bpf socket
	ioctl link symlink chmod mkdir truncate 'mmap wx' 'mmap x' mprotect)
[ "$(uname -m)" != s390x ] || REFUSED_ALWAYS=("${REFUSED_ALWAYS[@]/mmap*/mprotect}") # confine.c
REFUSED_FILES=(/etc/shadow core_pattern 'own memory' /usr/local/bin /etc 'a device' append empty
	rename unlink)

# A command behind this has two descriptors open by chance, one of them beyond the
# limit, which was lowered afterwards.
BY_CHANCE=(bash -c 'ulimit -n 1024; exec 9</etc/passwd 900<&9; ulimit -n 512; exec "$@"' -)

# tries [NAME=VALUE...] OPTION...: the program with forbidden.so, which says what it
# could do: $output.
tries() {
	local environment=()
	confines_calls || skip "built without libseccomp, or with sanitizers"
	while [[ $1 == *=* && $1 != -* ]]; do
		environment+=("$1")
		shift
	done
	nobodys_directory
	chmod 777 "$LOG_DIR"	# root without capabilities is one of the others
	echo precious >"$BATS_TEST_TMPDIR/precious"
	chmod 711 "$BATS_TEST_TMPDIR"
	run -0 "${BY_CHANCE[@]}" env \
		LD_PRELOAD="$TCC_BUILD/tests/forbidden.so" \
		TCC_FORBIDDEN="$BATS_TEST_TMPDIR/precious" TCC_ALLOWED="$LOG_DIR/new" \
		"${environment[@]}" \
		"$TCC_TRACE" --duration 0.3 --port 1 "${@//LOG_DIR/$LOG_DIR}"
	echo "$output"
	[ "$(grep -c '^forbidden: ' <<<"$output")" -eq 36 ]
}

# refused NAME...: each was refused, and for no other reason.
refused() {
	local name
	for name; do
		echo "$name"
		grep -qE "^forbidden: $name: (Operation not permitted|Permission denied)$" <<<"$output"
	done
}

# What must go on to work, and what is closed, always.
check_rest() {
	grep -qx 'forbidden: raise: done' <<<"$output"
	grep -qx 'forbidden: mmap: done' <<<"$output"
	grep -qx 'forbidden: descriptor 9: Bad file descriptor' <<<"$output"
	grep -qx 'forbidden: descriptor 900: Bad file descriptor' <<<"$output"
	grep -q '^tcc-trace: probe: seen .* lost 0' <<<"$output"
	[ "$(cat "$BATS_TEST_TMPDIR/precious")" = precious ]
}

has_landlock() {
	grep -qx 'forbidden: Landlock: there' <<<"$output"
}

@test "from inside, as root: nothing is gained, and no file opened for writing" {
	tries
	refused "${REFUSED_ALWAYS[@]}" "${REFUSED_FILES[@]}" 'a file of its own'
	check_rest
}

@test "from inside, as root, on an older kernel: the same" {
	tries TCC_OLD_KERNEL=1
	! has_landlock || return 1
	refused "${REFUSED_ALWAYS[@]}" "${REFUSED_FILES[@]}" 'a file of its own'
	check_rest
}

@test "from inside, as root with a log file: only in its directory files are written" {
	tries --log-file LOG_DIR/a.csv
	has_landlock || skip "this kernel has no Landlock, or it is switched off"
	refused "${REFUSED_ALWAYS[@]}" "${REFUSED_FILES[@]}"
	grep -qx 'forbidden: a file of its own: done' <<<"$output"
	check_rest
}

@test "from inside, as root with a log file behind a link: only where that leads" {
	mkdir "$BATS_TEST_TMPDIR/links"
	ln -s "$BATS_TEST_TMPDIR/real/a.csv" "$BATS_TEST_TMPDIR/links/a.csv"
	mkdir "$BATS_TEST_TMPDIR/real"
	tries TCC_ALLOWED="$BATS_TEST_TMPDIR/real/new" --log-file "$BATS_TEST_TMPDIR/links/a.csv"
	has_landlock || skip "this kernel has no Landlock, or it is switched off"
	refused "${REFUSED_ALWAYS[@]}" "${REFUSED_FILES[@]}"
	grep -qx 'forbidden: a file of its own: done' <<<"$output"
	check_rest
}

@test "from inside, as root with a log file on an older kernel: the calls still hold" {
	tries TCC_OLD_KERNEL=1 --log-file LOG_DIR/a.csv
	! has_landlock || return 1
	refused "${REFUSED_ALWAYS[@]}"
	grep -qx 'forbidden: a file of its own: done' <<<"$output"
}

@test "from inside, with --user: nothing is gained, with a log file and without" {
	tries --user nobody
	refused "${REFUSED_ALWAYS[@]}" "${REFUSED_FILES[@]}" 'a file of its own'
	check_rest
	rm -rf "$LOG_DIR"
	tries --user nobody --log-file LOG_DIR/a.csv
	refused "${REFUSED_ALWAYS[@]}"
	refused /etc/shadow core_pattern /usr/local/bin /etc append rename unlink
	! has_landlock || refused "${REFUSED_FILES[@]}"
	grep -qx 'forbidden: a file of its own: done' <<<"$output"
	check_rest
}

@test "the running program has no descriptor that another program would inherit" {
	local pid fd
	nobodys_directory
	trace_start --csv --port 1 --log-file "$LOG_DIR/a.csv" --rotate-size=64K --compress=gzip
	pid=$(proc_pid trace)
	[ "$(ls "/proc/$pid/fd" | wc -l)" -gt 8 ]
	for fd in "/proc/$pid/fd/"*; do
		fd=${fd##*/}
		echo "$fd $(readlink "/proc/$pid/fd/$fd") $(grep flags: "/proc/$pid/fdinfo/$fd")"
		# Close-on-exec is 02000000.
		[ "$fd" -le 2 ] ||
			[ $((0$(sed -n 's/^flags:[[:space:]]*//p' "/proc/$pid/fdinfo/$fd") & 02000000)) -ne 0 ]
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

@test "the helper inherits no files but where the log is, also where there is no close_range()" {
	local helper
	confines_calls || skip "built without libseccomp, or with sanitizers"
	nobodys_directory
	proc_start trace "${BY_CHANCE[@]}" env TCC_OLD_KERNEL=1 LD_PRELOAD="$TCC_BUILD/tests/forbidden.so" "$TCC_TRACE" --csv \
		--port 1 --log-file "$LOG_DIR/a.csv" --rotate-size=64K --compress=gzip
	trace_wait_attached
	helper=$(pgrep -P "$(proc_pid trace)")
	run -0 readlink "/proc/$helper/fd/"*
	echo "$output"
	[ "$(sort -u <<<"$output" | sed 's/socket:.*/socket/')" = "$(printf '/dev/null\nsocket\n%s' "$LOG_DIR" | sort)" ]
	trace_stop
}

@test "the helper inherits no files but where the log is, no terminal, no blocked signal" {
	local helper
	nobodys_directory
	proc_start trace "${BY_CHANCE[@]}" "$TCC_TRACE" --csv --port 1 --log-file "$LOG_DIR/a.csv" --rotate-size=64K --compress=gzip
	trace_wait_attached
	helper=$(pgrep -P "$(proc_pid trace)")
	has_no_capability "$helper"
	run -0 readlink "/proc/$helper/fd/"*
	echo "$output"
	[ "$(sort -u <<<"$output" | sed 's/socket:.*/socket/')" = "$(printf '/dev/null\nsocket\n%s' "$LOG_DIR" | sort)" ]
	[ "$(ps -o sid= "$helper" | xargs)" = "$helper" ]
	[ "$(ps -o ni= "$helper" | xargs)" = 19 ]
	grep -q '^SigBlk:[[:space:]]*0000000000000000$' "/proc/$helper/status"
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	wait_for "! kill -0 $helper 2>/dev/null" 20
}

# What is run as the compressor tries from inside; the environment is not its own.
@test "the compressor writes only beside the log file, and reaches neither network nor kernel" {
	local landlock=
	LOG_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tcc-privilege.XXXXXX")
	mkdir "$LOG_DIR/bin" "$LOG_DIR/logs" "$LOG_DIR/others"
	echo precious >"$LOG_DIR/others/precious"
	cat >"$LOG_DIR/bin/gzip" <<-END
		#!/bin/bash
		exec 2>>$LOG_DIR/logs/said
		(: >$LOG_DIR/others/new) && echo made >&2
		(: >>$LOG_DIR/others/precious) && echo written >&2
		(: >/dev/tcp/127.0.0.1/1)
		unshare --user true && echo unshared >&2
		for fd in /proc/self/fd/*; do [ "\${fd##*/}" -le 2 ] || readlink "\$fd" >&2; done
		exec /usr/bin/gzip "\$@"
	END
	chmod 755 "$LOG_DIR/bin/gzip"
	python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, 0, 0, 1) < 1)' || landlock=no
	iperf_server_start
	PATH=$LOG_DIR/bin:$PATH trace_start --csv --port "$IPERF_PORT" --log-file "$LOG_DIR/logs/a.csv" \
		--rotate-size=64K --compress=gzip
	in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --time 2 --bitrate 100M >/dev/null
	wait_for '[ -e "$LOG_DIR/logs/a.csv.1.gz" ]' 30
	trace_stop
	cat "$LOG_DIR/logs/said"
	if confines_calls; then
		grep -q 'socket: Operation not permitted' "$LOG_DIR/logs/said"
		grep -q 'unshare failed: Operation not permitted' "$LOG_DIR/logs/said"
	fi
	run ! grep -q 'socket:\[\|/others\|anon_inode' <(grep -v Permission "$LOG_DIR/logs/said")
	[ -z "$landlock" ] || skip "this kernel has no Landlock, or it is switched off"
	[ ! -e "$LOG_DIR/others/new" ]
	grep -q 'others/new: Permission denied' "$LOG_DIR/logs/said"
	grep -q 'others/precious: Permission denied' "$LOG_DIR/logs/said"
}

@test "a helper that was killed leaves no zombie, and children have a status" {
	local pid helper
	nobodys_directory
	chmod 777 "$LOG_DIR"
	trace_start --csv --port 1 --log-file "$LOG_DIR/a.csv" --rotate-size=64K --compress=gzip
	pid=$(proc_pid trace) helper=$(pgrep -P "$(proc_pid trace)")
	# Bit 16 is SIGCHLD: ignored, no child could be waited for.
	[ $((0x$(status_of SigIgn) >> 16 & 1)) -eq 0 ]
	kill -KILL "$helper"
	wait_for "[ -z \"\$(ps -o pid= --ppid $pid)\" ]" 20
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
}

@test "a link that another user planted in a shared directory is not followed" {
	nobodys_directory
	chmod 1777 "$LOG_DIR"
	echo precious >"$BATS_TEST_TMPDIR/precious"
	ln -s "$BATS_TEST_TMPDIR/precious" "$LOG_DIR/a.json"
	chown -h nobody "$LOG_DIR/a.json"
	run -1 "$TCC_TRACE" --log-file "$LOG_DIR/a.json" --duration 0.1 --port 1
	[ "$output" = "tcc-trace: --log-file: '$LOG_DIR/a.json': it is, or leads to, a symbolic link of another user; name the file itself" ]
	[ "$(cat "$BATS_TEST_TMPDIR/precious")" = precious ]
	# Our own is followed, but not rotated: the link would be moved.
	ln -s "$LOG_DIR/real.csv" "$BATS_TEST_TMPDIR/link.csv"
	run -0 "$TCC_TRACE" --quiet --log-file "$BATS_TEST_TMPDIR/link.csv" --duration 0.1 --port 1
	[ "$(wc -l <"$LOG_DIR/real.csv")" -eq 1 ]
	run -1 "$TCC_TRACE" --log-file "$BATS_TEST_TMPDIR/link.csv" --rotate-size=1M --duration 0.1
	[ "$output" = "tcc-trace: --log-file: '$BATS_TEST_TMPDIR/link.csv': it is not a regular file, as rotating and reopening take" ]
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
