#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What holds a sender back: connections whose cause is made, and measured apart, by
# why/scenarios.py, against the shares of their closes.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace

setup() {
	skip_unless_root
	[ -c /dev/net/tun ] || skip "needs /dev/net/tun"
	NETNS_DIR=$(mktemp -d "$BATS_TEST_TMPDIR/why.XXXXXX")
	export PYTHONDONTWRITEBYTECODE=1
	PORT=$((12000 + BASHPID % 7000))
}

teardown() {
	proc_stop trace KILL || :
}

# The ports of the scenarios are 20; those of what they are measured by, behind them.
why() {
	trace_start --json --fields=all --events="$1" --port="$PORT-$((PORT + 19))" --buffer=4M
	python3 "$TCC_TESTS/why/scenarios.py" "$PORT" "${@:2}" >"$NETNS_DIR/measured" 3>&-
	sleep 0.2
	trace_stop
	cat "$NETNS_DIR/trace.err"
	[ "$PROC_STATUS" -eq 0 ]
	run python3 "$TCC_TESTS/why/check.py" "$NETNS_DIR/measured" "$NETNS_DIR/trace.out"
	echo "$output"
	printf '# %s\n' "${lines[@]}" >&3
	[ "$status" -eq 0 ]
}

@test "the shares of a close are what each scenario measured of its own cause" {
	why close
	[ "$(wc -l <"$NETNS_DIR/measured")" -ge 18 ]
}

@test "limited_by of the probes names the same, and its side" {
	why probe,close,state,ca_state nagle slow-reader queue idle rate-cap
	python3 "$TCC_TESTS/why/check.py" probes "$NETNS_DIR/measured" "$NETNS_DIR/trace.out"
}
