#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Filters by what the kernel knows of a socket beside its ends: algorithm,
# cgroup, network namespace. Those by address, port and mark are in trace.bats.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns
load lib/trace

CGROUPS=()

teardown() {
	local cgroup
	netns_pair_down
	for cgroup in "${CGROUPS[@]}"; do
		rmdir "$cgroup"
	done
}

# tracer NAME OPTION...
tracer() {
	proc_start "$1" "$TCC_TRACE" --csv --fields=sport,dport --no-header "${@:2}"
	wait_attached "$1"
}

# saw NAME PORT...: records of these connections, told by the client's port, and
# of no other.
saw() {
	local name=$1
	shift
	proc_stop "$name"
	check_account "$(lines "$NETNS_DIR/$name.out")" "$NETNS_DIR/$name.err"
	echo "$name: $(tr , '\n' <"$NETNS_DIR/$name.out" | sort -u | grep -v "^$IPERF_PORT$" | xargs), wanted $*"
	[ "$(tr , '\n' <"$NETNS_DIR/$name.out" | sort -u | grep -v "^$IPERF_PORT$" | xargs)" = "$*" ]
}

# transfer PORT OPTION...: from a to b, from that port; iperf's own connection
# that controls it has another.
transfer() {
	local port=$1
	shift
	in_a python3 -c '
import socket, sys
server, port, algorithm = sys.argv[1:4]
client = socket.socket()
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, algorithm.encode())
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
client.bind(("", int(port)))
client.connect((server, int(sys.argv[4])))
for _ in range(50):
    client.send(b"x" * 1000)
    client.recv(4096)
' "$B_IP4" "$port" "${1:-reno}" "$IPERF_PORT"
}

# A server whose sockets use ALGORITHM.
serve() {
	proc_start server in_b python3 -c '
import socket, sys
server = socket.create_server(("", int(sys.argv[2])))
server.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, sys.argv[1].encode())
print("ready", flush=True)
while True:
    peer, _ = server.accept()
    while peer.recv(4096):
        peer.send(b"y" * 100)
    peer.close()
' "$1" "$IPERF_PORT"
	wait_for "grep -q ready '$NETNS_DIR/server.out'" 30
}

@test "--cc: connections of this algorithm, as it is at the moment" {
	serve reno
	tracer cubic --cc=cubic --port="$IPERF_PORT"
	tracer neither --cc='!reno' --port="$IPERF_PORT"
	tracer both --cc=cubic,reno --dport="$IPERF_PORT"
	tracer none --cc=cubi --port="$IPERF_PORT"
	transfer 4001 reno
	transfer 4002 cubic
	saw cubic 4002
	saw neither 4002
	saw both 4001 4002
	saw none
}

@test "--netns: by path, by process, by number, by name" {
	local inum
	inum=$(stat -L -c %i "/run/netns/$NETNS_A")
	serve reno
	tracer path --netns="/run/netns/$NETNS_A" --port="$IPERF_PORT"
	tracer process --netns="$(proc_pid server)" --port="$IPERF_PORT"
	tracer number --netns="$inum" --port="$IPERF_PORT"
	tracer others --netns="!$inum" --port="$IPERF_PORT"
	tracer name --netns="$NETNS_B" --port="$IPERF_PORT"
	tracer elsewhere --netns="$$" --port="$IPERF_PORT"
	transfer 4001
	for name in path process number others name; do
		saw "$name" 4001
	done
	saw elsewhere
	# Which end it was: the local port is the first column.
	[ "$(cut -d, -f1 "$NETNS_DIR/path.out" | sort -u)" = 4001 ]
	[ "$(cut -d, -f1 "$NETNS_DIR/number.out" | sort -u)" = 4001 ]
	[ "$(cut -d, -f1 "$NETNS_DIR/process.out" | sort -u)" = "$IPERF_PORT" ]
	[ "$(cut -d, -f1 "$NETNS_DIR/others.out" | sort -u)" = "$IPERF_PORT" ]
	[ "$(cut -d, -f1 "$NETNS_DIR/name.out" | sort -u)" = "$IPERF_PORT" ]
}

@test "a standard output that is a TCP connection is not traced" {
	local n
	export PYTHONDONTWRITEBYTECODE=1
	proc_start server in_b python3 "$TCC_TESTS/events/ends.py" serve 7008 sink
	wait_for "grep -q ready '$NETNS_DIR/server.out'" 30
	# Each record would make another: the segment that says that it has arrived.
	proc_start trace in_a bash -c 'exec "$@" >"/dev/tcp/$B_IP4/7008"' bash \
		"$TCC_TRACE" --netns="$NETNS_A" --events=probe,state
	trace_wait_attached
	in_a python3 "$TCC_TESTS/events/ends.py" many 7009 5
	sleep 1
	proc_stop trace INT
	cat "$NETNS_DIR/trace.err"
	grep '^tcc-trace: standard output is a TCP connection: it is left out' "$NETNS_DIR/trace.err"
	n=$(summary written)
	[ "$n" -ge 5 ]
	[ "$n" -le 40 ]
	[ "$(summary filtered)" -ge 1 ]
	check_account "$n"
}

# with_number INUM: a namespace that has it, TAKER; the kernel gives numbers again, the
# lowest first, but other tests may be quicker.
with_number() {
	local i
	for i in {1..20}; do
		TAKER=$NETNS_ID-$1-$i
		ip netns add "$TAKER"
		[ "$(stat -L -c %i "/run/netns/$TAKER")" != "$1" ] || return 0
		sleep 0.05
	done
	return 1
}

# replaced: a namespace GONE, traced as "gone", and all but it as "others", that is gone;
# its number INUM is that of TAKER.
replaced() {
	local attempt
	for attempt in {1..5}; do
		GONE=$NETNS_ID-gone$attempt
		ip netns add "$GONE"
		INUM=$(stat -L -c %i "/run/netns/$GONE")
		proc_start gone "$TCC_TRACE" --json --fields=netns,sport --netns="$GONE" \
			--log-file="$NETNS_DIR/gone.$attempt.json"
		proc_start others "$TCC_TRACE" --json --fields=netns,sport --netns="!$GONE" --port=7009
		wait_attached gone
		wait_attached others
		ln -sf "gone.$attempt.json" "$NETNS_DIR/gone.json"
		ip netns del "$GONE"
		with_number "$INUM" && return
		proc_stop gone
		proc_stop others
	done
	skip "the kernel gives its numbers to others"
}

@test "--netns: who gets the number of a namespace that is gone is not traced" {
	replaced
	ip -n "$TAKER" link set lo up
	export PYTHONDONTWRITEBYTECODE=1
	ip netns exec "$TAKER" python3 "$TCC_TESTS/events/ends.py" many 7009 5
	wait_for "[ \"\$(wc -l <'$NETNS_DIR/others.out')\" -ge 5 ]" 20
	sleep 1.2
	proc_stop gone INT
	proc_stop others INT
	cat "$NETNS_DIR/gone.err"
	[ "$(jq -c 'select(has("netns"))' "$NETNS_DIR/gone.json" | wc -l)" -eq 0 ]
	jq -e -s --argjson inum "$INUM" 'map(select(has("netns"))) |
		length >= 5 and all(.netns == $inum)' "$NETNS_DIR/others.out"
	[ "$(grep -c "'$GONE' does not name network namespace $INUM any more" "$NETNS_DIR/gone.err")" -eq 1 ]
	# What was typed, and the number.
	equal "netns $GONE ($INUM)" "$(jq -r 'select(.event == "trace").filter' "$NETNS_DIR/gone.json")"
}

@test "--netns: where no cookie can be had, the namespace is held" {
	local inum gone=$NETNS_ID-gone
	skip_without setpriv
	ip netns add "$gone"
	inum=$(stat -L -c %i "/run/netns/$gone")
	proc_start held setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$TCC_TRACE" \
		--netns="$gone" --json
	wait_attached held
	stat -L -c %i "/proc/$(proc_pid held)/fd/"* | grep -x "$inum"
	ip netns del "$gone"
	# Its number stays its own.
	for i in {1..10}; do
		ip netns add "$NETNS_ID-taker$i"
		[ "$(stat -L -c %i "/run/netns/$NETNS_ID-taker$i")" != "$inum" ]
	done
	proc_stop held INT
	# With it, nothing is held.
	ip netns add "$gone"
	proc_start free "$TCC_TRACE" --netns="$gone" --json
	wait_attached free
	run ! grep -x "$(stat -L -c %i "/run/netns/$gone")" \
		<(stat -L -c %i "/proc/$(proc_pid free)/fd/"*)
}

# cgroup_new PATH
cgroup_new() {
	mkdir "$1" || return
	CGROUPS=("$1" "${CGROUPS[@]}")
}

# in_cgroup PATH CMD...
in_cgroup() {
	bash -c 'echo $$ >"$1/cgroup.procs" && shift && "$@"' bash "$@"
}

@test "--cgroup: sockets of this cgroup and of those below it" {
	local top parent child
	top=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$top" ] || skip "needs cgroups of version 2"
	parent=$top/tcc-test-$BASHPID child=$parent/child
	cgroup_new "$parent" || skip "needs to make a cgroup"
	cgroup_new "$child"
	serve reno
	tracer all --cgroup="$top" --dport="$IPERF_PORT"
	tracer parent --cgroup="$parent" --port="$IPERF_PORT"
	tracer child --cgroup="$child" --port="$IPERF_PORT"
	tracer without --cgroup="$parent,!$child" --port="$IPERF_PORT"
	tracer outside --cgroup="!$parent" --dport="$IPERF_PORT"
	transfer 4001
	export -f transfer in_a
	in_cgroup "$parent" bash -c 'transfer 4002'
	in_cgroup "$child" bash -c 'transfer 4003'
	saw all 4001 4002 4003
	saw parent 4002 4003
	saw child 4003
	saw without 4002
	saw outside 4001
}

@test "what is no such thing is refused" {
	local value
	for value in '' / /dev/null "$BATS_TEST_TMPDIR" /no/such; do
		run -2 "$TCC_TRACE" --cgroup="$value"
		[[ $output == "tcc-trace: --cgroup: '$value': expected the path of a cgroup of version 2, or one after '!'" ]]
	done
	for value in '' 0 -1 4294967296 /dev/null /proc/self/ns/pid no-such-name 1x; do
		run -2 "$TCC_TRACE" --netns="$value"
		[[ $output == "tcc-trace: --netns: '$value': expected a network namespace: "* ]]
	done
	for value in '' sixteen_letters_; do
		run -2 "$TCC_TRACE" --cc="$value"
		[[ $output == "tcc-trace: --cc: '$value': expected the name of a congestion control algorithm, "* ]]
	done
}

# on_terminal NAME OPTION...: a trace whose stderr is a terminal; its words go to NAME.
on_terminal() {
	proc_start "$1" python3 -c '
import os, pty, sys
reader, writer = pty.openpty()
if os.fork():
    os.wait()
    os.dup2(writer, 2)
    os.execvp(sys.argv[1], sys.argv[1:])
os.close(writer)
if os.fork():       # no child of the trace
    os._exit(0)
while True:
    try:
        data = os.read(reader, 4096)
    except OSError:
        break
    if not data:
        break
    os.write(2, data.replace(b"\r", b""))' "$TCC_TRACE" "${@:2}"
}

# standing NAME OPTION...: a trace on a terminal that stands still before it has looked what
# passes, while the kernel counts on; for look().
standing() {
	local attempt
	for attempt in {1..10}; do
		on_terminal "$@"
		wait_attached "$1" || return
		kill -STOP "$(proc_pid "$1")"
		grep -q 'all filtered' "$NETNS_DIR/$1.err" || return 0
		kill -CONT "$(proc_pid "$1")"
		proc_stop "$1" INT
	done
	return 1
}

# look NAME: it goes on, and says what it has seen.
look() {
	kill -CONT "$(proc_pid "$1")"
	wait_for "grep -q 'all filtered' '$NETNS_DIR/$1.err'" 60
	proc_stop "$1" INT
	cat "$NETNS_DIR/$1.err"
}

@test "on a terminal it is said that all is filtered, once, and of nothing else" {
	iperf_server_start
	proc_start load in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --time 60 --bitrate 1M --length 1K
	on_terminal filtered --duration=7 --port=1
	on_terminal quiet --duration=7 --port=1 --quiet
	on_terminal passes --duration=7 --port="$IPERF_PORT"
	# Excluded: a test of another build has segments as well.
	on_terminal both --duration=7 --port="$IPERF_PORT" --events=probe,close
	proc_start file "$TCC_TRACE" --duration=7 --port=1
	local name
	for name in filtered quiet passes both file; do
		wait "$(proc_pid $name)"
		[ "$name" = quiet ] || wait_for "grep -q ' connections* in ' '$NETNS_DIR/$name.err'" 10
		echo "$name:"
		cat "$NETNS_DIR/$name.err"
	done
	[ "$(grep -cE '^tcc-trace: [0-9]+ segments of (over )?[0-9]+ connections seen, all filtered$' "$NETNS_DIR/filtered.err")" -eq 1 ]
	[ ! -s "$NETNS_DIR/quiet.err" ]
	for name in passes both file; do
		grep -q 'attached in' "$NETNS_DIR/$name.err"
		[ "$(grep -c 'all filtered' "$NETNS_DIR/$name.err")" -eq 0 ]
	done
}

# told NAME WHAT WANTED KNOWN: of how many connections it is, and no word of more; those of
# other tests beside the wanted are known as well.
told() {
	local n connections
	read -r n connections < <(sed -nE "s/^tcc-trace: ([0-9]+) $2 of ([0-9]+) connections seen, all filtered$/\1 \2/p" \
		"$NETNS_DIR/$1.err")
	echo "$1: $n $2 of $connections connections; $3 wanted, $4 known"
	[ "$connections" -ge "$3" ]
	[ "$connections" -le "$4" ]
	[ "$n" -ge "$connections" ]
}

# One after the other from one port, so that they get each other's memory; each of the
# two ends is told something.
one_port_many_addresses() {
	in_a python3 -c '
import socket, sys
server = socket.create_server(("0.0.0.0", 7009))
for i in range(int(sys.argv[1])):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("127.0.0.1", 27000))
    client.connect((f"127.0.1.{i + 1}", 7009))
    peer, _ = server.accept()
    client.send(b"x")
    peer.recv(1)
    peer.send(b"y")
    client.recv(1)
    peer.close()
    client.recv(1)
    client.close()' "$1"
}

@test "on a terminal it is said of how many connections all is filtered" {
	local known
	# Around it all: the connections that there are at most.
	proc_start all "$TCC_TRACE" --csv --no-header --fields=cookie --events=probe,state --buffer=4M
	wait_attached all
	standing segments --port=1
	standing events --port=1 --events=state
	one_port_many_addresses 150
	look segments
	look events
	proc_stop all INT
	cat "$NETNS_DIR/all.err"
	known=$(sort -u "$NETNS_DIR/all.out" | wc -l)
	# Where some of these were lost, nobody knows.
	[ "$(grep -c ' lost 0 ' "$NETNS_DIR/all.err")" -eq 2 ] || known=4096
	told segments segments 300 "$known"
	told events events 300 "$known"
}

@test "on a terminal, without socket cookies the connections are told by their ends" {
	sanitizer_options verify_asan_link_order=0
	LD_PRELOAD=$TCC_BUILD/tests/other_kernel.so TCC_RELEASE=5.10.0 standing segments --port=1
	one_port_many_addresses 150
	look segments
	told segments segments 300 4096
}

@test "on a terminal, more connections than can be told apart are said to be more" {
	export PYTHONDONTWRITEBYTECODE=1
	proc_start hold in_a python3 "$TCC_TESTS/events/ends.py" hold 7009 2200
	wait_for "grep -q held '$NETNS_DIR/hold.out'" 60
	standing filtered --port=1 --events=state
	proc_stop hold KILL
	look filtered
	grep -Ex 'tcc-trace: [0-9]+ events of over 4096 connections seen, all filtered' \
		"$NETNS_DIR/filtered.err"
}

@test "on a terminal, a connection whose segment did not leave is none that is filtered" {
	local told
	grep -q 'field:int err;' /sys/kernel/tracing/events/tcp/tcp_retransmit_skb/format ||
		skip "this kernel tells only of segments that left"
	export PYTHONDONTWRITEBYTECODE=1
	proc_start server in_b python3 "$TCC_TESTS/events/ends.py" serve 7008 sink
	wait_for "grep -q ready '$NETNS_DIR/server.out'" 30
	# Those of other tests.
	proc_start others "$TCC_TRACE" --csv --no-header --fields=cookie --events=retransmit \
		--netns="!$NETNS_A"
	wait_attached others
	standing looker --events=retransmit --netns="$NETNS_A"
	# What is sent arrives, but no answer; what is sent again has no way then.
	in_a python3 -c '
import socket, subprocess, sys, time
a, b, netns_b, device = sys.argv[1:]
def route(*words):
    subprocess.run(["ip", *words], check=True)
sock = socket.create_connection((b, 7008))
time.sleep(0.2)
route("-n", netns_b, "route", "add", "blackhole", a)
route("route", "replace", b, "dev", device, "rto_min", "3s")
sock.send(b"x" * 100)
route("route", "replace", "blackhole", b)
time.sleep(5)' "$A_IP4" "$B_IP4" "$NETNS_B" "$NETNS_DEV"
	look looker
	proc_stop others INT
	told=$(sed -nE 's/^tcc-trace: [0-9]+ events? (of ([0-9]+) connections? )?seen, all filtered$/0\2/p' \
		"$NETNS_DIR/looker.err")
	echo "told of $told, of others $(sort -u "$NETNS_DIR/others.out" | wc -l)"
	[ "$told" -le "$(sort -u "$NETNS_DIR/others.out" | wc -l)" ]
}

# written NAME COMMAND...: what a trace of 200 records in b says, whose lines go to NAME.
written() {
	in_b "${@:2}" >"$NETNS_DIR/$1" </dev/null
	cat "$NETNS_DIR/words"
}

# words_on_terminal OPTION...: the same of one whose stdout is a terminal, its own.
words_on_terminal() {
	written shown script --quiet --return --command \
		"${before-} timeout --signal=INT 60 '$TCC_TRACE' --quiet --count=200 $* 2>'$NETNS_DIR/words'" \
		/dev/null
}

# words_of_pipe OPTION...: whose stdout is a pipe.
words_of_pipe() {
	# shellcheck disable=SC2016 # the other shell's
	written shown bash -c '"$@" 2>"$NETNS_DIR/words" | cat' - "$TCC_TRACE" --quiet --count=200 "$@"
}

# two_loads: connections of b, one of which is ssh's as far as the environment says.
two_loads() {
	export NETNS_DIR
	iperf_server_start
	proc_start load in_b iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --cport 41234 --time 120 \
		--no-delay --bitrate 5M --length 1K
	proc_start other in_b python3 -c '
import socket, time
server = socket.create_server(("127.0.0.1", 7009))
client = socket.create_connection(("127.0.0.1", 7009))
peer, _ = server.accept()
while True:
    client.send(b"x" * 300)
    peer.recv(300)
    peer.send(b"y")
    client.recv(1)
    time.sleep(0.005)'
	wait_for "[ -n \"\$(in_b ss -Htn state established 'sport = :41234')\" ]" 30
	wait_for "[ -n \"\$(in_b ss -Htn state established 'sport = :7009')\" ]" 30
	export SSH_CONNECTION="127.0.0.1 41234 127.0.0.1 $IPERF_PORT"
}

@test "a terminal that is shown over a connection that is traced: said, with the option" {
	local warning only before
	two_loads
	only=--port=$IPERF_PORT
	warning="tcc-trace: warning: this terminal's own connection, ssh at port $IPERF_PORT, is traced: each line that it shows makes others; --port='!$IPERF_PORT' leaves it out"
	[ "$(words_on_terminal "$only")" = "$warning" ]
	[ "$(words_on_terminal "$only" -4 --netns="$NETNS_B" --cc=reno,cubic)" = "$warning" ]
	# Either end of it.
	[ "$(words_on_terminal --sport="$IPERF_PORT")" = "$warning" ]
	[ "$(words_on_terminal --dport="$IPERF_PORT")" = "$warning" ]
	# sudo takes the variable away, its parent has it.
	before='env -u SSH_CONNECTION'
	[ "$(words_on_terminal "$only")" = "$warning" ]
	before=
	[ "$(words_on_terminal "$only" --log-file="$NETNS_DIR/log.csv" --tee)" = "$warning" ]
}

@test "a pipe below ssh, whose connection is traced: said, with the option" {
	two_loads
	[ "$(words_of_pipe --port="$IPERF_PORT")" = "tcc-trace: warning: the connection of this session, ssh at port $IPERF_PORT, is traced: if what is written here leaves by it, each line makes others; --port='!$IPERF_PORT' leaves it out" ]
	# Without its records, nothing.
	[ -z "$(words_of_pipe --port="!$IPERF_PORT" --netns="$NETNS_B")" ]
	[ "$(wc -l <"$NETNS_DIR/shown")" -ge 200 ]
}

@test "where no record is of ssh's connection, or none leaves by it: nothing of the kind is said" {
	local only before
	two_loads
	only=--port=$IPERF_PORT
	nothing() {
		[ -z "$1" ]
		wc -l "$NETNS_DIR/$2"
		[ "$(wc -l <"$NETNS_DIR/$2")" -ge 200 ]
		rm "$NETNS_DIR/$2"
	}
	nothing "$(words_on_terminal --port=7009 --netns="$NETNS_B")" shown
	nothing "$(words_on_terminal "$only" --log-file="$NETNS_DIR/log.csv")" log.csv
	# Another session's terminal.
	before='setsid --wait'
	nothing "$(words_on_terminal "$only")" shown
	before=
	# A file.
	nothing "$(written shown sh -c "exec '$TCC_TRACE' --quiet --count=200 $only 2>'$NETNS_DIR/words'")" shown
	# A connection that is over.
	SSH_CONNECTION="127.0.0.1 41235 127.0.0.1 $IPERF_PORT"
	nothing "$(words_on_terminal "$only")" shown
	nothing "$(words_of_pipe "$only")" shown
}
