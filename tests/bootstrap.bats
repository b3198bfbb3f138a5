#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of ./bootstrap and of how it adds up results. They build nothing: a
# script stands in for tcc-trace.

bats_require_minimum_version 1.5.0
load lib/common

setup() {
	TCC_TESTS=${TCC_TESTS:-$BATS_TEST_DIRNAME}
	bootstrap=$TCC_TESTS/../bootstrap
	# shellcheck source=tests/lib/netns.bash
	. "$TCC_TESTS/lib/netns.bash"
	# shellcheck source=tests/lib/results.bash
	. "$TCC_TESTS/lib/results.bash"
	cd "$BATS_TEST_TMPDIR" || return
	pid=
}

teardown() {
	[ -n "$pid" ] || return 0
	kill -s KILL "$pid" 2>/dev/null || :
	netns_sweep "$namespaces"
}

# Programs to put before the system's: `program NAME <<<SCRIPT`.
program() {
	mkdir -p first
	{
		echo '#!/bin/sh'
		cat
	} >"first/$1"
	chmod +x "first/$1"
}

# The system's programs, those before them, but none called like an argument.
path_without() {
	mkdir rest
	ln -s -t rest /usr/bin/*
	(cd rest && rm -f -- "$@")
	echo "$PWD/first:$PWD/rest"
}

# ---- arguments --------------------------------------------------------------

@test "--help explains every command" {
	run -0 "$bootstrap" --help
	[[ $output == *"./bootstrap demo "* ]]
	[[ $output == *"./bootstrap check "* ]]
	[[ $output == *"./bootstrap packages"* ]]
	[[ $output == *"./bootstrap kernels"* ]]
}

@test "an unknown argument is a usage error" {
	run -2 "$bootstrap" --nonsense
	[[ $output == "bootstrap: unknown argument '--nonsense'"* ]]
	run -2 "$bootstrap" check --nonsense
	[[ $output == "bootstrap: unknown argument '--nonsense'"* ]]
	run -2 "$bootstrap" check demo
	[[ $output == "bootstrap: unknown argument 'demo'"* ]]
	run -2 "$bootstrap" demo check
	[[ $output == "bootstrap: too many arguments"* ]]
}

@test "demo, check, packages and kernels say that they need root" {
	program id <<<'echo 1000'
	for command in demo check packages kernels; do
		run -1 env "PATH=$PWD/first:$PATH" "$bootstrap" "$command"
		[ "$output" = "bootstrap: $command needs root: sudo ./bootstrap $command" ]
	done
	run -1 env "PATH=$PWD/first:$PATH" "$bootstrap" packages kernels
	[ "$output" = "bootstrap: packages kernels needs root: sudo ./bootstrap packages kernels" ]
}

@test "demo refuses a duration that is no number" {
	run -1 env DEMO_SECONDS=soon "$bootstrap" demo
	[[ $output == *"'soon'"* ]]
}

# ---- what is missing --------------------------------------------------------

@test "without the compiler it says what is missing and what would install it" {
	path=$(path_without clang clang-{14..30})
	run -1 env "PATH=$path" bash "$bootstrap"
	[ "$output" = "bootstrap: missing: clang; 'sudo ./bootstrap demo' or 'sudo ./bootstrap check' would install it" ]
}

@test "what is missing, and only that, is installed, the lists brought up to date before" {
	program id <<<'echo 0'
	program apt-get <<<"echo \"\$@\" >>'$PWD/calls'"
	path=$(path_without apt-get id iperf3)
	run -1 env "PATH=$path" TCC_TRACE=/bin/true bash "$bootstrap" demo
	[[ $output == *"Installing iperf3"*"still missing: iperf3"* ]]
	[ "$(sed 's/^\(-[^ ]* \|[^ ]*::[^ ]* \)*//' calls)" = "update
install --no-install-recommends iperf3" ]
}

@test "a failing apt-get is an error, and its words are shown" {
	program id <<<'echo 0'
	program apt-get <<<'echo "E: no network"; exit 100'
	path=$(path_without apt-get id iperf3)
	run -1 env "PATH=$path" TCC_TRACE=/bin/true bash "$bootstrap" demo
	[[ $output == *"E: no network"* ]]
}

# ---- the demo ---------------------------------------------------------------

# A tcc-trace that has seen a sawtooth and ends when told to.
stub_tracer() {
	skip_unless_root
	skip_without ip iperf3
	program apt-get <<<'echo "nothing is to be installed"; exit 1'
	program tracer <<-'END'
		trap 'echo "tcc-trace: the summary" >&2; exit 0' INT
		echo "tcc-trace: tracing" >&2
		awk 'BEGIN {
			for (i = 0; i < 2000; i++)
				printf "k:%d %d.000 ms | %d.000 ms | a > b | snd_cwnd %d ssthresh 30 srtt %d\n",
					i, i, i, 30 + i % 200 * 30 / 200, 20000 + i % 200
		}'
		while :; do sleep 0.1; done
	END
	export TCC_TRACE=$PWD/first/tracer DEMO_SECONDS=$1 TMPDIR=$PWD/tmp PATH=$PWD/first:$PATH
	mkdir tmp
}

# Start the demo in a session of its own, its pid in $pid; SIGINT is ignored in
# what bash starts by `&`, and then nothing can catch it.
start_demo() {
	setsid env --default-signal=INT "$bootstrap" demo >output 2>&1 </dev/null 3>&- &
	pid=$!
	namespaces=${TCC_NETNS_PREFIX:-tcc-test}-$pid-
}

# end_demo STATUS [SIGNAL]: wait for it, after SIGNAL.
end_demo() {
	local status=0
	[ -z "${2:-}" ] || kill -s "$2" "$pid"
	wait "$pid" || status=$?
	cat output
	[ "$status" -eq "$1" ]
	nothing_is_left
}

nothing_is_left() {
	! compgen -G "/run/netns/$namespaces*" || return 1
	[ -z "$(ps -o pid=,args= -s "$pid")" ] || return 1
	[ -z "$(ls tmp)" ]
}

@test "the demo draws the trace, shows the summary and leaves nothing behind" {
	stub_tracer 1
	start_demo
	end_demo 0
	grep -q '^ *59 |' output
	grep -q 'from about 30 to 59' output
	grep -q ': 9 times in all' output
	grep -q '^tcc-trace: the summary$' output
}

@test "a demo whose tracer fails, fails and leaves nothing behind" {
	stub_tracer 1
	program tracer <<<'echo "tcc-trace: no BTF" >&2; exit 1'
	start_demo
	end_demo 1
	grep -q '^tcc-trace: no BTF$' output
}

@test "a demo interrupted by SIGINT exits with 130 and leaves nothing behind" {
	stub_tracer 30
	start_demo
	wait_for "grep -q '^A transfer' output" 30
	end_demo 130 INT
}

@test "a demo ended by SIGTERM exits with 143 and leaves nothing behind" {
	stub_tracer 30
	start_demo
	wait_for "grep -q '^A transfer' output" 30
	end_demo 143 TERM
}

@test "a demo interrupted while it makes the network leaves nothing behind" {
	stub_tracer 30
	start_demo
	wait_for "compgen -G '/run/netns/$namespaces*'" 30
	end_demo 130 INT
}

@test "wait_for waits as long as it is told, and no longer than needed" {
	start=${EPOCHREALTIME/[.,]/}
	run -1 wait_for false 0.3
	[ "$output" = "waited 0.3 s in vain for: false" ]
	took=$((${EPOCHREALTIME/[.,]/} - start))
	[ "$took" -ge 300000 ]
	[ "$took" -lt 3000000 ]
	run -0 wait_for true 1000000
}

# ---- adding up results ------------------------------------------------------

# result DIR NAME WORD...: what automake's TAP driver leaves of a test file.
result() {
	local trs=$1/tests/$2.trs log=$1/tests/$2.log word n=0
	mkdir -p "$1/tests"
	for word in "${@:3}"; do
		echo ":test-result: $word" >>"$trs"
		echo "$word: tests/$2 $((++n)) does it # ${word/SKIP/SKIP needs root}" >>"$log"
	done
}

@test "the sum is over all directories" {
	result one a PASS PASS SKIP
	result one b PASS
	result two a PASS SKIP
	run -0 results_sum one two
	[ "$output" = "4 passed, 0 failed, 2 skipped" ]
}

@test "failures, errors and unexpected passes fail; expected failures do not" {
	result one a PASS FAIL ERROR XPASS XFAIL
	run -1 results_sum one
	[ "$output" = "2 passed, 3 failed, 0 skipped" ]
}

@test "a directory without results is a failure" {
	result one a PASS
	mkdir two
	run -1 results_sum one two
	[ "$output" = "1 passed, 1 failed, 0 skipped" ]
	run -1 results_sum two one
	[ "$output" = "1 passed, 1 failed, 0 skipped" ]
	run -1 results_sum three
	[ "$output" = "0 passed, 1 failed, 0 skipped" ]
}

@test "a build that fails is a failure with a name" {
	results_error one "does not build"
	run -1 results_sum one
	[ "$output" = "0 passed, 1 failed, 0 skipped" ]
	run -0 results_failures one
	[ "$output" = "one: ERROR: one - does not build" ]
}

@test "what is not tested is skipped, with its name" {
	result one a PASS
	results_skip one "cannot be had"
	run -0 results_sum one
	[ "$output" = "1 passed, 0 failed, 1 skipped" ]
	run -0 results_skips one
	[ "$output" = "one: one - cannot be had" ]
}

@test "results of an earlier run are forgotten" {
	result one a PASS
	results_error one "does not build"
	results_clear one
	run -1 results_exist one
	results_skip one "cannot be had"
	run -0 results_failures one
	[ -z "$output" ]
	results_clear one
	results_clear never-made
}

@test "failed and skipped tests are listed by name, the skipped with the reason" {
	result one a PASS FAIL SKIP
	result one b ERROR
	run -0 results_failures one
	[ "$output" = "one: FAIL: tests/a 2 does it # FAIL
one: ERROR: tests/b 1 does it # ERROR" ]
	run -0 results_skips one
	[ "$output" = "one: tests/a 3 does it: needs root" ]
}

@test "the details of a failure are its diagnostics, before and after" {
	result one a FAIL
	printf '%s\n' 'ok 1 - first' '# x.c:3: a == b' 'not ok 2 - second' \
		'FAIL: tests/a 2 - second' '# (in test file x.bats, line 4)' 'ok 3 third' >one/tests/a.log
	run -0 results_details one
	[ "${lines[0]}" = "---- one/tests/a.log" ]
	[ "${lines[1]}" = "# x.c:3: a == b" ]
	[ "${lines[2]}" = "not ok 2 - second" ]
	[ "${#lines[@]}" -eq 4 ]
	[ "${lines[3]}" = "# (in test file x.bats, line 4)" ]
}

@test "where no test failed, the details are the end of the log" {
	result one a ERROR
	printf '%s\n' 'ok 1 - first' 'Aborted' >one/tests/a.log
	run -0 results_details one
	[ "$output" = "---- one/tests/a.log
ok 1 - first
Aborted" ]
}
