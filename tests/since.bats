#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --since and --until: which records these are, by each form of time, and that what
# is not among them is not in the account. Traces nothing and needs no privilege.

# shellcheck disable=SC2154 # $stderr is set by run
bats_require_minimum_version 1.5.0
load lib/common

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1 TZ=UTC0
}

# A file of a record each minute, of two days, and others of the last day alone.
make_days() {
	awk 'BEGIN {
		print "event,time,snd_cwnd"
		for (i = 0; i < 2 * 24 * 60; i++)
			printf "probe,2026-11-%02dT%02d:%02d:00.000000000Z,%d\n",
				22 + int(i / 1440), i / 60 % 24, i % 60, i
	}' >days.csv
}

# numbers OPTION...: the first and the last record's, and how many there are.
numbers() {
	"$TCC_TRACE" -q --csv --no-header -F snd_cwnd -r days.csv "$@" |
		awk 'NR == 1 { first = $0 } { last = $0 } END { print first, last, NR }'
}

@test "ranges of sets of files against a plain filter" {
	skip_without python3
	python3 "$TCC_TESTS/read/range.py" "$TCC_TRACE" 20 "$(long_or_short 60 6)"
}

@test "each form of time; what is exactly at a bound is in the range" {
	make_days
	equal "600 2879 2280" "$(numbers --since='2026-11-22 10:00')"
	equal "600 601 2" "$(numbers --since=2026-11-22T10:00:00Z --until='2026-11-22 10:01:00')"
	equal "601 601 1" "$(numbers --since=2026-11-22T10:00:00.000000001Z --until=2026-11-22T10:01:59.9Z)"
	equal "0 600 601" "$(numbers --until=2026-11-22T12:00+02:00)"
	equal "1440 2879 1440" "$(numbers --since=2026-11-23)"
	# Of the last record's day, and so long before it.
	equal "2400 2879 480" "$(numbers --since=16:00)"
	equal "2400 2430 31" "$(numbers --since=16:00:00 --until=16:30)"
	equal "2869 2879 11" "$(numbers --since=-10m)"
	equal "0 2868 2869" "$(numbers --until -11m)"
	# Without a zone it is local time.
	equal "2460 2879 420" "$(TZ=XXX1 numbers --since=16:00)"
	equal "540 2879 2340" "$(TZ=XXX-1 numbers --since='2026-11-22 10:00')"
	equal "  0" "$(numbers --since=2027-01-01)"
	equal "  0" "$(numbers --until=2026-01-01)"
	# The last of a repeated one counts.
	equal "2869 2879 11" "$(numbers --since=2027-01-01 --since=-10m)"
}

@test "the last record: of several files, of a compressed one, of one that has none yet" {
	make_days
	head -n 1441 days.csv >first.csv
	{ head -n 1 days.csv; tail -n 1440 days.csv; } >second.csv
	last() { "$TCC_TRACE" -q --csv --no-header -F snd_cwnd --since=-1m "$@" | paste -sd ' '; }
	equal "2878 2879" "$(last -r second.csv first.csv)"
	equal "2878 2879" "$(last -r first.csv second.csv)"
	local program
	for program in gzip zstd xz; do
		skip_without "$program"
		"$program" -c days.csv >packed.csv
		equal "2878 2879" "$(last -r packed.csv)"
	done
	mv days.csv set.csv.1
	head -n 1 set.csv.1 >set.csv
	equal "2878 2879" "$(last -r set.csv)"
	printf 'probe,2026-11-23T23:' >>set.csv
	equal "2878 2879" "$(last -r set.csv 2>/dev/null)"
	mv set.csv.1 days.csv
	equal "2878 2879" "$(last -r - <days.csv)"
}

@test "files that the range cannot be in are not unpacked" {
	skip_without gzip
	make_days
	{ head -n 1 days.csv; sed -n 2,1441p days.csv; } | gzip -c >set.csv.20261123T000000.000Z.gz
	{ head -n 1 days.csv; sed -n 1442,2000p days.csv; } | gzip -c >set.csv.20261123T091900.000Z.gz
	{ head -n 1 days.csv; sed -n '2001,$p' days.csv; } >set.csv
	truncate -s -30 set.csv.20261123T000000.000Z.gz
	"$TCC_TRACE" -r set.csv --since=-1h >/dev/null 2>err
	cat err
	run ! grep -q warning err
	"$TCC_TRACE" -r set.csv --since='2026-11-23 08:00' >/dev/null 2>err
	run ! grep -q warning err
	"$TCC_TRACE" -r set.csv --until='2026-11-22 08:00' >/dev/null 2>err
	grep -q "warning: 'set.csv.20261123T000000.000Z.gz': cut off or damaged: gzip gives up" err
	# By when it was written last.
	gzip -c set.csv >old.csv
	truncate -s -30 old.csv
	touch -d '2026-11-23 12:00Z' old.csv
	"$TCC_TRACE" -r old.csv --since=2026-11-24 >/dev/null 2>err
	run ! grep -q warning err
	# Which says nothing where it was before the first record: a clock was set back.
	touch -d '2026-11-22 12:00Z' old.csv
	"$TCC_TRACE" -r old.csv --since=2026-11-24 >/dev/null 2>err
	grep -q "warning: 'old.csv': cut off or damaged: gzip gives up" err
	gzip -c days.csv >whole.csv
	touch -d '2026-11-21 14:00Z' whole.csv
	equal 2280 "$("$TCC_TRACE" -q --csv --no-header -r whole.csv --since='2026-11-22 10:00' | wc -l)"
	# By what it begins with, however much follows.
	{ cat days.csv; head -c 300M /dev/zero; } | gzip -c >bomb.csv
	touch -d '2026-11-25' bomb.csv
	"$TCC_TRACE" -r bomb.csv --until='2026-11-21 08:00' >/dev/null 2>err
	run ! grep -q warning err
}

# account FILE [OPTION...]: of kind probe, less what was discarded.
account() {
	"$TCC_TRACE" -r "$@" 2>&1 >/dev/null |
		sed -n 's/ (lost: [^)]*)//; s/^tcc-trace: probe: \(.*\) + discarded 0\(.*\)/\1\2/p'
}

# begun HOST TIME [SCHEMA]; record TIME N; ended TIME LOST: lines of 22 November.
begun() {
	printf '{"event":"trace","schema":%d,"host":"%s","boot_id":"b-%s","time":"2026-11-22T%sZ"}\n' \
		"${3:-2}" "$1" "$1" "$2"
}
record() {
	printf '{"event":"probe","time":"2026-11-22T%sZ","snd_cwnd":%d,"cookie":"0x1"}\n' "$1" "$2"
}
ended() {
	printf '{"event":"end","time":"2026-11-22T%sZ","probe_lost":%d,"probe_missed":0}\n' "$1" "$2"
}

@test "starts within a file that are before the range: whose host, boot and schema they are of" {
	local close='"sport":1,"dport":2,"limited_by":"cwnd"'
	{
		begun h1 10:00:00 1
		record 10:00:01 1
		begun h2 11:00:00
		record 11:00:01 2
		printf '{"event":"close","time":"2026-11-22T11:00:02Z",%s}\n' "$close"
		begun h3 12:00:00 1
		record 12:00:01 3
		printf '{"event":"close","time":"2026-11-22T12:00:02Z",%s}\n' "$close"
	} >log.json
	read_back() { "$TCC_TRACE" -q --csv --no-header -e probe,close -F event,host,limited_by -r log.json "$@"; }
	equal "$(printf '%s\n' probe,h2, close,h2,cwnd probe,h3, close,h3,)" "$(read_back --since=11:00)"
	equal "$(printf '%s\n' close,h2,cwnd)" "$(read_back --since=11:00:02 --until=11:30)"
	equal "$(printf '%s\n' close,h3,)" "$(read_back --since=12:00:02)"
	# A heading, too.
	{
		printf '%s\n' event,time,snd_cwnd,cookie probe,2026-11-22T10:00:00Z,1,0x1
		printf '%s\n' event,time,cookie,snd_cwnd probe,2026-11-22T11:00:00Z,0x1,2
		printf '%s\n' probe,2026-11-22T12:00:00Z,0x1,3
	} >log.csv
	equal 3 "$("$TCC_TRACE" -q --csv --no-header -F snd_cwnd -r log.csv --since=12:00)"
}

@test "the end record that counts is that of the range's trace: in one file, in a set" {
	local unknown='; what else was lost or missed is unknown'
	{ begun h 10:00:00; record 10:00:01 1; ended 10:00:02 1; } >log.json
	{ begun h 11:00:00; record 11:00:01 1; ended 11:00:02 1000; } >>log.json
	equal "seen 2 = written 1 + filtered 0 + lost 1 + missed 0" "$(account log.json --until=10:30)"
	# One that has none is not ended by another's.
	sed '3d' log.json >crash.json
	equal "seen 1 = written 1 + filtered 0 + lost 0 + missed 0$unknown" \
		"$(account crash.json --until=10:30)"
	equal "seen 1001 = written 1 + filtered 0 + lost 1000 + missed 0" \
		"$(account crash.json --since=10:30)"
	# Each file of a set has its opening record: the trace is one.
	{ begun h 10:00:00; record 10:00:01 1; } >set.json.1
	{ begun h 11:00:00; record 11:00:01 2; ended 11:00:02 7; } >set.json
	equal "seen 8 = written 1 + filtered 0 + lost 7 + missed 0" "$(account set.json --until=10:30)"
	# What is not unpacked does not say whether it went on.
	if command -v gzip; then
		cp set.json.1 more.json.2
		{ begun h 10:50:00; record 10:50:01 9; } | gzip -c >more.json.1.gz
		touch -d 2026-11-23 more.json.1.gz
		cp set.json more.json
		equal "seen 1 = written 1 + filtered 0 + lost 0 + missed 0$unknown" \
			"$(account more.json --until=10:30)"
	fi
	# Of another host it is another trace.
	{ begun g 11:00:00; record 11:00:01 2; ended 11:00:02 7; } >set.json
	equal "seen 1 = written 1 + filtered 0 + lost 0 + missed 0$unknown" \
		"$(account set.json --until=10:30)"
	# Nothing is unknown of a range before all there is, or behind.
	{ begun h 10:00:00; record 10:00:01 1; } >open.json
	sed 's/^.*"event":"\([a-z]*\)","time":"\([^"]*\)".*$/\1,\2/; 1s/.*/event,time/' open.json >open.csv
	for file in open.json open.csv; do
		run -0 "$TCC_TRACE" -q --strict -r "$file" --until=09:00
		run -0 "$TCC_TRACE" -q --strict -r "$file" --since=11:00
		run -3 "$TCC_TRACE" -q --strict -r "$file" --until=11:00
	done
}

@test "records that say their host, in a file that says one: connections, marks of lost events" {
	{
		begun h 10:00:00
		record 10:00:01 1
		record 10:00:02 2 | sed 's/}$/,"host":"h"}/'
	} >log.json
	run -0 "$TCC_TRACE" -r log.json -F +host
	[[ $output == *": 1 connection in "* ]]
	record 10:00:03 3 | sed 's/}$/,"host":"g"}/' >>log.json
	run -0 "$TCC_TRACE" -r log.json -F +host
	[[ $output == *": 2 connections in "* ]]
	printf '%s\n' event,time,cpu,host,lost,sport,dport \
		probe,2026-11-22T10:00:00Z,0,a,5,1,1 \
		probe,2026-11-22T10:00:01Z,0,b,0,2,2 \
		probe,2026-11-22T10:00:02Z,0,a,0,2,2 >log.csv
	equal "$(printf '%s\n' b,0 a,5)" \
		"$("$TCC_TRACE" -q --csv --no-header -F host,lost --sport=2 -r log.csv)"
}

@test "lines that cannot be read, and ends of traces, count where they are in the range" {
	cat >log.json <<-'END'
		{"event":"trace","schema":2,"host":"h","time":"2026-11-22T10:00:00Z"}
		{"event":"probe","time":"2026-11-22T10:00:01Z","snd_cwnd":1}
		nothing
		{"event":"end","time":"2026-11-22T10:00:02Z","probe_lost":7,"probe_missed":1}
		{"event":"trace","schema":2,"host":"h","time":"2026-11-22T11:00:00Z"}
		{"event":"probe","time":"2026-11-22T11:00:01Z","snd_cwnd":2}
		{"event":"probe","time":null,"snd_cwnd":3}
		nothing
		{"event":"end","time":"2026-11-22T11:00:02Z","probe_lost":20,"probe_missed":0}
		{"event":"trace","schema":2,"host":"h","time":"2026-11-22T12:00:00Z"}
		{"event":"probe","time":"2026-11-22T12:00:01Z","snd_cwnd":4}
		{"event":"end","time":"2026-11-22T12:00:02Z","probe_lost":300,"probe_missed":0}
	END
	equal "seen 334 = written 4 + filtered 0 + lost 329 + missed 1" "$(account log.json)"
	equal "seen 301 = written 1 + filtered 0 + lost 300 + missed 0" "$(account log.json --since=12:00)"
	equal "seen 23 = written 2 + filtered 0 + lost 21 + missed 0" \
		"$(account log.json --since=11:00 --until=11:30)"
	equal "seen 10 = written 1 + filtered 0 + lost 8 + missed 1" "$(account log.json --until=10:30)"
}

@test "what makes no sense is refused, and says what would" {
	local value
	make_days
	for value in '' yesterday 14 25:00 2026-02-30 10m '2026-11-22T10:00 UTC'; do
		run -2 "$TCC_TRACE" --read=days.csv --since="$value"
		[ "$output" = "tcc-trace: --since: '$value': expected YYYY-MM-DD HH:MM[:SS], the same in ISO 8601, HH:MM[:SS], or a time behind '-'" ]
	done
	run -2 "$TCC_TRACE" --until=10:00
	[ "$output" = "tcc-trace: --until: expected --read=FILE beside it" ]
	run -2 "$TCC_TRACE" --since=-10m
	[ "$output" = "tcc-trace: --since: expected --read=FILE beside it" ]
	run --separate-stderr -2 "$TCC_TRACE" -r days.csv --since=-10m --until=-11m
	[ -z "$output" ]
	[[ $stderr == *"tcc-trace: --until: expected a moment that is not before that of --since" ]]
	run --separate-stderr -2 "$TCC_TRACE" -r <(cat days.csv) --until=-10m
	[[ $stderr == *"tcc-trace: --until: expected a moment with its date: the last record of '/dev/fd/"*"' is not known before it is read" ]]
	run --separate-stderr -0 "$TCC_TRACE" -q -r <(cat days.csv) --until='2026-11-22 00:00' --csv --no-header -F snd_cwnd
	[ "$output" = 0 ]
	cut -d , -f 1,3 days.csv >few.csv
	run --separate-stderr -2 "$TCC_TRACE" -r few.csv --since=2026-11-22
	[[ $stderr == *"tcc-trace: --since: 'few.csv' has no field 'time' in its probe records: "*"--fields=+time" ]]
}
