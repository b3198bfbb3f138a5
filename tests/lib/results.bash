# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Adds up and lists what `make check` left in build directories: the .trs and
# .log files of automake's test harness. Knows nothing of how they were made.
# To be sourced. Directory names are taken as they are, so that relative ones
# give short output.

# results_error DIR MESSAGE: record a failure that no test could record, as of
# the build itself.
results_error() {
	mkdir -p "$1"
	echo "ERROR: $1 - $2" >>"$1/bootstrap.log"
	echo ":test-result: ERROR" >>"$1/bootstrap.trs"
}

# results_skip DIR MESSAGE: record that something was not tested, with the reason.
results_skip() {
	mkdir -p "$1"
	echo "SKIP: $1 - $2" >>"$1/bootstrap.log"
	echo ":test-result: SKIP" >>"$1/bootstrap.trs"
}

# Forget the results of an earlier run.
results_clear() {
	[ -d "$1" ] || return 0
	find "$1" -name '*.trs' -exec rm -f -- {} +
	rm -f -- "$1/bootstrap.log"
}

# results_exist PATH: whether there are any in a directory, or in a file of its own.
results_exist() {
	[ -n "$(find "$1" -name '*.trs' 2>/dev/null)" ]
}

# results_sum DIR...: print "N passed, N failed, N skipped" for all of them
# together; fail if anything failed. An expected failure passed; an error, an
# unexpected pass and a directory without any result failed.
results_sum() {
	local dir
	for dir; do
		find "$dir" -name '*.trs' -exec cat -- {} + 2>/dev/null
		echo ":end-of-directory:"
	done | awk '
		/^:test-result: *(PASS|XFAIL)/ { passed++; results++ }
		/^:test-result: *(FAIL|XPASS|ERROR)/ { failed++; results++ }
		/^:test-result: *SKIP/ { skipped++; results++ }
		/^:end-of-directory:/ { if (!results) failed++; results = 0 }
		END {
			printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
			exit failed > 0
		}'
}

# results_list DIR PATTERN: the lines of the logs that tell of a result whose
# word PATTERN, an extended regular expression, matches.
results_list() {
	local trs
	find "$1" -name '*.trs' | LC_ALL=C sort | while IFS= read -r trs; do
		grep -E "^($2):? " -- "${trs%.trs}.log"
	done
}

# One line a failed test, with the directory before it.
results_failures() {
	results_list "$1" 'FAIL|XPASS|ERROR' | sed "s|^|$1: |"
}

# One line a skipped test, with its reason.
results_skips() {
	results_list "$1" SKIP | sed "s|^SKIP: |$1: |; s| # SKIP |: |"
}

# results_details DIR: of each test file with a failure, what its log says of
# the tests that failed, or where it names none, the end of the log.
results_details() {
	local trs log
	find "$1" -name '*.trs' -exec grep -lE '^:test-result: *(FAIL|XPASS|ERROR)' -- {} + |
		LC_ALL=C sort | while IFS= read -r trs; do
		log=${trs%.trs}.log
		printf -- '---- %s\n' "$log"
		[ -f "$log" ] || continue
		# TAP: a failed test, and the diagnostics that follow or, from
		# the unit tests, go before it.
		awk '
			/^not ok/ { printf "%s", before; print; named = is_shown = 1; lines = 0; next }
			/^(FAIL|PASS|SKIP|XPASS|XFAIL): / { next }
			/^ok/ { is_shown = 0; before = ""; next }
			is_shown && /^#/ { if (lines++ < 60) print; next }
			/^#/ { before = before $0 "\n" }
			END { exit !named }
		' "$log" || tail -n 30 -- "$log"
	done
}
