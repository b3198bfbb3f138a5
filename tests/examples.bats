#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs each example of the man pages, of README.md and of --help as it is
# written, pipes and redirections included, beside traffic; but for a second or
# two only. An example must end with status 0, say nothing it does not always say,
# and write some of each kind of event that it asks for. Those for who is not root,
# debian/README.Debian's too, are run as nobody.

bats_require_minimum_version 1.5.0
load lib/common
load lib/examples
load lib/netns
load lib/trace

# What is missing to run examples; nothing if all is there.
what_is_missing() {
	local program
	[ "$(id -u)" -eq 0 ] || echo "needs root"
	for program in jq python3; do
		command -v "$program" >/dev/null || echo "$program is not installed"
	done
}

# Transfers over several ports and algorithms, until netns_pair_down.
setup_file() {
	EXAMPLES_MISSING=$(what_is_missing | head -n 1)
	export EXAMPLES_MISSING
	[ -z "$EXAMPLES_MISSING" ] || return 0
	netns_pair_up
	netns_bottleneck 20mbit 60kB
	# Near, and far away.
	ip -n "$NETNS_B" addr add 10.0.0.3/32 dev lo
	ip -n "$NETNS_B" addr add 198.51.100.3/32 dev lo
	ip -n "$NETNS_ROUTER" route add 10.0.0.3/32 via "$B_IP4"
	ip -n "$NETNS_ROUTER" route add 198.51.100.3/32 via "$B_IP4"
	proc_start server in_b python3 "$TCC_TESTS/lib/traffic.py" serve 443,5201
	# shellcheck disable=SC2016 # for wait_for
	wait_for '[ "$(in_b ss -Hltn | wc -l)" -eq 2 ]' 20
	proc_start client in_a python3 "$TCC_TESTS/lib/traffic.py" send \
		10.0.0.3,443,reno 10.0.0.3,5201,cubic "$B_IP4,5201,bbr" \
		198.51.100.3,5201,cubic,443 ${A_IP6:+"$B_IP6,5201,cubic,80"}
	# shellcheck disable=SC2016 # for wait_for
	wait_for '[ -n "$(in_a ss -Htn state established sport = :443)" ]' 20
}

teardown_file() {
	netns_pair_down
}

setup() {
	[ -z "$EXAMPLES_MISSING" ] || skip "$EXAMPLES_MISSING"
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	[ -z "${PROGRAM_DIR:-}" ] || rm -rf "$PROGRAM_DIR"
}

# ---- running them ---------------------------------------------------------------

# bounded COMMAND: with less to wait for, and files where they may be written. What
# an example says of duration and count would take too long.
bounded() {
	local command=${1#tcc-trace}
	command=${command//\/var\/log\//}
	if [[ $command == *" --read="* ]]; then
		echo "tcc-trace$command"
		return
	fi
	command=$(sed -E 's/ (--duration|-d)[= ][0-9]+[a-z]*//; s/ (--count|-c)[= ][0-9]+//
		s/--ca-btf=tcp_mine\.ko/--ca-btf=\/sys\/kernel\/btf\/vmlinux/
		s/--cc=mine --ca-struct=my_state/--cc=cubic --ca-struct=bictcp/' <<<"$command")
	echo "tcc-trace --netns=/run/netns/$NETNS_A --duration=1s$command"
}

# record COMMAND: the file that it reads, as a trace writes it.
record() {
	local file
	file=$(sed -nE 's/.* --read=([^ ]+).*/\1/p' <<<"$1")
	[ -z "$file" ] ||
		tcc-trace --quiet "--netns=/run/netns/$NETNS_A" --duration=1s "--log-file=$file"
}

# What the program does not say in an ordinary trace. An algorithm without private
# state is no fault of an example, nor is an old kernel.
complaints() {
	grep -vE '^tcc-trace: (tracing .*; Ctrl-C stops|reading .*|[a-z_]+: seen [0-9]+ = .*|[0-9]+ connections? in .*)$' "$1" |
		grep -v -e "of algorithm 'reno' is not shown: it keeps no private state" \
			-e "'ca_state', of which 'reduction' is made, needs Linux 5.19"
}

# lacks COMMAND: whether this machine has no such traffic; says why.
lacks() {
	local cc
	if [[ $1 == *" -6 "* && -z $A_IP6 ]]; then
		echo "no IPv6: $1"
		return 0
	fi
	cc=$(sed -nE 's/.* --cc=([a-z]+).*/\1/p' <<<"$1")
	if [ -n "$cc" ] && ! grep -qw "$cc" /proc/sys/net/ipv4/tcp_available_congestion_control; then
		echo "no $cc: $1"
		return 0
	fi
	return 1
}

# not_shown COMMAND DIRECTORY: whether COMMAND, which ran there, did not show all that it
# is to show; prints what. Of each kind of event it counts, some are to be written. A
# heading or an opening record is no event.
not_shown() {
	local summary
	if [ -z "$(find "$2" -type f ! -name err -size +0)" ]; then
		echo "no output"
		return 0
	fi
	case " $1 " in
		*" --help "* | *" --version "* | *" --fields=help "*)
			return 1
			;;
		*" --quiet "* | *" -q "*)
			# At most two lines are no events: the opening and the end record.
			[ "$(find "$2" -type f ! -name err -exec cat {} + | wc -l)" -le 2 ] || return 1
			echo "no events"
			;;
		*)
			summary=$(grep -E '^tcc-trace: [a-z_]+: seen ' "$2/err") || echo "no summary"
			[ -z "$summary" ] || grep -v ' = written [1-9]' <<<"$summary"
			;;
	esac
}

# runs COMMAND: whether it runs as it should; shows what it does not like.
runs() {
	local directory command status=0
	directory=$(mktemp -d run.XXXXXX)
	command=$(bounded "$1")
	(
		cd "$directory" || exit
		# The program under test, by the name that the examples have.
		tcc-trace() {
			"$TCC_TRACE" "$@"
		}
		set -o pipefail
		record "$command"
		eval "$command"
	) </dev/null >"$directory/out" 2>"$directory/err" || status=$?
	# That is what --strict is for: this machine may be busy with other tests.
	if [[ $status -eq 3 && $1 == *--strict* ]] &&
		grep -qE '(lost|missed) [1-9]' "$directory/err"; then
		status=0
	fi
	if [ "$status" -ne 0 ] || complaints "$directory/err"; then
		echo "status $status: $command"
		head -n 5 "$directory/err"
		return 1
	fi
	if ! lacks "$command" && not_shown "$1" "$directory"; then
		echo "shows nothing of this: $command"
		return 1
	fi
}

# Four at a time: each waits most of its time.
run_all() {
	local command failed=0 n=0 pids=()
	while IFS= read -r command; do
		runs "$command" >"$n.report" 2>&1 3>&- &
		pids+=($!)
		n=$((n + 1))
		[ $((n % 4)) -ne 0 ] || wait "${pids[@]: -4}" || :
	done
	for ((n = 0; n < ${#pids[@]}; n++)); do
		wait "${pids[n]}" || failed=1
		cat "$n.report"
	done
	echo "${#pids[@]} examples"
	[ "${#pids[@]}" -ge "$1" ]
	[ "$failed" -eq 0 ]
}

@test "each example of tcc-trace(8) runs" {
	manual_commands | run_all 15
}

@test "each example of tcc-trace-tutorial(7) runs" {
	tutorial_commands | run_all 4
}

@test "each example of README.md runs" {
	readme_commands | run_all 10
}

@test "each example of --help runs" {
	help_commands | run_all 4
}

# noticed WHAT COMMAND: whether it is refused for that.
noticed() {
	run -1 runs "$2"
	echo "$output"
	[[ $output == *"$1"* ]]
}

@test "an example that fails or complains is noticed" {
	noticed 'status 2: ' "tcc-trace --no-such-option"
	noticed 'status ' "tcc-trace --json | jq .["
	noticed 'status 0: ' "tcc-trace --fields=+ca --cc=bbr --buffer=64K; echo x >&2"
}

@test "an example that shows nothing, or not all it is to show, is noticed" {
	noticed 'no output' "tcc-trace --dport=1"
	# A heading, an opening record.
	noticed 'probe: seen ' "tcc-trace --dport=1 --csv"
	noticed 'probe: seen ' "tcc-trace --dport=1 --log-file=none.jsonl"
	noticed 'no events' "tcc-trace --quiet --dport=1 --log-file=none.jsonl"
	noticed 'close: seen ' "tcc-trace --dport=1 --events=close --csv"
	# That connection stays.
	noticed 'reset: seen ' "tcc-trace --sport=443 --events=probe,reset"
	noticed 'no output' "tcc-trace --json | jq 'select(.dport == 1)'"
	noticed 'no summary' "tcc-trace 2>messages"
	run -0 runs "tcc-trace --quiet --csv"
	run -0 runs "tcc-trace --fields=help"
}

# ---- without root -------------------------------------------------------------------

# A copy of the program that nobody can run, but not write. Not below bats' own
# directories: others may not enter those.
nobodys_program() {
	PROGRAM_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tcc-examples.XXXXXX")
	chmod 755 "$PROGRAM_DIR"
	cp "$TCC_TRACE" "$PROGRAM_DIR/tcc-trace"
	install -d -o nobody "$PROGRAM_DIR/log"
}

# traces_as_nobody COMMAND: whether that is what the command does, with options added.
traces_as_nobody() {
	rm -rf run "$PROGRAM_DIR"/log/*
	mkdir run
	(
		sudo() {
			"$@"
		}
		id() {
			command id "$@" nobody
		}
		PATH=$PROGRAM_DIR:$PATH
		eval "$1 --netns=/run/netns/$NETNS_A --duration=1s -o $PROGRAM_DIR/log/a.csv"
	) </dev/null >run/out 2>run/err || {
		echo "status $?"
		cat run/err
		return 1
	}
	! complaints run/err || return
	[ "$(stat -c %U "$PROGRAM_DIR/log/a.csv")" = nobody ] || return
	mv "$PROGRAM_DIR/log/a.csv" run/
	! not_shown "$1" run
}

@test "to run it as yourself: the command of README.md, tcc-trace(8) and README.Debian" {
	local document command
	skip_without setpriv
	nobodys_program
	for document in "$TCC_TESTS/../README.md" "$TCC_BUILD/man/tcc-trace.8" \
		"$TCC_TESTS/../debian/README.Debian"; do
		command=$(sudo_commands "$document" setpriv)
		echo "$document: $command"
		[[ $command == *" tcc-trace" && $command != *$'\n'* ]]
		traces_as_nobody "$command"
	done
	# Without the capabilities it would not.
	run ! traces_as_nobody "${command//,+bpf/}"
	[[ $output == *CAP_BPF* ]]
}

# Where files keep capabilities, and are run with them.
skip_without_file_capabilities() {
	skip_without setcap setpriv findmnt
	[[ ,$(findmnt -n -o OPTIONS -T "$PROGRAM_DIR"), != *,nosuid,* ]] ||
		skip "$PROGRAM_DIR is mounted nosuid"
	touch "$PROGRAM_DIR/file"
	setcap cap_net_raw=ep "$PROGRAM_DIR/file" || skip "no file capabilities in $PROGRAM_DIR"
}

@test "to let the members of a group trace: the commands of README.Debian" {
	local commands as_oneself
	nobodys_program
	skip_without_file_capabilities
	# setpriv itself is still root enough to run anything. The copy by its path:
	# another may be installed, which anybody may run.
	as_oneself="sh -c 'exec $PROGRAM_DIR/tcc-trace \"\$@\"' sh"
	# For /usr/bin/tcc-trace there is the copy, for the group that of nobody.
	groupadd() {
		[ "$*" = '--system tcc-trace' ]
	}
	dpkg-statoverride() {
		[ "$1 $2 $4" = '--update --add tcc-trace' ] &&
			chown "$3:$(id -g nobody)" "$6" && chmod "$5" "$6"
	}
	sudo() {
		"${@//\/usr\/bin\/tcc-trace/$PROGRAM_DIR/tcc-trace}"
	}
	commands=$(sudo_commands "$TCC_TESTS/../debian/README.Debian" \
		'groupadd|dpkg-statoverride|setcap')
	echo "$commands"
	[ "$(wc -l <<<"$commands")" -eq 3 ]
	eval "set -e; $commands"
	traces_as_nobody "setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups $as_oneself"
	# Who is not in the group does not.
	run ! traces_as_nobody "setpriv --reuid=daemon --regid=daemon --clear-groups $as_oneself"
	[[ $output == *"status 126"* ]]
}
