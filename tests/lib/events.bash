# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests of the kinds of event beside probe: connections of each sort, the account
# of a trace of them, and what ftrace says of the same. Needs netns.bash, trace.bash.

# ends NAMESPACE WORD...: tests/events/ends.py there
ends() {
	"$1" python3 "$TCC_TESTS/events/ends.py" "${@:2}"
}

# Once all connections are gone, end the trace; its account must add up for each kind.
finish() {
	wait_for "[ -z \"\$(in_a ss -Htn state all exclude time-wait exclude listening)\" ]" 30
	trace_stop
	cat "$NETNS_DIR/trace.err"
	[ "$PROC_STATUS" -eq 0 ]
	check_kinds
}

# Of each kind: what is seen is accounted for, and none is lost. What is missed may be
# of others: the kernel tells only how many of the whole machine.
check_kinds() {
	awk '/^tcc-trace: [a-z_]+: seen/ {
		n++
		for (i = 1; i < NF; i++)
			v[$i] = $(i + 1)
		written += v["written"]
		if (v["seen"] != v["written"] + v["filtered"] + v["lost"] + v["missed"] + v["discarded"] ||
		    v["lost"])
			exit bad = 1
	} END { exit bad || !n || written != lines }' lines="$(lines "$NETNS_DIR/trace.out")" \
		"$NETNS_DIR/trace.err"
}

check() {
	run python3 "$TCC_TESTS/events/check.py" "$1" "$NETNS_DIR/trace.out" "${@:2}"
	echo "$output"
	[ "$status" -eq 0 ]
}

# A port of this test's own: others may have these addresses as well, and ftrace
# sees them all; AT_PORT is a filter of ftrace's for it.
own_port() {
	PORT=$((20000 + BASHPID % 10000))
	AT_PORT="sport == $PORT || dport == $PORT"
}

# What ftrace knows of the kinds of event.
FTRACE_EVENTS='tcp/tcp_probe tcp/tcp_retransmit_skb tcp/tcp_cong_state_set
	sock/inet_sock_set_state'

# ftrace_start [FILTER]: record these, as far as the kernel has them, FTRACE_N_KINDS, in
# an instance of ftrace's with FTRACE_KB of memory a CPU. Fails if there is none to be
# had. What comes while its size is changed is not recorded.
ftrace_start() {
	local instance=/sys/kernel/tracing/instances/tcc-test-$BASHPID event
	[ -d /sys/kernel/tracing/instances ] || mount -t tracefs tracefs /sys/kernel/tracing || return
	mkdir "$instance" || return
	FTRACE_INSTANCE=$instance
	echo "${FTRACE_KB:-16384}" >"$instance/buffer_size_kb"
	echo mono >"$instance/trace_clock"
	FTRACE_N_KINDS=0
	for event in $FTRACE_EVENTS; do
		[ -d "$instance/events/$event" ] || continue
		[ -z "${1:-}" ] || echo "$1" >"$instance/events/$event/filter" || return
		echo 1 >"$instance/events/$event/enable" && FTRACE_N_KINDS=$((FTRACE_N_KINDS + 1))
	done
}

# ftrace_compare OPTION: see events/ftrace.py; the trace was started with OPTION=$PORT.
ftrace_compare() {
	python3 "$TCC_TESTS/events/ftrace.py" "$1" "$PORT" "$FTRACE_INSTANCE/trace" \
		"$NETNS_DIR/trace.out"
}

# closes_on_init_start: record what ends connections while a thread of pid 1 is current;
# events/ftrace.py says why.
closes_on_init_start() {
	local FTRACE_EVENTS='sock/inet_sock_set_state tcp/tcp_destroy_sock' filter
	filter=$(cd /proc/1/task && printf ' || common_pid == %s' *)
	ftrace_start "${filter# || }" || :
}

# closes_on_init: how many ends at $PORT had both there; one of the two is enough.
closes_on_init() {
	local trace=${FTRACE_INSTANCE:+$FTRACE_INSTANCE/trace}
	awk -v port="$PORT" '
		match($0, / sport=[0-9]+ dport=[0-9]+ /) {
			end = substr($0, RSTART, RLENGTH)
			if (end !~ ("port=" port " ")) next
			closed[end] += /newstate=TCP_CLOSE$/
			destroyed[end] += / tcp_destroy_sock: /
		}
		END {
			for (end in closed)
				n += closed[end] < destroyed[end] ? closed[end] : destroyed[end]
			print n + 0
		}' "${trace:-/dev/null}"
}

# check_many N: of each end of N connections a close, but for as many, at most, as
# came on pid 1.
check_many() {
	local untraceable
	untraceable=$(closes_on_init)
	echo "ends on pid 1: $untraceable"
	check many "$1" "$untraceable"
}

# on_kernel_5_10 COMMAND...: what kernels before 5.12 lack is not used, though this
# one has it.
on_kernel_5_10() {
	sanitizer_options verify_asan_link_order=0
	LD_PRELOAD=$TCC_BUILD/tests/other_kernel.so TCC_RELEASE=5.10.0 "$@"
}

teardown() {
	[ -z "${FTRACE_INSTANCE:-}" ] || rmdir "$FTRACE_INSTANCE"
	netns_pair_down
}
