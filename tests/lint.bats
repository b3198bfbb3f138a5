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

# Of all files it takes two minutes, and check-long does it.
@test "clang-tidy finds no fault in a few files, and would find one" {
	local files='src/base/parse.c src/base/emit.c src/file/whole.c src/run/pipeline.c'
	skip_without clang-tidy
	cd "$TCC_BUILD"
	lint() {
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s check-lint LINT_FILES="$1"
	}
	run -0 lint "$files"
	[[ $output != *warning:* && $output != *error:* ]]
	cat >"$BATS_TEST_TMPDIR/bad.c" <<-'END'
		#include <string.h>
		int bad(int is_set);
		int bad(int is_set)
		{
			int number, *at = is_set ? &number : NULL;

			memset(at, 0, sizeof(at));
			return *at;
		}
	END
	cp "$TCC_TESTS/../.clang-tidy" "$BATS_TEST_TMPDIR/"
	run -2 lint "$(realpath --relative-to="$TCC_TESTS/.." "$BATS_TEST_TMPDIR")/bad.c"
	[[ $output == *clang-analyzer-* ]]
}

# As far as two clang-formats agree: .clang-format says what remains.
@test "clang-format leaves nineteen lines of twenty of src/ as they are" {
	local all other
	skip_without clang-format
	[ -e .clang-format ]
	# One process for all of them.
	cp -r src .clang-format "$BATS_TEST_TMPDIR"
	clang-format --style=file -i "$BATS_TEST_TMPDIR"/src/*/*.[ch]
	all=$(cat src/*/*.[ch] | wc -l)
	other=$(diff -r src "$BATS_TEST_TMPDIR/src" | sed -n 's/^<.*/x/p' | wc -l)
	echo "$other of $all lines would differ"
	[ "$all" -ge 10000 ]
	[ "$other" -le $((all / 18)) ]
}

@test "what CI does not run parses: the scripts of distcheck, toolchains and newcomers" {
	local target
	for script in pkg/newcomer pkg/toolchains tests/kernels/run tests/systemd/{run,guest.sh} bench/bench.sh; do
		bash -n "$script"
	done
	cd "$TCC_BUILD"
	for target in distcheck check-toolchains check-newcomer check-systemd check-lint check-long bench fuzz static check-kernels; do
		echo "$target"
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -n "$target" >/dev/null
	done
}
