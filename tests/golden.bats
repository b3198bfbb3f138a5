#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Events written as text, replayed without a kernel: what comes out must be what
# the golden files say, and what an independent writer of the formats says.

bats_require_minimum_version 1.5.0
load lib/common

setup() {
	golden=$TCC_TESTS/golden
	replay=$TCC_BUILD/tests/replay
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1
	unset TZ NO_COLOR
}

@test "the golden files: each format, each edge" {
	local expected events words failed=0 n=0 zone
	while read -r expected events words; do
		[[ -n $expected && $expected != \#* ]] || continue
		zone=TZ=UTC0
		if [[ $words == TZ=* ]]; then
			zone=${words%% *}
			words=${words#* }
		fi
		n=$((n + 1))
		# shellcheck disable=SC2086 # words
		env "$zone" "$replay" $words <"$golden/$events" >got || failed=1
		diff -u "$golden/$expected" got || {
			echo "^^^ $expected: $words"
			failed=1
		}
	done <"$golden/cases"
	[ "$n" -gt 20 ]
	[ "$failed" -eq 0 ]
}

@test "the golden files are what the reference writes" {
	python3 "$golden/compare.py" cases
}

@test "the reference knows each field there is, and no other" {
	run -0 python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import reference
print(*reference.ALL, sep="\n")' "$golden"
	[ "$output" = "$(sed -n 's/^FIELD(\([a-z0-9_]*\),.*/\1/p' "$TCC_TESTS/../src/record/fields.def")" ]
}

@test "random events in random fields: text, JSON, CSV and tcpprobe, byte by byte" {
	python3 "$golden/compare.py" random "$replay" 3 300
}

@test "connections by the thousand: more than fit the address cache, byte by byte" {
	python3 "$golden/compare.py" many "$replay" 3 "$(long_or_short 10000 4500)"
}

# fields OPTION...: the replay of one event file with these.
fields() {
	"$replay" --csv "$@" <"$golden/edges.events"
}

@test "a list of fields that begins with a sign goes on from the one before" {
	equal "$(fields --fields=mark,srtt)" \
		"$(fields --fields=cpu --fields=mss,mark --fields=+srtt -F -mss)"
	equal "$(fields --fields=+cpu,+cc,-mark)" "$(fields --fields=+cpu -F +cc -F -mark)"
	# One that is there stays where it is.
	equal "$(fields)" "$(fields --fields=+mark -F +srtt,+mark)"
	run -2 fields --fields=cpu --fields=-cpu
	[ "$output" = "tcc-trace: --fields: '-cpu': leaves no field" ]
}

@test "the last of a repeated option counts: an alias can be overridden" {
	equal "$("$replay" --json <"$golden/edges.events")" \
		"$("$replay" --csv --format=text --json <"$golden/edges.events")"
}

# Of a terminal: script(1) makes one.
colored_on_terminal() {
	script --quiet --return --command "env $1 '$replay' $2 <'$golden/lost.events'" /dev/null \
		</dev/null >out
	grep -q $'\033' out
}

@test "color on a terminal, unless NO_COLOR, TERM=dumb or --color says otherwise" {
	skip_without script
	colored_on_terminal "TERM=xterm" ""
	colored_on_terminal "TERM=xterm NO_COLOR=" ""
	colored_on_terminal "TERM=xterm NO_COLOR=1" "--color=always"
	run ! colored_on_terminal "TERM=xterm NO_COLOR=1" ""
	run ! colored_on_terminal "TERM=dumb" ""
	run ! colored_on_terminal "TERM=xterm" "--color=never"
	run ! colored_on_terminal "TERM=xterm" "--json"
	run ! colored_on_terminal "TERM=xterm" "--csv --color=always"
	# None in a file, on a terminal or not.
	run ! colored_on_terminal "TERM=xterm" "--log-file=log"
	run ! grep -q $'\033' log
	[ -s log ]
}
