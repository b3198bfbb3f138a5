#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A command that is traced: whose connections these are, what it is left of its own, and
# how it ends.

bats_require_minimum_version 1.5.0
load lib/common
load lib/examples
load lib/netns
load lib/trace

setup_file() {
	skip_unless_root
	# The test of kinds goes on for long, with others beside it.
	export TIMEOUT=60
}

setup() {
	skip_unless_root
	netns_pair_up
	cp "$TCC_TESTS/command/kinds.py" "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return
	PORT=$IPERF_PORT OTHER_PORT=$((IPERF_PORT + 10000))
}

teardown() {
	netns_pair_down
}

# In a, on its loopback: no address but 127.0.0.1 takes part. As any user.
kinds() {
	in_a python3 - "$@" <kinds.py
}

kinds_start() {
	local name=$1
	shift
	proc_start "$name" ip netns exec "$NETNS_A" python3 "$BATS_TEST_TMPDIR/kinds.py" "$@"
}

# What is compared of an event. Not when it was: two programs see it one after the other.
fields=saddr,sport,daddr,dport,snd_cwnd,ssthresh,mss,snd_wnd,srtt,length,snd_nxt,snd_una,lost

# of_command KIND COMMAND...: trace it; what it prints is in KIND.ports.
of_command() {
	local kind=$1
	shift
	timeout "$TIMEOUT" "$TCC_TRACE" --csv --fields="$fields" --log-file="$kind.csv" --verbose \
		ip netns exec "$NETNS_A" "$@" >"$kind.ports" 2>"$kind.err" <kinds.py || {
		cat "$kind.err"
		return 1
	}
}

# All events at a port, until full_stop; and others that are at it all the time.
full_start() {
	# On loopback a port is used again after a second, else after a minute.
	netns_set "$NETNS_A" ipv4/tcp_tw_reuse 0
	trace_start --csv --fields="$fields" --buffer=4M --port="$1" --netns="/run/netns/$NETNS_A"
	kinds_start server serve "$PORT"
	wait_for 'grep -q listening "$NETNS_DIR/server.out"' 20
	kinds_start load load "$PORT"
}

full_stop() {
	proc_is_running load
	trace_stop
	cp "$NETNS_DIR/trace.out" full
	cp "$NETNS_DIR/trace.err" full.err
}

@test "of every kind of client each connection is traced wholly, and no other's event" {
	local kind clients python=/usr/bin/python3	# which anybody may run
	[ -x "$python" ] || skip "needs $python"
	clients=$(python3 kinds.py list clients)
	netns_set "$NETNS_A" ipv4/tcp_fastopen 3
	kinds absent >not-there
	full_start "$PORT"
	for kind in $clients; do
		of_command "$kind" python3 - "$kind" "$PORT"
	done
	of_command shell sh -c 'cat >kinds; for n in 1 2 3; do
		(python3 - blocking "$0" <kinds) & done
		python3 - fork "$0" <kinds; wait' "$PORT"
	of_command setsid setsid --wait python3 - blocking "$PORT"
	of_command setpriv setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$python" - fork "$PORT"
	of_command su su nobody -s /bin/sh -c "exec $python - blocking $PORT"
	clients+=' shell setsid setpriv su'
	if command -v sudo >/dev/null; then
		of_command sudo sudo -n -u nobody "$python" - blocking "$PORT"
		clients+=' sudo'
	fi
	full_stop
	# shellcheck disable=SC2086 # words
	python3 "$TCC_TESTS/command/compare.py" full "$PORT" client $clients
}

@test "of every kind of server each connection is traced wholly, and no other's event" {
	local kind servers
	servers=$(python3 kinds.py list servers)
	kinds absent >not-there
	full_start "$PORT,$OTHER_PORT"
	for kind in $servers; do
		kinds clients "$OTHER_PORT" 6 & local clients=$!
		of_command "$kind" python3 - "$kind" "$OTHER_PORT" 6
		wait "$clients"
	done
	full_stop
	# shellcheck disable=SC2086 # words
	python3 "$TCC_TESTS/command/compare.py" full "$OTHER_PORT" server $servers
}

# ---- how it ends ---------------------------------------------------------------------

# status_is N COMMAND...: with that exit status; $output and $stderr are left.
status_is() {
	local wanted=$1
	shift
	run "-$wanted" --separate-stderr timeout "$TIMEOUT" "$@"
	echo "$output"
	echo "$stderr"
}

@test "the exit status is the command's, or tells why it has none" {
	touch no-program
	status_is 0 "$TCC_TRACE" true
	[ -z "$output$stderr" ]
	status_is 7 "$TCC_TRACE" -- sh -c 'exit 7'
	status_is 137 "$TCC_TRACE" sh -c 'kill -KILL $$'
	status_is 126 "$TCC_TRACE" ./no-program
	[ "$stderr" = "tcc-trace: cannot run './no-program': Permission denied" ]
	status_is 127 "$TCC_TRACE" no-such-program
	[ "$stderr" = "tcc-trace: cannot run 'no-such-program': No such file or directory" ]
	status_is 125 "$TCC_TRACE" --log-file=no/such/directory touch ran
	# Without /proc a process cannot be told from others; nor do sanitizers work there.
	if ! is_sanitized; then
		status_is 125 unshare --mount sh -c 'mount -t tmpfs none /proc; exec "$@"' - \
			"$TCC_TRACE" touch ran
		[ "$stderr" = "tcc-trace: cannot tell the command from other processes by \
/proc/self/ns/pid: No such file or directory" ]
	fi
	status_is 2 "$TCC_TRACE" --port=0 touch ran
	status_is 2 "$TCC_TRACE" --user=no-such-user touch ran
	[ ! -e ran ]
	status_is 0 "$TCC_TRACE" touch ran
	[ -e ran ]
}

@test "a trace that fails is 125, and does not end the command" {
	iperf_server_start
	[ -c /dev/full ]
	status_is 125 "$TCC_TRACE" --log-file=/dev/full \
		sh -c 'ip netns exec "$0" iperf3 --client "$1" --port "$2" --bytes 1M; touch finished' \
		"$NETNS_A" "$B_IP4" "$IPERF_PORT"
	[[ $stderr == *"cannot write to /dev/full: No space left on device"* ]]
	[ -e finished ]
}

@test "a stderr that takes nothing is given up once the command has ended; a loss with --strict is 125" {
	iperf_server_start
	mkfifo stuck
	# Held open, and read by nobody.
	exec 8<>stuck
	# shellcheck disable=SC2016 # for the inner shell
	local status=5 option
	for option in --verbose --strict; do
		run "-$status" timeout "$TIMEOUT" sh -c 'exec "$@" 2>stuck' - "$TCC_TRACE" \
			"$option" --fields=all sh -c 'ip netns exec "$0" iperf3 --client "$1" \
			--port "$2" --no-delay --length 200 --bytes 2M >/dev/null 2>&1
			touch finished; exit 5' "$NETNS_A" "$B_IP4" "$IPERF_PORT"
		rm finished
		status=125
	done
	exec 8>&-
}

@test "after --duration or --count the trace is over, and the command is waited for" {
	iperf_server_start
	status_is 4 "$TCC_TRACE" --duration=0.2 sh -c 'sleep 1; touch slept; exit 4'
	[ -e slept ]
	status_is 5 "$TCC_TRACE" --count=3 sh -c \
		'ip netns exec "$0" iperf3 --client "$1" --port "$2" --bytes 1M; exit 5' \
		"$NETNS_A" "$B_IP4" "$IPERF_PORT"
	[ "$(grep -c '^k:' <<<"$stderr")" -eq 3 ]
}

# start_listener OPTION...: a command that says which of these signals come to it, in
# `heard`, and goes on until there is `enough`; ready when it has begun.
start_listener() {
	cat >listener <<-'END'
		for name in INT HUP TERM QUIT; do trap "echo $name >>heard" "$name"; done
		echo $$ >listener.pid
		n=0
		until [ -e enough ]; do
			[ $((n += 1)) -lt 600 ] && [ -e listener ] || exit 99
			sleep 0.1
		done
		exit 9
	END
	proc_start trace "$TCC_TRACE" --verbose "$@" sh listener
	wait_for '[ -s listener.pid ]' 20
}

# The same, and the trace is over.
start_waiting() {
	start_listener --duration=0.2
	wait_for 'grep -q " connections\? in " "$NETNS_DIR/trace.err"' 20
}

@test "while the command is waited for signals do what they did before" {
	start_waiting
	local signal
	for signal in ALRM XCPU PWR RTMIN INT; do
		kill -s "$signal" "$(proc_pid trace)"
	done
	kill -s USR1 "$(proc_pid trace)"
	wait_for '[ "$(grep -c "^tcc-trace: probe: seen" "$NETNS_DIR/trace.err")" -eq 2 ]' 20
	kill -s TERM "$(proc_pid trace)"
	wait_for '[ -s heard ]' 20
	equal TERM "$(cat heard)"
	# Longer than anything that is stuck is waited for.
	sleep 4
	proc_is_running trace
	touch enough
	wait_for '! proc_is_running trace' 20
	trace_stop
	[ "$PROC_STATUS" -eq 9 ]
	rm enough heard listener.pid
	start_waiting
	kill -s TERM "$(proc_pid trace)"
	wait_for '[ -s heard ]' 20
	kill -s TERM "$(proc_pid trace)"
	wait_for '! proc_is_running trace' 20
	trace_stop
	[ "$PROC_STATUS" -eq 143 ]
	kill -0 "$(cat listener.pid)"
	touch enough
}

@test "connections that outlive the command are waited for, a second at most" {
	kinds_start server serve "$PORT"
	wait_for 'grep -q listening "$NETNS_DIR/server.out"' 20
	cat >holder.py <<-'END'
		import socket, sys, time
		sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		sock.sendall(b"x" * 100)
		open("connected", "w").close()
		time.sleep(60)
	END
	status_is 3 "$TCC_TRACE" --log-file=x --verbose ip netns exec "$NETNS_A" sh -c \
		'python3 holder.py "$0" >/dev/null 2>&1 & echo $! >pid
		until [ -e connected ]; do sleep 0.05; done; exit 3' "$PORT"
	# It has not waited for that.
	kill "$(cat pid)"
	[[ $stderr == *"1 process that 'ip' started still runs"* ]]
	# But that long: what is closed within a second is traced to its end.
	rm connected
	sed -i 's/time.sleep(60)/time.sleep(0.3); sock.close()/' holder.py
	status_is 3 "$TCC_TRACE" --log-file=y.csv --events=close ip netns exec "$NETNS_A" sh -c \
		'python3 holder.py "$0" >/dev/null 2>&1 &
		until [ -e connected ]; do sleep 0.05; done; exit 3' "$PORT"
	[ "$(lines y.csv)" -eq 2 ]
}

@test "a signal is passed on, keys of a terminal are not; the second ends the trace alone" {
	start_listener
	kill -s INT "$(proc_pid trace)"
	kill -s QUIT "$(proc_pid trace)"
	kill -s USR1 "$(proc_pid trace)"
	wait_for 'grep -q "^tcc-trace: probe: seen" "$NETNS_DIR/trace.err"' 20
	kill -s HUP "$(proc_pid trace)"
	wait_for '[ -s heard ]' 20
	equal HUP "$(cat heard)"
	kill -s TERM "$(proc_pid trace)"
	wait_for '! proc_is_running trace' 20
	trace_stop
	[ "$PROC_STATUS" -eq 143 ]
	kill -0 "$(cat listener.pid)"
	touch enough
	equal HUP "$(cat heard)"
}

@test "what a signal makes of the command is its end" {
	start_listener
	kill -s TERM "$(proc_pid trace)"
	wait_for '[ -s heard ]' 20
	touch enough
	wait_for '! proc_is_running trace' 20
	trace_stop
	[ "$PROC_STATUS" -eq 9 ]
	proc_start trace "$TCC_TRACE" --verbose sleep 60
	trace_wait_attached
	wait_for 'grep -qx sleep /proc/$(pgrep -P "$(proc_pid trace)")/comm' 20
	trace_stop TERM
	[ "$PROC_STATUS" -eq 143 ]
}

@test "descendants that still run are left alone, counted, and waited for no longer" {
	status_is 3 "$TCC_TRACE" --log-file=x sh -c \
		'exec >/dev/null 2>&1; sleep 30 & echo $! >pid
		(setsid sleep 30 & echo $! >>pid); exit 3'
	[ "$stderr" = "tcc-trace: warning: 2 processes that 'sh' started still run: left alone, and \
traced no longer" ]
	# shellcheck disable=SC2046 # two words
	kill $(cat pid)
}

# ---- what is left of it ----------------------------------------------------------------

@test "the command gets all as it was: descriptors, limits, signals, priority, rights" {
	cat >own <<-'END'
		grep -E '^(Sig[^Q]|Shd|Cap|NoNew|Seccomp|Uid|Gid|Groups|Umask|Cpus_allowed:)' \
			/proc/self/status
		cat /proc/self/limits
		nice
		env | grep -vE '^(_|SHLVL|OLDPWD)='
		for fd in 0 1 2 3 4 5 6 7 8 9; do
			[ ! -e /proc/$$/fd/$fd ] || readlink /proc/$$/fd/$fd
		done
		pwd
	END
	as_started() {
		bash -c 'ulimit -n 333; ulimit -c 0; trap "" USR2 HUP; umask 027
			exec 7</etc/passwd 0<&- 4>&-; exec nice -n 3 "$@"' - "$@" 2>err
	}
	as_started sh own >got
	mv got wanted
	as_started "$TCC_TRACE" sh own >got
	cat err
	grep -q passwd got
	diff -u wanted got
}

@test "records go to stderr, stdout stays the command's; or where --log-file says" {
	iperf_server_start
	local client=(ip netns exec "$NETNS_A" iperf3 --client "$B_IP4" --port "$IPERF_PORT"
		--bytes 100K)
	status_is 0 "$TCC_TRACE" "${client[@]}"
	[[ $output == *"iperf Done."* ]]
	[[ $output != *snd_cwnd* ]]
	[ "$(grep -c '^k:' <<<"$stderr")" -gt 5 ]
	[ "$(grep -vc '^k:' <<<"$stderr")" -eq 0 ]
	status_is 0 "$TCC_TRACE" --csv --log-file=- "${client[@]}"
	[ -z "$stderr" ]
	[ "$(grep -c ',snd_cwnd,' <<<"$output")" -eq 1 ]
	[[ $output == *"iperf Done."* ]]
	status_is 0 "$TCC_TRACE" --log-file=x.json "${client[@]}"
	[ -z "$stderr" ]
	[[ $output != *snd_cwnd* ]]
	[ "$(jq -r 'select(.event == "trace") | .filter' x.json)" = "command ip" ]
	[ "$(jq -s 'map(select(.event == "probe")) | length' x.json)" -gt 5 ]
	# A name that is no UTF-8 has an opening record all the same.
	status_is 127 "$TCC_TRACE" --log-file=y.json $'./\xff\x1b'
	[ "$(jq -r 'select(.event == "trace") | .filter' y.json)" = 'command ./\xff\x1b' ]
}

@test "a reader of the records that goes away is no end of the command" {
	iperf_server_start
	{ "$TCC_TRACE" sh -c 'ip netns exec "$0" iperf3 --client "$1" --port "$2" --bytes 5M >/dev/null
		touch finished; exit 6' "$NETNS_A" "$B_IP4" "$IPERF_PORT" || echo $? >status; } 2>&1 |
		head -n 1 >first
	wait_for '[ -s status ]' 20
	grep -q '^k:' first
	[ "$(cat status)" -eq 6 ]
	[ -e finished ]
}

@test "stdin and the terminal are the command's: keys, size, passwords, jobs" {
	local case
	[ "$(seq 50 | "$TCC_TRACE" wc -l)" -eq 50 ]
	for case in editor keys password hangup jobs; do
		echo "$case"
		timeout "$TIMEOUT" python3 "$TCC_TESTS/command/terminal.py" "$TCC_TRACE" "$case"
	done
}

@test "with --user the command is that user's, wholly, and its files are" {
	status_is 0 "$TCC_TRACE" --user=nobody sh -c 'id -u; id -g; id -G
		echo "$HOME $USER $LOGNAME $SHELL"; grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/self/status'
	equal "$(getent passwd nobody | awk -F: '{ print $3; print $4; print $4
			print $6, $1, $1, $7 }')
$(printf 'Cap%s:\t0000000000000000\n' Inh Prm Eff Amb)" "$output"
	[ -z "$stderr" ]
	# Root is a user like any other there, though the caller is root as well.
	status_is 0 setpriv --groups=12345 --regid=12345 "$TCC_TRACE" --user=root sh -c 'id -u
		id -g; id -G; echo "$HOME"; grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/self/status'
	equal "0
0
$(setpriv --init-groups --reuid=root --regid=root id -G)
$(getent passwd root | cut -d: -f6)
$(printf 'Cap%s:\t0000000000000000\n' Inh Prm Eff Amb)" "$output"
	[ -z "$stderr" ]
	mkdir -m 777 nobodys
	chmod 711 "$BATS_TEST_TMPDIR"
	status_is 3 "$TCC_TRACE" --user="$(id -u nobody)" --log-file=nobodys/x sh -c 'exit 3'
	[ "$(stat -c %U nobodys/x)" = nobody ]
}

@test "beside --compress its end is its own" {
	skip_without gzip
	iperf_server_start
	status_is 8 "$TCC_TRACE" --csv --log-file=x --fields=all --rotate-size=64K \
		--compress=gzip sh -c '
		ip netns exec "$0" iperf3 --client "$1" --port "$2" --bytes 100M >/dev/null
		exit 8' "$NETNS_A" "$B_IP4" "$IPERF_PORT"
	gzip -t x.*.gz
}

@test "while it runs nothing has privilege but itself" {
	proc_start trace "$TCC_TRACE" --verbose --port 1 sleep 60
	trace_wait_attached
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		[ "$(status_of $set)" = 0000000000000000 ]
	done
	! confines_calls || [ "$(status_of Seccomp)" -eq 2 ]
	wait_for 'grep -qx sleep /proc/$(pgrep -P "$(proc_pid trace)")/comm' 20
	equal "$(grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status)" \
		"$(grep -E '^(Cap|Seccomp:|NoNewPrivs)' "/proc/$(pgrep -P "$(proc_pid trace)")/status")"
	trace_stop TERM
	[ "$PROC_STATUS" -eq 143 ]
}

@test "from inside only the command can be sent a signal" {
	confines_calls || skip "built without libseccomp, or with sanitizers"
	run -0 --separate-stderr env LD_PRELOAD="$TCC_BUILD/tests/forbidden.so" "$TCC_TRACE" --port 1 \
		sleep 0.5
	echo "$stderr"
	for name in kill tgkill tkill execve fork ptrace bpf socket; do
		grep -qx "forbidden: $name: Operation not permitted" <<<"$stderr"
	done
	grep -qx "forbidden: kill the command: done" <<<"$stderr"
	grep -qx "forbidden: kill the command's group: Operation not permitted" <<<"$stderr"
}

# recipe FILE: the line of a document that runs curl.
recipe() {
	page_text "$1" | sed -nE 's/ +#.*//; s/^ *(sudo tcc-trace .*curl .*)/\1/p'
}

@test "the first recipe of the man page, README.md and --help does what it says" {
	skip_without curl python3
	local command
	command=$(recipe "$TCC_BUILD/man/tcc-trace.8")
	equal "$command" "$(recipe "$TCC_TESTS/../README.md")"
	equal "$command" "$("$TCC_TRACE" --help | recipe /dev/stdin)"
	mkdir -m 777 nobodys
	chmod 711 "$BATS_TEST_TMPDIR"
	proc_start web python3 -m http.server "$PORT" --bind 127.0.0.1 --directory "$TCC_TESTS"
	wait_for '(: <>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null' 20
	sudo() {
		"$@"
	}
	tcc-trace() {
		"$TCC_TRACE" "$@"
	}
	cd nobodys
	USER=nobody
	eval "${command/https:\/\/www.example.org\//http://127.0.0.1:$PORT/command.bats}" 2>records
	cmp command.bats "$TCC_TESTS/command.bats"
	[ "$(stat -c %U command.bats)" = nobody ]
	grep -E "^k:.* 127\.0\.0\.1\.[0-9]+ > 127\.0\.0\.1\.$PORT \| snd_cwnd" records
	# Between them stands what curl itself says, its lines not always ended.
	[ "$(grep -c ' snd_cwnd ' records)" -ge 3 ]
}
