#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What was written is read back: every format, every compression, whole sets of files,
# what crashes leave of them, filters and thinning. Traces nothing and needs no privilege.

bats_require_minimum_version 1.5.0
load lib/common

setup() {
	replay=$TCC_BUILD/tests/replay
	events=$TCC_TESTS/golden/edges.events
	cd "$BATS_TEST_TMPDIR" || return
	export PYTHONDONTWRITEBYTECODE=1 TZ=UTC0
	unset NO_COLOR
}

# record FILE [OPTION...]: all fields of the golden events, in the format of its suffix.
record() {
	"$replay" --format="${1##*.}" --fields=all "${@:2}" <"$events" >"$1"
}

# again [OPTION...]: as JSON with all fields.
again() {
	"$TCC_TRACE" --json --fields=all "$@"
}

@test "the golden files, read and written again" {
	python3 "$TCC_TESTS/read/roundtrip.py" cases "$replay" "$TCC_TRACE"
}

@test "random events: read, each format is as it was; any fields are read as they are" {
	python3 "$TCC_TESTS/read/roundtrip.py" random "$replay" "$TCC_TRACE" 7 150
}

@test "tcpprobe from a file, but for the ns" {
	record all.json
	# Three decimals of ms are less than the nine of seconds.
	equal "$("$replay" --format=tcpprobe <"$events" | sed -E 's/^([0-9]+\.[0-9]{6})[0-9]+/\1/')" \
		"$("$TCC_TRACE" -q -r all.json --format=tcpprobe |
			sed -E 's/^([0-9]+\.[0-9]{6})000/\1/')"
}

# pack FILE PROGRAM: compress it, as --compress would.
pack() {
	skip_without "$2"
	"$2" -q "$1"
}

# A set of five files, of which each compression made one.
make_set() {
	record all.json
	head -n 5 all.json >log.json.4
	sed -n 6,9p all.json >log.json.3
	sed -n 10,14p all.json >log.json.2
	sed -n 15,20p all.json >log.json.1
	sed -n '21,$p' all.json >log.json
	skip_without gzip zstd xz
	gzip -q log.json.4
	zstd -q --rm log.json.3
	xz -q log.json.2
}

@test "a set of rotated files, of each compression: oldest first" {
	make_set
	again -q --read=log.json >got
	cmp got all.json
	# A rotated one is itself, one that is not there anymore does no harm.
	equal "$(sed -n 6,9p all.json)" "$(again -q -r log.json.3.zst)"
	rm log.json
	equal "$(head -n 20 all.json)" "$(again -q -r log.json)"
}

@test "a file that is named twice, or by itself and in its set, is read once" {
	make_set
	again -q -r log.json* | cmp - all.json
	again -q -r log.json.3.zst log.json.1 log.json | sort | cmp - <(sort all.json)
	again -q -r all.json all.json ./all.json | cmp - all.json
	ln -s all.json link.json
	again -q -r all.json - <link.json | cmp - all.json
}

@test "a set of files that are named by their time, and one that a crash left twice" {
	record all.csv
	head -n 1 all.csv >heading
	{ cat heading; sed -n 2,5p all.csv; } >log.csv.20261122T224301.000Z
	{ cat heading; sed -n 6,9p all.csv; } >log.csv.20261122T224302.000Z
	{ cat heading; sed -n '10,$p' all.csv; } >log.csv
	gzip -k log.csv.20261122T224301.000Z
	# Names of others are no rotated files.
	cp all.csv log.csv.bak
	cp all.csv log.csv.1x
	"$TCC_TRACE" -q -r log.csv --csv -F all >got
	cmp got all.csv
}

@test "several files are merged by time, those that are equal as they are named" {
	seq 1 100 | sed 's/.*/ktime=&000000 cookie=&/; 1s/$/ start=1000000 clock=1700000000000000000/' |
		"$replay" --json --fields=all >all.json
	sed -n 'p;n' all.json >odd.json
	sed -n 'n;p' all.json >even.json
	again -q --read=even.json odd.json >got
	cmp got all.json
	again -q -r odd.json -r even.json >got
	cmp got all.json
	# The order within a file stays, whatever its times.
	tac odd.json >back.json
	again -q -r back.json | cmp - back.json
	# A kernel's time will do.
	again -q -r <(sed -E 's/"time(_us)?":[^,]*,//g' even.json) -r <(sed -E 's/"time(_us)?":[^,]*,//g' odd.json) |
		cmp - <(sed -E 's/"time(_us)?":[^,]*,/"time\1":null,/g' all.json)
	sed 's/"cpu":0/"cpu":1/' odd.json >other.json
	equal "$(sed 'p; s/"cpu":0/"cpu":1/' odd.json)" "$(again -q -r odd.json other.json)"
}

@test "standard input: a pipe, a file, a FIFO; plain and compressed" {
	record all.json
	cp all.json plain.json
	gzip -k all.json
	# From a process: it is a pipe.
	again -q -r - < <(cat plain.json) | cmp - all.json
	again -q --read=- <plain.json | cmp - all.json
	again -q -r - < <(cat all.json.gz) | cmp - all.json
	again -q -r - <all.json.gz | cmp - all.json
	mkfifo fifo
	cat all.json.gz >fifo &
	again -q -r fifo | cmp - all.json
}

# The bytes that tell what is compressed may come late, in parts, or not at all.
@test "a pipe that begins as something compressed does, and ends or stops there" {
	local i part magic=('(' '\x28\xb5' '\x1f' '\xfd7zXZ') format=(zstd zstd gzip xz)
	record all.json
	for i in 0 1 2 3; do
		printf %b "${magic[i]}" | timeout 20 "$TCC_TRACE" -r - >got 2>err
		[ ! -s got ]
		[ "$(account input)" -eq 1 ]
		skip_without "${format[i]}"
		"${format[i]}" -c all.json >packed
		part=$(printf %b "${magic[i]}" | wc -c)
		{ head -c "$part" packed; sleep 0.3; tail -c +$((part + 1)) packed; } |
			again -q -r - | cmp - all.json
	done
	# Whoever waits meanwhile is not busy.
	mkfifo fifo
	exec 5<>fifo
	printf '(' >&5
	"$TCC_TRACE" -q -r fifo 3>&- 5>&- &
	sleep 2
	awk '{ exit !($14 + $15 < 100) }' "/proc/$!/stat"
	kill $!
	wait $! || :
	exec 5>&-
}

@test "a FIFO whose writer comes later, and pauses" {
	local program
	record all.json
	mkfifo fifo
	for program in cat gzip zstd xz; do
		[ "$program" = cat ] || skip_without "$program"
		"$program" <all.json >whole
		timeout 60 "$TCC_TRACE" -q --json --fields=all -r fifo >got 3>&- &
		sleep 0.5
		{ head -c 100 whole; sleep 0.5; tail -c +101 whole; } >fifo
		wait $!
		cmp got all.json
	done
}

@test "CSV: another order, columns of others, quotes, CRLF; JSON with blanks and other members" {
	cat >few.csv <<-'END'
		mine,"snd_cwnd",daddr,time
		"a ""b"", c",7,"10.0.0.2",2026-11-22T22:43:00.5Z
		,,fe80::1,
	END
	sed 's/$/\r/' few.csv >crlf.csv
	cat >few.json <<-'END'
		{ "mine": [1, {"a": "]}"}, null], "snd_cwnd": 7 , "daddr": "10.0.0.2", "time": "2026-11-22T22:43:00.5Z" }
		{"daddr":"fe80::1"}
	END
	cat >expected <<-'END'
		{"time":"2026-11-22T22:43:00.500000000Z","snd_cwnd":7,"daddr":"10.0.0.2"}
		{"time":null,"snd_cwnd":null,"daddr":"fe80::1"}
	END
	local file
	for file in few.csv crlf.csv few.json; do
		"$TCC_TRACE" -q -r "$file" --json --fields=time,snd_cwnd,daddr >got
		diff -u expected got
	done
}

@test "what a file does not have is absent, and said once" {
	"$replay" --json <"$events" >few.json
	cp few.json other.json
	run --separate-stderr -0 "$TCC_TRACE" -q -F snd_cwnd,rto,cc --csv -r few.json other.json
	[ "${lines[1]}" = "10,," ]
	equal "tcc-trace: warning: 'few.json' does not have, and there will be absent: cc, rto" "$stderr"
	# A default of the format is no wish: UTC stands for the kernel's time.
	run --separate-stderr -0 "$TCC_TRACE" -q -r few.json
	[[ ${lines[0]} == "2026-11-22T22:43:00.000000000Z 0.000 ms | 0.000 ms | 172."* ]]
	[ -z "$stderr" ]
}

@test "members of private state that no file has are said, at the end" {
	echo '{"event":"probe","ca.x":7}' >one.json
	echo '{"event":"probe","ca.y":8}' >two.json
	run --separate-stderr -0 "$TCC_TRACE" -q --csv --no-header -F ca.x,ca.y,ca.z,ca.other -r one.json two.json
	[ "$output" = $'7,,,\n,8,,' ]
	equal "tcc-trace: warning: no file that was read has, and it was absent: ca.z, ca.other" "$stderr"
	run --separate-stderr -0 "$TCC_TRACE" -q --csv --no-header -F ca.x,ca.y -r one.json two.json
	[ -z "$stderr" ]
	# Who does not read all does not know.
	run --separate-stderr -0 "$TCC_TRACE" -q -c 1 --csv --no-header -F ca.z -r one.json two.json
	[ -z "$stderr" ]
}

@test "a filter or thinning on a field that the file does not have is an error that names it" {
	echo '{"event":"probe","snd_cwnd":10}' >few.json
	local option
	while read -r field options option; do
		run --separate-stderr -2 "$TCC_TRACE" -r few.json "$options" --json
		echo "$stderr"
		[ -z "$output" ]
		[[ $stderr == *"tcc-trace: $option: 'few.json' has no field '$field' "*" --fields=+$field" ]]
	done <<-'END'
		sport --port=1 --port
		sport --sport=1 --sport
		dport --dport=1 --dport
		saddr --ip=10.0.0.1 --ip
		saddr --src=10.0.0.1 --src
		daddr --dst=10.0.0.1 --dst
		saddr -4 -4
		saddr -6 -6
		mark --mark=1 --mark
		cc --cc=cubic --cc
		netns --netns=4026531840 --netns
		cookie --changes --changes
		cookie --interval=1s --interval
	END
	echo '{"event":"probe","cookie":"0x1"}' >few.json
	run -2 "$TCC_TRACE" -r few.json --changes
	[[ $output == *"--changes: 'few.json' has no field 'snd_cwnd' "* ]]
	run -2 "$TCC_TRACE" -r few.json --interval=1s
	[[ $output == *"--interval: 'few.json' has no field 'time' "* ]]
	# Of a close it is the socket's mark.
	echo '{"event":"close","mark":null}' >few.json
	run -2 "$TCC_TRACE" -r few.json --mark=1 -e close
	[[ $output == *"--mark: 'few.json' has no field 'sk_mark' in its close records"* ]]
}

@test "options that are about the kernel are refused, and files that cannot be read" {
	local option
	for option in --buffer=1M --ca-struct=bbr --ca-btf=x; do
		run -2 "$TCC_TRACE" --read=x "$option"
		[ "$output" = "tcc-trace: ${option%=*}: contradicts --read: it is about tracing" ]
	done
	run -1 "$TCC_TRACE" --read=nowhere
	[ "$output" = "tcc-trace: cannot open 'nowhere': No such file or directory" ]
	run -1 "$TCC_TRACE" --read=.
	[ "$output" = "tcc-trace: cannot open '.': Is a directory" ]
	ln -s all.json.2 all.json.2
	record all.json
	run -1 "$TCC_TRACE" --read=all.json
	[ "$output" = "tcc-trace: cannot open 'all.json.2': Too many levels of symbolic links" ]
	rm all.json.2
	run -2 "$TCC_TRACE" --read=all.json -o all.json
	[[ $output == *"--log-file: 'all.json': expected another file"* ]]
	cp all.json before.json
	status=0
	ln -s all.json link.json
	timeout 20 "$TCC_TRACE" -r all.json --json >>link.json 2>err || status=$?
	[ "$status" -eq 2 ]
	grep -qx 'tcc-trace: standard output is one of the files that are read: expected another' err
	cmp all.json before.json
}

# account WORD: a number of the summary in `err`.
account() {
	sed -nE "s/^tcc-trace: probe: .*\b$1 ([0-9]+).*/\1/p" err
}

@test "lines that cannot be read are counted, and said by file and line; --strict is 3" {
	record all.json
	sed -e '3s/:/;/' -e '4s/snd_cwnd":10/snd_cwnd":x/' -e '9s/"saddr":"/&x/' all.json >bad.json
	echo '{"event":"probe","snd_cwnd":1' >>bad.json
	status=0
	"$TCC_TRACE" -r bad.json --csv -F snd_cwnd >got 2>err || status=$?
	[ "$status" -eq 0 ]
	cat err
	[ "$(wc -l <got)" -eq 24 ]
	grep -qx "tcc-trace: warning: 'bad.json': lines 3 to 4 cannot be read" err
	grep -qx "tcc-trace: warning: 'bad.json': line 9 cannot be read" err
	grep -qx "tcc-trace: warning: 'bad.json': line 27 cannot be read" err
	[ "$(account seen)" -eq 27 ]
	[ "$(account written)" -eq 23 ]
	[ "$(account input)" -eq 4 ]
	run -3 "$TCC_TRACE" -q --strict -r bad.json
}

@test "a line of CSV that was cut off is lost, however whole it looks; JSON's is if it is not" {
	record all.csv -F snd_cwnd,srtt
	head -c -1 all.csv >cut.csv
	"$TCC_TRACE" -r cut.csv --csv -F snd_cwnd,srtt >got 2>err
	cmp got <(head -n -1 all.csv)
	[ "$(account input)" -eq 1 ]
	record all.json
	head -c -1 all.json | again -r - 2>err | cmp - all.json
	[ "$(account lost)" -eq 0 ]
	head -c -2 all.json | again -r - 2>err | cmp - <(head -n -1 all.json)
	[ "$(account input)" -eq 1 ]
	grep -qx "tcc-trace: warning: 'standard input': line 26 cannot be read" err
}

@test "what a crash left before the first line costs that line alone" {
	local before
	record all.json
	record all.csv
	for before in '"snd_cwnd":10}\n' '\0\0\0\0\n' 'Nov 22 host tcc-trace[1]: begun\n' \
		'{"event":"probe","snd_c\n' '{"a":1}\n' 'a,b\n'; do
		{ printf %b "$before"; cat all.json; } >file
		again -r file 2>err | cmp - all.json
		cat err
		[ "$(account input)" -eq 1 ]
		grep -qx "tcc-trace: warning: 'file': line 1 cannot be read" err
		[ "$(grep -c warning: err)" -eq 1 ]
		{ printf %b "$before"; cat all.csv; } >file
		"$TCC_TRACE" -r file --csv -F all 2>err | cmp - all.csv
		[ "$(account input)" -eq 1 ]
	done
	# Those who write this mean nothing by it.
	for before in all.json all.csv; do
		{ printf '\xef\xbb\xbf'; cat $before; } >file
		"$TCC_TRACE" -r file --format=${before#*.} -F all 2>err | sed '/"event":"end"/d' |
			cmp - $before
		[ "$(account lost)" -eq 0 ]
	done
	# One line, and whole but for its LF.
	head -n 1 all.json | tr -d '\n' | again -r - 2>err | cmp - <(head -n 1 all.json)
	[ "$(account lost)" -eq 0 ]
}

@test "a compressed file that is cut off, is damaged, or is a bomb" {
	local program
	make_set
	for program in gzip zstd xz; do
		for _ in 1 2 3 4 5 6 7 8 9 10; do cat all.json; done | "$program" -c >whole
		head -c $(($(stat -c %s whole) - 20)) whole >cut.json
		again -r cut.json >got 2>err
		cat err
		grep -qx "tcc-trace: warning: 'cut.json': cut off or damaged: $program gives up" err
		[ "$(account input)" -eq 1 ]
		[ "$(wc -l <got)" -eq "$(account written)" ]
	done
	head -c 200M /dev/zero | gzip -c >bomb
	"$TCC_TRACE" -r bomb 2>err
	grep -qx "tcc-trace: warning: 'bomb': is no text; given up" err
	[ "$(account input)" -eq 1 ]
}

@test "a program that gives all and fails all the same is believed: what it gave may be short" {
	local status
	skip_without gzip
	record all.json
	gzip all.json
	mkdir bin
	for status in 0 1 77; do
		printf '#!/bin/sh\n%s "$@"\nexit %d\n' "$(command -v gzip)" "$status" >bin/gzip
		chmod +x bin/gzip
		PATH=$PWD/bin:$PATH again -r all.json.gz >got 2>err
		[ "$(grep -c '"event":"probe"' got)" -eq 26 ]
		if [ "$status" -eq 0 ]; then
			[ "$(account input)" = "" ]
			run ! grep warning err
		else
			[ "$(account input)" -eq 1 ]
			grep -qx "tcc-trace: warning: 'all.json.gz': cut off or damaged: gzip gives up" err
		fi
	done
	PATH=$PWD/bin:$PATH run -3 "$TCC_TRACE" -q --strict -r all.json.gz
}

@test "what is no file of records says so, and nothing of it gets through" {
	printf 'one\n\n{"a":1}\n' >other
	run --separate-stderr -0 "$TCC_TRACE" -r other
	[ -z "$output" ]
	[[ $stderr == *"warning: 'other': neither JSON Lines nor CSV with its heading"* ]]
	# What would have to be escaped in the output is no value.
	cat >forged.json <<-'END'
		{"event":"probe","cc":"a\"b"}
		{"event":"probe","cc":"a b"}
		{"event":"probe","saddr":"10.0.0.1 "}
		{"event":"probe","saddr":"localhost"}
		{"event":"probe","ca_state":"Open,"}
		{"event":"probe","cookie":"0X1"}
		{"event":"probe","sport":65536}
		{"event":"probe","snd_cwnd":4294967296}
		{"event":"probe","bytes_sent":18446744073709551616}
		{"event":"probe","time":"2026-13-22T22:43:00.5Z"}
		{"event":"probe","time":"1969-12-31T23:59:59.5Z"}
		{"event":"probe","time_us":-1}
		{"event":"probe","time_us":9223372036854776}
		{"event":"probe","snd_cwnd":"1"}
		{"event":"probe","ca.x y":1}{}
	END
	again -r forged.json >got 2>err
	cat err
	[ "$(wc -l <got)" -eq 1 ]
	grep -q '^{"event":"end",' got
	[ "$(account input)" -eq 15 ]
}

@test "the account has what the files' end records say, and is unknown without one" {
	cat >log.json <<-'END'
		{"event":"trace","schema":1,"host":"here"}
		{"event":"probe","snd_cwnd":10,"lost":5}
		{"event":"close","snd_cwnd":10}
		{"event":"end","probe_lost":7,"probe_missed":2,"close_lost":1,"close_missed":0}
	END
	"$TCC_TRACE" -r log.json -e probe,close 2>err
	cat err
	grep -qx 'tcc-trace: probe: seen 10 = written 1 + filtered 0 + lost 7 + missed 2 + discarded 0 (lost: buffer 7, output 0)' err
	grep -qx 'tcc-trace: close: seen 2 = written 1 + filtered 0 + lost 1 + missed 0 + discarded 0 (lost: buffer 1, output 0)' err
	run -3 "$TCC_TRACE" -q --strict -r log.json
	sed -i '$s/7/0/; $s/2/0/' log.json
	run -0 "$TCC_TRACE" -q --strict -r log.json
	# Of what the file says, each by its cause.
	sed '$s/"probe_lost":0/"probe_lost":9,"probe_lost_output":3,"probe_lost_input":2/' log.json >causes.json
	"$TCC_TRACE" -r causes.json 2>err
	cat err
	grep -q '^tcc-trace: probe: .* lost 9 .* (lost: buffer 4, output 3, input 2)$' err
	# A trace that was killed, another behind it.
	cat <(head -n 3 log.json) log.json >killed.json
	"$TCC_TRACE" -r killed.json 2>err
	grep -q '^tcc-trace: probe: seen 2 = .*; what else was lost or missed is unknown$' err
	run -3 "$TCC_TRACE" -q --strict -r killed.json
	# It says so itself, and is read so.
	"$TCC_TRACE" -q -r killed.json -o again.json
	tail -n 1 again.json | grep -q '"probe_unknown":true'
	run -3 "$TCC_TRACE" -q --strict -r again.json
}

@test "members in another order: kinds, the opening and the end record are what they are" {
	cat >log.json <<-'END'
		{"clock":{"ktime":1},"event":"trace","host":"here","schema":1,"time":"2026-11-22T22:43:00Z"}
		{"cookie":"0x1","event":"probe","snd_cwnd":10}
		{"cookie":"0x1","event":"close","snd_cwnd":11}
		{"cookie":"0x1","event":"close","snd_cwnd":12}
		{"cookie":"0x1","event":"probe","snd_cwnd":13}
		{"cookie":"0x1","event":"later","snd_cwnd":14}
		{"connections":1,"event":"end","probe_lost":7,"probe_missed":2}
	END
	"$TCC_TRACE" -r log.json --csv -F snd_cwnd >got 2>err
	equal "$(printf '%s\n' snd_cwnd 10 13)" "$(cat got)"
	grep -qx 'tcc-trace: probe: seen 11 = written 2 + filtered 0 + lost 7 + missed 2 + discarded 0 (lost: buffer 7, output 0)' err
	sed -i '1s/"schema":1/"schema":99/' log.json
	run -1 "$TCC_TRACE" -r log.json
	[[ $output == *"schema number 99: expected at most "* ]]
}

@test "a record whose private state is more than a socket's keeps all else" {
	local i
	{
		printf '{"event":"probe","snd_cwnd":7'
		for i in $(seq 200); do printf ',"ca.m%d":"1844674407370955%d"' "$i" "$i"; done
		printf '}\n'
	} >log.json
	"$TCC_TRACE" -r log.json --json -F snd_cwnd,ca 2>err >got
	head -n 1 got | grep -qx '{"snd_cwnd":7}'
	[ "$(account lost)" -eq 0 ]
}

@test "a schema that is not known yet is refused" {
	echo '{"event":"trace","schema":99}' >log.json
	echo '{"event":"probe","snd_cwnd":10}' >>log.json
	run --separate-stderr -1 "$TCC_TRACE" -r log.json
	[ -z "$output" ]
	[[ $stderr == *"tcc-trace: 'log.json': line 1: schema number 99: expected at most "* ]]
}

@test "--count, a reader that goes away, a log file, --tee" {
	record all.json
	equal "$(head -n 3 all.json)" "$(again -q -c 3 -r all.json)"
	for _ in $(seq 400); do cat all.json; done >many.json
	status=0
	again -q -r many.json | head -n 2 | cmp - <(head -n 2 all.json)
	"$TCC_TRACE" -q -r many.json -o log.csv --tee=json -F all >copy
	cmp copy many.json
	[ "$(wc -l <log.csv)" -eq $(($(wc -l <many.json) + 1)) ]
	"$TCC_TRACE" -q -r log.csv --json -F all | cmp - many.json
}

@test "--count of several files: the account has what was asked for" {
	record all.json
	sed 's/"cpu":0/"cpu":1/' all.json >other.json
	"$TCC_TRACE" -c 3 -r all.json other.json >got 2>err
	[ "$(wc -l <got)" -eq 3 ]
	[ "$(account seen)" -eq 3 ]
	[ "$(account written)" -eq 3 ]
	[ "$(account lost)" -eq 0 ]
}

@test "signals and --duration are heard while no record passes the filter" {
	local pid options
	record all.json
	for _ in $(seq 400); do cat all.json; done >many.json
	for options in --dst=203.0.113.9 '--interval=1000h --duration=1s'; do
		mkfifo fifo
		(while cat many.json; do :; done) >fifo 2>/dev/null 3>&- &
		# shellcheck disable=SC2086 # options
		timeout -s KILL 30 "$TCC_TRACE" -r fifo $options >/dev/null 2>err 3>&- &
		pid=$!
		[[ $options == *duration* ]] || {
			sleep 1
			kill -TERM $(pgrep -P $pid)
		}
		status=0
		wait $pid || status=$?
		cat err
		[ $status -ne 137 ]
		[ "$(account filtered)" -gt 10000 ]
		rm fifo
	done
}

@test "connections of several hosts are apart, though their cookies are the same" {
	local host
	for host in a b a; do
		printf '{"event":"trace","schema":1,"host":"%s"}\n' "$host"
		printf '{"event":"probe","cookie":"0x1","snd_cwnd":%d}\n' 10
	done >log.json
	"$TCC_TRACE" -r log.json 2>err
	grep -qE '^tcc-trace: 2 connections in ' err
	# A host that booted counts its cookies from the first again.
	sed -i 's/"a"/&,"boot_id":"one"/; 5s/one/two/' log.json
	"$TCC_TRACE" -r log.json 2>err
	grep -qE '^tcc-trace: 3 connections in ' err
}

@test "the field host: of the opening record, of the record itself, absent" {
	local host
	for host in web-1 db.example; do
		printf '{"event":"trace","schema":2,"host":"%s"}\n' "$host"
		printf '{"event":"probe","time":"2026-11-22T22:43:00.%dZ","cookie":"0x1"}\n' "${#host}"
	done >log.json
	sed -n 1,2p log.json >web.json
	sed -n 3,4p log.json >db.json
	hosts() { "$TCC_TRACE" --csv --no-header -F host,cookie "$@"; }
	equal "$(printf '%s\n' web-1,0x1 db.example,0x1)" "$(hosts -r log.json)"
	equal "$(printf '%s\n' db.example,0x1 web-1,0x1)" \
		"$(sed -i 's/00.5Z/01Z/' web.json; hosts -q -r web.json -r db.json)"
	# What was merged says so of each record, also in CSV; connections stay apart.
	"$TCC_TRACE" -q -r web.json -r db.json --csv -F time,host,cookie >merged.csv
	equal "$(printf '%s\n' db.example,0x1 web-1,0x1)" "$(hosts -r merged.csv 2>err)"
	grep -qE '^tcc-trace: 2 connections in ' err
	"$TCC_TRACE" -q -r web.json -r db.json --json -F time,host,cookie >merged.json
	equal "$(printf '%s\n' db.example,0x1 web-1,0x1)" "$(hosts -r merged.json)"
	# It is said that there are several, unless that is seen.
	"$TCC_TRACE" -r log.json >/dev/null 2>err
	grep -qx "tcc-trace: 'log.json' is of another host than what was read before: --fields=+host tells them apart" err
	hosts -r log.json 2>err
	run ! grep "another host" err
	printf 'time,cookie\n2026-11-22T22:43:00Z,0x1\n' >none.csv
	equal ",0x1" "$(hosts -r none.csv 2>err)"
	grep -qx "tcc-trace: warning: 'none.csv' does not have, and there will be absent: host" err
	# A name that would have to be escaped is none.
	sed 's/web-1/web 1/' web.json >odd.json
	equal ",0x1" "$(hosts -q -r odd.json)"
	printf '{"event":"probe","host":"%065d"}\n' 0 >odd.json
	run -3 hosts -q --strict -r odd.json
}

@test "marks of what was lost, and of what was left out, outlive the records that are left out" {
	cat >log.json <<-'END'
		{"event":"probe","time":"2026-11-22T22:43:00.1Z","cookie":"0x1","cpu":0,"dport":1,"snd_cwnd":1,"lost":5,"skipped":2}
		{"event":"probe","time":"2026-11-22T22:43:00.2Z","cookie":"0x1","cpu":0,"dport":1,"snd_cwnd":1,"lost":6,"skipped":3}
		{"event":"probe","time":"2026-11-22T22:43:00.3Z","cookie":"0x2","cpu":1,"dport":2,"snd_cwnd":1,"lost":0,"skipped":0}
		{"event":"close","time":"2026-11-22T22:43:00.4Z","cookie":"0x2","cpu":0,"dport":2,"snd_cwnd":1,"lost":1}
		{"event":"probe","time":"2026-11-22T22:43:00.5Z","cookie":"0x2","cpu":0,"dport":2,"snd_cwnd":1,"lost":7,"skipped":0}
		{"event":"probe","time":"2026-11-22T22:43:09.6Z","cookie":"0x1","cpu":0,"dport":1,"snd_cwnd":2,"lost":0,"skipped":4}
	END
	few() {
		"$TCC_TRACE" -q -r log.json -e probe,close --csv --no-header \
			-F event,cookie,cpu,lost,skipped "$@"
	}
	equal "$(printf '%s\n' probe,0x2,1,0,0 close,0x2,0,1, probe,0x2,0,18,0)" "$(few --dport=2)"
	equal "$(printf '%s\n' probe,0x1,0,5,2 probe,0x2,1,0,0 close,0x2,0,1, probe,0x1,0,13,8)" \
		"$(few --interval=5s | sed '/probe,0x2,0/d')"
}

@test "what is ended before a file's end record does not claim to know what was lost" {
	cat >log.json <<-'END'
		{"event":"probe","snd_cwnd":10}
		{"event":"probe","snd_cwnd":10}
		{"event":"end","probe_lost":7,"probe_missed":0}
	END
	sed 2d log.json >short.json
	"$TCC_TRACE" -r log.json -c 1 2>err
	grep -q 'what else was lost or missed is unknown$' err
	"$TCC_TRACE" -c 2 -r short.json log.json 2>err
	grep -q 'what else was lost or missed is unknown$' err
	"$TCC_TRACE" -r log.json -c 3 2>err
	run ! grep unknown err
}

@test "a reduction is made anew, or kept where the file has not what it is made of" {
	events=$TCC_TESTS/golden/reduction.events
	local kinds=ca_state,reduction
	"$replay" --json -F all -e $kinds <"$events" >both.json
	"$replay" --json -F all -e ca_state <"$events" >states.json
	[ "$(grep -c '"event":"reduction"' both.json)" -gt 5 ]
	again -q -r states.json -e probe,retransmit,state,reset,close,$kinds | cmp - both.json
	again -q -r both.json -e probe,retransmit,state,reset,close,$kinds | cmp - both.json
	sed 's/"undo_marker":[0-9a-z]*,//' both.json >few.json
	equal "$(grep -c '"event":"reduction"' both.json)" \
		"$(again -q -r few.json -e reduction 2>/dev/null | wc -l)"
	grep -v '"event":"reduction"' few.json >fewer.json
	run --separate-stderr -0 again -q -r fewer.json -e reduction
	[ -z "$output" ]
	[[ $stderr == *"'fewer.json': nothing is made of its ca_state records, which do not have: undo_marker" ]]
	run --separate-stderr -0 again -q -r states.json -e reduction
	[[ $stderr != *"nothing is made"* ]]
}

# bats test_tags=plain
@test "a file that is twenty times as large takes no more memory" {
	skip_without python3
	record all.json
	for _ in $(seq 200); do cat all.json; done >small.json
	for _ in $(seq 20); do cat small.json; done >large.json
	peak() {
		"$(command -v python3)" -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$TCC_TRACE" -q --json -F all -r "$1"
	}
	local small large
	small=$(peak small.json)
	large=$(peak large.json)
	echo "$small KiB, $large KiB"
	[ "$large" -lt $((small + 2000)) ]
}

# Without what has had another meaning since: where that is so it is absent.
without_limits() {
	sed -E 's/"(limited_by|limited_side|share_[a-z]+)":[^,}]*/"\1":null/g'
}

# Of its only rate in bit/s, all are in bytes/s now.
in_one_unit() {
	sed 's/"bbr_bw":14563546872/"bbr_rate":1820443359/; s/"bbr_bw":\(0\|null\)/"bbr_rate":\1/'
}

@test "files of version 0.1: read as they are" {
	local sample=$TCC_TESTS/read/sample-0.1 fields
	fields=$(head -n 2 "$sample.json" | sed -n '2s/"\(ca\.[^"]*\)":[^,}]*,\{0,1\}//g; 2p' |
		grep -oE '"[a-z0-9_]+":' | tr -d '":' | sed 's/^bbr_bw$/bbr_rate/' | paste -sd ,)
	[[ $fields == event,time,*,cause ]]
	equal "$(grep -vE '"event":"(trace|end)"' "$sample.json" | in_one_unit | without_limits)" \
		"$("$TCC_TRACE" -q --strict -r "$sample.json" --json -F "$fields,ca" \
			-e probe,retransmit,ca_state,state,reset,close | without_limits)"
	equal "$(cat "$sample.csv")" \
		"$("$TCC_TRACE" -q -r "$sample.csv" --csv -F "$(head -n 1 "$sample.csv")" -e probe,state,close)"
	printf 'event,bbr_bw\nprobe,14563546872\nprobe,\n' >old.csv
	equal "$(printf 'event,bbr_rate\nprobe,1820443359\nprobe,\n')" \
		"$("$TCC_TRACE" -q -r old.csv --csv -F event,bbr_rate)"
}

@test "a set that was cut by kill -9 at any moment: what is whole is read, the rest said" {
	local i n bytes
	record all.json
	bytes=$(stat -c %s all.json)
	for i in $(seq 50); do
		n=$((bytes * i / 51))
		head -c "$n" all.json >cut.json
		cp all.json cut.json.1
		again -r cut.json >got 2>err
		cmp got <(cat all.json; head -n "$(wc -l <cut.json)" all.json)
		[ "$(tail -c 1 cut.json | wc -l)" -eq 1 ] || [ "$(account input)" -eq 1 ]
	done
}

# is_locked PID: without any capability, and for good.
is_locked() {
	local status=/proc/$1/status
	grep -qE '^CapPrm:\s+0+$' "$status" && grep -qE '^CapEff:\s+0+$' "$status" &&
		grep -qE '^CapAmb:\s+0+$' "$status" && grep -qE '^NoNewPrivs:\s+1$' "$status"
}

@test "before the first byte is read all privilege is gone, of what unpacks too" {
	local pid helper i
	record all.json
	mkfifo fifo
	"$TCC_TRACE" --json --fields=all -r fifo >got 2>err 3>&- &
	pid=$!
	exec 5>fifo
	for ((i = 0; i < 500; i++)); do
		! grep -q '^tcc-trace: reading ' err || break
		sleep 0.02
	done
	is_locked "$pid"
	helper=$(pgrep -P "$pid")
	[ -n "$helper" ]
	is_locked "$helper"
	cat all.json >&5
	exec 5>&-
	wait "$pid"
	cmp got all.json
}
