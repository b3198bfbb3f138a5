#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What can be said of scripts without running them.

bats_require_minimum_version 1.5.0
load lib/common

setup() {
	cd "$TCC_TESTS/.." || return
}

# All that are written for a shell.
scripts() {
	printf '%s\n' bootstrap .ci/run bench/bench.sh pkg/newcomer pkg/toolchains \
		tests/kernels/run tests/kernels/fetch.bash tests/kernels/guest.sh debian/postrm \
		completions/tcc-trace.bash tests/*.bats tests/lib/*.bash | while read -r script; do
		# A tarball lacks the first of them.
		[ ! -e "$script" ] || echo "$script"
	done
}

# Not said of bats' files: what a subshell changes, as each test is one; what wait_for
# and the like expand later; what `run` calls, and who calls a function of each test.
@test "shellcheck finds no fault in any script" {
	local script excluded failed=0
	skip_without shellcheck
	[ "$(scripts | wc -l)" -ge 30 ]
	while read -r script; do
		excluded=SC1091
		# bats' variables, and those for who reads such a file.
		[[ $script != tests/lib/*.bash ]] || excluded+=,SC2034,SC2154
		[[ $script != *.bats ]] || excluded+=,SC2012,SC2016,SC2030,SC2031,SC2119,SC2120,SC2153,SC2317
		shellcheck -x -e "$excluded" "$script" || failed=1
	done < <(scripts)
	[ "$failed" -eq 0 ]
}

@test "what CI does not run parses: the scripts of distcheck, toolchains and newcomers" {
	local target
	for script in pkg/newcomer pkg/toolchains tests/kernels/run bench/bench.sh; do
		bash -n "$script"
	done
	cd "$TCC_BUILD"
	for target in distcheck check-toolchains check-newcomer bench fuzz static check-kernels; do
		echo "$target"
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -n "$target" >/dev/null
	done
}
