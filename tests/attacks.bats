#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Attacks on a log file, and mistakes that look like one; those on all else are in
# attacks.txt. Each is a line in a table below and a function of its name. What is
# precious stays as it was, nothing hangs, the reason that is said is the true one, and the
# account adds up. That the traps hold after each single system call is shown by
# tests/unit/test_traps.c.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

setup() {
	skip_unless_root
	# Not below bats' own directories: others may not enter those.
	SCENE=$(mktemp -d "${TMPDIR:-/tmp}/tcc-attacks.XXXXXX")
	chmod 755 "$SCENE"
	cd "$SCENE" || return
	holder=
}

teardown() {
	local file
	netns_pair_down
	[ -z "$holder" ] || kill "$holder" || :
	for file in dir/a.json dir/a.csv dir/a.csv.1; do
		[ ! -e "$file" ] || chattr -ai "$file" 2>/dev/null || :
	done
	cd / && rm -rf "$SCENE"
}

# ---- the scene ------------------------------------------------------------------

# scene ME: the tracer's user is ME; `daemon` is the other one, and the directory dir
# belongs to `daemon`. What is precious is in a directory of ME's own.
scene() {
	local file
	[ -z "$holder" ] || kill "$holder" || :
	holder=
	for file in dir/a.json dir/a.csv; do
		[ ! -e "$file" ] || chattr -ai "$file" 2>/dev/null || :
	done
	rm -rf dir precious way
	ME=$1 FILE=dir/a.json
	mkdir -m 777 dir
	mkdir -m 700 precious
	echo '{"event":"precious"}' >precious/a.json
	echo '{"event":"precious"}' >precious/a.json.1
	mkfifo -m 600 precious/fifo
	chown -R "$ME" precious
	chown daemon dir
	ls -ln --time-style=full-iso precious >before
	# Its reader, to see whether anything came.
	exec 7<>precious/fifo
}

is_precious_unharmed() {
	ls -ln --time-style=full-iso precious | diff before - || return 1
	[ "$(cat precious/a.json precious/a.json.1 | uniq -c | xargs)" = '2 {event:precious}' ] || return 1
	! read -r -t 0.01 -u 7 || return 1
	exec 7<&-
}

# shared: everybody may make files there, and nobody remove those of others.
shared() {
	chown root dir
	chmod 1777 dir
}

# mine FILE TEXT: a file that is the tracer's own.
mine() {
	printf '%b' "$2" >"$1"
	chown "$ME" "$1"
}

# hold CODE: Python, which opens or locks something, says so, and stays.
hold() {
	rm -f held
	python3 -c "import fcntl, os, socket, struct, sys, time
$1
print('held', flush=True)
time.sleep(60)" >held 2>&1 3>&- 7>&- &
	holder=$!
	wait_for '[ -s held ]' 20
	[ "$(cat held)" = held ]
}

# ---- before the start -------------------------------------------------------------

# NAME, of the function; who traces: root, user (nobody, by --user), or both; what is
# said: the reason of a refusal, "ok", or "ok" and a warning.
attacks_at_the_start() {
	cat <<-'END'
		link_to_a_file both it is, or leads to, a symbolic link of another user; name the file itself
		link_to_a_fifo both it is, or leads to, a symbolic link of another user; name the file itself
		link_to_a_device both it is, or leads to, a symbolic link of another user; name the file itself
		link_to_no_file both it is, or leads to, a symbolic link of another user; name the file itself
		link_on_the_way both it is, or leads to, a symbolic link of another user; name the file itself
		link_behind_our_own both it is, or leads to, a symbolic link of another user; name the file itself
		link_in_a_shared_directory both it is, or leads to, a symbolic link of another user; name the file itself
		links_in_a_circle root it is, or leads to, a symbolic link of another user; name the file itself
		second_name_of_a_file both it has two names, where others may make such; choose another file
		file_of_another both another user made it, where others may make files too; choose another file
		fifo_of_another both another user made it, where others may make files too; choose another file
		fifo_without_reader both nobody reads it
		fifo_to_rotate both it is not a regular file, as rotating and reopening take
		socket_for_file root nobody reads it
		directory_for_file both Is a directory
		directory_by_a_slash root Is a directory
		file_on_the_way root Not a directory
		text_without_end both its heading differs from the one to be written; choose another file, or the same format and fields
		text_without_end_as_text both its last line has no end, and is no line of tcc-trace; choose another file
		json_document both its heading differs from the one to be written; choose another file, or the same format and fields
		json_document_as_text both its last line has no end, and is no line of tcc-trace; choose another file
		program root its last line has no end, and is no line of tcc-trace; choose another file
		other_csv both its heading differs from the one to be written; choose another file, or the same format and fields
		large_without_line_ends both its last line has no end, and is no line of tcc-trace; choose another file
		append_only_torn root it may only be appended to (chattr +a)
		append_only_to_rotate root it may only be appended to (chattr +a)
		append_only root ok
		immutable root it may not be changed (chattr +i)
		flock_by_a_reader both ok
		lock_by_a_reader both ok somebody who reads it has locked it; another tcc-trace that writes it would not be noticed
		lock_by_a_program both another program has locked it
		lock_by_another_trace both another tcc-trace is writing it
		lease_by_a_program root another program has a lease on it
		torn_record both ok ended in half a line, left by a crash: 13 bytes cut off
		deleted_file_by_its_number root ok
	END
}

link_to_a_file() { ln -s ../precious/a.json dir/a.json && chown -h daemon dir/a.json; }
link_to_a_fifo() { ln -s ../precious/fifo dir/a.json && chown -h daemon dir/a.json; }
link_to_a_device() { ln -s /dev/null dir/a.json && chown -h daemon dir/a.json; }
link_to_no_file() { ln -s ../precious/new dir/a.json && chown -h daemon dir/a.json; }
link_on_the_way() {
	ln -s ../precious dir/way && chown -h daemon dir/way
	FILE=dir/way/a.json
}
link_behind_our_own() {
	link_to_a_file
	ln -s dir/a.json way
	FILE=way
}
link_in_a_shared_directory() { shared && link_to_a_file; }
links_in_a_circle() { ln -s a.json dir/a.json; }
second_name_of_a_file() {
	# In the file's own directory it has one name, for the scene's sake.
	mine precious/two '{"event":"trace"}\n'
	ln precious/two dir/a.json && rm precious/two
	ln dir/a.json dir/two && ls -ln --time-style=full-iso precious >before
}
file_of_another() { shared && : >dir/a.json && chown daemon dir/a.json && chmod 666 dir/a.json; }
fifo_of_another() {
	shared && mkfifo -m 666 dir/a.json && chown daemon dir/a.json
	hold "os.open('dir/a.json', os.O_RDONLY | os.O_NONBLOCK)"
}
fifo_without_reader() { mkfifo -m 666 dir/a.json && chown daemon dir/a.json; }
fifo_to_rotate() { fifo_without_reader && OPTIONS=(--rotate-size=1M); }
socket_for_file() { python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('dir/a.json')"; }
directory_for_file() { mkdir dir/a.json; }
directory_by_a_slash() { FILE=dir/; }
file_on_the_way() { FILE=precious/a.json/a.json; }
text_without_end() { mine dir/a.json 'Dear reader'; }
text_without_end_as_text() { mine dir/a 'k:1 or so\nDear reader' && FILE=dir/a; }
json_document() { mine dir/a.json '{"a":\n [1,\n 2]\n}'; }
json_document_as_text() { mine dir/a '{"a":\n [1,\n 2]\n}' && FILE=dir/a; }
program() { cp /bin/true dir/a && FILE=dir/a; }
other_csv() { mine dir/a.csv 'name,age\nx,1' && FILE=dir/a.csv; }
large_without_line_ends() { mine dir/a '' && truncate -s 40G dir/a && FILE=dir/a; }
append_only() { mine dir/a.json '{"event":"trace"}\n' && chattr +a dir/a.json; }
append_only_torn() { mine dir/a.json '{"event":"trace"}\n{"eve' && chattr +a dir/a.json; }
append_only_to_rotate() { append_only && OPTIONS=(--rotate-size=1M); }
immutable() { mine dir/a.json '{"event":"trace"}\n' && chattr +i dir/a.json; }
flock_by_a_reader() { mine dir/a.json '' && hold "fcntl.flock(os.open('dir/a.json', os.O_RDONLY), fcntl.LOCK_EX)"; }
lock_by_a_reader() { mine dir/a.json '' && hold "fcntl.lockf(os.open('dir/a.json', os.O_RDONLY), fcntl.LOCK_SH)"; }
lock_by_a_program() { mine dir/a.json '' && hold "fcntl.lockf(os.open('dir/a.json', os.O_RDWR), fcntl.LOCK_EX)"; }
lock_by_another_trace() {
	"$TCC_TRACE" --log-file dir/a.json --port 1 2>held 7>&- 3>&- &
	holder=$!
	wait_for '[ -s dir/a.json ]' 30
	chmod 666 dir/a.json
}
lease_by_a_program() { mine dir/a.json '' && hold "
fd = os.open('dir/a.json', os.O_RDWR)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
import signal; signal.signal(signal.SIGIO, signal.SIG_IGN)"; }
torn_record() { mine dir/a.json '{"event":"probe","cpu":1}\n{"event":"pro'; }
deleted_file_by_its_number() {
	exec 8>>dir/gone
	rm dir/gone
	FILE=/proc/self/fd/8
}

# Who has a table's cases of both: with sanitizers, in CI, it is the user of less privilege.
who_tries() {
	if is_sanitized && [ -z "${TCC_LONG:-}" ]; then
		echo nobody
	else
		echo root nobody
	fi
}

# attack_start NAME ME WANTED: whether it ended as it should.
attack_start() {
	local name=$1 wanted=$3 status=0 as=()
	scene "$2"
	OPTIONS=()
	"$name"
	[ "$ME" = root ] || as=(--user "$ME")
	local content
	[ ! -f "$FILE" ] || [ -p "$FILE" ] || content=$(head -c 4096 "$FILE" | md5sum)
	timeout 20 "$TCC_TRACE" --quiet --duration 0.1 --port 1 --log-file "$FILE" "${as[@]}" \
		"${OPTIONS[@]}" >out 2>err 7>&- || status=$?
	exec 8>&-
	is_precious_unharmed || return 1
	case $wanted in
		ok) [ "$status" -eq 0 ] && [ ! -s err ] ;;
		ok\ *) [ "$status" -eq 0 ] && grep -qF "${wanted#ok }" err && [ "$(lines err)" -eq 1 ] ;;
		*)
			[ "$status" -eq 1 ] && [ "$(lines err)" -eq 1 ] &&
				grep -qE "^tcc-trace: (--log-file: |cannot open )'$FILE': " err &&
				[ "$(sed "s|.*'$FILE': ||" err)" = "$wanted" ] || return 1
			# What is refused stays as it was.
			[ -z "${content:-}" ] || [ "$content" = "$(head -c 4096 "$FILE" | md5sum)" ]
			;;
	esac
}

@test "before the start: each attack is refused by its reason, or does no harm" {
	local name who wanted me failed=0 n=0
	while read -r name who wanted; do
		case $who in
			both) who=$(who_tries) ;;
			user) who=nobody ;;
		esac
		for me in $who; do
			n=$((n + 1))
			attack_start "$name" "$me" "$wanted" </dev/null && continue
			echo "$name, by $me: $(cat err)"
			failed=$((failed + 1))
		done
	done < <(attacks_at_the_start)
	echo "$n attacks, $failed not as they should"
	[ "$n" -ge $((19 * $(who_tries | wc -w) + 12)) ]
	[ "$failed" -eq 0 ]
}

# ---- while it runs ------------------------------------------------------------------

# NAME of the function; what is said (none: nothing; @ between two lines). All as root
# and as nobody.
attacks_while_it_runs() {
	cat <<-'END'
		run_link_in_its_place cannot reopen 'dir/a.csv': it is, or leads to, a symbolic link of another user; name the file itself; going on in the old file
		run_fifo_in_its_place cannot reopen 'dir/a.csv': it is not a regular file, as rotating and reopening take; going on in the old file
		run_device_in_its_place cannot reopen 'dir/a.csv': it is not a regular file, as rotating and reopening take; going on in the old file
		run_directory_in_its_place cannot reopen 'dir/a.csv': it is not a regular file, as rotating and reopening take; going on in the old file
		run_other_heading_in_its_place cannot reopen 'dir/a.csv': its heading differs from the one to be written; choose another file, or the same format and fields; going on in the old file
		run_locked_in_its_place cannot reopen 'dir/a.csv': another program has locked it; going on in the old file
		run_link_for_its_directory cannot reopen 'dir/a.csv': it is, or leads to, a symbolic link of another user; name the file itself; going on in the old file
		run_other_directory cannot reopen 'dir/a.csv': its directory is gone, or another one now; going on in the old file
		run_readers_lock
		run_link_for_rotated cannot rotate 'dir/a.csv': 'a.csv.1': it is not one of its rotated files; going on in the old file, over its limit
		run_never_rotated cannot rotate 'dir/a.csv': 'a.csv.1': it is not one of its rotated files; going on in the old file, over its limit
		run_traced_by_another cannot rotate 'dir/a.csv': 'a.csv.1': another tcc-trace is writing it; going on in the old file, over its limit
		run_link_for_temporary
		run_compressed_rotated cannot compress rotated files of 'dir/a.csv': it is not one of its rotated files@cannot rotate 'dir/a.csv': 'a.csv.1.gz': it is not one of its rotated files; going on in the old file, over its limit
	END
}

# Moved away, and something else put there; then a hangup.
put() {
	mv dir/a.csv dir/moved
	"$@"
	kill -HUP "$(proc_pid trace)"
}

run_link_in_its_place() {
	ln -s ../precious/a.json link && chown -h daemon link
	put mv link dir/a.csv
}
run_fifo_in_its_place() { put mkfifo -m 666 dir/a.csv; }
run_device_in_its_place() { put mknod -m 666 dir/a.csv c 1 3; }
run_directory_in_its_place() { put mkdir -m 777 dir/a.csv; }
run_other_heading_in_its_place() { put mine dir/a.csv 'name,age\n'; }
run_locked_in_its_place() {
	mine new ''
	hold "fcntl.lockf(os.open('new', os.O_RDWR), fcntl.LOCK_EX)"
	put mv new dir/a.csv
}
run_link_for_its_directory() {
	mv dir elsewhere
	ln -s precious dir && chown -h daemon dir
	kill -HUP "$(proc_pid trace)"
	wait_for "grep -q 'cannot reopen' '$NETNS_DIR/trace.err'" 20
	rm dir
	mv elsewhere dir
}
run_other_directory() {
	mv dir elsewhere
	mkdir -m 777 dir
	kill -HUP "$(proc_pid trace)"
	wait_for "grep -q 'cannot reopen' '$NETNS_DIR/trace.err'" 20
	rmdir dir
	mv elsewhere dir
}
run_readers_lock() {
	hold "
fd = os.open('dir/a.csv', os.O_RDONLY)
fcntl.flock(fd, fcntl.LOCK_EX)"
	mv dir/a.csv dir/moved
	kill -HUP "$(proc_pid trace)"
}
run_link_for_rotated() { ln -s ../precious/a.json dir/a.csv.1 && chown -h daemon dir/a.csv.1; }
run_never_rotated() { mine dir/a.csv.1 '.TH A.CSV 1\n'; }
run_traced_by_another() {
	"$TCC_TRACE" --csv --log-file dir/a.csv.1 --port 1 2>held 7>&- 3>&- &
	holder=$!
	wait_for '[ -s dir/a.csv.1 ]' 30
	chown "$ME" dir/a.csv.1
}
# As if a crash had left both, for the original to be removed.
run_compressed_rotated() {
	mine dir/a.csv.1 'event,cookie\nprobe,0x1\n'
	printf 'no gzip' >dir/a.csv.1.gz
	chmod 666 dir/a.csv.1.gz && chown daemon dir/a.csv.1.gz
}
run_link_for_temporary() { ln -s ../precious/a.json dir/a.csv.compressing; }

# attack_run NAME ME WANTED
attack_run() {
	local name=$1 wanted=$3 as=() rotation=()
	scene "$2"
	[ "$ME" = root ] || as=(--user "$ME")
	# Before the start, so that the first rotation finds it.
	case $name in
		run_*rotated | run_traced* | run_*temporary)
			rotation=(--rotate-size=64K --rotate-keep=9 --compress=gzip)
			"$name"
			;;
	esac
	proc_start trace "$TCC_TRACE" --csv --port "$IPERF_PORT" --buffer=4M --log-file dir/a.csv \
		"${as[@]}" "${rotation[@]}" 7>&-
	trace_wait_attached || return 1
	in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --bytes 30M --length 8K >/dev/null || return 1
	[ ${#rotation[@]} -gt 0 ] || "$name"
	in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --bytes 30M --length 8K >/dev/null || return 1
	[ -z "$wanted" ] || wait_for "grep -q '^tcc-trace: warning' '$NETNS_DIR/trace.err'" 20 || return 1
	trace_stop
	[ "$PROC_STATUS" -eq 0 ] || return 1
	is_precious_unharmed || return 1
	[ "$(summary written)" -gt 100 ] && [ "$(summary lost)" -eq 0 ] &&
		check_account "$(summary written)" >/dev/null || return 1
	# Once, and nothing else; but that it works again, where it does.
	grep '^tcc-trace: warning' "$NETNS_DIR/trace.err" | grep -v 'reopened again' >said || :
	[ "$(sed 's/^tcc-trace: warning: //' said | paste -sd @)" = "$wanted" ]
}

@test "while it runs: each attack is said once, and no record is lost or leads elsewhere" {
	local name wanted me failed=0 n=0
	netns_pair_up
	iperf_server_start
	while read -r name wanted; do
		for me in $(who_tries); do
			n=$((n + 1))
			attack_run "$name" "$me" "$wanted" </dev/null && continue
			echo "$name, by $me:"
			cat "$NETNS_DIR/trace.err"
			failed=$((failed + 1))
			! proc_is_running trace || trace_stop
		done
	done < <(attacks_while_it_runs)
	echo "$n attacks, $failed not as they should"
	[ "$n" -ge $((14 * $(who_tries | wc -w))) ]
	[ "$failed" -eq 0 ]
}

# ---- limits ---------------------------------------------------------------------------

@test "a limit of a file's size is called by its name" {
	netns_pair_up
	scene root
	iperf_server_start
	proc_start trace bash -c "ulimit -f 64; exec '$TCC_TRACE' --csv --port '$IPERF_PORT' --log-file dir/a.csv" 7>&-
	trace_wait_attached
	in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --bytes 30M --length 8K >/dev/null
	trace_stop
	grep -x "tcc-trace: cannot write to dir/a.csv: the limit of a file's size is reached (ulimit -f)" \
		"$NETNS_DIR/trace.err"
	[ "$(tail -c 1 dir/a.csv)" = '' ]
	check_account $(($(lines dir/a.csv) - 1))
}
