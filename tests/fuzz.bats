#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The fuzz targets, each for some seconds: the same inputs in every run. `make
# fuzz` goes on from there.

bats_require_minimum_version 1.5.0
load lib/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# fuzz NAME RUNS: fails when the target or a sanitizer finds fault.
fuzz() {
	local target=$TCC_BUILD/tests/fuzz/fuzz_$1 seed=$TCC_TESTS/fuzz/fuzz_$1.seed
	local command=("$target" -seed=1 "-runs=$2" -max_len=512 -timeout=20)
	[ -x "$target" ] || skip "needs clang with libFuzzer"
	[ ! -f "$target.dict" ] || command+=("-dict=$target.dict")
	[ ! -f "$seed" ] || command+=("-seed_inputs=$seed")
	# Addresses are part of what the fuzzer goes by.
	! setarch -R true 2>/dev/null || command=(setarch -R "${command[@]}")
	run timeout 300 "${command[@]}"
	tail -n 20 <<<"$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == "Done $2 runs in "* ]]
}

@test "fuzzing the parsers of values" {
	# Some look for a name among those of services, in a file.
	fuzz parse "$(long_or_short 150000 40000)"
}

@test "fuzzing the command line" {
	fuzz options "$(long_or_short 100000 30000)"
	# The dictionary is made of --help.
	grep -qxF '"\x0a--port="' "$TCC_BUILD/tests/fuzz/fuzz_options.dict"
	grep -qxF '"tcpprobe"' "$TCC_BUILD/tests/fuzz/fuzz_options.dict"
}

@test "fuzzing the formats" {
	fuzz format "$(long_or_short 20000 6000)"
}

@test "fuzzing the readers of files" {
	fuzz read "$(long_or_short 20000 5000)"
}
