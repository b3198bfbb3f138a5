# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Running the program under test ($TCC_TRACE) beside traffic, and reading what
# it says. Needs netns.bash, TCC_BUILD.

# Around each test, unless the file has its own: a network of two ends.
setup() {
	skip_unless_root
	netns_pair_up
}

teardown() {
	netns_pair_down
}

# sanitizer_options OPTION...: for what is started after this and was built with
# the address sanitizer. verify_asan_link_order=0: other libraries may come before it.
sanitizer_options() {
	local IFS=:
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}$*"
}

# Whether this build has sanitizers: its memory, and its time, are not the program's alone.
is_sanitized() {
	grep -q '^SANITIZE_CFLAGS = .*address' "$TCC_BUILD/Makefile"
}

# trace_start OPTION...: trace in the background as process "trace"; returns
# when it is attached. Its output is $NETNS_DIR/trace.out, its messages
# $NETNS_DIR/trace.err.
trace_start() {
	proc_start trace "$TCC_TRACE" "$@"
	trace_wait_attached
}

trace_wait_attached() {
	wait_attached trace
}

# wait_attached NAME: until the process of that name, tcc-trace, says so; else what
# it says instead.
wait_attached() {
	local messages=$NETNS_DIR/$1.err
	wait_for "grep -q 'attached in' '$messages' || ! proc_is_running '$1'" 20
	grep -q 'attached in' "$messages" || {
		cat "$messages" >&2
		return 1
	}
}

# flood SECONDS: thousands of events a second, on b's own loopback, as process "flood".
# Small segments at a rate that leaves most of a CPU: others run beside it.
flood() {
	full_flood "$1" --no-delay --bitrate 100M --length 4K
}

# full_flood SECONDS [OPTION...]: as many as the machine can, which leaves others little.
full_flood() {
	proc_start flood in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --parallel 2 \
		--time "$@"
}

# What was lost is said by the next event of its CPU: there is to be one, also of a
# CPU that the load has left. The server may call itself busy: that, too, is traffic.
each_cpu_speaks() {
	local cpu
	for cpu in $(cpus_to_use); do
		in_b taskset -c "$cpu" iperf3 --client 127.0.0.1 --port "$IPERF_PORT" \
			--bytes 64K >/dev/null 2>&1 || :
	done
}

# The CPUs that this shell may use.
cpus_to_use() {
	python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)))'
}

# trace_stop [SIGNAL]: end it (INT); its status is in PROC_STATUS.
trace_stop() {
	proc_stop trace "${1:-INT}"
}

# summary NAME [FILE]: a number of the summary: seen, written, ..., or buffer,
# output (0 where nothing was lost).
summary() {
	local value
	value=$(sed -n "s/^tcc-trace: probe: .*\b$1 \([0-9]*\).*/\1/p" \
		"${2:-$NETNS_DIR/trace.err}" | tail -n 1)
	case $1,$value in
		buffer, | output,) value=0 ;;
	esac
	echo "$value"
}

# The account must add up, and what is written must be what arrived.
# check_account LINES [FILE]
check_account() {
	local file=${2:-$NETNS_DIR/trace.err}
	grep '^tcc-trace: probe:' "$file"
	[ -n "$(summary seen "$file")" ]
	[ "$(summary seen "$file")" -eq $(($(summary written "$file") + \
		$(summary filtered "$file") + $(summary lost "$file") + \
		$(summary missed "$file") + $(summary discarded "$file"))) ]
	[ "$(summary lost "$file")" -eq \
		$(($(summary buffer "$file") + $(summary output "$file"))) ]
	[ "$(summary written "$file")" -eq "$1" ]
}

lines() {
	wc -l <"$1"
}

# How many lines of the text format are not laid out as promised. In the C locale:
# a hundred times faster.
malformed_lines() {
	LC_ALL=C grep -vcE '^k:[0-9]+ [0-9]+\.[0-9]{3} ms \| [0-9]+\.[0-9]{3} ms \| [0-9a-f.:]+\.[0-9]+ > [0-9a-f.:]+\.[0-9]+ \| snd_cwnd [0-9]+ ssthresh ([0-9]+|inf) snd_wnd [0-9]+ srtt [0-9]+ rcv_wnd [0-9]+ length [0-9]+( lost [0-9]+)?$' "$1"
}

# Whether this build confines its system calls.
confines_calls() {
	grep -q 'define HAVE_LIBSECCOMP' "$TCC_BUILD/config.h" && ! is_sanitized
}

# status_of NAME: of the running trace, out of /proc.
status_of() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(proc_pid trace)/status"
}

# wait_written BYTES: until the trace has written so many more, wherever to: it goes on.
wait_written() {
	local wanted=$(($(written_bytes) + $1))
	wait_for "[ \"\$(written_bytes)\" -ge $wanted ]" 20
}

written_bytes() {
	awk '$1 == "wchar:" { print $2 }' "/proc/$(proc_pid trace)/io"
}
