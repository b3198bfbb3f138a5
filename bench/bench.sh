#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh cost|cpu|idle|start...: what tracing costs, as ratios measured side
# by side in this run. Times of one machine mean little on another, so nothing
# here passes or fails: a table is printed, beside each figure what is asked
# of it. Needs root; uses iperf3, bpftrace and perf as far as they are there.
#
# All traffic is on the loopback device of a network namespace of its own.
# From the environment: TCC_TRACE, the program; TCC_BENCH, the directory where
# probe_cost and cost.bpf.o were built; TCC_ROUNDS; TCC_BASELINE, another build of
# the program, such as one of before a change, whose cost is to be compared;
# TCC_SHORT, if it is set: one short round, which shows that all of this works.

set -u

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../tests/lib/netns.bash
. "$here/../tests/lib/netns.bash"

: "${TCC_TRACE:=./tcc-trace}" "${TCC_BENCH:=./bench}" "${TCC_ROUNDS:=${TCC_SHORT:+1}}"
: "${TCC_ROUNDS:=5}"
COST_SECONDS=1.5	# measured, for each program in each round
CPU_SECONDS=3
IDLE_SECONDS=10
STARTS=5
if [ -n "${TCC_SHORT:-}" ]; then
	COST_SECONDS=0.3 CPU_SECONDS=0.5 IDLE_SECONDS=1 STARTS=1
fi

# ---- figures ---------------------------------------------------------------

# Each measured figure is a line of $NETNS_DIR/fig.NAME, one for each round.
note() {
	echo "$2" >>"$NETNS_DIR/fig.$1"
}

has_figure() {
	[ -s "$NETNS_DIR/fig.$1" ]
}

# figure NAME median|min|sum
figure() {
	sort -g "$NETNS_DIR/fig.$1" | awk -v how="$2" '
		{ value[NR] = $1; sum += $1 }
		END {
			if (how == "sum") print sum
			else if (how == "min") print value[1]
			else if (NR % 2) print value[(NR + 1) / 2]
			else print (value[NR / 2] + value[NR / 2 + 1]) / 2
		}'
}

calc() {
	awk "BEGIN { printf \"%.1f\", $1 }"
}

# ratio OVER UNDER: each may be an expression; 0 when there is nothing below
ratio() {
	awk "BEGIN { under = $2; printf \"%.2f\", under ? ($1) / under : 0 }"
}

# verdict WHAT VALUE least|most ASKED [UNIT]
verdict() {
	local is_reached
	is_reached=$(awk -v v="$2" -v how="$3" -v a="$4" \
		'BEGIN { print (how == "most" ? (v + 0 <= a + 0) : (v + 0 >= a + 0)) }')
	printf '  %-44s %9s   at %-5s %5s%-4s %s\n' "$1" "$2" "$3" "$4" "${5:-}" \
		"$([ "$is_reached" = 1 ] && echo ok || echo 'NOT REACHED')"
}

heading() {
	printf '\n%s\n' "$1"
}

skipped() {
	printf '  %-44s skipped: %s\n' "$1" "$2"
}

has_command() {
	command -v "$1" >/dev/null
}

# ---- the load, and what watches it ------------------------------------------

# The first two processors this may run on, as iperf3's --affinity wants them:
# client and server each stay on one, or rounds would differ by their placing.
two_cpus() {
	awk '$1 == "Cpus_allowed_list:" {
		n = split($2, part, ",")
		for (i = 1; i <= n; i++) {
			split(part[i] "-" part[i], ends, "-")
			for (cpu = ends[1] + 0; cpu <= ends[2] + 0 && found < 2; cpu++)
				list = list (found++ ? "," : "") cpu
		}
		print found == 2 ? list : list "," list
	}' /proc/self/status
}

# load_start SECONDS: four streams, for that long at most.
load_start() {
	proc_start iperf-server in_a iperf3 --server -4 --one-off
	wait_for 'in_a ss -Hltn "sport = :5201" | grep -q .' 5 || return
	proc_start iperf-client in_a iperf3 --client 127.0.0.1 --parallel 4 \
		--time "$1" --affinity "$(two_cpus)"
	sleep 0.7
}

load_stop() {
	proc_stop iperf-client
	proc_stop iperf-server
	rm -f "$NETNS_DIR"/iperf-*
}

# trace_start NAME CMD...: and wait until it writes, or says it is attached.
trace_start() {
	proc_start "$@"
	wait_for "trace_is_up $1" 15 && proc_is_running "$1" && return
	cat "$NETNS_DIR/$1.err" >&2
	proc_stop "$1" INT
	return 1
}

trace_is_up() {
	! proc_is_running "$1" || grep -q 'attached in' "$NETNS_DIR/$1.err" ||
		[ "$(line_count "$1.out")" -gt 10 ] || [ -s "$NETNS_DIR/$1.text" ]
}

# Of a file that may not be there yet
line_count() {
	{ wc -l <"$NETNS_DIR/$1" || echo 0; } 2>/dev/null
}

trace_stop() {
	proc_stop "$1" INT
	rm -f "$NETNS_DIR/$1.out" "$NETNS_DIR/$1.err"
}

# events_lost NAME FILE: events that the tracer NAME, which wrote FILE, says it
# has lost
events_lost() {
	cat "$NETNS_DIR/$2" "$NETNS_DIR/$1.err" | awk '
		/^Lost [0-9]+ events/ { lost += $2 }
		/LOST [0-9]+ events/ { for (i = 1; i < NF; i++) if ($i == "LOST") lost += $(i + 1) }
		/^tcc-trace: probe:/ { for (i = 1; i < NF; i++) if ($i == "lost") lost += $(i + 1) }
		END { print lost + 0 }'
}

# ---- cost: in the kernel ---------------------------------------------------

# cost_note NAME "NS EVENTS DROPPED"
cost_note() {
	local ns events drops
	read -r ns events drops <<<"$2"
	if [ "${events:-0}" -lt 100 ]; then
		echo "bench: $1: only ${events:-0} events in a round, not counted" >&2
		return
	fi
	note "cost.$1" "$ns"
	note "cost.$1.events" "$events"
	note "cost.$1.lost" "$drops"
}

cost_of_loaded() {
	cost_note "$1" "$("$TCC_BENCH/probe_cost" load "$TCC_BENCH/cost.bpf.o" "$2" $COST_SECONDS)"
}

# cost_of_running NAME CMD...: of the programs that CMD loads
cost_of_running() {
	local ns events
	trace_start "$@" || return
	read -r ns events _ < <("$TCC_BENCH/probe_cost" watch "$(proc_pid "$1")" $COST_SECONDS)
	proc_stop "$1" INT
	cost_note "$1" "$ns $events $(events_lost "$1" "$1.out")"
	rm -f "$NETNS_DIR/$1".*
}

cost_round() {
	note cost.others "$("$TCC_BENCH/probe_cost" others)"
	load_start 60 || return
	cost_of_loaded empty bench_do_nothing
	cost_of_loaded ringbuf bench_submit
	cost_of_running ours "$TCC_TRACE"
	[ -z "${TCC_BASELINE:-}" ] || cost_of_running baseline "$TCC_BASELINE"
	cost_of_running no-match "$TCC_TRACE" --port=1
	# shellcheck disable=SC2016 # for the inner shell; some GB a minute
	cost_of_running all sh -c 'exec "$0" --fields=+ca,all --json >/dev/null' "$TCC_TRACE"
	cost_of_running close "$TCC_TRACE" --events=close
	if has_command bpftrace; then
		cost_of_running bpftrace bpftrace "$here/tcp_probe.bt"
	fi
	load_stop
}

# cost_row NAME WHAT
cost_row() {
	if ! has_figure "cost.$1"; then
		skipped "$2" "not installed, or saw nothing"
		return
	fi
	printf '  %-44s %9.1f %9.1f %9d %9d\n' "$2" "$(figure "cost.$1" median)" \
		"$(figure "cost.$1" min)" "$(figure "cost.$1.events" sum)" \
		"$(figure "cost.$1.lost" sum)"
}

cost_table() {
	[ "$(figure cost.others sum)" -eq 0 ] ||
		echo "  not alone: others traced meanwhile, so caches are warmer"
	printf '  %-44s %9s %9s %9s %9s\n' '' median min events lost
	cost_row empty "an empty program"
	cost_row ringbuf "the same event through a BPF ring buffer"
	cost_row ours "tcc-trace"
	[ -z "${TCC_BASELINE:-}" ] || cost_row baseline "tcc-trace, the build of TCC_BASELINE"
	cost_row no-match "tcc-trace --port=1, which nothing matches"
	cost_row all "tcc-trace -F +ca,all, all properties"
	cost_row close "tcc-trace -e close, which adds up"
	cost_row bpftrace "bpftrace, the same text"
}

cost_ratios() {
	local empty ringbuf ours
	if ! has_figure cost.empty || ! has_figure cost.ringbuf || ! has_figure cost.ours; then
		skipped "ratios" "something was not measured"
		return
	fi
	empty=$(figure cost.empty median)
	ringbuf=$(figure cost.ringbuf median)
	ours=$(figure cost.ours median)
	verdict "(tcc-trace - empty) / (ring buffer - empty)" \
		"$(ratio "$ours - $empty" "$ringbuf - $empty")" most 0.65
	verdict "tcc-trace / empty" "$(ratio "$ours" "$empty")" most 5
	if has_figure cost.baseline; then
		verdict "tcc-trace / the build of TCC_BASELINE" \
			"$(ratio "$ours" "$(figure cost.baseline median)")" most 1.1
	fi
	if has_figure cost.no-match; then
		verdict "nothing matches / empty" \
			"$(ratio "$(figure cost.no-match median)" "$empty")" most 1.8
	fi
	if has_figure cost.all; then
		verdict "all properties and ca / default" \
			"$(ratio "$(figure cost.all median)" "$ours")" most 2.5
	fi
	if has_figure cost.bpftrace; then
		verdict "bpftrace / tcc-trace" \
			"$(ratio "$(figure cost.bpftrace median)" "$ours")" least 20
	fi
}

bench_cost() {
	local round
	heading "Kernel cost of an event, ns, each program alone on tcp:tcp_probe"
	if ! has_command iperf3; then
		skipped "all of it" "iperf3 is not installed"
		return
	fi
	for ((round = 0; round < TCC_ROUNDS; round++)); do
		cost_round || return
	done
	cost_table
	cost_ratios
}

# ---- cpu: in user space ----------------------------------------------------

# ns that all threads of a process have run, user and system together
run_ns() {
	cat "/proc/$1/task"/*/schedstat 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f", sum }'
}

# cpu_of NAME FILE CMD...: CMD writes events to FILE, one a line. What it takes
# to start is left out.
cpu_of() {
	local name=$1 file=$2 pid before lines after
	shift 2
	trace_start "$name" "$@" && wait_for "[ \$(line_count $file) -gt 10 ]" 15 || return
	pid=$(proc_pid "$name")
	sleep 0.5
	before=$(run_ns "$pid") lines=$(line_count "$file")
	sleep "$CPU_SECONDS"
	after=$(run_ns "$pid") lines=$(($(line_count "$file") - lines))
	proc_stop "$name" INT
	if [ "$lines" -gt 100 ]; then
		note "cpu.$name" "$(calc "($after - $before) / $lines")"
		note "cpu.$name.events" "$lines"
		note "cpu.$name.lost" "$(events_lost "$name" "$file")"
	fi
	rm -f "$NETNS_DIR/$name".*
}

cpu_row() {
	if ! has_figure "cpu.$1"; then
		skipped "$2" "not installed, or saw nothing"
		return
	fi
	printf '  %-44s %9.0f %9d %9d\n' "$2" "$(figure "cpu.$1" median)" \
		"$(figure "cpu.$1.events" sum)" "$(figure "cpu.$1.lost" sum)"
}

cpu_round() {
	load_start 60 || return
	cpu_of tcc-trace tcc-trace.out "$TCC_TRACE"
	if has_command bpftrace; then
		cpu_of bpftrace bpftrace.out bpftrace "$here/tcp_probe.bt"
	fi
	if has_command perf; then
		cpu_of perf perf.text perf trace --event tcp:tcp_probe \
			--output "$NETNS_DIR/perf.text"
	fi
	load_stop
}

bench_cpu() {
	local round name
	heading "User and system CPU time of an event written as text to a file, ns"
	if ! has_command iperf3; then
		skipped "all of it" "iperf3 is not installed"
		return
	fi
	for ((round = 0; round < (TCC_ROUNDS + 1) / 2; round++)); do
		cpu_round || return
	done
	printf '  %-44s %9s %9s %9s\n' '' median events lost
	cpu_row tcc-trace "tcc-trace"
	cpu_row bpftrace "bpftrace, the same text"
	cpu_row perf "perf trace"
	for name in bpftrace perf; do
		if ! has_figure cpu.tcc-trace || ! has_figure "cpu.$name"; then
			continue
		fi
		verdict "$name / tcc-trace" \
			"$(ratio "$(figure "cpu.$name" median)" "$(figure cpu.tcc-trace median)")" least 8
	done
}

# ---- idle --------------------------------------------------------------------

switches() {
	cat "/proc/$1/task"/*/status | awk '/ctxt_switches:/ { sum += $2 } END { print sum }'
}

bench_idle() {
	local before_all before_filter
	heading "Context switches of tcc-trace in $IDLE_SECONDS s without an event"
	trace_start idle-all "$TCC_TRACE" && trace_start idle-filter "$TCC_TRACE" --port=1 || return
	sleep 1
	before_all=$(switches "$(proc_pid idle-all)")
	before_filter=$(switches "$(proc_pid idle-filter)")
	: >"$NETNS_DIR/idle-all.out"
	sleep "$IDLE_SECONDS"
	verdict "with a filter that nothing matches" \
		"$(($(switches "$(proc_pid idle-filter)") - before_filter))" most 5
	if [ -s "$NETNS_DIR/idle-all.out" ]; then
		skipped "without a filter" "the machine is not silent"
	else
		verdict "without a filter" "$(($(switches "$(proc_pid idle-all)") - before_all))" most 5
	fi
	trace_stop idle-all
	trace_stop idle-filter
}

# ---- start --------------------------------------------------------------------

# Bytes of kernel memory behind the maps that a process holds
map_bytes() {
	cat "/proc/$1/fdinfo"/* 2>/dev/null | awk '
		$1 == "memlock:" { bytes = $2 }
		$1 == "map_id:" && !seen[$2]++ { sum += bytes }
		END { printf "%.0f", sum }'
}

start_once() {
	trace_start start "$TCC_TRACE" || return
	note start.ms "$(sed -n 's/.*attached in \([0-9.]*\) ms.*/\1/p' "$NETNS_DIR/start.err")"
	trace_stop start
}

start_memory() {
	local pid rss_kib maps
	trace_start start "$TCC_TRACE" || return
	pid=$(proc_pid start)
	if has_command iperf3 && load_start 20; then
		sleep 2
		load_stop
	fi
	rss_kib=$(awk '$1 == "VmHWM:" { print $2 }' "/proc/$pid/status")
	maps=$(map_bytes "$pid")
	trace_stop start
	printf '  %-44s %9.1f\n' "peak resident memory, MB" "$(calc "$rss_kib * 1024 / 1e6")" \
		"kernel memory of its maps, MB" "$(calc "$maps / 1e6")"
	verdict "both, MB" "$(calc "($rss_kib * 1024 + $maps) / 1e6")" most 40
}

bench_start() {
	local start
	heading "Start, $STARTS times, and memory under load at the default buffer"
	for ((start = 0; start < STARTS; start++)); do
		start_once || return
	done
	verdict "attached after, ms" "$(figure start.ms median)" most 100
	start_memory
}

# -------------------------------------------------------------------------------

machine() {
	printf 'tcc-trace: %s\n' "$("$TCC_TRACE" --version | head -n 1)"
	printf 'machine:   %s, %d CPUs, %s\n' \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
		"$(nproc)" "$(uname -srm)"
	printf 'clock:     %s; load average %s\n' \
		"$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)" \
		"$(cut -d' ' -f1-3 /proc/loadavg)"
	printf 'load:      four iperf3 streams on loopback, client and server on CPUs %s\n' \
		"$(two_cpus)"
}

# Where in_a and proc_start of tests/lib/netns.bash find what they need. Output
# goes to memory: no disk is measured.
bench_up() {
	NETNS_ID=tcc-bench-$$ NETNS_A=$NETNS_ID-a
	NETNS_DIR=$(mktemp -d /dev/shm/tcc-bench.XXXXXX) || return
	# shellcheck disable=SC2034 # of netns.bash
	A_IP6=''
	netns_add "$NETNS_A"
}

main() {
	local part
	if [ "$(id -u)" -ne 0 ]; then
		echo "bench: skipped: needs root" >&2
		return
	fi
	trap netns_pair_down EXIT
	trap 'exit 130' INT TERM HUP
	bench_up || return
	machine
	for part; do
		case $part in
			cost | cpu | idle | start) "bench_$part" || echo "bench: $part: stopped early" >&2 ;;
			*) echo "bench: no part '$part'" >&2 ;;
		esac
	done
	echo
}

main "$@"
