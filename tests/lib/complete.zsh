#!/usr/bin/env zsh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What zsh's completion system offers for command lines. An interactive zsh on
# a pseudo-terminal gets each line and a TAB; a compadd of our own notes what
# the completion functions add.
#
#	complete.zsh DIRECTORY-OF-COMPLETIONS LINE...
#
# Prints for each LINE one line: the candidates, sorted, blanks between them.

emulate -R zsh
zmodload zsh/zpty || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf $scratch' EXIT
export COMPLETE_DIR=$1 COMPLETE_OUT=$scratch/out
shift

cat >$scratch/rc <<'END'
PROMPT= RPS1=
fpath=($COMPLETE_DIR $fpath)
autoload -Uz compinit
compinit -u -D

compadd() {
	local -a hits
	# With -A, -D or -O it is only asked which words would match.
	if [[ " ${@[1,(i)(-|--)]}" != *' -'[a-zA-Z]#[ADO]* ]]; then
		builtin compadd -A hits "$@"
		(( ! $#hits )) || print -rl -- $IPREFIX$^hits >>$COMPLETE_OUT
	fi
	builtin compadd "$@"
}

# Note what there is, leave the line as it was.
note-completions() {
	_main_complete
	compstate[insert]= compstate[list]=
	: >$COMPLETE_OUT.done
}
zle -C note-completions complete-word note-completions
bindkey '^I' note-completions
bindkey '^U' kill-whole-line
: >$COMPLETE_OUT.done
END

# Wait for the shell in the terminal to say that it is done.
await() {
	local tries seen
	for (( tries = 0; tries < 1000; tries++ )); do
		zpty -r -t shell seen
		[[ ! -e $COMPLETE_OUT.done ]] || { rm $COMPLETE_OUT.done; return 0 }
		sleep 0.02
	done
	print -u2 "zsh does not answer: $seen"
	exit 1
}

zpty shell zsh -f -i
zpty -w shell "source $scratch/rc"
await
for line; do
	: >$COMPLETE_OUT
	zpty -w -n shell $'\C-U'$line$'\t'
	await
	print -r -- ${(ou)${(f)"$(<$COMPLETE_OUT)"}}
done
zpty -d shell
