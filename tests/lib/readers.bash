# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Other programs that read the output, for bats: the tools beside this file and
# what they need. Needs TCC_TESTS, TCC_BUILD.

# shellcheck source=tests/lib/common.bash
. "$TCC_TESTS/lib/common.bash"

TCC_SCHEMA=$TCC_BUILD/share/tcc-trace.schema.json

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
