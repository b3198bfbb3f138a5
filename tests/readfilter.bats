#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The same traffic traced with a filter, and traced whole and filtered on reading: the
# same records, for each filter and for thinning.

bats_require_minimum_version 1.5.0
load lib/common
load lib/netns
load lib/trace

# What does not depend on when a program ran.
FIELDS=event,cookie,saddr,sport,daddr,dport,snd_cwnd,ssthresh,srtt,length,snd_nxt,snd_una
FIELDS+=,mark,sk_mark,lost,old_state,new_state
KINDS=probe,state,close

setup() {
	skip_unless_root
	netns_pair_up
	CGROUP=''
}

teardown() {
	netns_pair_down
	[ -z "$CGROUP" ] || rmdir "$CGROUP"
}

# The options that are tried, one a line.
options() {
	local port=$1
	cat <<-END
		--port=$port
		--port=!$((port + 1))
		--sport=$port-$((port + 1))
		--dport=$((port + 1))
		--ip=127.0.0.2
		--src=::1,127.0.0.0/31
		--dst=!127.0.0.1
		-4
		-6
		--mark=5
		--mark=!4/4
		--cc=cubic
		--cc=!cubic
		--netns=/run/netns/$NETNS_A
		--netns=!$NETNS_B
		--changes
		--interval=10m
		--interval=10m --changes --dport=$port
	END
	[ -z "$CGROUP" ] || echo "--cgroup=$CGROUP"
}

# make_cgroup: one to be in, where that can be had.
make_cgroup() {
	local root
	root=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	[ -n "$root" ] && mkdir "$root/tcc-read-$BASHPID" || return 0
	CGROUP=$root/tcc-read-$BASHPID
}

# traffic NAMESPACE PORT
traffic() {
	ip netns exec "$1" python3 "$TCC_TESTS/read/traffic.py" "$2"
}

trace_all() {
	local i option netns="--netns=/run/netns/$NETNS_A,/run/netns/$NETNS_B"
	proc_start whole "$TCC_TRACE" "$netns" --json --fields=all -e $KINDS -b 8M
	for i in "${!tried[@]}"; do
		# The last of the options for a namespace is the one that is tried.
		[[ ${tried[i]} != *netns* ]] || netns=--port=$port-$((port + 11))
		read -ra option <<<"${tried[i]}"
		proc_start "live$i" "$TCC_TRACE" "$netns" --csv --no-header --fields=$FIELDS -e $KINDS \
			-b 8M "${option[@]}"
		netns="--netns=/run/netns/$NETNS_A,/run/netns/$NETNS_B"
	done
	wait_attached whole
	for i in "${!tried[@]}"; do wait_attached "live$i"; done
	traffic "$NETNS_B" $((port + 10)) &
	traffic "$NETNS_A" "$port" 3>&-
	[ -z "$CGROUP" ] || (
		echo "$BASHPID" >"$CGROUP/cgroup.procs"
		traffic "$NETNS_A" $((port + 2)) 3>&-
	)
	wait $!
	# Until the last socket is gone, but for those that only wait.
	wait_for all_closed 30
	proc_stop whole INT
	for i in "${!tried[@]}"; do proc_stop "live$i" INT; done
}

all_closed() {
	[ -z "$(in_a ss -Htan state all exclude listening exclude time-wait
		in_b ss -Htan state all exclude listening exclude time-wait)" ]
}

# by_connection: in the order of each connection; that of several CPUs' is not the same.
by_connection() {
	LC_ALL=C sort -s -t, -k2,2
}

# compare I: option I live and on reading.
compare() {
	local option
	read -ra option <<<"${tried[$1]}"
	by_connection <"$NETNS_DIR/live$1.out" >live
	"$TCC_TRACE" -r "$NETNS_DIR/whole.out" --csv --no-header --fields=$FIELDS -e $KINDS \
		"${option[@]}" 2>err | by_connection >again
	echo "${option[*]}: $(wc -l <live) live, $(wc -l <again) read"
	diff live again >difference && [ -s live ] && grep -qE 'filtered [1-9]' err && return
	head -n 5 difference
	cat err
	return 1
}

compare_all() {
	local i failed=0
	for i in "${!tried[@]}"; do compare "$i" || failed=1; done
	[ "$failed" -eq 0 ]
}

@test "each filter, --changes and --interval: on reading as in the kernel, record by record" {
	local tried port=$IPERF_PORT is_equal=0
	make_cgroup
	mapfile -t tried < <(options "$port")
	[ "${#tried[@]}" -ge 18 ]
	for _ in 1 2 3; do
		trace_all
		is_equal=1
		compare_all && break
		is_equal=0
		# What the kernel missed cannot be compared.
		grep -hE '(lost|missed) [1-9]' "$NETNS_DIR"/whole.err "$NETNS_DIR"/live*.err || break
	done
	[ "$is_equal" -eq 1 ]
}

# Two traces have not the same clock: which event is the first that is due may differ.
@test "--interval on reading: none too early, none left out that was due" {
	export PYTHONDONTWRITEBYTECODE=1
	local fields=ktime,sport,dport,snd_cwnd,snd_nxt,snd_una,ssthresh,lost
	trace_start --json --fields=all --netns="$NETNS_A"
	traffic "$NETNS_A" "$IPERF_PORT"
	trace_stop
	"$TCC_TRACE" -q -r "$NETNS_DIR/trace.out" --csv -F $fields >full.csv
	"$TCC_TRACE" -q -r "$NETNS_DIR/trace.out" --csv -F $fields,skipped --interval=45ms >thin.csv
	[ "$(wc -l <thin.csv)" -lt $(($(wc -l <full.csv) * 2 / 3)) ]
	python3 "$TCC_TESTS/thin/compare.py" interval,45 full.csv thin.csv
}
