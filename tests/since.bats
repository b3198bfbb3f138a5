#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --since and --until: which records these are, by each form of time, and that of the
# rest little is read. Traces nothing and needs no privilege.

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

@test "ranges of sets of files, searched or not, against a plain filter" {
	skip_without python3
	python3 "$TCC_TESTS/read/range.py" "$TCC_TRACE" 20
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
	local age
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
	age=$(date -d '2026-11-22 12:00' +%s)
	touch -d "@$age" old.csv
	"$TCC_TRACE" -r old.csv --since=2026-11-23 >/dev/null 2>err
	run ! grep -q warning err
	# By what it begins with, however much follows.
	{ cat days.csv; head -c 300M /dev/zero; } | gzip -c >bomb.csv
	"$TCC_TRACE" -r bomb.csv --until='2026-11-21 08:00' >/dev/null 2>err
	run ! grep -q warning err
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
	account() {
		"$TCC_TRACE" -r log.json "$@" 2>&1 >/dev/null | sed -n 's/^tcc-trace: probe: \(.*\) + discarded.*/\1/p'
	}
	equal "seen 334 = written 4 + filtered 0 + lost 329 + missed 1" "$(account)"
	equal "seen 301 = written 1 + filtered 0 + lost 300 + missed 0" "$(account --since=12:00)"
	equal "seen 23 = written 2 + filtered 0 + lost 21 + missed 0" \
		"$(account --since=11:00 --until=11:30)"
	equal "seen 10 = written 1 + filtered 0 + lost 8 + missed 1" "$(account --until=10:30)"
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
