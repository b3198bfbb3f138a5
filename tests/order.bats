#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Output never goes back in time, with a CPU that stalls inside the program
# too, and no event is lost for it.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

# A stream on each of two CPUs, so that neither waits for the other.
load_two_cpus() {
	local cpu
	for cpu in 0 1; do
		proc_start "server$cpu" in_b taskset --cpu-list $cpu iperf3 --server --port 600$cpu
		wait_for "in_b ss --no-header -ltn 'sport = :600$cpu' | grep -q ." 30
		proc_start "client$cpu" in_b taskset --cpu-list $cpu \
			iperf3 --client 127.0.0.1 --port 600$cpu --time 4
	done
	wait_for '! proc_is_running client0 && ! proc_is_running client1' 20
}

# Of the columns ktime,cpu,conn_ms,cookie: time never decreases, nor does a
# connection's timer, which starts at 0.
check_order() {
	awk -F, 'NR == 1 { next }
		$1 < last { back++ }
		{ last = $1; cpus[$2] }
		!($4 in timer) && $3 != "0.000" { late++ }
		$3 + 0 < timer[$4] { turned++ }
		{ timer[$4] = $3 + 0 }
		END {
			for (cpu in cpus) n++
			printf "%d events of %d CPUs; %d back in time, ", NR - 1, n, back
			printf "%d timers turned back, %d did not start at 0\n", turned, late
			exit back || turned || late
		}' "$1"
}

@test "time never goes back over several CPUs" {
	[ "$(nproc)" -gt 1 ] || skip "needs two CPUs"
	trace_start --csv --fields ktime,cpu,conn_ms,cookie
	load_two_cpus
	trace_stop
	check_account $(($(lines "$NETNS_DIR/trace.out") - 1))
	[ "$(lines "$NETNS_DIR/trace.out")" -gt 10000 ]
	check_order "$NETNS_DIR/trace.out"
}

# CPU 0 stalls for 3 ms, at every 512th event, with its clock read and its event
# not yet published, while the other goes on. See test_stall() in bpf/.
@test "time never goes back with a CPU stalled inside the program" {
	[ "$(nproc)" -gt 1 ] || skip "needs two CPUs"
	TCC_TRACE=$TCC_BUILD/tests/tcc-trace-stalled
	# The reader has the other CPU, before all others: it must not wait, too.
	proc_start trace taskset --cpu-list 1 nice -n -10 "$TCC_TRACE" \
		--csv --fields ktime,cpu,conn_ms,cookie
	trace_wait_attached
	load_two_cpus
	trace_stop
	check_account $(($(lines "$NETNS_DIR/trace.out") - 1))
	check_order "$NETNS_DIR/trace.out"
	[ "$(summary lost)" -eq 0 ]
	# It did stall: gaps of 3 ms and more between CPU 0's own events.
	awk -F, '$2 == 0 { if (last && $1 - last > 2900000) n++; last = $1 }
		END { print n, "stalls"; exit n < 10 }' "$NETNS_DIR/trace.out"
}
