# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Other programs that read the output, for bats: the tools beside this file and
# what they need. Needs TCC_TESTS, TCC_BUILD.

TCC_SCHEMA=$TCC_BUILD/share/tcc-trace.schema.json

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

# The Python that has it: Debian's package serves Debian's own only.
python_with_jsonschema() {
	local python
	for python in python3 /usr/bin/python3; do
		if "$python" -c 'import jsonschema' 2>/dev/null; then
			echo "$python"
			return
		fi
	done
	return 1
}

# See same.py.
same() {
	python3 "$TCC_TESTS/lib/same.py" "$@"
}

# See check_json.py. check_json FILE...
check_json() {
	"$(python_with_jsonschema)" "$TCC_TESTS/lib/check_json.py" "$TCC_SCHEMA" "$@"
}

check_json_refuses() {
	"$(python_with_jsonschema)" "$TCC_TESTS/lib/check_json.py" --refuse "$TCC_SCHEMA" "$@"
}

# distinct FIELD FILE: how many different values a field of CSV has.
distinct() {
	awk -F, -v name="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i; next }
		!($column in seen) { seen[$column]; n++ }
		END { print n + 0 }' "$2"
}
