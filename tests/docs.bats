#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is written of the program beside the program: the man pages, the
# completions, README.md, HACKING. The program itself says what is true.

bats_require_minimum_version 1.5.0
load lib/common
load lib/examples

setup() {
	SOURCE=$TCC_TESTS/..
	PAGE=$TCC_BUILD/man/tcc-trace.8
	TUTORIAL=$SOURCE/man/tcc-trace-tutorial.7
	[ -x "$TCC_TRACE" ]
	[ -f "$PAGE" ]
	COMPLETIONS=$SOURCE/completions
	# Shells keep files there.
	export HOME=$BATS_TEST_TMPDIR
	unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME ZDOTDIR
	# The completions run the program that is on the command line.
	PATH=$(dirname "$TCC_TRACE"):$PATH
	cd "$BATS_TEST_TMPDIR" || return
}

# ---- what the program says --------------------------------------------------

# "-i, --ip=ADDR[/LEN],..." of each option of --help, sorted.
help_options() {
	"$TCC_TRACE" --help | sed -nE 's/^ +((-., )?--?[^ ]+).*/\1/p' | LC_ALL=C sort
}

# "-i" and "--ip" on lines of their own, sorted.
help_option_names() {
	help_options | sed -E 's/, /\n/; s/\[?=.*//' | sed -E 's/\[?=.*//' | LC_ALL=C sort
}

# "--color auto always never" of each option that is a choice.
help_choices() {
	help_options | sed -nE 's/.*(--[a-z-]+)=([a-z|]*\|[a-z|]*)$/\1 \2/p' | tr '|' ' '
}

# --fields=help, each field on one line.
field_lines() {
	"$TCC_TRACE" --fields=help | awk '
		/^ / { sub(/^ +/, " "); line = line $0; next }
		NR > 1 { print line }
		{ line = $0 }
		END { print line }'
}

# "name|type|unit|Meaning." of each field of --fields=help.
help_fields() {
	field_lines | awk '
		function cell(from, to,   text) {
			text = substr($0, from, to - from)
			sub(/ +$/, "", text)
			return text
		}
		NR == 1 {
			type = index($0, "TYPE"); unit = index($0, "UNIT")
			meaning = index($0, "MEANING")
			next
		}
		/^$/ { exit }	# what is no table follows
		{
			text = cell(meaning, 1000)
			of = cell(unit, meaning)
			print cell(1, type) "|" cell(type, unit) "|" (of == "-" ? "" : of) "|" \
				toupper(substr(text, 1, 1)) substr(text, 2) "."
		}'
}

# ---- the man page -----------------------------------------------------------

# The tags of a section of the page, without roff, and the line behind each:
# "TAG<TAB>LINE".
page_tags() {
	awk -v section="$1" '
		function plain(text) {
			gsub(/\\f./, "", text)
			gsub(/\\-/, "-", text)
			gsub(/\\\(aq/, "\047", text)
			gsub(/\\\(dq/, "\"", text)
			return text
		}
		/^\.SH / { is_in = $0 == ".SH " section }
		function end() { if (is_more) print tag "\t" text; is_more = 0 }
		/^\./ { end() }
		is_more { text = text " " plain($0) }
		is_text { text = plain($0); is_text = 0; is_more = 1 }
		is_tag { tag = plain($0); is_text = 1 }
		{ is_tag = is_in && $0 == ".TP" }
		END { end() }' "$PAGE"
}

@test "the man page has each option of --help, with its argument, and no other" {
	equal "$(help_options)" "$(page_tags OPTIONS | cut -f 1 | LC_ALL=C sort)"
}

@test "what the program prints of itself fits 80 columns, and the end of each meaning is there" {
	for words in --help --fields=help --events=help --version; do
		"$TCC_TRACE" "$words" >text
		[ "$(wc -l <text)" -ge 2 ]
		run -1 grep -nE '^.{81}' text
	done
	# In its column, which the heading names.
	run -0 awk '
		NR == 1 { column = index($0, "MEANING"); next }
		/^$/ { exit }
		substr($0, column - 1, 1) != " " || substr($0, column, 1) == " " { print; bad = 1 }
		END { exit bad }' <("$TCC_TRACE" --fields=help)
}

@test "the man page has each field of --fields=help, with type, unit and meaning, and no other" {
	equal "$(help_fields)" "$(page_tags FIELDS |
		sed -E 's/^\.BR ([^ ]+) " \(([a-z]+)(; ([^)]*))?\)"\t/\1|\2|\4|/')"
}

@test "the man page has the version of the program" {
	grep -q "^\.TH .*\"$("$TCC_TRACE" --version | head -n 1)\"" "$PAGE"
}

@test "no field is made for the man page whose type is not known" {
	sed 's/^FIELD(mark, U32,/FIELD(mark, U128,/' "$SOURCE/src/record/fields.def" >fields.def
	run -1 awk -v "values=$SOURCE/src/record/values.def" -v fields=fields.def \
		-f "$SOURCE/man/fields.awk" "$SOURCE/man/tcc-trace.8.in"
	[[ $output == *'kind U128 of field mark'* ]]
	run -1 awk -v fields=/nonexistent -f "$SOURCE/man/fields.awk" \
		"$SOURCE/man/tcc-trace.8.in"
	run -1 awk -v values=/nonexistent -v "fields=$SOURCE/src/record/fields.def" \
		-f "$SOURCE/man/fields.awk" "$SOURCE/man/tcc-trace.8.in"
	[[ $output == *'kind EVENT of field event'* ]]
}

@test "the man pages: mandoc finds no fault" {
	skip_without mandoc
	for page in "$PAGE" "$TUTORIAL"; do
		run -0 mandoc -W warning -T lint "$page"
		[ -z "$output" ]
	done
}

@test "the man pages: groff finds no fault" {
	skip_without groff
	for page in "$PAGE" "$TUTORIAL"; do
		run -0 groff -man -ww -z "$page"
		[ -z "$output" ]
	done
}

@test "the man pages: man finds no fault" {
	skip_without man groff
	run -0 --separate-stderr man --warnings -l "$PAGE"
	[ -z "$stderr" ]
	[[ $output == *"tcp:tcp_probe"* ]]
	run -0 --separate-stderr man --warnings -l "$TUTORIAL"
	[ -z "$stderr" ]
	[[ $output == *PROBE_RTT* ]]
}

@test "the man pages: lexgrog finds their names" {
	skip_without lexgrog
	run -0 lexgrog "$PAGE"
	[[ $output == *'"tcc-trace - trace TCP congestion control"' ]]
	run -0 lexgrog "$TUTORIAL"
	[[ $output == *'"tcc-trace-tutorial - reading a trace of a congestion window"' ]]
}

@test "the man pages name each other" {
	grep -q '^\.BR tcc\\-trace\\-tutorial (7)' "$PAGE"
	sed -n '/^\.SH SEE ALSO/,$p' "$TUTORIAL" | grep -q '^\.BR tcc\\-trace (8)'
}

# kinds_hold PROGRAM PAGE: all that tells of the kinds of event tells of those there are.
kinds_hold() {
	local program=$1 page=$2 kinds kind wanted message
	wanted=$(sed -nE 's/^KIND\([A-Z_]+, ([a-z_]+), .*/\1/p' "$SOURCE/src/record/kinds.def" |
		LC_ALL=C sort)
	kinds=$("$program" --events=help | awk 'NR > 1 { print $1 }')
	equal "$wanted" "$(LC_ALL=C sort <<<"$kinds")" || return
	for kind in $kinds; do
		"$program" "--events=$kind" --version >/dev/null || return
	done
	# Each with a sentence.
	[ "$("$program" --events=help | awk 'NR > 1 && NF >= 4' | wc -l)" -eq \
		"$(wc -l <<<"$kinds")" ] || return
	equal "$wanted" "$("$program" --help | sed -n '/--events=LIST/,/lists them/p' |
		tr -s ' \n' ' ' | sed -E "s/.*default probe: //; s/, 'all'.*//; s/, /\\n/g" |
		LC_ALL=C sort)" || return
	message=$("$program" --events=nonsense 2>&1) && return 1
	equal "$wanted" "$(sed -E "s/.*a list of //; s/, 'all'.*//; s/, /\\n/g" <<<"$message" |
		LC_ALL=C sort)" || return
	equal "$wanted" "$(sed -n '/^\.SH EVENTS/,/^\.SH LIMITED/s/^\.SS \([a-z_]*\)$/\1/p' "$page" |
		LC_ALL=C sort)"
}

@test "a kind of event that is advertised and not there is found, and one that is missing" {
	kinds_hold "$TCC_TRACE" "$PAGE"
	# Another kind in one place; then, the last, one less.
	wrap() {
		printf '#!/bin/sh\n"%s" "$@" 2>err | sed -e "%s"\ncat err >&2\n' "$TCC_TRACE" "$1" >wrapped
		echo 'case $* in *nonsense*) exit 2 ;; *=drop*) exit 2 ;; esac' >>wrapped
		chmod +x wrapped
	}
	wrap ''
	kinds_hold ./wrapped "$PAGE"
	wrap 's/^close .*/&\\ndrop         a packet is dropped/'
	run ! kinds_hold ./wrapped "$PAGE"
	wrap 's/reset, close/reset, drop, close/'
	run ! kinds_hold ./wrapped "$PAGE"
	wrap '/^reset /d'
	run ! kinds_hold ./wrapped "$PAGE"
	sed 's/^\.SS close$/.SS drop\n&/' "$PAGE" >page
	run ! kinds_hold "$TCC_TRACE" page
	sed '/^\.SS reset$/d' "$PAGE" >page
	run ! kinds_hold "$TCC_TRACE" page
}

@test "the man page explains each kind of event, and each value of limited_by" {
	kinds_hold "$TCC_TRACE" "$PAGE"
	equal "$(field_lines | sed -n 's/^limited_by .*: //p' | sed 's/, /\n/g' |
		LC_ALL=C sort)" \
		"$(page_tags 'LIMITED BY' | sed -n 's/^\.B \([a-z]*\)\t.*/\1/p' | LC_ALL=C sort -u)"
}

# ---- the completions --------------------------------------------------------

# The names of options in a completion's text, for machines without the shell.
options_in_text() {
	case $1 in
		bash) sed -n '/^_tcc_trace_options=/,/[^=]'\''$/p' "$COMPLETIONS/tcc-trace.bash" ;;
		zsh) sed -n '/^_arguments/,$ { /^_arguments/d; s/\[.*//; s/([^)]*)//; p }' \
			"$COMPLETIONS/_tcc-trace" ;;
		fish) sed -nE "s/^complete -c tcc-trace (.*) -d .*/ \1/p" "$COMPLETIONS/tcc-trace.fish" |
			sed -E "s/ -n \S+//; s/-a '[^']*'//; s/ -[rFfx]\b//g; s/ -s (.)/ -\1/; s/ -l / --/" ;;
	esac | grep -oE -- '--?[A-Za-z0-9-]+' | LC_ALL=C sort -u
}

@test "each completion has each option of --help, and no other" {
	for shell in bash zsh fish; do
		echo "$shell:"
		equal "$(help_option_names)" "$(options_in_text $shell)"
	done
}

# candidates SHELL LINE...: print what the shell offers for each command line,
# on a line of its own; without what goes before the value in --name=value.
candidates() {
	local shell=$1 n line offered
	shift
	case $shell in
		bash) bash "$TCC_TESTS/lib/complete.bash" "$COMPLETIONS/tcc-trace.bash" "$@" ;;
		zsh) zsh -f "$TCC_TESTS/lib/complete.zsh" "$COMPLETIONS" "$@" ;;
		fish) fish --no-config "$TCC_TESTS/lib/complete.fish" \
			"$COMPLETIONS/tcc-trace.fish" "$@" ;;
	esac >candidates.out || return
	mapfile -t offered <candidates.out
	[ "${#offered[@]}" -eq "$#" ] || return
	for ((n = 0; n < $#; n++)); do
		line=${*:n + 1:1}
		if [[ ${line##* } == --*=* ]]; then
			sed -E 's/(^| )--[a-z-]+=/\1/g' <<<"${offered[n]}"
		else
			sed -E 's/=( |$)/\1/g' <<<"${offered[n]}"
		fi
	done
}

# What is to be offered, to any shell: LINE, `:`, the candidates, sorted.
general_cases='
tcc-trace --fo: --follow --format
tcc-trace --ve: --verbose --version
tcc-trace --csv --co: --color --compress --count
tcc-trace --strict --d: --dport --dst --duration
tcc-trace --format=j: json
tcc-trace --format t: tcpprobe text
tcc-trace --compress z: zstd
tcc-trace --cc=ren: reno
tcc-trace --events=: all ca_state close help probe reduction reset retransmit state
tcc-trace --events=c: ca_state close
tcc-trace --events=probe,re: probe,reduction probe,reset probe,retransmit
tcc-trace --events=probe,pr:
tcc-trace --events=probe,he:
./elsewhere/tcc-trace --events=ne: new
tcc-trace -e st: state
tcc-trace -e retransmit,ca: retransmit,ca_state
tcc-trace --ca: --ca-btf --ca-struct
tcc-trace --ca-btf=fi: file-a file-b
tcc-trace --ca-struct=:
tcc-trace --fields=limited: limited_by limited_side
tcc-trace --fields=+c: +ca +ca_state +cause +cc +cgroup +cong_control +conn_ms +cookie +cpu +cubic_k +cubic_last_max_cwnd +cwnd_max +cwnd_mean +cwnd_min +cwr_ms
tcc-trace --fields=+ca,bbr_m: +ca,bbr_min_rtt +ca,bbr_mode
tcc-trace --fields=snd_cwnd,bbr_r: snd_cwnd,bbr_rate
tcc-trace --fields=Besi:
tcc-trace --rotate-keep=a: all
tcc-trace --rotate-size=1:
tcc-trace --user=nobo: nobody
tcc-trace --color=a: always auto
tcc-trace --fields=snd_: snd_cwnd snd_nxt snd_ssthresh snd_una snd_wnd
tcc-trace --fields=he: help
tcc-trace --fields=al: all
tcc-trace --fields=+cp: +cpu
tcc-trace --fields=-mar: -mark
tcc-trace --fields=+cpu,-mar: +cpu,-mark
tcc-trace --fields=cpu,al: cpu,all
tcc-trace --fields=-al:
tcc-trace --fields=+he:
tcc-trace --fields=cpu,he:
tcc-trace --fields=srtt,snd_cwnd,snd_: srtt,snd_cwnd,snd_nxt srtt,snd_cwnd,snd_ssthresh srtt,snd_cwnd,snd_una srtt,snd_cwnd,snd_wnd
tcc-trace --fields=+mark,-ma:
tcc-trace -F +conn: +conn_ms
tcc-trace -qF cp: cpu
tcc-trace --log-file=fi: file-a file-b
tcc-trace -o fi: file-a file-b
tcc-trace --port=:
tcc-trace --src :
tcc-trace --count=1:
tcc-trace tcc-prog: tcc-program
tcc-trace -q --port 80 tcc-prog: tcc-program
tcc-trace -qp 80 --tee tcc-prog: tcc-program
tcc-trace --fields=srtt -p80 tcc-prog: tcc-program
tcc-trace --csv -- tcc-prog: tcc-program
tcc-trace --port tcc-prog:
tcc-trace --fields=srtt tcc-program --fo:
tcc-trace tcc-program fi: file-a file-b
tcc-trace -o file-a tcc-program -x fi: file-a file-b
./elsewhere/tcc-trace --fields=+ne: +new
./elsewhere/tcc-trace --fields=+cp:
'

grep -qsw cubic /proc/sys/net/ipv4/tcp_available_congestion_control &&
	general_cases+='tcc-trace --cc=reno,cub: reno,cubic
'

# cases_hold SHELL CASES
cases_hold() {
	local wanted lines=()
	touch file-a file-b
	mkdir elsewhere
	printf '#!/bin/sh\necho HEADING\necho "new number - a field"\n' >elsewhere/tcc-trace
	chmod +x elsewhere/tcc-trace
	mkdir programs
	printf '#!/bin/sh\n' >programs/tcc-program
	chmod +x programs/tcc-program
	wanted=$(sed '/^$/d' <<<"$2")
	mapfile -t lines <<<"$wanted"
	lines=("${lines[@]%:*}")
	PATH=$PWD/programs:$PATH candidates "$1" "${lines[@]}" >got
	equal "$wanted" "$(paste -d : <(printf '%s\n' "${lines[@]}") <(sed 's/^./ &/' got))"
}

# choices_hold SHELL: all options, all fields, all values of each choice.
choices_hold() {
	local option values lines=() wanted=()
	while read -r option values; do
		lines+=("tcc-trace $option=")
		wanted+=("$option $(tr ' ' '\n' <<<"$values" | LC_ALL=C sort | paste -sd ' ')")
	done < <(help_choices)
	lines+=('tcc-trace --fields=' 'tcc-trace -' 'tcc-trace --')
	# To zsh - may be a command, too.
	candidates "$1" "${lines[@]}" | sed 's/^- //' >got
	equal "$(printf '%s\n' "${wanted[@]}")" \
		"$(paste -d ' ' <(help_choices | cut -d ' ' -f 1) <(head -n -3 got))"
	equal "$( (help_fields | cut -d '|' -f 1 && printf '%s\n' all ca help) | LC_ALL=C sort)" \
		"$(tail -n 3 got | head -n 1 | tr ' ' '\n' | LC_ALL=C sort)"
	equal "$(help_option_names)" "$(tail -n 2 got | tr ' ' '\n' | LC_ALL=C sort -u)"
}

@test "bash offers options, values, fields and files" {
	bash -n "$COMPLETIONS/tcc-trace.bash"
	cases_hold bash "$general_cases
tcc-trace -F -mar: -mark"
}

@test "bash leaves a command's words to the package that knows the command" {
	local name
	for name in _command_offset _comp_command_offset; do
		equal "offset 4" "$(bash -c '. "$0"; eval "$1() { echo offset \$1; }"
			COMP_WORDS=(tcc-trace --port = 80 curl --fo) COMP_CWORD=5; _tcc_trace tcc-trace' \
			"$COMPLETIONS/tcc-trace.bash" "$name")"
	done
}

@test "bash offers all options, all choices, all fields" {
	choices_hold bash
}

@test "zsh offers options, values, fields and files" {
	skip_without zsh
	zsh -n "$COMPLETIONS/_tcc-trace"
	cases_hold zsh "$general_cases
tcc-trace -F -mar: -mark
tcc-trace -Fcp: -Fcpu
tcc-trace --json --cs:
tcc-trace --quiet --verb:"
}

@test "zsh offers all options, all choices, all fields" {
	skip_without zsh
	choices_hold zsh
}

@test "fish offers options, values, fields and files" {
	skip_without fish
	fish --no-execute "$COMPLETIONS/tcc-trace.fish"
	cases_hold fish "$general_cases
tcc-trace -Fcp: -Fcpu"
}

@test "fish offers all options, all choices, all fields" {
	skip_without fish
	choices_hold fish
}

# ---- examples ---------------------------------------------------------------

# Up to a pipe or a redirection.
examples() {
	{ help_commands && manual_commands && tutorial_commands && readme_commands; } |
		sed -E 's/^tcc-trace ?//; s/[|>].*//'
}

@test "each example is a valid command line" {
	local n=0 arguments list name
	while read -r arguments; do
		echo "tcc-trace $arguments"
		timeout 30 bash -c "exec \"\$TCC_TRACE\" $arguments --version" >/dev/null
		list=$(sed -nE 's/.*(--fields=|-F )([^ ]*).*/\2/p' <<<"$arguments")
		for name in ${list//[,+-]/ }; do
			[[ $name == all || $name == ca || $name == ca.* ]] ||
				"$TCC_TRACE" --fields=help | grep -q "^$name "
		done
		n=$((n + 1))
	done < <(examples)
	echo "$n examples"
	[ "$n" -ge 35 ]
}

# ---- the rest ---------------------------------------------------------------

@test "codespell finds no fault in the documentation" {
	skip_without codespell
	# \(bu is a bullet.
	run codespell -L bu "$SOURCE/README.md" "$SOURCE/HACKING" "$SOURCE/NEWS" \
		"$SOURCE/man/tcc-trace.8.in" "$TUTORIAL" "$SOURCE/src/record/fields.def" "$COMPLETIONS"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

# x.c and x.h are one entry, x.[ch].
@test "HACKING's map has each file of src and bpf, and no other" {
	equal "$(cd "$SOURCE" && find src bpf -name '*.[ch]' -o -name '*.def' |
		sed -E 's/\.[ch]$//' | LC_ALL=C sort -u)" \
		"$(sed -nE 's/^((src|bpf)\/[a-z_.\/]*[a-z_.](\[ch\])?)  .*/\1/p' "$SOURCE/HACKING" |
			sed -E 's/\.(\[ch\]|[ch])$//' | LC_ALL=C sort)"
}

# files_of_packages SOURCE: but for what `make deb` and its like leave in a build
# directory, which may be that of the source.
files_of_packages() {
	(cd "$1" && find debian pkg -regextype posix-extended \
		-regex 'pkg/(deb|rpm|roots|(newcomer|toolchain)-[^/]*\.log)' -prune -o \
		-type f ! -name '*.mk' ! -path debian/tcc-trace.service -print) | LC_ALL=C sort
}

@test "what make deb, rpm and check-toolchains leave is no file of the packages" {
	mkdir -p debian pkg/deb pkg/rpm/SPECS pkg/roots
	touch debian/control pkg/deb/build.log pkg/rpm/SPECS/a.spec pkg/roots/trixie.tar \
		pkg/newcomer-a.log pkg/toolchain-sid.log pkg/toolchains
	equal $'debian/control\npkg/toolchains' "$(files_of_packages .)"
}

@test "the tarball has each file of the packages; both packages have one version" {
	local version
	equal "$(files_of_packages "$SOURCE")" \
		"$(sed -n '/^EXTRA_DIST/,/[^\\]$/p' "$SOURCE/pkg/local.mk" |
			grep -oE '(debian|pkg)/[^ ]+' | LC_ALL=C sort)"
	version=$(sed -nE 's/^AC_INIT.*, \[(.*)\]\)$/\1/p' "$SOURCE/configure.ac")
	equal "tcc-trace ($version-1)" "$(sed -n '1s/) .*/)/p' "$SOURCE/debian/changelog")"
	equal "$version-1" "$(sed -n '/^%changelog/{n;s/.* - //p;}' "$SOURCE/tcc-trace.spec.in")"
}

@test "HACKING's map and README.md know of the packages" {
	for path in debian/ tcc-trace.spec.in pkg/ tests/packages.bats; do
		grep -qF "$path" "$SOURCE/HACKING"
	done
	grep -qE '^make deb ' "$SOURCE/README.md"
	grep -qE '^make rpm ' "$SOURCE/README.md"
}

# Targets of make that a document names: as a command of its own line, between backquotes,
# and what begins as the families of targets do.
named_targets() {
	sed -nE 's/^ *(sudo )?make ([a-z][a-z-]*).*/\2/p' "$@"
	# shellcheck disable=SC2016 # Markdown
	grep -ohE '`(sudo )?make [a-z][a-z-]*' "$@" | sed 's/.*make //'
	grep -ohE '\b(check|bench)-[a-z]+(-[a-z]+)*\b' "$@"
}

@test "each target of make that HACKING and README.md name is there" {
	named_targets "$SOURCE/HACKING" "$SOURCE/README.md" | LC_ALL=C sort -u >named
	[ "$(wc -l <named)" -ge 20 ]
	# Of two words that a document joins by a hyphen there is none.
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$TCC_BUILD" -prRn check-alone 2>/dev/null |
		sed -nE 's/^([a-z][a-z-]*):( .*)?$/\1/p' | LC_ALL=C sort -u >there
	grep -qx distcheck there
	run comm -23 named there
	echo "not there: $output"
	[ -z "$output" ]
}

@test "each word of ./bootstrap that HACKING and README.md name is one" {
	local word
	grep -ohE '\./bootstrap( [a-z]+)+' "$SOURCE/HACKING" "$SOURCE/README.md" "$SOURCE/.ci/run" |
		sed 's/[^ ]* //' | tr ' ' '\n' | sort -u >named
	cat named
	[ "$(wc -l <named)" -ge 4 ]
	while read -r word; do
		"$SOURCE/bootstrap" --help | grep -qE "^       sudo \./bootstrap $word( |$)"
	done <named
}

# The kernels' version and architecture, a line each: of the list; of a table's rows.
kernels_listed() {
	awk '!/^#/ && NF { sub(/-.*/, "", $1); print $1, $2 }' "$SOURCE/tests/kernels/kernels.list"
}

kernels_of_rows() {
	sed -nE 's/^\| ([0-9]+\.[0-9]+)\.[^ |]*-([a-z0-9]+) \|.*/\1 \2/p' "$1"
}

# table_holds README LAST: whether the table of kernels is that of the last run, LAST, which
# had each kernel and each check that there are, of which none failed.
table_holds() {
	equal "$(cat "$2")" "$(awk '/^<!-- \/kernels/ { exit } is_in; /^<!-- kernels: / { is_in = 1 }' \
		"$1" | sed '1d;$d')" || return
	equal "$(kernels_listed)" "$(kernels_of_rows "$2")" || return
	equal "$(sed -nE "s/^checks='(.*)'/\1/p" "$SOURCE/tests/kernels/guest.sh") account health decoder" \
		"$(sed -n '1s/^| kernel | //; 1s/ | / /g; 1s/ |$//p' "$2")" || return
	! grep -w failed "$2"
}

@test "README's table of kernels is that of the last run, of each kernel and each check" {
	local readme=$SOURCE/README.md last=$SOURCE/tests/kernels/last.md
	grep -q '"account", "health", "decoder"' "$SOURCE/tests/kernels/judge.py"
	table_holds "$readme" "$last"
	# Would it tell?
	sed '0,/| passed/s//| partly/' "$readme" >changed
	run ! table_holds changed "$last"
	spoil() {
		sed "$1" "$last" >spoilt
		awk -v table=spoilt -f "$SOURCE/tests/kernels/readme.awk" "$readme" >changed
		run ! table_holds changed spoilt
	}
	spoil '/^| 6\.12.*-rt-/d'
	spoil '0,/ passed/s// failed/'
	spoil '1s/ lockdown |//'
}

# long_holds SOURCE: whether the tables of its tests/long.txt are what its tests have: what is
# shorter in CI, the tests of the tag long, how many have the tag plain, the kernels.
long_holds() {
	local tests=$1/tests
	local table=$tests/long.txt
	section() {
		awk -v title="$1" '/^[A-Z][A-Z ]+[:,]?/ { is_in = index($0, title) == 1 } is_in && NF' "$table"
	}
	tagged() {
		awk -v tag="$1" 'FNR == 1 { sub(/.*\//, "", FILENAME) }
			/^# bats test_tags=/ { is_tagged = index($0, tag) }
			is_tagged && /^@test "/ {
				gsub(/^@test "|" \{$/, "")
				print FILENAME "  " $0
				is_tagged = 0
			}' "$tests"/*.bats
	}
	equal "$(grep -oE '\$\(long_or_short [0-9]+ [0-9]+\)' "$tests"/*.bats |
		sed -E 's/.*\/(.*):.* ([0-9]+) ([0-9]+)\)/\1 \2 \3/' | LC_ALL=C sort)" \
		"$(section SHORTER: | sed -nE 's/^([a-z]+\.bats) +([0-9]+) +([0-9]+) .*/\1 \2 \3/p' |
			LC_ALL=C sort)" || return
	equal "$(tagged long)" "$(section 'NOT IN CI:' | grep -E '^[a-z]+\.bats ')" || return
	equal "$(tagged plain | awk '{ n[$1]++ } END { for (file in n) print file, n[file] }' |
		LC_ALL=C sort)" "$(section 'NOT WITH SANITIZERS:' |
		awk '$1 ~ /\.bats$/ && $2 ~ /^[0-9]+$/ { print $1, $2 }')" || return
	equal "$(sed '/^#/d; /^$/d; s/ .*//' "$tests/kernels/kernels.list" | LC_ALL=C sort)" \
		"$(
			{
				sed -n "s/^ci_kernels='\(.*\)'$/\1/p" "$1/bootstrap" | tr ' ' '\n'
				section 'NOT ON EVERY KERNEL:' | sed -nE 's/^([0-9]+\.[0-9]+(-[a-z0-9]+)?) .*/\1/p'
			} | LC_ALL=C sort
		)"
}

@test "tests/long.txt has each test, and each kernel, that CI leaves out or shortens" {
	long_holds "$SOURCE"
	# Would it tell?
	spoil() {
		rm -rf spoilt
		mkdir -p spoilt/tests/kernels
		cp "$SOURCE"/tests/*.bats "$SOURCE/tests/long.txt" spoilt/tests/
		cp "$SOURCE/tests/kernels/kernels.list" spoilt/tests/kernels/
		cp "$SOURCE/bootstrap" spoilt/
		long_holds spoilt
		sed -i "$2" "spoilt/$1"
		run ! long_holds spoilt
	}
	spoil tests/rotate.bats 's/_short 100 30/_short 100 3/'
	spoil tests/trace.bats '0,/^@test/s//# bats test_tags=long\n@test/'
	spoil tests/trace.bats '0,/^# bats test_tags=plain/s///'
	spoil bootstrap "/^ci_kernels=/s/ 7\.2 / /"
	spoil tests/long.txt '/^measure.bats /d'
}

# starts_a_process SOURCE: which of its files do, comments apart.
starts_a_process() {
	local file
	(
		cd "$1" || exit
		while read -r file; do
			sed -E ':join; /\/\*/ { /\*\//! { N; b join } }; s#/\*([^*]|\*[^/])*\*/##g; s#//.*##' "$file" |
				grep -qE '\b(f?exec(l|lp|le|v|vp|ve|vpe|veat)|posix_spawnp?|popen|system)\(' &&
				echo "$file"
		done < <(find src -name '*.c')
	) | LC_ALL=C sort
}

# attacks_hold SOURCE: whether its tests/attacks.txt names tests that there are, of whatever
# opens a file or starts a process, and of each kind.
attacks_hold() {
	local tests=$1/tests
	local table=$tests/attacks.txt option kind
	# "OPTION KIND FILE TEST"
	awk '$3 ~ /^[a-z]+\.bats$/' "$table" >attacks
	[ "$(wc -l <attacks)" -gt 60 ] || return
	awk '{ file = $3; sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, ""); print file ": " $0 }' attacks |
		LC_ALL=C sort -u >wanted
	awk 'FNR == 1 { file = FILENAME; sub(/.*\//, "", file) }
		/^@test "/ { gsub(/^@test "|" \{$/, ""); print file ": " $0 }' "$tests"/*.bats |
		LC_ALL=C sort -u >there
	[ -z "$(comm -23 wanted there | tee /dev/stderr)" ] || return
	awk '$1 ~ /^src\// { print $1 }' "$table" | LC_ALL=C sort >named
	equal "$(starts_a_process "$1")" "$(cat named)" || return
	for option in $(help_options | sed -nE 's/.*(--[a-z-]+)=(.*\|)?(FILE|PATH|DIR|USER).*/\1/p') \
		$(awk '$1 ~ /^src\// { print $2 }' "$table"); do
		grep -q -- "^$option " attacks || {
			echo "no attacks of $option"
			return 1
		}
	done
	awk '$1 != "-" && $1 != "COMMAND" { print $1 }' attacks | LC_ALL=C sort -u >options
	[ -z "$(comm -23 options <(help_option_names) | tee /dev/stderr)" ] || return
	for kind in file signal namespace limit descriptor process input privilege name; do
		[ "$(awk -v kind="$kind" '$2 == kind' attacks | wc -l)" -ge 3 ] || return
	done
}

@test "tests/attacks.txt has tests that there are, of whatever opens a file or starts a process" {
	attacks_hold "$SOURCE"
	[ "$(help_options | grep -cE '=(.*\|)?(FILE|PATH|DIR|USER)')" -ge 6 ]
	# Would it tell?
	spoil() {
		rm -rf spoilt
		mkdir -p spoilt/tests
		cp -r "$SOURCE/src" spoilt/
		cp "$SOURCE"/tests/*.bats "$SOURCE/tests/attacks.txt" spoilt/tests/
		attacks_hold spoilt
		sed -i "$2" "spoilt/$1"
		run ! attacks_hold spoilt
	}
	spoil tests/attacks.txt '/^--ca-btf /d'
	spoil tests/attacks.txt '/^--user /d'
	spoil tests/attacks.txt 's/^--read /--reed /'
	spoil tests/read.bats '0,/ or is a bomb/s// or no bomb/'
	spoil src/base/addr.c '$a\static void start(const char *path) { execv(path, 0); }'
	spoil src/base/addr.c '$a\static void start(void) { /* it */ posix_spawnp(0, "a", 0, 0, 0, 0); }'
	spoil src/run/main.c '$a\static FILE *start(const char *words) { return popen(words, "r"); }'
	spoil src/run/main.c '$a\static void start(int fd) { fexecve(fd, 0, 0); } // to exec()'
	spoil tests/attacks.txt '/ namespace /d'
}
