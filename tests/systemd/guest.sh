#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a booted machine: what an administrator does with the service. Prints TAP.

cd /root || exit
export SYSTEMD_PAGER='' SYSTEMD_COLORS=0 LC_ALL=C.UTF-8
trace=/var/log/tcc-trace/trace.jsonl
options=/etc/default/tcc-trace
tests=0

# check NAME FUNCTION: its output is told where it fails.
check() {
	local output status word=ok
	tests=$((tests + 1))
	# Not in a list with ||, where set -e would be ignored.
	output=$(set -e; "$2" 2>&1)
	status=$?
	[ "$status" -eq 0 ] || word='not ok'
	echo "$word $tests - $1"
	# shellcheck disable=SC2001 # each line
	[ "$status" -eq 0 ] || sed 's/^/# /' <<<"$output"
}

# not COMMAND...: which set -e does not see after `!`.
not() {
	if "$@"; then
		echo "is not to succeed: $*"
		return 1
	fi
}

# show PROPERTY: what systemd knows of the service.
show() {
	systemctl show --value --property="$1" tcc-trace
}

# is PROPERTY VALUE
is() {
	local value
	value=$(show "$1")
	echo "$1: $value"
	[ "$value" = "$2" ]
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || {
			echo "waited in vain for: $*"
			return 1
		}
		sleep 0.2
	done
}

# has KIND N: whether there are that many records of a kind.
has() {
	[ "$(jq -rR 'fromjson? | .event' "$trace" | grep -cx "$1")" -eq "$2" ]
}

traced() {
	grep -q '"event":"probe"' "$trace"
}

# One connection over loopback that sends.
traffic() {
	nc -l -N 127.0.0.1 7001 >/dev/null &
	sleep 1
	head -c 100000 /dev/zero | nc -N 127.0.0.1 7001
	wait
}

since_start() {
	journalctl --quiet --output=cat --unit=tcc-trace "_SYSTEMD_INVOCATION_ID=$(show InvocationID)"
}

not_by_itself() {
	is ActiveState inactive
	is UnitFileState disabled
}

ready() {
	is Type notify
	systemctl start tcc-trace
	# At once: start has waited for it.
	is ActiveState active
	is SubState running
	journalctl --sync
	since_start
	since_start | grep -q '^tcc-trace: .*attached in'
}

locked() {
	local status
	status=/proc/$(show MainPID)/status
	grep -E '^(Uid|Cap|NoNewPrivs|Seccomp)' "$status"
	grep -qE '^CapEff:\s0+$' "$status"
	grep -qE '^CapPrm:\s0+$' "$status"
	grep -qE '^CapAmb:\s0+$' "$status"
	grep -qE '^NoNewPrivs:\s1$' "$status"
	grep -qE '^Seccomp:\s2$' "$status"
	not grep -qE '^Uid:\s0\s' "$status"
}

exposure() {
	local value
	value=$(systemd-analyze security --no-pager tcc-trace |
		sed -nE 's/.*Overall exposure level for tcc-trace\.service: ([0-9.]+) .*/\1/p')
	echo "exposure $value"
	[ -n "$value" ]
	awk -v value="$value" 'BEGIN { exit !(value <= 2.0) }'
}

records() {
	traffic
	wait_for 30 traced
	ls -lL "$trace"
	[ "$(stat -c %a "$(realpath "$trace")")" = 640 ]
	[ "$(stat -c %a "$(realpath /var/log/tcc-trace)")" = 750 ]
}

reload() {
	local pid
	pid=$(show MainPID)
	has trace 1
	systemctl reload tcc-trace || journalctl --quiet --output=cat --unit=tcc-trace
	wait_for 30 has trace 2
	is MainPID "$pid"
}

restart() {
	local pid
	pid=$(show MainPID)
	systemctl restart tcc-trace
	is ActiveState active
	[ "$(show MainPID)" != "$pid" ]
	has trace 3
	has end 1
}

killed() {
	local pid
	pid=$(show MainPID)
	kill -s KILL "$pid"
	echo "restarted, after RestartSec"
	wait_for 60 eval '[ "$(show NRestarts)" = 1 ] && [ "$(show ActiveState)" = active ]'
	has trace 4
	jq -c . "$trace" >/dev/null
}

stopped() {
	systemctl stop tcc-trace
	is ActiveState inactive
	is Result success
	is ExecMainStatus 0
	has end 2
	jq -c 'select(.event == "end")' "$trace" | tail -n 1 | tee end
	jq -e '.probe_seen == .probe_written + .probe_filtered + .probe_lost + .probe_missed
		+ .probe_discarded' end
}

wrong_options() {
	echo 'OPTIONS="--port=nowhere"' >"$options"
	not systemctl start tcc-trace
	is ActiveState failed
	is ExecMainStatus 2
	is NRestarts 0
	journalctl --sync
	since_start | grep 'nowhere'
	rm "$options"
	systemctl reset-failed tcc-trace
}

rotated() {
	echo 'OPTIONS="--log-file=/var/log/tcc-trace/trace.jsonl --rotate-time=1s --compress=zstd"' >"$options"
	systemctl start tcc-trace
	traffic
	wait_for 60 eval 'compgen -G "/var/log/tcc-trace/trace.jsonl.*.zst" >/dev/null'
	systemctl stop tcc-trace
	is Result success
	zstd -dc /var/log/tcc-trace/trace.jsonl.*.zst | jq -c . >/dev/null
	rm "$options"
}

purged() {
	systemctl start tcc-trace
	dpkg --purge tcc-trace
	systemctl daemon-reload
	is ActiveState inactive
	not grep -qx tcc-trace /proc/[0-9]*/comm
	[ ! -e /var/log/tcc-trace ]
	[ ! -e /var/log/private/tcc-trace ]
}

echo
check 'installed, it neither runs nor is enabled' not_by_itself
check 'start returns when it traces: READY=1 has come' ready
check 'it runs as a user of its own, without a capability, under its filter' locked
check 'its exposure is 2.0 at most' exposure
check 'a connection is in the log, which others cannot read' records
check 'reload reopens the log' reload
check 'restart ends one trace, with its record, and begins another' restart
check 'killed, it is started again, and goes on behind whole lines' killed
check 'stop is a success, with an account that adds up' stopped
check 'wrong options fail at once, and are not tried again' wrong_options
check 'files rotated and compressed within the unit' rotated
check 'purge ends it and leaves nothing' purged
echo "1..$tests"
