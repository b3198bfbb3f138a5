#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the program writes and counts, against what ftrace records of the same
# tracepoint at the same time, under load. Two recordings serve all tests: a
# full one, in which nothing may be lost, and one in which much has to be.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

TRACEFS=/sys/kernel/tracing
FIELDS=ktime,cpu,saddr,sport,daddr,dport,snd_cwnd,ssthresh,snd_wnd,srtt,rcv_wnd,length,snd_nxt,snd_una,mark,cookie,lost,conn_ms

# What arrives at each end has a mark of its own: on the link by the end, on
# loopback by the sender.
MARK_AT_A=161 MARK_AT_B=178 MARK_OF_CLIENT=12648430 MARK_OF_SERVER=4276215469

setup_file() {
	TRUTH_MISSING=$(what_is_missing)
	export TRUTH_MISSING PYTHONDONTWRITEBYTECODE=1
	[ -z "$TRUTH_MISSING" ] || return 0
	netns_pair_up
	export TRUTH_INSTANCE=$NETNS_ID
	mark_arriving "$NETNS_A" "$MARK_AT_A"
	mark_arriving "$NETNS_B" "$MARK_AT_B"
	record_in_full
	count_arrivals >"$NETNS_DIR/arrivals"
	record lossy paced_load --buffer=64K
	compare lossy --lossy
}

setup() {
	[ -z "$TRUTH_MISSING" ] || skip "$TRUTH_MISSING"
}

# Not that of lib/trace: the recordings are for all tests.
teardown() {
	:
}

teardown_file() {
	netns_pair_down
	# Left only if record.py had to be killed.
	[ ! -d "$TRACEFS/instances/${TRUTH_INSTANCE:-none}" ] ||
		rmdir "$TRACEFS/instances/$TRUTH_INSTANCE"
}

what_is_missing() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "needs root"
	elif ! command -v python3 >/dev/null; then
		echo "needs python3"
	elif ! [ -e "$TRACEFS/trace" ] && ! mount -t tracefs tracefs "$TRACEFS"; then
		echo "needs tracefs"
	elif ! [ -e "$TRACEFS/events/tcp/tcp_probe" ]; then
		echo "this kernel's ftrace has no tcp:tcp_probe"
	fi 2>/dev/null
}

# mark_arriving NAMESPACE MARK: the mark of what arrives over the link. The
# kernel clears marks between namespaces, and tc's skbedit may be missing.
mark_arriving() {
	"${CLANG:-clang}" -target bpf -O2 -DMARK="$2" \
		-idirafter "/usr/include/$(uname -m)-linux-gnu" \
		-c "$BATS_TEST_DIRNAME/truth/mark.bpf.c" -o "$NETNS_DIR/mark.o"
	tc -n "$1" qdisc add dev "$NETNS_DEV" clsact
	tc -n "$1" filter add dev "$NETNS_DEV" ingress \
		bpf direct-action object-file "$NETNS_DIR/mark.o" section tc
}

monotonic_ns() {
	python3 -c 'import time; print(time.monotonic_ns())'
}

# Where the kernel runs no BPF program on top of pid 1 (see compare.py), what
# lands there depends on how busy that is. If only that is too much, record
# once more, twice at most.
record_in_full() {
	local options=()
	# A program that sanitizers slow down several times may need more room.
	if is_sanitized; then
		options=(--buffer=16M)
	fi
	for _ in 1 2 3; do
		record full load_of_all_kinds "${options[@]}"
		compare full
		[ "$(cat "$NETNS_DIR/full.status")" -eq 2 ] || return 0
	done
}

# record NAME LOAD OPTION...: leaves NAME.csv, NAME.messages, NAME.exit,
# NAME.times and, of ftrace, the directory NAME. All traffic of this test begins
# after tcc-trace is attached, and is over before it is told to end; ftrace
# records from before until after.
record() {
	local name=$1 load=$2 attached_ns
	shift 2
	rm -rf "${NETNS_DIR:?}/$name"
	mkdir "$NETNS_DIR/$name"
	tc -n "$NETNS_ROUTER" qdisc del dev to-b root 2>/dev/null || :
	iperf_server_start
	proc_start server in_b python3 "$BATS_TEST_DIRNAME/truth/load.py" serve "$MARK_OF_SERVER"
	wait_for "grep -q listening '$NETNS_DIR/server.out'" 30
	proc_start ftrace python3 "$BATS_TEST_DIRNAME/truth/record.py" \
		"$TRUTH_INSTANCE" "$NETNS_DIR/$name"
	wait_for "grep -q recording '$NETNS_DIR/ftrace.out'" 30
	trace_start --csv --fields="$FIELDS" "$@"
	attached_ns=$(monotonic_ns)
	"$load"
	wait_for all_closed 30
	echo "$attached_ns $(monotonic_ns)" >"$NETNS_DIR/$name.times"
	trace_stop
	echo "$PROC_STATUS" >"$NETNS_DIR/$name.exit"
	proc_stop ftrace
	proc_stop server
	iperf_stop
	mv "$NETNS_DIR/trace.out" "$NETNS_DIR/$name.csv"
	mv "$NETNS_DIR/trace.err" "$NETNS_DIR/$name.messages"
}

# compare NAME [--lossy]: leaves NAME.verdict (more of it each time), NAME.status.
compare() {
	local times status=0
	read -ra times <"$NETNS_DIR/$1.times"
	python3 "$BATS_TEST_DIRNAME/truth/compare.py" "${@:2}" "$NETNS_DIR/$1" "$NETNS_DIR/$1.csv" \
		"$NETNS_DIR/$1.messages" "${times[@]}" >>"$NETNS_DIR/$1.verdict" 2>&1 || status=$?
	echo "$status" >"$NETNS_DIR/$1.status"
}

# First many events at full speed; then segments of the usual size through a
# link so narrow that some are lost, while loopback is busy.
load_of_all_kinds() {
	traffic 15000 50 20000 100
	netns_bottleneck 100mbit 30kb
	traffic 0 1 0 300
}

# Paced connections: their timers interrupt runs of the program for others,
# which the kernel counts as missed. Half a second without a reader is more
# than a small buffer can take.
paced_load() {
	proc_start flood in_a iperf3 --client "$B_IP4" --port "$IPERF_PORT" --parallel 4 --time 3 \
		--fq-rate 3G
	sleep 1
	kill -s STOP "$(proc_pid trace)"
	sleep 0.5
	kill -s CONT "$(proc_pid trace)"
	wait_for '! proc_is_running flood' 30
}

# traffic LINK_MESSAGES LINK_MEGABYTES LOOPBACK_MESSAGES LOOPBACK_MEGABYTES, of
# each kind of connection and in both directions.
traffic() {
	local client=(python3 "$BATS_TEST_DIRNAME/truth/load.py" run "$MARK_OF_CLIENT")
	proc_start link in_a "${client[@]}" "$B_IP4" "$B_IP6" "$1" "$2"
	proc_start loopback in_b "${client[@]}" 127.0.0.1 "${B_IP6:+::1}" "$3" "$4"
	wait_for '! proc_is_running link && ! proc_is_running loopback' 60
	cat "$NETNS_DIR/link.err" "$NETNS_DIR/loopback.err" >&2
	proc_stop link
	[ "$PROC_STATUS" -eq 0 ]
	proc_stop loopback
	[ "$PROC_STATUS" -eq 0 ]
}

# No connection that could still send or receive anything.
all_closed() {
	local states=(state connected exclude time-wait)
	[ -z "$(in_a ss -Htn "${states[@]}"; in_b ss -Htn "${states[@]}")" ]
}

# csv PROGRAM: awk, with the columns of the CSV by name: $at["ktime"].
csv() {
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } '"$1" "$NETNS_DIR/full.csv"
}

# What arrived at the ends of this test's connections, a line each:
# "client's address, server's address, server's port, end, mark, count".
count_arrivals() {
	csv '
		$at["dport"] ~ /^540[123]$/ {
			n[$at["saddr"] " " $at["daddr"] " " $at["dport"] " client " $at["mark"]]++
		}
		$at["sport"] ~ /^540[123]$/ {
			n[$at["daddr"] " " $at["saddr"] " " $at["sport"] " server " $at["mark"]]++
		}
		END { for (i in n) print i, n[i] }'
}

# check_arrivals CLIENT SERVER PORT CLIENT_MARK SERVER_MARK: both ends are there
# in numbers, each with its own mark and no other.
check_arrivals() {
	local found
	found=$(grep "^$1 $2 $3 " "$NETNS_DIR/arrivals" | sort)
	echo "$found"
	[ "$(cut -d' ' -f4,5 <<<"$found")" = "client $4"$'\n'"server $5" ]
	[ "$(awk '$6 < 10000' <<<"$found")" = "" ]
}

# report NAME: the figures, into the log of the tests.
report() {
	sed "s/^/# $1: /" "$NETNS_DIR/$1.verdict" | tee /dev/fd/3
}

@test "each event of ftrace is written once with equal values, or counted" {
	report full
	[ "$(cat "$NETNS_DIR/full.status")" -eq 0 ]
	[ "$(cat "$NETNS_DIR/full.exit")" -eq 0 ]
	[ "$(summary lost "$NETNS_DIR/full.messages")" -eq 0 ]
	[ "$(awk '{ n += $6 } END { print n }' "$NETNS_DIR/arrivals")" -ge 200000 ]
	check_account $(($(lines "$NETNS_DIR/full.csv") - 1)) "$NETNS_DIR/full.messages"
}

@test "what a small buffer loses, and what the kernel misses, is counted exactly" {
	report lossy
	[ "$(cat "$NETNS_DIR/lossy.status")" -eq 0 ]
	[ "$(summary lost "$NETNS_DIR/lossy.messages")" -gt 1000 ]
	check_account $(($(lines "$NETNS_DIR/lossy.csv") - 1)) "$NETNS_DIR/lossy.messages"
}

@test "the recording holds IPv4, IPv6 and v4-mapped, on link and loopback, each end with its mark" {
	check_arrivals "$A_IP4" "$B_IP4" 5401 "$MARK_AT_A" "$MARK_AT_B"
	check_arrivals 127.0.0.1 127.0.0.1 5401 "$MARK_OF_SERVER" "$MARK_OF_CLIENT"
	[ -n "$A_IP6" ] || skip "no IPv6 here"
	check_arrivals "$A_IP6" "$B_IP6" 5402 "$MARK_AT_A" "$MARK_AT_B"
	check_arrivals ::1 ::1 5402 "$MARK_OF_SERVER" "$MARK_OF_CLIENT"
	check_arrivals "::ffff:$A_IP4" "::ffff:$B_IP4" 5403 "$MARK_AT_A" "$MARK_AT_B"
	check_arrivals ::ffff:127.0.0.1 ::ffff:127.0.0.1 5403 "$MARK_OF_SERVER" "$MARK_OF_CLIENT"
}

@test "the recording holds thresholds both infinite and not, and windows that change" {
	csv '
		$at["ssthresh"] == "" { infinite++ }
		$at["ssthresh"] != "" { finite++ }
		!seen[$at["snd_cwnd"]]++ { windows++ }
		END {
			print infinite, "infinite,", finite, "finite,", windows, "windows"
			exit infinite < 1000 || finite < 500 || windows < 20
		}'
}

@test "the comparison fails when one value of one event is changed, when one is doubled or dropped" {
	run python3 "$BATS_TEST_DIRNAME/truth/doctor.py" "$NETNS_DIR/full" "$NETNS_DIR/full.csv"
	echo "$output"
	[ "$status" -eq 0 ]
	for column in ${FIELDS//,/ }; do
		[ "$column" = conn_ms ] || grep -q "^noticed: $column changed: " <<<"$output"
	done
	for change in doubled dropped 'ends swapped' 'not in ftrace'; do
		grep -q "^noticed: $change: " <<<"$output"
	done
}

@test "the output is in order of time" {
	run -0 csv '
		$at["ktime"] < before { print "goes back", before, $at["ktime"] }
		{ before = $at["ktime"]; n++ }
		END { if (!n) print "no rows" }'
	[ -z "$output" ]
}

@test "conn_ms begins at 0.000 in each connection and never decreases" {
	run -0 csv '
		{ ms = $at["conn_ms"]; id = $at["cookie"] }
		!(id in last) && ms != "0.000" { print "begins", id, ms }
		ms + 0 < last[id] { print "goes back", id, last[id], ms }
		{ last[id] = ms + 0; n++ }
		END { if (!n) print "no rows" }'
	[ -z "$output" ]
}
