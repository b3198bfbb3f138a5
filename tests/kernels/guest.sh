#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC3000-SC3999
#
# The first program of a booted kernel: runs the checks, one function each, and
# writes what they leave as a tar to the disk. Judges nothing: judge.py does, on
# the host. A check is added by a function check_NAME here, a class in judge.py.
#
# A check leaves its files in $out, /out/NAME: of each trace FILE what it wrote,
# FILE.err what it said, FILE.exit its status. It fails where a command that it
# relies on does (set -e), and skips by `skip REASON`.

PATH=/bin:/applets
export PATH

# Not the one in busybox, whose shell would prefer it.
ip() {
	/bin/ip "$@"
}

checks='load truth filters cc netns thin formats rotate netem events ca properties command lockdown'
check_limit_s=400

A4=10.9.0.1 B4=10.9.0.2 A6=fd09::1 B6=fd09::2

# ---- for the checks ----------------------------------------------------------

skip() {
	echo "$*" >"$out/skip"
	exit 77
}

# need_module NAME...: or skip.
need_module() {
	local module
	for module; do
		[ -d "/sys/module/$module" ] || skip "this kernel has no module $module"
	done
}

# wait_for CONDITION SECONDS: of a machine that has a CPU; three times that here, where
# the host's may be busy.
wait_for() {
	local tries=$(($2 * 60))
	until eval "$1"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || {
			echo "waited $2 s in vain for: $1"
			return 1
		}
		sleep 0.05
	done
}

# trace FILE OPTION...: one more trace; traces_attached waits for all. They load at
# the same time: most of a check is the loading.
trace() {
	local file=$1
	shift
	# A file of the options: what was asked for stays with what came.
	echo "tcc-trace $*" >"$out/$file.options"
	(cd "$out" && exec tcc-trace "$@") >"$out/$file" 2>"$out/$file.err" &
	traces="$traces $file:$!"
}

# of_command FILE COMMAND...: trace a command, from its begin to its end.
of_command() {
	local file=$1 status=0
	shift
	(cd "$out" && exec tcc-trace --csv --verbose --log-file=- "$@") \
		>"$out/$file" 2>"$out/$file.err" || status=$?
	echo "$status" >"$out/$file.exit"
}

traces_attached() {
	local entry file
	for entry in $traces; do
		file=${entry%:*}
		wait_for "grep -q 'attached in' '$out/$file.err' || ! [ -d /proc/${entry#*:} ]" 30
		grep -q 'attached in' "$out/$file.err" || {
			cat "$out/$file.err"
			return 1
		}
	done
}

# End all traces, once no connection is left that could still say something.
# TERM: the shell has INT ignored in what it puts into the background.
traces_stop() {
	local entry status
	wait_for '! is_connected' 20
	for entry in $traces; do
		kill -s TERM "${entry#*:}"
	done
	for entry in $traces; do
		status=0
		wait "${entry#*:}" || status=$?
		echo "$status" >"$out/${entry%:*}.exit"
	done
	traces=''
}

# Whether a TCP socket, in any network namespace here, is neither LISTEN (0A)
# nor TIME_WAIT (06).
is_connected() {
	local name
	for name in '' a b; do
		${name:+ip netns exec "$name"} cat /proc/net/tcp /proc/net/tcp6
	done | awk '$4 ~ /^0[1-9B]$/ && $4 != "06" { found = 1 } END { exit !found }'
}

# serve PORT [NAMESPACE [CC]]
serve() {
	${2:+ip netns exec "$2"} helper serve "$1" ${3:+"$3"} >"$out/serve.$1$2" &
	servers="$servers $!"
	wait_for "grep -q listening '$out/serve.$1$2'" 10
}

# traffic [-n NAMESPACE] ARGUMENT...: a connection in the background; traffic_wait
traffic() {
	local namespace=
	if [ "$1" = -n ]; then
		namespace=$2
		shift 2
	fi
	${namespace:+ip netns exec "$namespace"} helper run "$@" &
	clients="$clients $!"
}

traffic_wait() {
	local pid
	for pid in $clients; do
		wait "$pid"
	done
	clients=''
}

# missed FILE...: how many events these traces together did not see.
missed() {
	local file
	for file; do
		sed -n 's/^tcc-trace: probe: .* missed \([0-9]*\).*/\1/p' "$out/$file.err"
	done | awk '{ n += $1 } END { print n + 0 }'
}

# netem OPTION...: what a sends to b is delayed, lost.
netem() {
	ip netns exec a tc qdisc replace dev veth0 root netem limit 1000 "$@"
}

# ---- the checks --------------------------------------------------------------

check_load() {
	serve 7000
	trace load.txt
	traces_attached
	traffic 127.0.0.1 7000 50 100 100
	traffic_wait
	traces_stop
}

# ftrace records from before until after the trace; loopback and the link.
check_truth() {
	local instance=/sys/kernel/tracing/instances/truth cpu
	mkdir "$instance" "$out/ftrace"
	echo mono >"$instance/trace_clock"
	echo 24576 >"$instance/buffer_size_kb"
	echo 0 >"$instance/options/overwrite"
	cat "$instance/events/tcp/tcp_probe/format" >"$out/ftrace/format"
	cat /sys/kernel/tracing/events/header_page >"$out/ftrace/header_page"
	echo 1 >"$out/ftrace/init_threads"
	[ "$(uname -m)" != s390x ] || : >"$out/ftrace/big_endian"
	echo 1 >"$instance/events/tcp/tcp_probe/enable"

	serve 7000
	serve 7000 b
	trace trace.csv --csv --buffer=8M --fields="$truth_fields"
	traces_attached
	helper clock >"$out/attached"
	traffic -m 0xc0ffee 127.0.0.1 7000 1000 200 200
	traffic ::1 7000 1000 200 200
	traffic -m 0xfee1dead ::ffff:127.0.0.1 7000 1000 200 200
	traffic -n a "$B4" 7000 500 200 200
	traffic -n a "$B6" 7000 3 1000000 1000000
	traffic ::1 7000 5 1000000 1000000
	traffic_wait
	wait_for '! is_connected' 20
	helper clock >"$out/stopped"
	traces_stop

	echo 0 >"$instance/events/tcp/tcp_probe/enable"
	for cpu in "$instance"/per_cpu/cpu*; do
		helper drain "$cpu/trace_pipe_raw" "$out/ftrace/${cpu##*/}"
		sed "s/^/${cpu##*/} /" "$cpu/stats" >>"$out/ftrace/stats"
	done
	rmdir "$instance"
}

truth_fields=ktime,cpu,saddr,sport,daddr,dport,snd_cwnd,ssthresh,snd_wnd,srtt,rcv_wnd,length
truth_fields=$truth_fields,snd_nxt,snd_una,mark,cookie,lost

# All at the same time; judge.py knows by the name what each should have.
check_filters() {
	local port
	for port in 7001 7002 7003; do
		serve "$port"
		serve "$port" b
	done
	trace full.csv --csv
	trace port.csv --csv --port=7001
	trace sport.csv --csv --sport=7002
	trace range.csv --csv --dport=7000-7002
	trace not.csv --csv --port='!7001'
	trace prefix4.csv --csv --ip=10.9.0.0/24
	trace src6.csv --csv --src=fd09::/127	# $A6, not $B6
	trace family6.csv --csv -6
	trace mark.csv --csv --mark=0x77
	trace both.csv --csv --dst="$B4" --dport=7001,7003
	traces_attached
	for port in 7001 7002 7003; do
		traffic 127.0.0.1 "$port" 40 100 3000
		traffic -m 0x77 ::1 "$port" 40 100 100
		traffic ::ffff:127.0.0.1 "$port" 20 100 100
		traffic -n a "$B4" "$port" 40 100 5000
		traffic -n a "::ffff:$B4" "$port" 20 100 100
		traffic -n a "$B6" "$port" 40 5000 100
	done
	traffic_wait
	traces_stop
	looked_on
}

# Who looks on is told of how many connections all is filtered; of these it is twelve. It
# stands still until they are over, while the kernel counts.
looked_on() {
	local looker
	helper terminal tcc-trace --port=1 2>"$out/looker.words" &
	looker=$!
	wait_for "grep -q 'attached in' '$out/looker.words'" 30
	kill -s STOP "$looker"
	for port in 7001 7002 7003; do
		traffic -n a "$B4" "$port" 20 100 100
		traffic 127.0.0.1 "$port" 20 100 100
	done
	traffic_wait
	kill -s CONT "$looker"
	wait_for "grep -q 'all filtered' '$out/looker.words'" 30
	kill -s TERM "$looker"
	wait "$looker"
}

# An algorithm a port, for the clients; the servers keep cubic, but for dctcp:
# it turns to its reno when the other end does not negotiate ECN as it does.
check_cc() {
	need_module tcp_bbr tcp_dctcp
	serve 7011
	serve 7012 '' dctcp
	serve 7013
	trace full.csv --csv
	trace bbr.csv --csv --cc=bbr
	trace dctcp.csv --csv --cc=dctcp
	trace cubic.csv --csv --cc=cubic
	traces_attached
	traffic -c bbr 127.0.0.1 7011 100 2000 2000
	traffic -c dctcp 127.0.0.1 7012 100 2000 2000
	traffic -c reno 127.0.0.1 7013 100 2000 2000
	traffic_wait
	traces_stop
}

check_netns() {
	serve 7000
	serve 7000 b
	trace full.csv --csv
	trace in_a.csv --csv --netns=/run/netns/a
	trace not_a.csv --csv --netns='!/run/netns/a'
	traces_attached
	traffic 127.0.0.1 7000 100 100 100
	traffic -n a "$B4" 7000 100 100 3000
	traffic -n a "$B6" 7000 100 100 3000
	traffic_wait
	traces_stop
}

# The comparison is event by event: it needs a run in which none was missed.
check_thin() {
	local fields=ktime,sport,dport,snd_cwnd,snd_nxt,snd_una,ssthresh,lost
	local tries=3
	serve 7000 b
	netem delay 4ms loss 1%
	while [ "$tries" -gt 0 ]; do
		tries=$((tries - 1))
		trace full.csv --csv --fields="$fields"
		traces_attached # before the others: it is asked first at each event
		trace changes.csv --csv --changes --fields="$fields,skipped"
		trace interval.csv --csv --interval=1s --fields="$fields,skipped"
		traces_attached
		traffic -n a "$B4" 7000 100 20000 100
		traffic -n a "$B6" 7000 200 100 2000
		traffic_wait
		traces_stop
		[ "$(missed full.csv changes.csv interval.csv)" -gt 0 ] || break
	done
}

# One end of one connection: the order is the same for all.
check_formats() {
	serve 7000
	trace text.txt --sport=7000
	trace json.jsonl --json --sport=7000
	trace csv.csv --csv --sport=7000
	trace tcpprobe.txt --format=tcpprobe --sport=7000
	traces_attached
	traffic 127.0.0.1 7000 300 500 5000
	traffic_wait
	traces_stop
}

check_rotate() {
	local fields=saddr,sport,daddr,dport,snd_cwnd,ssthresh,snd_wnd,srtt,length
	fields=$fields,snd_nxt,snd_una,cookie,lost
	serve 7000
	trace pipe.csv --csv --fields="$fields" --sport=7000
	trace log --csv --fields="$fields" --sport=7000 --log-file=log.csv \
		--rotate-size=64K --rotate-keep=all
	traces_attached
	traffic 127.0.0.1 7000 2000 100 3000
	traffic_wait
	traces_stop
}

check_netem() {
	need_module sch_netem
	serve 7000 b
	# Without offload, which would make one packet of many segments.
	ip -n a link set veth0 gso_max_segs 1
	netem delay 5ms loss 2%
	ip netns exec a cat /proc/net/snmp >"$out/before"
	trace loss.csv --csv --src="$A4"
	traces_attached
	traffic -n a -c reno "$B4" 7000 20 200000 100
	traffic_wait
	traces_stop
	ip netns exec a cat /proc/net/snmp >"$out/after"
}

# The whole life of connections that lose segments, with every property; and the
# sums at their ends alone, for which no probe is written.
check_events() {
	need_module sch_netem
	serve 7000 b
	ip -n a link set veth0 gso_max_segs 1
	netem delay 5ms loss 2%
	ip netns exec a cat /proc/net/snmp >"$out/before"
	trace all.jsonl --json --events=all --fields=all --src="$A4"
	trace close.csv --csv --events=close --src="$A4"
	traces_attached
	traffic -n a -c reno "$B4" 7000 20 200000 100
	traffic_wait
	traces_stop
	ip netns exec a cat /proc/net/snmp >"$out/after"
}

# Private state, by the BTF of modules and of what is built in.
check_ca() {
	need_module tcp_bbr tcp_dctcp
	serve 7011
	serve 7012 '' dctcp
	serve 7013
	trace bbr.jsonl --json --fields=+cc,+bbr_mode,+bbr_min_rtt,+bbr_cwnd_gain,+ca --cc=bbr
	trace dctcp.csv --csv --fields=cc,ca.dctcp_alpha,ca.loss_cwnd --cc=dctcp
	trace cubic.jsonl --json --fields=+cc,+cubic_k,+ca --cc=cubic
	traces_attached
	traffic -c bbr 127.0.0.1 7011 100 2000 2000
	traffic -c dctcp 127.0.0.1 7012 100 2000 2000
	traffic -c cubic 127.0.0.1 7013 100 2000 2000
	traffic_wait
	traces_stop
	[ -e /sys/kernel/btf/tcp_bbr ] || return 0

	# The same where the module's BTF is cut off.
	head -c 300 /sys/kernel/btf/tcp_bbr >/tmp/btf
	mount -o bind /tmp/btf /sys/kernel/btf/tcp_bbr
	trace corrupt.jsonl --json --fields=+cc,+bbr_mode,+ca
	traces_attached
	traffic -c bbr 127.0.0.1 7011 100 2000 2000
	traffic -c cubic 127.0.0.1 7013 100 2000 2000
	traffic_wait
	traces_stop
	umount /sys/kernel/btf/tcp_bbr
}

# One connection, of which TCP_INFO is asked whenever nothing moves, and the probe
# of the next segment must say the same: after CE marks; after duplicates,
# reordering and losses; while a hole is open, for what would fill it is lost, too.
check_properties() {
	local queue='/bin/tc qdisc replace dev veth0 root netem limit 1000'
	need_module sch_netem
	ip -n a link set veth0 gso_max_segs 1
	for name in a b; do
		ip netns exec "$name" sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_ecn'
	done
	# Whether what netem does changes a's is chance; so it is another than b's.
	ip netns exec a sh -c 'echo 5 >/proc/sys/net/ipv4/tcp_reordering'
	trace all.jsonl --json --fields=all --port=7000
	traces_attached
	helper pair /run/netns/a /run/netns/b "$B4" 7000 >"$out/info" <<-END
		$queue delay 5ms loss 10% ecn
		send 200000
		reply 50000
		quiet
		show a 1
		/bin/tc qdisc del dev veth0 root
		$queue delay 5ms loss 5% reorder 25% duplicate 10%
		send 300000
		quiet
		$queue delay 5ms
		show a 2
		quiet
		show b 3
		quiet
		lose 1000
		write 1400
		write 100
		write 100
		write 100
		hole
		show a 4
		lose 65535
		quiet
		show a 5
		quiet
		show b 6
		quiet
	END
	traces_stop
}

# A port for what each command does; others go on all the time, at 7000. The last one
# is ended by a signal that is passed on to it, and leaves its server behind.
check_command() {
	local others
	serve 7000
	serve 7001
	serve 7003
	trace full.csv --csv
	trace server.csv --csv --verbose --log-file=- sh -c '
		trap "exit 0" TERM
		helper serve 7002 >/tmp/listens &
		wait'
	traces_attached
	while :; do
		helper run 127.0.0.1 7000 10 100 100
		sleep 0.1
	done &
	others=$!
	of_command client.csv helper run 127.0.0.1 7001 100 100 3000
	of_command tree.csv sh -c '
		helper run 127.0.0.1 7003 100 100 100 &
		(helper run ::1 7003 30 100 100 &)
		setsid sh -c "helper run ::ffff:127.0.0.1 7003 50 100 100; helper run ::1 7003 9 9 9"
		wait'
	wait_for 'grep -q listening /tmp/listens 2>/dev/null' 20
	helper run 127.0.0.1 7002 100 100 3000
	helper run ::1 7002 100 3000 100
	kill "$others"
	traces_stop
}

check_lockdown() {
	mkdir -p /tmp
	lockdown >"$out/lockdown"
	trace log --csv --port=7000 --log-file=log.csv --rotate-size=64K
	traces_attached
	cp "/proc/${traces##*:}/status" "$out/program"
	traces_stop
}

# ---- the machine -------------------------------------------------------------

mount_all() {
	/bin/busybox mkdir -p /applets
	/bin/busybox --install -s /applets
	ln -s busybox /bin/sh		# for system() of helper
	mkdir -p /proc /sys /dev /run/netns /out /tmp
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devtmpfs /dev
	mkdir -p /dev/pts
	mount -t devpts devpts /dev/pts
	mount -t tracefs tracefs /sys/kernel/tracing
}

# What a kernel lacks the checks will notice.
load_modules() {
	local module
	while read -r module; do
		insmod "/modules/$module.ko" || echo "cannot load $module"
	done </modules/order
}

# Two network namespaces, joined.
make_network() {
	local name
	ip link set lo up
	for name in a b; do
		ip netns add "$name"
		ip -n "$name" link set lo up
	done
	ip link add name veth0 netns a type veth peer name veth0 netns b
	ip -n a addr add "$A4/24" dev veth0
	ip -n b addr add "$B4/24" dev veth0
	ip -n a addr add "$A6/64" dev veth0 nodad
	ip -n b addr add "$B6/64" dev veth0 nodad
	ip -n a link set veth0 up
	ip -n b link set veth0 up
	for name in a b; do
		ip netns exec "$name" sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_no_metrics_save'
	done
}

save_btf() {
	local name
	mkdir -p /out/btf
	for name in vmlinux tcp_bbr tcp_dctcp tcp_cubic; do
		[ ! -e "/sys/kernel/btf/$name" ] || cp "/sys/kernel/btf/$name" /out/btf/
	done
}

run_check() {
	local status=0 start name
	mkdir -p "/out/$1"
	start=$(helper clock)
	timeout -s KILL "$check_limit_s" sh /init check "$1" >"/out/$1/log" 2>&1 || status=$?
	# Only what a check left behind is still there.
	killall -q -9 tcc-trace helper
	ip netns exec a tc qdisc del dev veth0 root 2>/dev/null
	ip -n a link set veth0 gso_max_segs 65535
	for name in a b; do
		ip netns exec "$name" sh -c 'echo 2 >/proc/sys/net/ipv4/tcp_ecn
			echo 3 >/proc/sys/net/ipv4/tcp_reordering'
	done
	echo "$status" >"/out/$1/status"
	echo "check $1: status $status, $((($(helper clock) - start) / 1000000)) ms"
	[ "$status" -eq 0 ] || [ "$status" -eq 77 ] || tail -n 20 "/out/$1/log"
}

main() {
	local name
	mount_all
	uname -r >/out/release
	uname -v >/out/version
	load_modules
	make_network
	save_btf
	for name in $(sed -n 's/.*tcc_checks=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ' |
		grep . || echo "$checks"); do
		run_check "$name"
	done
	dmesg >/out/dmesg
	echo complete >/out/complete
	tar cf /dev/vda -C /out . && sync
	poweroff -f
}

if [ "$1" = check ]; then
	out=/out/$2 traces='' servers='' clients=''
	set -e
	"check_$2"
else
	main
fi
