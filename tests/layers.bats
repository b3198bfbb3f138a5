#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How the source is arranged: which folder may include which, as HACKING says; how
# long files and functions are. Looks at the source alone.

load lib/common

setup() {
	SOURCE=$TCC_TESTS/..
	cd "$BATS_TEST_TMPDIR" || return
}

# arrows HACKING: "FOLDER FOLDER" for each include that is allowed, its own too.
arrows() {
	sed -nE 's/^src\/([a-z]+)\/ +-> (.*)/\1 \1 \2/p' "$1" | sed 's/ nothing else$//' |
		awk '{ for (i = 2; i <= NF; i++) print $1, $i }' | LC_ALL=C sort -u
}

# includes SOURCE: "FOLDER FOLDER FILE HEADER" for each include of src/ by src/.
includes() {
	(cd "$1/src" && grep -nE '^#include "[a-z_]+/' -r . --include='*.[ch]') |
		sed -nE 's/^\.\/([a-z]+)\/([^:]+):[0-9]+:#include "([a-z_]+)\/([^"]+)".*/\1 \3 \1\/\2 \3\/\4/p'
}

# against_the_grain SOURCE HACKING: the includes that no arrow allows.
against_the_grain() {
	includes "$1" | awk 'NR == FNR { arrow[$0]; next }
		!($1 " " $2 in arrow) { print $3, "includes", $4 }' <(arrows "$2") -
}

@test "each include goes along an arrow of HACKING" {
	[ "$(includes "$SOURCE" | wc -l)" -gt 100 ]
	run against_the_grain "$SOURCE" "$SOURCE/HACKING"
	echo "$output"
	[ -z "$output" ]
}

@test "an include against the grain is found" {
	mkdir -p spoilt
	cp -r "$SOURCE/src" spoilt/src
	sed -i '0,/^#include "/s//#include "run\/session.h"\n&/' spoilt/src/format/format.h
	equal "format/format.h includes run/session.h" "$(against_the_grain spoilt "$SOURCE/HACKING")"
}

@test "the arrows of HACKING go round in no circle" {
	arrows "$SOURCE/HACKING" | awk '$1 != $2' >pairs
	[ "$(wc -l <pairs)" -ge 10 ]
	tsort pairs >/dev/null
	echo 'base run' >>pairs
	run tsort pairs
	[ "$status" -ne 0 ]
}

@test "no two files of src include each other, round any corner" {
	includes "$SOURCE" | awk '$3 != $4 && $3 ~ /\.h$/ { print $3, $4 }' >pairs
	[ "$(wc -l <pairs)" -ge 30 ]
	tsort pairs >/dev/null
}

@test "HACKING has each folder of src, and each include its folder" {
	equal "$(cd "$SOURCE/src" && find . -mindepth 1 -type d -printf '%f\n' | LC_ALL=C sort)" \
		"$(arrows "$SOURCE/HACKING" | cut -d ' ' -f 1 | LC_ALL=C sort -u)"
	# What is named without a folder is config.h, of bpf/, or a skeleton.
	run grep -rnE '^#include "[^/"]+"' "$SOURCE/src" --include='*.[ch]'
	run grep -vE '"(config\.h|tcc_[a-z_]+(\.skel)?\.h)"' <<<"$output"
	echo "$output"
	[ -z "$output" ]
}

@test "each header compiles alone" {
	local header n=0
	for header in "$SOURCE"/src/*/*.h "$SOURCE"/bpf/*.h; do
		case $header in */kernel.h | *.bpf.h) continue ;; esac
		"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-function \
			-I "$SOURCE/src" -I "$SOURCE/bpf" -fsyntax-only -x c -include "$header" /dev/null
		n=$((n + 1))
	done
	[ "$n" -ge 45 ]
}

# function_lengths FILE...: "LINES FILE:LINE" of each function, its head not counted.
function_lengths() {
	awk 'FNR == 1 { start = 0 }
		/^\{/ { start = FNR }
		/^\}/ && start { print FNR - start + 1, FILENAME ":" start; start = 0 }' "$@"
}

@test "no function of src is over 60 lines, half of them 12 or less" {
	function_lengths "$SOURCE"/src/*/*.[ch] | sort -n >lengths
	[ "$(wc -l <lengths)" -gt 500 ]
	awk '$1 > 60' lengths
	[ "$(awk '$1 > 60' lengths | wc -l)" -eq 0 ]
	sed -n "$((($(wc -l <lengths) + 1) / 2))p" lengths
	[ "$(sed -n "$((($(wc -l <lengths) + 1) / 2))p" lengths | cut -d ' ' -f 1)" -le 12 ]
}

@test "no file of src is over 420 lines" {
	run awk 'FNR > 420 { print FILENAME; nextfile }' "$SOURCE"/src/*/*.[ch]
	echo "$output"
	[ -z "$output" ]
}

@test "the library has no mutable globals but what is said, and whose clock is read" {
	[ -f "$TCC_BUILD/libtcc.a" ] || skip "there is no library here"
	if nm "$TCC_BUILD/libtcc.a" | grep -q __asan_; then
		skip "the sanitizers add globals of their own"
	fi
	# What is constant but for relocation is in .data.rel.ro.
	equal "$(printf '%s\n' namespace_ns words)" "$(objdump -t "$TCC_BUILD/libtcc.a" | grep -E ' O +\.(data|bss)' |
		grep -vF .data.rel.ro | awk '{ print $NF }' | LC_ALL=C sort -u)"
}

# writers SOURCE: where something is written to stderr, or libc is asked to do so.
writers() {
	(cd "$1/src" && grep -nwE 'stderr|STDERR_FILENO|perror|psignal|(v?(err|warn)x?|error) *\(' -r . \
		--include='*.[ch]') | grep -vE '^[^:]+:[0-9]+:( \*|.*/\*.*\*/$)'
}

@test "nothing but the log writes to stderr, and a command's records do" {
	run writers "$SOURCE"
	echo "$output"
	# Who asks whether it is open, or what it is, and who closes it.
	equal "$(printf '%s\n' base/inherited.c base/log.c consume/lines_file.c \
		file/compress_helper.c read/unpack_helper.c run/command.c run/main.c run/output.c \
		run/parts.c)" \
		"$(sed -E 's/^\.\/([^:]+):.*/\1/' <<<"$output" | LC_ALL=C sort -u)"
	[ "$(grep -cE '(pack_helper|compress_helper|command|main)\.c:.*fd <= STDERR_FILENO; fd\+\+' \
		<<<"$output")" -eq 4 ]
	[ "$(grep -cE '(lines_file|output|main)\.c:.*is_(to_)?stderr.*\? STDERR_FILENO : STDOUT' \
		<<<"$output")" -eq 3 ]
}
