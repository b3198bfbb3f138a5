#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a bash completion offers for command lines: its function is called as
# readline would call it.
#
#	complete.bash COMPLETION-FILE LINE...
#
# Prints for each LINE one line: the candidates, sorted, blanks between them.

# shellcheck source=/dev/null
. "$1" || exit
shift

# split LINE: into COMP_WORDS, COMP_CWORD. A `=` is a word of its own.
split() {
	local blank_separated word
	COMP_WORDS=()
	read -ra blank_separated <<<"$1"
	[[ $1 != *' ' ]] || blank_separated+=('')
	for word in "${blank_separated[@]}"; do
		if [[ $word == *=* ]]; then
			COMP_WORDS+=("${word%%=*}" "=")
			[[ -z ${word#*=} ]] || COMP_WORDS+=("${word#*=}")
		else
			COMP_WORDS+=("$word")
		fi
	done
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
}

for line; do
	split "$line"
	[[ $(complete -p "${COMP_WORDS[0]##*/}") =~ -F\ ([^ ]+) ]] || exit 1
	COMPREPLY=()
	"${BASH_REMATCH[1]}" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" \
		"${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u | paste -sd ' '
done
