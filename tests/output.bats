#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real traces: other programs read every line of them, all formats say the same,
# log files stay whole, what cannot be written is told, and lines come in time.

bats_require_minimum_version 1.5.0
load lib/netns
load lib/trace
load lib/readers

setup() {
	skip_unless_root
	netns_pair_up
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1
}

teardown() {
	netns_pair_down
}

# tracer NAME OPTION...: one of several, attached when this returns.
tracer() {
	proc_start "$1" "$TCC_TRACE" "${@:2}"
	wait_attached "$1"
}

# A short transfer from a to b: some thousands of events.
transfer() {
	iperf_client --bytes 3M "$@" >"$NETNS_DIR/iperf.txt"
}

# The messages of a run are this one line, of an extended regular expression.
says_only() {
	cat "$1"
	[ "$(lines "$1")" -eq 1 ]
	grep -Eq "^tcc-trace: $2\$" "$1"
}

# ---- every line of a long trace -------------------------------------------------

# bats test_tags=plain
@test "each line of a long trace parses: JSON, CSV, tcpprobe" {
	skip_without jsonschema jq mlr gnuplot
	local n
	n=$(long_or_short 20000 4000)
	iperf_server_start
	tracer json --port "$IPERF_PORT" --buffer 4M --count "$n" --log-file a.json --fields=+ktime
	tracer csv --port "$IPERF_PORT" --buffer 4M --count "$n" --log-file a.csv --fields=all
	tracer probe --port "$IPERF_PORT" --buffer 4M --count "$n" --format=tcpprobe
	flood 100
	wait_for "! proc_is_running json && ! proc_is_running csv && ! proc_is_running probe" 60
	proc_stop flood

	run -0 jq -n '[inputs] | length' a.json
	[ "$output" -eq $((n + 2)) ]
	run -0 "$TCC_BUILD/tests/jsonl_check" a.json
	[ "$output" -eq $((n + 2)) ]
	run -0 check_json a.json
	[ "$output" = "$n records, 1 opening, 1 end" ]
	sed '1d;$d' a.json >records.json
	run -0 same exact records.json
	[[ $output == *" in $n lines" ]]

	run -0 same miller a.csv
	[ "$output" = "$n rows" ]

	local probe=$NETNS_DIR/probe.out
	[ "$(lines "$probe")" -eq "$n" ]
	run -0 gnuplot -e "set terminal dumb; plot '$probe' using 1:7, '$probe' using 1:8"
	[[ $output != *warning* ]]
	run -0 gnuplot -e "stats '$probe' using 1:7 name 'cwnd' nooutput;
		stats '$probe' using 1:8 name 'ssthresh' nooutput;
		print sprintf('%.0f %.0f %.0f %.0f', cwnd_records, cwnd_invalid, cwnd_max_y,
			ssthresh_max_y)"
	[ "$output" = "$(awk -v n="$n" '{ if ($7 > cwnd) cwnd = $7; if ($8 > ssthresh) ssthresh = $8 }
		END { printf "%d 0 %.0f %.0f", n, cwnd, ssthresh }' "$probe")" ]
}

# Loss, IPv6, v4-mapped addresses and several connections make the fields differ.
@test "the same trace in all formats says the same, field by field" {
	# What every event has: properties cannot be replayed from what is shown of them.
	local fields=event,time,time_us,offset_ms,conn_ms,saddr,sport,daddr,dport,snd_cwnd,ssthresh
	fields+=,mss,snd_wnd,srtt,rcv_wnd,length,in_flight,snd_nxt,snd_una,mark,cookie,lost,skipped
	fields+=,ktime,family,cpu
	iperf_server_start
	netns_bottleneck 20mbit 60kB
	tracer csv --port "$IPERF_PORT" --log-file real.csv --fields="$fields"
	transfer --parallel 2
	[ -z "$B_IP6" ] || transfer --client "$B_IP6" --parallel 2
	proc_stop csv INT
	check_account $(($(lines real.csv) - 1)) "$NETNS_DIR/csv.err"
	[ "$(lines real.csv)" -gt 1000 ]
	# Fields without variety would prove nothing.
	local field
	for field in snd_cwnd ssthresh srtt in_flight cookie; do
		echo "$field: $(distinct "$field" real.csv) values"
		[ "$(distinct "$field" real.csv)" -ge 4 ]
	done

	# shellcheck disable=SC2094 # `events` is a word here
	same events real.csv >events
	"$TCC_BUILD/tests/replay" --csv --fields="$fields" <events >replayed.csv
	cmp real.csv replayed.csv
	"$TCC_BUILD/tests/replay" --json --fields="$fields" <events >replayed.json
	same compare real.csv json replayed.json
	"$TCC_BUILD/tests/replay" --fields="$fields" <events >replayed.text
	same compare real.csv text replayed.text
	"$TCC_BUILD/tests/replay" --format=tcpprobe <events >replayed.tcpprobe
	same compare real.csv tcpprobe replayed.tcpprobe
}

# ---- JSON's opening and end records -----------------------------------------------

# end_is_summary FILE ERR: the end record is what the summary on stderr says.
end_is_summary() {
	local name
	for name in seen written filtered lost missed discarded; do
		[ "$(tail -n 1 "$1" | jq ".probe_$name")" -eq "$(summary "$name" "$2")" ]
	done
	tail -n 1 "$1" | jq -e '.event == "end" and
		.probe_lost == .probe_lost_buffer + .probe_lost_output'
	grep -q "^tcc-trace: $(tail -n 1 "$1" | jq .connections) connection" "$2"
}

@test "a JSON log file begins with the opening record and ends with the end record" {
	skip_without jsonschema jq
	iperf_server_start
	trace_start --port "$IPERF_PORT" --log-file a.jsonl
	transfer
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	[ ! -s "$NETNS_DIR/trace.out" ]
	run -0 check_json a.jsonl
	[ "$output" = "$(summary written) records, 1 opening, 1 end" ]
	[ "$(head -n 1 a.jsonl | jq -r .event)" = trace ]
	head -n 1 a.jsonl | jq -e ".filter == \"port $IPERF_PORT\""
	end_is_summary a.jsonl "$NETNS_DIR/trace.err"

	# A second run appends: each trace is between its own two.
	trace_start --port "$IPERF_PORT" --log-file a.jsonl --count 10
	transfer
	wait_for "! proc_is_running trace" 20
	trace_stop
	run -0 check_json a.jsonl
	[[ $output == *" records, 2 opening, 2 end" ]]
	[ "$(tail -n 12 a.jsonl | jq -r .event | uniq -c | awk '{ print $1, $2 }' | paste -sd ' ')" = \
		"1 trace 10 probe 1 end" ]
	end_is_summary a.jsonl "$NETNS_DIR/trace.err"
}

@test "JSON of several kinds has of each its own fields; the opening record has all of them" {
	iperf_server_start
	trace_start --port "$IPERF_PORT" --log-file a.jsonl --events=probe,state,close
	transfer
	wait_for "grep -q '\"event\":\"close\"' a.jsonl" 20
	trace_stop
	jq -e -s '.[0].fields as $units | .[1:-1] | (map(keys) | add - ($units | keys) == []) and
		(map(select(.event == "state")) | length > 2 and
			all(has("new_state") and (has("length") or has("share_cwnd") | not))) and
		(map(select(.event == "close")) | length > 1 and
			all(has("share_cwnd") and (has("new_state") or has("mark") | not))) and
		(map(select(.event == "probe")) | length > 2 and
			all(has("length") and (has("new_state") or has("share_cwnd") | not)))' a.jsonl
}

@test "a JSON log file of a trace without events has both records; they are there at once" {
	skip_without jsonschema jq
	trace_start --port 1 --log-file a.json
	wait_for "[ -s a.json ]" 20
	[ "$(jq -r .event a.json)" = trace ]
	trace_stop TERM
	run -0 check_json a.json
	[ "$output" = "0 records, 1 opening, 1 end" ]
}

@test "neither record with --no-header, nor on stdout" {
	skip_without jsonschema
	iperf_server_start
	tracer plain --port "$IPERF_PORT" --json --no-header --log-file plain.json
	trace_start --port "$IPERF_PORT" --json
	transfer
	proc_stop plain INT
	trace_stop
	run -0 check_json plain.json
	[ "$output" = "$(summary written "$NETNS_DIR/plain.err") records, 0 opening, 0 end" ]
	run -0 check_json "$NETNS_DIR/trace.out"
	[ "$output" = "$(summary written) records, 0 opening, 0 end" ]
}

# The tracer sleeps while its rings fill, and is told to end before it wakes: no
# line is left to carry the mark of what was lost behind the last one.
lose_the_last() {
	trace_start --port "$IPERF_PORT" --buffer 64K "$@"
	flood 1
	wait_for "[ -s '$NETNS_DIR/trace.out' ]" 20
	kill -STOP "$(proc_pid trace)"
	wait_for "! proc_is_running flood" 20
	kill -INT "$(proc_pid trace)"
	kill -CONT "$(proc_pid trace)"
	wait_for "! proc_is_running trace" 20
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	[ "$(summary buffer)" -gt 0 ]
}

# What the lines of JSON say was lost before them.
marked() {
	sed -n 's/^{"event":"probe",.*,"lost":\([0-9]*\)}$/\1/p' "$1" | awk '{ n += $1 } END { print n + 0 }'
}

@test "what is lost behind the last record is told on stdout by an end record" {
	skip_without jsonschema jq
	iperf_server_start
	lose_the_last --json
	run -0 check_json "$NETNS_DIR/trace.out"
	[ "$output" = "$(summary written) records, 0 opening, 1 end" ]
	end_is_summary "$NETNS_DIR/trace.out" "$NETNS_DIR/trace.err"
	# A reader of the output alone knows the sum.
	[ "$(tail -n 1 "$NETNS_DIR/trace.out" | jq .probe_lost)" -gt "$(marked "$NETNS_DIR/trace.out")" ]
	lose_the_last --json --no-header
	run -0 check_json "$NETNS_DIR/trace.out"
	[ "$output" = "$(summary written) records, 0 opening, 0 end" ]
	# CSV and text have no such record.
	lose_the_last --csv
	[ "$(lines "$NETNS_DIR/trace.out")" -eq $(($(summary written) + 1)) ]
	run ! grep -q end "$NETNS_DIR/trace.out"
}

@test "no end record on stdout where the lines tell of every loss" {
	skip_without jq
	iperf_server_start
	trace_start --port "$IPERF_PORT" --json --buffer 64K
	flood 2
	wait_for "[ -s '$NETNS_DIR/trace.out' ]" 20
	kill -STOP "$(proc_pid trace)"
	sleep 1
	kill -CONT "$(proc_pid trace)"
	# What follows carries the marks, if each CPU has something to say.
	wait_for "! proc_is_running flood" 20
	local cpu n_marked
	for cpu in $(seq 0 $(($(nproc) - 1))); do
		in_b taskset -c "$cpu" iperf3 --client 127.0.0.1 --port "$IPERF_PORT" --bytes 3M >/dev/null
	done
	trace_stop
	[ "$(summary buffer)" -gt 0 ]
	n_marked=$(marked "$NETNS_DIR/trace.out")
	echo "marked $n_marked"
	run -0 jq -r .event <<<"$(tail -n 1 "$NETNS_DIR/trace.out")"
	if [ "$n_marked" -eq "$(summary buffer)" ]; then
		[ "$output" = probe ]
	else
		[ "$output" = end ]
	fi
}

# ---- log files -----------------------------------------------------------------------

@test "the format comes from the log file's suffix, unless an option says otherwise" {
	skip_without jsonschema mlr
	iperf_server_start
	local file
	for file in a.csv a.json a.jsonl a.ndjson A.CSV a.txt a text.csv.log; do
		tracer "$file" --port "$IPERF_PORT" --count 5 --log-file "$file"
	done
	tracer json --port "$IPERF_PORT" --count 5 --log-file b.csv --json
	tracer text --port "$IPERF_PORT" --count 5 --log-file b.json --format=text
	transfer
	for file in a.csv a.json a.jsonl a.ndjson A.CSV a.txt a text.csv.log json text; do
		wait_for "! proc_is_running '$file'" 20
	done
	run -0 check_json a.json a.jsonl a.ndjson b.csv
	[ "$output" = "20 records, 4 opening, 4 end" ]
	for file in a.csv A.CSV; do
		run -0 same miller "$file"
		[ "$output" = "5 rows" ]
	done
	for file in a.txt a text.csv.log b.json; do
		[ "$(lines "$file")" -eq 5 ]
		[ "$(malformed_lines "$file")" -eq 0 ]
	done
}

@test "a log file grows by appending, and has one CSV heading" {
	skip_without mlr
	iperf_server_start
	for _ in 1 2 3; do
		trace_start --port "$IPERF_PORT" --count 50 --log-file a.csv
		transfer
		wait_for "! proc_is_running trace" 20
	done
	[ "$(lines a.csv)" -eq 151 ]
	run -0 same miller a.csv
	[ "$output" = "150 rows" ]
	[ "$(grep -c '^event,time' a.csv)" -eq 1 ]
	# Without heading, behind one: no complaint, and no second one.
	trace_start --port "$IPERF_PORT" --count 50 --log-file a.csv --no-header
	transfer
	wait_for "! proc_is_running trace" 20
	run -0 same miller a.csv
	[ "$output" = "200 rows" ]
}

@test "a torn last line is cut off and told" {
	skip_without jsonschema
	iperf_server_start
	printf '{"event":"probe","cpu":1}\n{"event":"pro' >a.json
	trace_start --port "$IPERF_PORT" --count 5 --log-file a.json
	grep -E "^tcc-trace: warning: 'a.json' .*: 13 bytes cut off$" "$NETNS_DIR/trace.err"
	transfer
	wait_for "! proc_is_running trace" 20
	run -0 check_json a.json
	[ "$output" = "6 records, 1 opening, 1 end" ]
	[ "$(head -n 1 a.json)" = '{"event":"probe","cpu":1}' ]
}

@test "a file that is no log of the same kind is refused and left alone" {
	printf 'event,snd_cwnd\nprobe,10\nprobe,1' >a.csv
	cp a.csv before.csv
	run -1 "$TCC_TRACE" --log-file a.csv --duration 1
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "tcc-trace: --log-file: 'a.csv': its heading differs"* ]]
	cmp a.csv before.csv
	run -1 "$TCC_TRACE" --json --log-file a.csv --duration 1
	[[ $output == "tcc-trace: --log-file: 'a.csv': its heading differs"* ]]
	cmp a.csv before.csv
	head -c 100000 /dev/zero >zeros
	run -1 "$TCC_TRACE" --log-file zeros --duration 1
	[ "$output" = "tcc-trace: --log-file: 'zeros': its last line has no end, and is no line of tcc-trace; choose another file" ]
	[ "$(wc -c <zeros)" -eq 100000 ]
	# The same fields fit it.
	run -0 "$TCC_TRACE" --log-file a.csv --fields=event,snd_cwnd --duration 0.1 --port 1
	[ "$(cat a.csv)" = "$(printf 'event,snd_cwnd\nprobe,10')" ]
}

@test "a file that another tcc-trace writes is refused; that one goes on" {
	skip_without jsonschema
	iperf_server_start
	trace_start --port "$IPERF_PORT" --log-file a.json
	run -1 "$TCC_TRACE" --log-file a.json --duration 1
	[ "$output" = "tcc-trace: --log-file: 'a.json': another tcc-trace is writing it" ]
	transfer
	trace_stop
	[ "$PROC_STATUS" -eq 0 ]
	run -0 check_json a.json
	[ "$output" = "$(summary written) records, 1 opening, 1 end" ]
	# Free again.
	run -0 "$TCC_TRACE" --log-file a.json --duration 0.1 --port 1
}

# ---- what cannot be written -----------------------------------------------------------

@test "| head -1 ends it quietly, in each format" {
	iperf_server_start
	flood 10
	local option
	for option in --json --csv --format=tcpprobe --format=text; do
		bash -c "'$TCC_TRACE' --quiet $option 2>err | head -n 1 >out
			echo \"\${PIPESTATUS[0]}\" >status"
		[ "$(cat status)" -eq 0 ]
		[ "$(lines out)" -eq 1 ]
		[ ! -s err ]
	done
}

@test "a full device ends it with status 1 and names what was full" {
	iperf_server_start
	flood 10
	local option status
	for option in --json --csv --format=text; do
		status=0
		timeout 30 "$TCC_TRACE" --quiet $option 2>err >/dev/full || status=$?
		[ "$status" -eq 1 ]
		says_only err 'cannot write to standard output: No space left on device'
		status=0
		timeout 30 "$TCC_TRACE" --quiet $option --log-file /dev/full 2>err || status=$?
		[ "$status" -eq 1 ]
		says_only err 'cannot write to /dev/full: No space left on device'
	done
}

@test "a closed stdout and a file that cannot be opened are errors" {
	run -1 bash -c "'$TCC_TRACE' --json --duration 1 >&-"
	[ "$output" = "tcc-trace: cannot write to standard output: Bad file descriptor" ]
	run -0 bash -c "'$TCC_TRACE' --log-file a.csv --duration 0.1 --port 1 --quiet >&-"
	[ -z "$output" ]
	[ "$(lines a.csv)" -eq 1 ]
	run -1 "$TCC_TRACE" --log-file /no/such/directory/a.json --duration 1
	[ "$output" = "tcc-trace: cannot open '/no/such/directory/a.json': No such file or directory" ]
}

# On a full disk what is in the file are whole lines, as many as the summary says.
@test "--strict: a disk that fills ends it with status 1; the file's lines are whole" {
	skip_without jsonschema
	iperf_server_start
	flood 10
	local status=0
	mkdir disk
	timeout 20 unshare --mount bash -c "mount -t tmpfs -o size=200k none disk &&
		'$TCC_TRACE' --strict --log-file disk/a.json 2>err; status=\$?; cp disk/a.json . && exit \$status" ||
		status=$?
	cat err
	[ "$status" -eq 1 ]
	[ "$(grep -cx 'tcc-trace: cannot write to disk/a.json: No space left on device' err)" -eq 1 ]
	run -0 check_json a.json
	[ "$output" = "$(summary written err) records, 1 opening, 0 end" ]
	[ "$(summary written err)" -gt 100 ]
	[ "$(summary output err)" -gt 0 ]
	check_account "$(summary written err)" err
}
