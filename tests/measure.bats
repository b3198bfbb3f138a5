#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is measured, and would be another number beside other work: time, memory, rates.
# Alone on the machine, and only of the plain build: the sanitizers' memory and time are
# not the program's.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns
load lib/trace
load lib/events

PORT=7201

# ---- lines in time ----------------------------------------------------------------------

@test "a line is out within 50 ms of its event in a pipe, without a busy loop" {
	in_b python3 "$TCC_TESTS/lib/latency.py" pipe "$TCC_TRACE" --port "$IPERF_PORT"
}

@test "a line is out within 50 ms of its event on a terminal, without a busy loop" {
	in_b python3 "$TCC_TESTS/lib/latency.py" terminal "$TCC_TRACE" --port "$IPERF_PORT"
}

@test "without events it sleeps, whatever passes beside its filter" {
	iperf_server_start
	flood 10
	in_b python3 "$TCC_TESTS/lib/latency.py" idle "$TCC_TRACE" --port 1
}

# ---- memory -----------------------------------------------------------------------------

rss_anon() {
	status_of RssAnon | cut -d' ' -f1
}

# How many pieces of memory the kernel has handed out, of sizes that socket storage
# may have: what it keeps of a socket, and where it finds it, are two of them.
kernel_objects() {
	[ -r /proc/slabinfo ] || { echo 0; return; }
	awk '$1 ~ /^kmalloc-(cg-)?(96|128|192|256|512)$/ { n += $2 } END { print n }' /proc/slabinfo
}

@test "what the kernel remembers of a socket goes with the socket" {
	local n=2000 before during after
	[ -r /proc/slabinfo ] || skip "this kernel does not count its memory"
	export PYTHONDONTWRITEBYTECODE=1
	# Both ends; connections as such take other memory.
	trace_start --csv --fields=event,cookie --netns="$NETNS_A" --port="$PORT" --events=close
	before=$(kernel_objects)
	proc_start hold in_a python3 "$TCC_TESTS/events/ends.py" hold "$PORT" "$n"
	wait_for "grep -q held '$NETNS_DIR/hold.out'" 20
	during=$(kernel_objects)
	proc_stop hold TERM
	wait_for "[ \"\$(wc -l <'$NETNS_DIR/trace.out')\" -gt $((2 * n)) ]" 30
	sleep 0.5	# a grace period
	after=$(kernel_objects)
	trace_stop
	echo "kernel objects: $before, with $n connections $during, then $after"
	# It is this memory that they take, and it is given back.
	[ $((during - before)) -ge $((4 * n)) ]
	[ $((after - before)) -le "$n" ]
}

@test "short connections, thousands of them: two closes each, none lost, memory and maps flat" {
	local n before after objects objects_before
	n=$(long_or_short 50000 12000)
	own_port
	closes_on_init_start
	export PYTHONDONTWRITEBYTECODE=1
	trace_start --json --fields="event,cookie,sport,dport,conn_ms,duration_ms" --netns="$NETNS_A" --port="$PORT" \
		--events=close --buffer=8M
	ends in_a many "$PORT" 2000
	sleep 0.5
	before=$(rss_anon)
	objects_before=$(kernel_objects)
	ends in_a many "$PORT" $((n - 2000))
	sleep 0.5
	after=$(rss_anon)
	objects=$(($(kernel_objects) - objects_before))
	echo "RssAnon $before $after kB, $objects kernel objects more"
	finish
	check_many "$n"
	[ "$after" -le $((before + 512)) ]
	# Four a connection if the kernel kept them; see the test before this one.
	[ "$objects_before" -gt 0 ] || skip "all else holds; this kernel does not count its memory"
	[ "$objects" -le "$n" ]
}

# The ends of these are more than the table of sockets has entries, in which others have
# theirs, too.
@test "short connections without socket storage, by the thousand: no close is lost" {
	local n
	n=$(long_or_short 40000 34000)
	own_port
	closes_on_init_start
	export PYTHONDONTWRITEBYTECODE=1
	FIELDS=event,cookie,sport,dport,conn_ms,duration_ms
	on_kernel_5_10 trace_start --json --fields="$FIELDS" --netns="$NETNS_A" --port="$PORT" \
		--events=close --buffer=8M
	ends in_a many "$PORT" "$n"
	finish
	check_many "$n"
}

# rotated LOG [SUFFIX]: how many of its files are rotated, in that form.
rotated() {
	find . -name "$1.[0-9]*${2:-}" | wc -l
}

# Descriptors, memory of its own in kB, children.
resources() {
	echo "$(find "/proc/$1/fd" -type l | wc -l)" \
		"$(awk '/^RssAnon:/ { print $2 }' "/proc/$1/status")" "$(pgrep -c -P "$1")"
}

# same_resources BEFORE AFTER DESCRIPTORS: for memory, 128 kB are the same; so
# many descriptors come and go.
same_resources() {
	local before after
	read -ra before <<<"$1"
	read -ra after <<<"$2"
	[ "${after[0]}" -le $((before[0] + $3)) ]
	[ "${after[1]}" -le $((before[1] + 128)) ]
	# Of the helper, the program that runs; a zombie would be one for good.
	[ "${after[2]}" -le 1 ]
}

# Of a rotation each minute, a day has 1440; here they take some seconds. CI has 440,
# behind those by which tables and buffers have their size.
@test "rotations, as many as in a day: descriptors, memory and children stay as they are" {
	local pid helper before after helper_before helper_after n
	n=$(long_or_short 1640 640)
	cd "$BATS_TEST_TMPDIR"
	export PYTHONDONTWRITEBYTECODE=1
	iperf_server_start
	proc_start trace "$TCC_TRACE" --csv --port "$IPERF_PORT" --buffer=4M --log-file a.csv \
		--rotate-time=4ms --rotate-keep=all --compress=gzip
	trace_wait_attached
	pid=$(proc_pid trace)
	helper=$(pgrep -P "$pid")
	proc_start flood in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --time 200 \
		--bitrate 300M --length 8K
	wait_for '[ "$(rotated a.csv)" -gt 200 ]' 30
	before=$(resources "$pid") helper_before=$(resources "$helper")
	# Both under the same load: its end takes some memory of its own, once.
	# Compressing has the lowest priority, and may lag behind.
	wait_for "[ \"\$(rotated a.csv)\" -ge $n ] && [ \"\$(rotated a.csv .gz)\" -gt $((n / 3)) ]" 120
	after=$(resources "$pid") helper_after=$(resources "$helper")
	proc_stop flood
	echo "$(rotated a.csv) rotations, $(rotated a.csv .gz) compressed"
	echo "trace: $before, then $after; helper: $helper_before, then $helper_after"
	same_resources "$before" "$after" 4
	same_resources "$helper_before" "$helper_after" 4
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	run -0 python3 "$TCC_TESTS/rotate/compare.py" files a.csv 0
	echo "$output"
	[[ $output =~ \ ([0-9]+)\ records ]]
	check_account "${BASH_REMATCH[1]}"
	[ "$(summary lost)" -eq 0 ]
	# Nobody is left behind.
	ps -o pid,ppid,stat,wchan:30,cmd -p "$helper" || :
	wait_for "! kill -0 $helper 2>/dev/null" 20
}

# ---- what it costs the traced --------------------------------------------------------

# bits_per_second NAME: what the transfer of that name had in the end.
bits_per_second() {
	jq '.end.sum_received.bits_per_second | floor' "$NETNS_DIR/$1.out"
}

# Half a gigabit is asked and had, traced or not: a tracer that is stopped holds no
# connection up.
@test "a stopped tracer costs the traced connections nothing" {
	local load=(in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --bitrate 500M --json)
	local name
	iperf_server_start
	proc_start untraced "${load[@]}" --time 2
	wait_for '! proc_is_running untraced' 20
	trace_start --buffer 64K --csv --fields ktime,lost
	proc_start traced "${load[@]}" --time 4
	wait_for "[ -s '$NETNS_DIR/trace.out' ]" 30
	kill -STOP "$(proc_pid trace)"
	wait_for '! proc_is_running traced' 20
	kill -CONT "$(proc_pid trace)"
	trace_stop
	[ "$(summary buffer)" -gt 0 ]
	for name in untraced traced; do
		echo "$name: $(bits_per_second "$name")"
		[ "$(bits_per_second "$name")" -gt 400000000 ]
	done
}
