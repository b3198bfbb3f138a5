# bash completion for tcc-trace(8)				-*- shell-script -*-
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Needs nothing of the bash-completion package. The names of fields and kinds
# of event come from the program itself, the one on the command line.

_tcc_trace_options='--ip= --src= --dst= --port= --sport= --dport= --mark=
	--cc= --cgroup= --netns= --changes --interval= --events=
	--format= --tee --json --csv --fields= --ca-struct= --ca-btf= --time= --color= --no-header
	--log-file= --rotate-size= --rotate-time= --rotate-keep= --compress= --user= --read=
	--since= --until= --follow
	--duration= --count= --buffer= --strict --quiet --verbose
	--help --version
	-i -p -4 -6 -e -F -o -d -c -b -q -v -r -h -V'

# _tcc_trace_names PROGRAM OPTION: the names in the table that OPTION=help prints.
_tcc_trace_names() {
	local line
	while IFS= read -r line; do
		[[ -n $line ]] || break	# behind the table, words
		[[ $line == ' '* ]] || printf '%s\n' "${line%% *}"	# else a line that goes on
	done < <("${1/#\~/$HOME}" "$2=help" </dev/null 2>/dev/null | tail -n +2)
}

# _tcc_trace_fields PROGRAM WORD: complete the last item of a list of fields.
# Those named before it, whatever their sign, are not offered again.
_tcc_trace_fields() {
	local word=$2 before='' item name names=''
	[[ $word != *,* ]] || before=${word%,*},
	item=${word##*,}
	[[ $item != [+-]* ]] || before+=${item:0:1} item=${item:1}
	while read -r name; do
		[[ ,${word%"$item"}, == *[,+-]"$name",* ]] || names+=" $name"
	done < <(_tcc_trace_names "$1" --fields)
	[[ $before == *- ]] || names+=' all'
	names+=' ca'
	[[ -n $before ]] || names+=' help'
	compopt -o nospace 2>/dev/null	# a comma may follow
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$names" -- "$item")
}

# _tcc_trace_list VALUES WORD: complete the last item of a list. Those named
# before it are not offered again.
_tcc_trace_list() {
	local before='' item=${2##*,} value values=''
	[[ $2 != *,* ]] || before=${2%,*},
	for value in $1; do
		[[ ,$before == *,"$value",* ]] || values+=" $value"
	done
	compopt -o nospace 2>/dev/null	# a comma may follow
	mapfile -t COMPREPLY < <(compgen -P "$before" -W "$values" -- "$item")
}

# _tcc_trace_value PROGRAM OPTION WORD; fails if the option takes no value.
_tcc_trace_value() {
	local values=''
	case $2 in
		--format | --tee) values='text json csv tcpprobe' ;;
		--time) values='ktime wall utc' ;;
		--color) values='auto always never' ;;
		--rotate-keep) values='all' ;;
		--compress) values='gzip zstd xz' ;;
		--fields | -F)
			_tcc_trace_fields "$1" "$3"
			return
			;;
		--events | -e)
			values="$(_tcc_trace_names "$1" --events) all"
			[[ $3 == *,* ]] || values+=' help'
			_tcc_trace_list "$values" "$3"
			return
			;;
		--log-file | -o | --ca-btf | --read | -r)
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$3")
			return
			;;
		--user)
			mapfile -t COMPREPLY < <(compgen -u -- "$3")
			return
			;;
		--cc)
			_tcc_trace_list "$(cat /proc/sys/net/ipv4/tcp_available_congestion_control \
				2>/dev/null)" "$3"
			return
			;;
		--cgroup)
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -d -- "$3")
			return
			;;
		--netns)
			compopt -o filenames 2>/dev/null
			values=$(ls /run/netns 2>/dev/null)
			mapfile -t COMPREPLY < <(compgen -f -W "$values" -- "$3")
			return
			;;
		--ip | --src | --dst | --port | --sport | --dport | --mark | --ca-struct) ;;
		--interval | --rotate-size | --rotate-time | --duration | --count | --buffer) ;;
		-[ipdcb]) ;;
		*) return 1 ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$values" -- "$3")
}

# _tcc_trace_takes_word OPTION: whether its value is the next word. Names may be
# shortened; of letters in one word the first that takes a value has the rest of it.
_tcc_trace_takes_word() {
	case $1 in
		--*)
			[[ " "${_tcc_trace_options//[[:space:]]/ } == *" $1"*([a-z-])"= "* ]]
			;;
		*) [[ $1 =~ ^-[46qvhV]*[ipeFodcbr]$ ]] ;;
	esac
}

# Where in COMP_WORDS the command begins; fails if that is behind the cursor.
_tcc_trace_command_at() {
	local at=1 is_extglob
	is_extglob=$(shopt -p extglob)
	shopt -s extglob
	while ((at < COMP_CWORD)); do
		case ${COMP_WORDS[at]} in
			--) at=$((at + 1)) && break ;;
			-?*)
				if [[ ${COMP_WORDS[at + 1]} == = ]]; then
					at=$((at + 3))
				elif _tcc_trace_takes_word "${COMP_WORDS[at]}"; then
					at=$((at + 2))
				else
					at=$((at + 1))
				fi
				;;
			*) break ;;
		esac
	done
	$is_extglob
	((at <= COMP_CWORD)) || return
	# Not one of ours: where it begins, an option may.
	[[ $at -lt $COMP_CWORD || ${COMP_WORDS[at]} != -* || ${COMP_WORDS[at - 1]} == -- ]] ||
		return
	echo "$at"
}

# _tcc_trace_command AT: complete the command, or one of its words as it would be
# without us, if the package bash-completion knows how.
_tcc_trace_command() {
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif (($1 == COMP_CWORD)); then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}" | sort -u)
	else
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
	fi
}

# Whether operands are files to be read.
_tcc_trace_reads() {
	local word
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word != -r* && $word != --read ]] || return 0
	done
	return 1
}

# Readline splits --name=value at the `=`, which is then a word of its own.
_tcc_trace() {
	local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} at
	COMPREPLY=()
	if at=$(_tcc_trace_command_at); then
		if _tcc_trace_reads; then
			_tcc_trace_value "$1" --read "$word"
		else
			_tcc_trace_command "$at"
		fi
		return
	fi
	if [[ $word == = ]]; then
		word=''
	elif [[ $option == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	# Of letters in one word, the last may take a value: -qF LIST.
	[[ $option != -[!-]* ]] || option=-${option: -1}
	if ((COMP_CWORD > 1)) && _tcc_trace_value "$1" "$option" "$word"; then
		return
	fi
	[[ $word == -* ]] || return
	mapfile -t COMPREPLY < <(compgen -W "$_tcc_trace_options" -- "$word")
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _tcc_trace tcc-trace
