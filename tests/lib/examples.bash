# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The commands that documents show as examples, each on a line of its own; knows
# nothing of running them. Needs TCC_TRACE, TCC_TESTS, TCC_BUILD.

# Of a man page, of one section of it if that is named: from `tcc-trace` on, up to a
# line that does not go on.
page_commands() {
	page_text "$@" | awk '
		is_open || /^tcc-trace / {
			is_open = /(\||\\)$/
			sub(/\\$/, "")
			printf "%s%s", $0, is_open ? " " : "\n"
		}'
}

# Its lines without roff's escapes.
page_text() {
	awk -v section="${2:-}" '
		BEGIN { is_in = section == "" }
		/^\.SH / { is_in = section == "" || $0 == ".SH " section }
		is_in { gsub(/\\\(aq/, "\047"); gsub(/\\-/, "-"); gsub(/\\e/, "\\"); print }' "$1"
}

# Of README.md: behind `sudo`, `#` or nothing in a block of code. That with a command
# is run by tests/command.bats.
readme_commands() {
	# shellcheck disable=SC2016 # Markdown
	sed -n '/^```/,/^```/p' "$TCC_TESTS/../README.md" |
		sed -nE '/ curl /d; s/ +# .*//; s/^(# |\$ )?(sudo )?(\.\/build\/)?(tcc-trace( .*)?)$/\4/p'
}

help_commands() {
	"$TCC_TRACE" --help | sed -n 's/^  tcc-trace/tcc-trace/p'
}

manual_commands() {
	page_commands "$TCC_BUILD/man/tcc-trace.8" EXAMPLES
}

tutorial_commands() {
	page_commands "$TCC_TESTS/../man/tcc-trace-tutorial.7"
}

# sudo_commands FILE PROGRAM: of any document, those of PROGRAM (a regular expression)
# behind `sudo`, which may go on over several lines.
sudo_commands() {
	page_text "$1" | awk -v first="^ *sudo ($2) " '
		is_open || $0 ~ first {
			is_open = sub(/\\$/, "")
			gsub(/^ +| +$/, "")
			printf "%s%s", $0, is_open ? " " : "\n"
		}'
}
