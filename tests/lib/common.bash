# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What bats lacks, for any test. Knows nothing of tcc-trace.

# skip_without NEED...: programs, or `jsonschema`, the module of Python.
skip_without() {
	local need
	for need; do
		if [ "$need" = jsonschema ]; then
			python_with_jsonschema >/dev/null || skip "needs Python's jsonschema"
		else
			command -v "$need" >/dev/null || skip "needs $need"
		fi
	done
}

# python_with MODULE: the Python that has it: Debian's package serves Debian's own only.
python_with() {
	local python
	for python in python3 /usr/bin/python3; do
		if "$python" -c "import $1" 2>/dev/null; then
			echo "$python"
			return
		fi
	done
	return 1
}

python_with_jsonschema() {
	python_with jsonschema
}

# long_or_short LONG SHORT: how many times something is done: make check-long has LONG.
# tests/long.txt says of each what SHORT lacks.
long_or_short() {
	if [ -n "${TCC_LONG:-}" ]; then
		echo "$1"
	else
		echo "$2"
	fi
}

# equal WANTED GOT: compare texts; shows how they differ. Where nothing is wanted
# nothing is equal: what was to be compared was not found.
equal() {
	[ -n "$1" ] || {
		echo "there is nothing to compare with"
		return 1
	}
	diff -u --label wanted --label got <(printf '%s\n' "$1") <(printf '%s\n' "$2")
}
