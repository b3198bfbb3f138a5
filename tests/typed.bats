#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What readers that give each column a type make of CSV and JSON, and scripts for the
# tcp_probe module of tcpprobe, by the recipes of the man page as they stand there, of
# events replayed without a kernel. Those for Node.js are installed into the build
# directory, once, if npm is there and reaches its registry.

bats_require_minimum_version 1.5.0

load lib/readers
load lib/examples

# Of the events that are hard to read, and of all kinds with all fields.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	local replay=$TCC_BUILD/tests/replay
	local fields=--fields=event,time,time_us,offset_ms,saddr,snd_cwnd,ssthresh,srtt,cookie,ktime,cc,cgroup
	python3 "$TCC_TESTS/lib/typed.py" events >hard.events
	"$replay" --csv "$fields" <hard.events >hard.csv
	"$replay" "$fields" -o hard.json <hard.events
	"$replay" --csv --events=all --fields=all <"$TCC_TESTS/golden/life.events" >life.csv
	"$replay" --events=all --fields=all -o life.json <"$TCC_TESTS/golden/life.events"
	# The opening record is there, to be in the way, and so is an end record.
	echo '{"event":"end","time":"2026-11-22T22:43:00.000000000Z","duration_ms":1.000,"probe_seen":1}' |
		tee -a hard.json >>life.json
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1
}

# recipe READER N: the Nth block that the man page shows under it.
recipe() {
	page_text "$TCC_BUILD/man/tcc-trace.8" 'OTHER PROGRAMS' | awk -v title=".SS $1" -v wanted="$2" '
		/^\.S[SH]/ { is_in = $0 == title }
		is_in && /^\.nf/ { n++; next }
		/^\.fi/ { is_in = is_in && n < wanted }
		is_in && n == wanted
		' | grep .
}

# take NAME: the trace that the recipes read.
take() {
	ln -sf "$BATS_FILE_TMPDIR/$1.csv" trace.csv
	ln -sf "$BATS_FILE_TMPDIR/$1.json" trace.json
}

# is_right NAME GOT [--empty=]: whether it is what the trace has, all of it.
is_right() {
	run python3 "$TCC_TESTS/lib/typed.py" compare ${3:+"$3"} "$BATS_FILE_TMPDIR/$1.json" "$2"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $1 != hard || $output == "25004 rows, 12 columns" ]]
	[[ $1 != life || $output =~ ^[0-9]{2,}\ rows,\ [0-9]{2,}\ columns$ ]]
}

# node_with PACKAGE VERSION: makes it importable from here, or skips.
node_with() {
	local home=$TCC_BUILD/tests/node
	skip_without node npm
	if [ ! -d "$home/node_modules/$1" ]; then
		mkdir -p "$home"
		timeout 120 npm install --silent --no-audit --no-fund --prefix "$home" "$1@$2" \
			>npm.log 2>&1 || skip "npm cannot install $1"
	fi
	ln -s "$home/node_modules" node_modules
}

@test "the comparison tells a type from another" {
	local wrong
	printf '%s\n' '{"event":"trace","schema":1}' \
		'{"srtt":5,"ssthresh":null,"ktime":"9007199254740993","cookie":"0x1"}' >truth
	typed() {
		python3 "$TCC_TESTS/lib/typed.py" compare "$@" truth got
	}
	echo '{"srtt":5,"ssthresh":null,"ktime":9007199254740993,"cookie":"0x1"}' >got
	run -0 typed
	for wrong in '5/5.0' '5/"5"' '5/true' 'null/0' 'null/""' 'null/"null"' 'null/NaN' \
		'9007199254740993/9007199254740992' '"0x1"/1' '"0x1"/0' '"cookie"/"Cookie"'; do
		echo "$wrong"
		echo '{"srtt":5,"ssthresh":null,"ktime":9007199254740993,"cookie":"0x1"}' | sed "s/$wrong/" >got
		run -1 typed
	done
	echo '[{"srtt":5,"ssthresh":"","ktime":9007199254740993,"cookie":"0x1"}]' >got
	run -0 typed --empty=
}

@test "pandas reads CSV and JSON with the right types" {
	local python name
	python=$(python_with pandas) || skip "needs Python's pandas"
	recipe pandas 1 >from_csv.py
	recipe pandas 2 >from_json.py
	for name in hard life; do
		take "$name"
		"$python" "$TCC_TESTS/lib/typed.py" pandas from_csv.py >got
		is_right "$name" got
		"$python" "$TCC_TESTS/lib/typed.py" pandas from_json.py >got
		is_right "$name" got
	done
	# And says what they are.
	echo 'print(frame.ssthresh.max(), frame.ssthresh.dtype, frame.ktime.dtype, frame.cookie.dtype)' >>from_csv.py
	take hard
	run -0 "$python" from_csv.py
	[ "$output" = "100 Int64 Int64 string" ]
}

@test "Miller reads CSV with the right types" {
	local name
	skip_without mlr
	recipe Miller 1 >script
	for name in hard life; do
		take "$name"
		bash script >got
		is_right "$name" got --empty=
	done
}

@test "csv-parse reads CSV with the right types" {
	local name
	node_with csv-parse 7.0.3
	{
		echo "import { parse } from 'csv-parse/sync'; import { readFileSync } from 'fs';"
		echo "const text = readFileSync('trace.csv'); const rows ="
		recipe csv-parse 1
		echo 'for (const row of rows) console.log(JSON.stringify(row));'
	} >recipe.mjs
	for name in hard life; do
		take "$name"
		node recipe.mjs >got
		is_right "$name" got
	done
}

@test "DuckDB reads CSV and JSON with the right types" {
	local name format
	node_with @duckdb/node-api 1.5.6-r.1
	recipe DuckDB 1 >csv.sql
	recipe DuckDB 2 >json.sql
	cat >query.mjs <<-'END'
		import { DuckDBInstance } from '@duckdb/node-api'
		import { readFileSync } from 'fs'
		const db = await (await DuckDBInstance.create()).connect()
		const query = readFileSync(process.argv[2], 'utf8')
		const names = process.argv.slice(3)
		const rows = await db.runAndReadAll(names[0] ?
			`SELECT ${names[0]} AS value ${query}` : query)
		const plain = (_, value) => typeof value !== 'bigint' ? value :
			Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
		for (const row of rows.getRowObjects()) console.log(JSON.stringify(row, plain))
	END
	for name in hard life; do
		take "$name"
		node query.mjs csv.sql >got
		is_right "$name" got
		node query.mjs json.sql >got
		# Their columns remain, of the opening and end record.
		jq -c --argjson names "$(sed -n 2p "trace.json" | jq -c 'keys_unsorted')" \
			'. as $row | reduce $names[] as $name ({}; .[$name] = $row[$name])' got >records
		mv records got
		is_right "$name" got
	done
	take hard
	for format in csv json; do
		run -0 node query.mjs "$format.sql" 'max(ssthresh)'
		[ "$output" = '{"value":100}' ]
	done
}

# As the plot scripts of the time took a line apart.
@test "a script for ten columns of tcp_probe reads each line, cut as the man page says" {
	local events=$TCC_TESTS/golden/edges.events cut
	cat >old.pl <<-'END'
		use strict; use warnings;
		while (<STDIN>) {
			m{^(\d+\.\d+) (\S+):(\d+) (\S+):(\d+) (\d+) (0x[0-9a-f]+|0) (0x[0-9a-f]+|0) (\d+) (\d+) (\d+) (\d+)$}
				or die "no line of tcp_probe: $_";
			print join(',', $1, $9, $10, $12), "\n";
		}
	END
	skip_without perl
	"$TCC_BUILD/tests/replay" --format=tcpprobe <"$events" >all
	run -255 perl old.pl <all
	cut=$(recipe 'Scripts for tcp_probe' 1)
	[[ $cut == "tcc-trace --format=tcpprobe | "* ]]
	run -0 bash -c "set -o pipefail; cat all | ${cut#*| } | perl old.pl"
	[ "${#lines[@]}" -eq "$(wc -l <all)" ]
	# Window, threshold and time are those of CSV.
	equal "$("$TCC_BUILD/tests/replay" --csv --no-header --fields=snd_cwnd,srtt <"$events")" \
		"$(cut -d , -f 2,4 <<<"$output")"
}
