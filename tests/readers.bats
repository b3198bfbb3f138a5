#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What other programs make of the output, of events replayed without a kernel:
# jq, jansson and the schema of JSON, Python and Miller of CSV, gnuplot of
# tcpprobe.

bats_require_minimum_version 1.5.0

load lib/readers

setup() {
	golden=$TCC_TESTS/golden
	replay=$TCC_BUILD/tests/replay
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1 TZ=UTC
}

# ---- JSON -----------------------------------------------------------------------

@test "the schema is one, and has each field with its type and unit" {
	skip_without jq
	jq -e '."$schema" == "https://json-schema.org/draft/2020-12/schema"' "$TCC_SCHEMA"
	"$replay" --json --fields=all --log-file=a.json <"$golden/edges.events"
	head -n 1 a.json >opening.json
	# The opening record names all fields and units; so does the schema.
	run -0 jq -c '.fields' opening.json
	local fields=$output
	# shellcheck disable=SC2016 # jq's words
	run -0 jq -c '."$defs".trace.properties.fields.properties | map_values(.const)' "$TCC_SCHEMA"
	[ "$output" = "$fields" ]
	[ "$(jq -c '."$defs".record.properties | keys_unsorted' "$TCC_SCHEMA")" = \
		"$(jq -c 'keys_unsorted' <<<"$fields")" ]
}

@test "each line of each golden file fits the schema; any subset of fields does" {
	skip_without jsonschema jq
	run -0 check_json "$golden"/*.json
	[[ $output =~ ^([0-9]+)\ records,\ 0\ opening,\ 0\ end$ ]]
	[ "${BASH_REMATCH[1]}" -eq "$(cat "$golden"/*.json | wc -l)" ]
	local field n=0
	for field in $(jq -r '."$defs".record.properties | keys[]' "$TCC_SCHEMA"); do
		"$replay" --json --fields="$field" <"$golden/edges.events" >"$field.json"
		n=$((n + 26))
	done
	[ "$n" -ge $((25 * 26)) ]
	run -0 check_json ./*.json
	[ "$output" = "$n records, 0 opening, 0 end" ]
}

@test "opening records fit the schema, after an append too, and say what is where" {
	skip_without jsonschema jq
	"$replay" --json --port '!22' --fields=event,ssthresh,ktime -o a.json <"$golden/lost.events"
	"$replay" --json --port '!22' --fields=event,ssthresh,ktime -o a.json <"$golden/lost.events"
	run -0 check_json a.json
	[ "$output" = "24 records, 2 opening, 0 end" ]
	head -n 1 a.json | jq -e '.event == "trace" and .schema == 2 and .program == "tcc-trace" and
		(.filter | contains("port 22")) and
		(.fields | to_entries | map(.key) == ["event", "ssthresh", "ktime"])'
	# Who was that, when, on which kernel?
	[ "$(jq -r 'select(.event == "trace") | .host, .kernel, .boot_id' a.json | sort -u)" = \
		"$(printf '%s\n' "$(uname -n)" "$(uname -r)" \
			"$(cat /proc/sys/kernel/random/boot_id)" | sort -u)" ]
	# One moment on both clocks: the boot was when it was.
	local offset
	offset=$(jq -r 'select(.event == "trace") | .clock |
		(.time[0:19] + "Z" | fromdate) - (.ktime | tonumber / 1e9) | floor' a.json | head -n 1)
	offset=$((offset - ($(date +%s) - $(cut -d. -f1 /proc/uptime))))
	echo "offset differs by $offset s"
	[ "${offset#-}" -le 3 ]
}

@test "--no-header leaves the opening record away; stdout has none" {
	skip_without jsonschema
	"$replay" --json --no-header -o a.json <"$golden/lost.events"
	run -0 check_json a.json
	[ "$output" = "12 records, 0 opening, 0 end" ]
	"$replay" --json <"$golden/lost.events" >b.json
	cmp a.json b.json
}

@test "the schema accepts what later versions may add" {
	skip_without jsonschema
	local line
	for line in '{"event":"retransmit","later":1}' '{"cpu":1}'; do
		echo "$line" >line.json
		# The checker adds strictness of its own; the schema alone does not.
		"$(python_with_jsonschema)" -c '
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.validators.validator_for(schema)(schema).validate(json.load(open("line.json")))' "$TCC_SCHEMA"
	done
}

@test "the check refuses what is not right" {
	skip_without jsonschema
	printf '%s\n' '{"ssthresh":null,"srtt":0}' \
		'{"event":"probe","cookie":"0x1","ktime":"18446744073709551615"}' >right
	run -0 check_json right
	run -1 check_json_refuses right
	cat >wrong <<-'END'
		{"ssthresh":2147483647}
		{"ssthresh":"10"}
		{"snd_cwnd":null}
		{"snd_cwnd":4294967296}
		{"snd_cwnd":-1}
		{"snd_cwnd":1.5}
		{"sport":65536}
		{"ktime":1}
		{"ktime":"01"}
		{"ktime":null}
		{"cookie":1}
		{"cookie":"1"}
		{"cookie":"0x0"}
		{"time":"2026-11-22T22:43:00Z"}
		{"time":"2026-11-22 22:43:00.123456789Z"}
		{"time_us":9007199254740992}
		{"offset_ms":"1.000"}
		{"saddr":"localhost"}
		{"saddr":"1.2.3"}
		{"saddr":""}
		{"family":"inet4"}
		{"unknown":1}
		{"cpu":1,"cpu":2}
		{"cpu":1}{"cpu":2}
		{"cpu":NaN}
		{"cpu":01}
		{}
		[]

		{"event":"trace"}
		{"event":"end"}
		{"event":1}
		{"cpu":
	END
	printf '{"cpu":1}' >>wrong
	run -0 check_json_refuses wrong
	# And says where.
	cat right wrong >both
	run -1 check_json both
	[[ $output == both:3:* ]]
}

@test "jansson parses each line" {
	local file n=0
	for file in "$golden"/*.json; do
		run -0 "$TCC_BUILD/tests/jsonl_check" "$file"
		[ "$output" -eq "$(wc -l <"$file")" ]
		n=$((n + output))
	done
	[ "$n" -gt 100 ]
	local line
	for line in '{"a":1,"a":2}' '[1]' '{"a":1' '{"a":01}'; do
		run -1 "$TCC_BUILD/tests/jsonl_check" <<<"$line"
	done
	run -1 "$TCC_BUILD/tests/jsonl_check" < <(printf '{"a":1}')
}

@test "jq keeps each number, the largest too" {
	skip_without jq
	run -0 same exact "$golden/edges-all.json"
	[[ $output =~ ^[0-9]+\ numbers\ in\ [0-9]+\ lines$ ]]
	# Would the test tell? A number that a double cannot hold.
	echo '{"a":9007199254740993}' >large.json
	run -1 same exact large.json
	[[ $output == "a was 9007199254740993, is "* ]]
}

# ---- CSV ------------------------------------------------------------------------

@test "Python's csv and Miller read the same rows from CSV" {
	skip_without mlr
	local file
	for file in edges edges-all edges-few edges-mixed edges-one; do
		run -0 same miller "$golden/$file.csv"
		[ "$output" = "26 rows" ]
	done
}

@test "CSV comes back as it was through Miller" {
	skip_without mlr
	mlr --icsv --ocsv cat "$golden/edges-all.csv" | cmp - "$golden/edges-all.csv"
}

# ---- tcpprobe -------------------------------------------------------------------

# The columns that the plot scripts written for the module read.
@test "gnuplot plots tcpprobe's columns 1:7 and 1:8" {
	skip_without gnuplot
	run -0 gnuplot -e "set terminal dumb; plot '$golden/edges.tcpprobe' using 1:7, '' using 1:8"
	[[ $output != *warning* ]]
	run -0 gnuplot -e "stats '$golden/edges.tcpprobe' using 1:7 name 'cwnd' nooutput;
		stats '$golden/edges.tcpprobe' using 1:8 name 'ssthresh' nooutput;
		print sprintf('%.0f %.0f %.3f %.0f %.0f', cwnd_records, cwnd_invalid, cwnd_max_x,
			cwnd_max_y, ssthresh_min_y)"
	[ "$output" = "26 0 1000000000.000 4294967295 0" ]
}

# ---- all formats ------------------------------------------------------------------

@test "all formats say the same, field by field" {
	local format
	for format in json text; do
		same compare "$golden/edges-all.csv" "$format" "$golden/edges-all.$format"
	done
	same compare "$golden/edges-all.csv" tcpprobe "$golden/edges.tcpprobe"
	# Would it tell?
	sed '5s/"srtt":[0-9]*/"srtt":1/' "$golden/edges-all.json" >changed
	run -1 same compare "$golden/edges-all.csv" json changed
	[[ $output == "line 5: srtt is 1 in json, "* ]]
}

@test "the events of a CSV file, replayed, make that file again" {
	# Without the one whose socket has no cookie: its number is not shown.
	grep -v nocookie "$golden/edges.events" >events
	"$replay" --csv --fields=all <events >a.csv
	same events a.csv >again
	"$replay" --csv --fields=all <again >b.csv
	diff a.csv b.csv
}
