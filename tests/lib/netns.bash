# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A network of one's own for tests and the demo: a sender (a) and a receiver
# (b), each in a network namespace, joined by a router in a third. Knows
# nothing of tcc-trace. To be sourced, by bats (1.8 or later, in setup as in
# setup_file) or by plain bash.
#
#	netns_pair_up                 make them; sets and exports the variables
#	netns_bottleneck RATE LIMIT   slow the way from a to b down
#	netns_pair_down               stop what was started, remove all
#	in_a CMD..., in_b CMD...      run CMD in the namespace
#	iperf_server_start, iperf_client, iperf_stop
#	proc_start NAME CMD...        run CMD in the background (see below)
#	wait_for CONDITION SECONDS
#	skip_unless_root
#
# The router is there for the bottleneck's sake. A queue in the sender's own
# namespace never fills unless segmentation offload happens to be on and the
# kernel is 5.18 or later: TCP small queues hold the sender back. A router
# takes the packets off the socket's account, so that its queue overflows and
# segments are lost, as on a real path.
#
# Exported by netns_pair_up:
#	NETNS_A NETNS_B NETNS_ROUTER	names, for `ip -n` and `ip netns exec`
#	A_IP4 B_IP4 A_IP6 B_IP6		addresses; A_IP6, B_IP6 empty without IPv6
#	NETNS_DEV			the network device, named alike in a and b
#	NETNS_DIR			a directory for files, gone with the pair
#	IPERF_PORT			where the iperf3 server listens, in b
# Ports are the namespaces' own: fixed ones clash with nothing. But a trace sees
# all namespaces, so that under bats each process has a port of its own: the tests of
# two build directories may run at the same time.

NETNS_DEV=veth0
# As setup_file left it, when a test reads this again.
IPERF_PORT=${IPERF_PORT:-5201}

# ---- processes ------------------------------------------------------------

# Print the start time of process PID, which together with it names the
# process for good; fail if it is gone or a zombie.
proc_start_time() {
	local line fields
	{ IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	# From field 3 on: the name, field 2, may hold blanks and brackets.
	read -ra fields <<<"${line##*) }"
	[ "${fields[0]}" != Z ] || return 1
	echo "${fields[19]}"
}

# proc_start NAME CMD...: run CMD in the background, `in_a CMD` and `in_b CMD`
# too; its output goes to $NETNS_DIR/NAME.out and NAME.err. netns_pair_down
# ends it if nobody did before. SIGINT is not ignored in it, as bash would
# have it for what ends in `&`; bats' file 3 is closed, or bats would wait.
proc_start() {
	local name=$1 pid start
	shift
	case $1 in
		in_a) set -- ip netns exec "$NETNS_A" "${@:2}" ;;
		in_b) set -- ip netns exec "$NETNS_B" "${@:2}" ;;
	esac
	env --default-signal=INT,QUIT -- "$@" </dev/null \
		>"$NETNS_DIR/$name.out" 2>"$NETNS_DIR/$name.err" 3>&- &
	pid=$!
	# One that is gone already has no start time, and needs no ending.
	start=$(proc_start_time "$pid") || start=gone
	printf '%s %s %s\n' "$name" "$pid" "$start" >>"$NETNS_DIR/processes"
}

# Print "PID START" of the last process started as NAME.
proc_entry() {
	[ -f "$NETNS_DIR/processes" ] || return 1
	awk -v name="$1" '$1 == name { entry = $2 " " $3 } END { print entry; exit entry == "" }' \
		"$NETNS_DIR/processes"
}

proc_pid() {
	local entry
	entry=$(proc_entry "$1") && echo "${entry% *}"
}

proc_is_running() {
	local entry
	entry=$(proc_entry "$1") && proc_entry_is_running "$entry"
}

proc_entry_is_running() {
	[ "$(proc_start_time "${1% *}")" = "${1#* }" ]
}

# proc_stop NAME [SIGNAL]: send SIGNAL (TERM), wait until the process is gone,
# for at most 20 s (a busy machine), then kill it. No error if it is gone already. Its exit
# status is in PROC_STATUS where this shell is the one that started it; the
# function fails only when it had to kill.
proc_stop() {
	local entry
	entry=$(proc_entry "$1") || return 0
	proc_entry_stop "$entry" "${2:-TERM}"
}

proc_entry_stop() {
	local entry=$1 signal=$2 pid=${1% *} was_killed=0
	if proc_entry_is_running "$entry"; then
		kill -s "$signal" "$pid" 2>/dev/null || :
		if ! wait_for "! proc_entry_is_running '$entry'" 20; then
			kill -s KILL "$pid" 2>/dev/null || :
			was_killed=1
		fi
	fi
	PROC_STATUS=0
	# shellcheck disable=SC2034 # for the caller
	wait "$pid" 2>/dev/null || PROC_STATUS=$?
	return "$was_killed"
}

# wait_for CONDITION SECONDS: until the shell command CONDITION succeeds, for
# at most SECONDS (whole or decimal). Fails if it never did.
wait_for() {
	local deadline
	# %.0f, as mawk's %d stops at 2^31.
	deadline=$(awk -v now="${EPOCHREALTIME/[.,]/}" -v seconds="$2" \
		'BEGIN { printf "%.0f", now + seconds * 1000000 }')
	until eval "$1"; do
		if [ "${EPOCHREALTIME/[.,]/}" -ge "$deadline" ]; then
			echo "waited $2 s in vain for: $1" >&2
			return 1
		fi
		sleep 0.02
	done
}

# For bats: leave a test, or from setup all of them, to root.
skip_unless_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

# ---- the network ----------------------------------------------------------

in_a() {
	ip netns exec "$NETNS_A" "$@"
}

in_b() {
	ip netns exec "$NETNS_B" "$@"
}

# netns_set NAMESPACE SETTING VALUE: what sysctl would do, without needing it.
netns_set() {
	# shellcheck disable=SC2016 # for the inner shell
	ip netns exec "$1" sh -c 'echo "$2" >"/proc/sys/net/$1"' sh "$2" "$3"
}

# Names hold the process, and before it TCC_NETNS_PREFIX if it is set: whoever
# sets it can find the namespaces of all tests it ran (see netns_sweep).
netns_pair_up() {
	NETNS_ID=${TCC_NETNS_PREFIX:-tcc-test}-$BASHPID
	NETNS_A=$NETNS_ID-a NETNS_B=$NETNS_ID-b NETNS_ROUTER=$NETNS_ID-router
	# Below those that the kernel gives out.
	[ -z "${BATS_VERSION:-}" ] || IPERF_PORT=$((20000 + BASHPID % 10000))
	A_IP4=10.198.1.2 B_IP4=10.198.2.2 A_IP6='' B_IP6=''
	if [ -d /proc/sys/net/ipv6 ]; then
		A_IP6=fd00:198:1::2 B_IP6=fd00:198:2::2
	fi
	NETNS_DIR=$(mktemp -d "${BATS_FILE_TMPDIR:-${TMPDIR:-/tmp}}/tcc-netns.XXXXXX") || return
	export NETNS_ID NETNS_A NETNS_B NETNS_ROUTER NETNS_DEV NETNS_DIR
	export A_IP4 B_IP4 A_IP6 B_IP6 IPERF_PORT

	netns_add "$NETNS_ROUTER" && netns_add "$NETNS_A" && netns_add "$NETNS_B" &&
		netns_join "$NETNS_A" to-a 10.198.1 fd00:198:1: &&
		netns_join "$NETNS_B" to-b 10.198.2 fd00:198:2: &&
		netns_set "$NETNS_ROUTER" ipv4/ip_forward 1 || return
	[ -z "$A_IP6" ] || netns_set "$NETNS_ROUTER" ipv6/conf/all/forwarding 1
}

# The host's choice of algorithm and what earlier connections left in the
# metrics cache would make one run differ from the next.
netns_add() {
	ip netns add "$1" && ip -n "$1" link set lo up &&
		netns_set "$1" ipv4/tcp_congestion_control reno &&
		netns_set "$1" ipv4/tcp_no_metrics_save 1 || return
	# Duplicate address detection would make the addresses wait a second.
	[ -z "$A_IP6" ] || netns_set "$1" ipv6/conf/default/accept_dad 0
}

# netns_join NAMESPACE DEVICE NET4 NET6: join it to the router, there DEVICE.
netns_join() {
	ip link add "$NETNS_DEV" netns "$1" type veth peer name "$2" netns "$NETNS_ROUTER" &&
		ip -n "$1" addr add "$3.2/24" dev "$NETNS_DEV" &&
		ip -n "$NETNS_ROUTER" addr add "$3.1/24" dev "$2" &&
		ip -n "$1" link set "$NETNS_DEV" up &&
		ip -n "$NETNS_ROUTER" link set "$2" up &&
		ip -n "$1" route add default via "$3.1" || return
	[ -n "$A_IP6" ] || return 0
	ip -n "$1" addr add "$4:2/64" dev "$NETNS_DEV" nodad &&
		ip -n "$NETNS_ROUTER" addr add "$4:1/64" dev "$2" nodad &&
		ip -n "$1" route add default via "$4:1"
}

# netns_bottleneck RATE LIMIT: what goes from a to b passes at RATE (20mbit);
# LIMIT bytes (60kB) may queue, what comes on top is dropped. May be called
# again to change it.
netns_bottleneck() {
	tc -n "$NETNS_ROUTER" qdisc replace dev to-b root tbf rate "$1" burst 10kb limit "$2"
}

# Ends, by pid, what proc_start started and what else runs inside these
# namespaces, and removes them. Safe without, or after a failed, pair_up.
netns_pair_down() {
	local name entry
	[ -n "${NETNS_DIR:-}" ] || return 0
	if [ -f "$NETNS_DIR/processes" ]; then
		while read -r name entry; do
			proc_entry_stop "$entry" TERM || echo "had to kill $name" >&2
		done <"$NETNS_DIR/processes"
	fi
	netns_sweep "$NETNS_ID-"
	rm -rf "$NETNS_DIR"
	unset NETNS_DIR
}

# netns_sweep PREFIX: remove the namespaces whose names begin so, and end what
# runs in them: the processes of whoever made up the prefix.
netns_sweep() {
	local namespace pid
	for namespace in /run/netns/"$1"*; do
		[ -e "$namespace" ] || continue
		namespace=${namespace##*/}
		for pid in $(ip netns pids "$namespace" 2>/dev/null); do
			kill -s KILL "$pid" 2>/dev/null || :
		done
		ip netns del "$namespace" || :
	done
}

# ---- iperf3 ---------------------------------------------------------------

# iperf_server_start [OPTION...]: a server in b, listening when this returns.
iperf_server_start() {
	proc_start iperf-server in_b iperf3 --server --port "$IPERF_PORT" "$@"
	wait_for iperf_server_is_settled 30
	proc_is_running iperf-server && return
	echo "the iperf3 server ended: $(cat "$NETNS_DIR"/iperf-server.*)" >&2
	return 1
}

iperf_server_is_settled() {
	! proc_is_running iperf-server ||
		[ -n "$(in_b ss --no-header --listening --tcp --numeric "sport = :$IPERF_PORT")" ]
}

# iperf_client [OPTION...]: a transfer from a to b, over IPv4 unless
# `--client ADDR` among the options says otherwise.
iperf_client() {
	in_a iperf3 --client "$B_IP4" --port "$IPERF_PORT" "$@"
}

iperf_stop() {
	proc_stop iperf-server
}
