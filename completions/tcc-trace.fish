# SPDX-License-Identifier: GPL-2.0-or-later
#
# fish completion for tcc-trace(8). The names of fields and kinds of event
# come from the program itself, the one on the command line. For fish a word that begins with
# `-` is an option, so `-NAME` is completed in --fields=-NAME, not in -F -NAME.

# Complete the last item of a list of fields. Those named before it, whatever
# their sign, are not offered again.
function __tcc_trace_fields
    set -l program (commandline -opc)[1]
    set -l list (commandline -ct | string replace -r -- '^(--fields=|-[46qv]*F)' '')
    set -l before (string match -r -- '^(?:.*,)?[+-]?' $list)
    set -l given (string split , -- (string replace -r -- '[^,]*$' '' $list) | string trim -l -c +-)
    set -l lines
    for line in ($program --fields=help 2>/dev/null </dev/null)[2..-1]
        # Behind the list of fields, words.
        test -n "$line"
        or break
        # A meaning goes on in lines that begin with a blank.
        if string match -q -- ' *' $line
            set lines[-1] "$lines[-1] "(string trim -- $line)
        else
            set -a lines $line
        end
    end
    for line in $lines
        set -l name (string match -r -- '^\S+' $line)
        contains -- $name $given
        or printf '%s%s\t%s\n' "$before" $name (string replace -r -- '^.*\s\s+' '' $line)
    end
    string match -q -- '*-' "$before"
    or printf '%sall\tall fields\n' "$before"
    contains -- ca $given
    or printf '%sca\tprivate state of the algorithm\n' "$before"
    test -n "$before"
    or printf 'help\tlist the fields\n'
end

# Complete the last item of a list; OPTION is a regular expression for what goes
# before the list in one word with it. Those named before are not offered again.
function __tcc_trace_list -a option
    set -l list (commandline -ct | string replace -r -- "^($option)" '')
    set -l before (string match -r -- '^(?:.*,)?' $list)
    for value in $argv[2..-1]
        contains -- $value (string split , -- $before)
        or printf '%s\n' "$before$value"
    end
end

function __tcc_trace_kinds
    set -l program (commandline -opc)[1]
    for line in ($program --events=help 2>/dev/null </dev/null)[2..-1]
        string match -r -- '^\S+' $line
    end
    echo all
    string match -q -- '*,*' (commandline -ct)
    or echo help
end

function __tcc_trace_algorithms
    string split -n ' ' </proc/sys/net/ipv4/tcp_available_congestion_control
end

# The command, from its name on to the word at the cursor; nothing while that is an option.
function __tcc_trace_command
    set -l words (commandline -opc)[2..-1]
    while set -q words[1]
        switch $words[1]
            case --
                set -e words[1]
                break
            case --ip --src --dst --port --sport --dport --mark --cc --cgroup --netns \
                    --interval --events --format --fields --ca-struct --ca-btf --time --color \
                    --log-file --read --since --until --rotate-size --rotate-time --rotate-keep --compress --user \
                    --duration --count --buffer
                set -q words[2]
                or return 1
                set -e words[1..2]
            case '-*'
                # Of letters, the last may take a value.
                if string match -qr -- '^-[46qv]*[ipeFodcbr]$' $words[1]
                    set -q words[2]
                    or return 1
                    set -e words[1..2]
                else
                    set -e words[1]
                end
            case '*'
                break
        end
    end
    set -l word (commandline -ct)
    set -q words[1]
    or contains -- -- (commandline -opc)
    or not string match -q -- '-*' $word
    or return 1
    # With --read these are files.
    not string match -qr -- '^(-r|--read)' (commandline -opc)
    or return 1
    # Which is false where there is but one.
    string join ' ' -- (string escape -- $words) $word
    or true
end

# Before it options are ours.
function __tcc_trace_is_option
    not __tcc_trace_command >/dev/null
    or test -z (commandline -ct)
    and not string match -q -- '* *' (__tcc_trace_command)
end

complete -c tcc-trace -f
complete -c tcc-trace -n 'string match -qr -- "^(-r|--read)" (commandline -opc)' -F
complete -c tcc-trace -n __tcc_trace_command -x -a '(complete -C (__tcc_trace_command))'
complete -c tcc-trace -n __tcc_trace_is_option -x -s i -l ip -d 'Either end has this address or prefix'
complete -c tcc-trace -n __tcc_trace_is_option -x -l src -d 'Local end has this address or prefix'
complete -c tcc-trace -n __tcc_trace_is_option -x -l dst -d 'Remote end has this address or prefix'
complete -c tcc-trace -n __tcc_trace_is_option -x -s p -l port -d 'Either end has this port'
complete -c tcc-trace -n __tcc_trace_is_option -x -l sport -d 'Local end has this port'
complete -c tcc-trace -n __tcc_trace_is_option -x -l dport -d 'Remote end has this port'
complete -c tcc-trace -n __tcc_trace_is_option -s 4 -d 'Only IPv4, v4-mapped IPv6 included'
complete -c tcc-trace -n __tcc_trace_is_option -s 6 -d 'Only IPv6'
complete -c tcc-trace -n __tcc_trace_is_option -x -l mark -d 'The packet has this mark'
complete -c tcc-trace -n __tcc_trace_is_option -x -l cc -a '(__tcc_trace_list --cc= (__tcc_trace_algorithms))' -d 'Connections of this algorithm'
complete -c tcc-trace -n __tcc_trace_is_option -x -l cgroup -a '(__fish_complete_directories)' -d 'Sockets of this cgroup and those below it'
complete -c tcc-trace -n __tcc_trace_is_option -r -F -l netns -a '(path basename /run/netns/* 2>/dev/null)' -d 'Sockets of this network namespace'
complete -c tcc-trace -n __tcc_trace_is_option -l changes -d 'Only where cwnd, ssthresh or congestion state changed'
complete -c tcc-trace -n __tcc_trace_is_option -x -l interval -d 'One event of a connection in this time at most'
complete -c tcc-trace -n __tcc_trace_is_option -x -s e -l events -a '(__tcc_trace_list "--events=|-[46qv]*e" (__tcc_trace_kinds))' -d 'The kinds of event'
complete -c tcc-trace -n __tcc_trace_is_option -x -l format -a 'text json csv tcpprobe' -d 'How records are written'
complete -c tcc-trace -n __tcc_trace_is_option -l tee -d 'The records on stdout too'
complete -c tcc-trace -n __tcc_trace_is_option -l json -d 'The same as --format=json'
complete -c tcc-trace -n __tcc_trace_is_option -l csv -d 'The same as --format=csv'
complete -c tcc-trace -n __tcc_trace_is_option -x -s F -l fields -a '(__tcc_trace_fields)' -d 'The fields and their order'
complete -c tcc-trace -n __tcc_trace_is_option -x -l ca-struct -d 'The private state of an unknown algorithm'
complete -c tcc-trace -n __tcc_trace_is_option -r -F -l ca-btf -d 'The BTF that describes it'
complete -c tcc-trace -n __tcc_trace_is_option -x -l time -a 'ktime wall utc' -d 'First column of a text line'
complete -c tcc-trace -n __tcc_trace_is_option -x -l color -a 'auto always never' -d 'Color the text'
complete -c tcc-trace -n __tcc_trace_is_option -l no-header -d 'No CSV heading, no opening or end record'
complete -c tcc-trace -n __tcc_trace_is_option -r -F -s o -l log-file -d 'Append records to this file'
complete -c tcc-trace -n __tcc_trace_is_option -x -l rotate-size -d 'Rotate before the file would exceed this size'
complete -c tcc-trace -n __tcc_trace_is_option -x -l rotate-time -d 'Rotate every so often'
complete -c tcc-trace -n __tcc_trace_is_option -x -l rotate-keep -a 'all' -d 'Keep so many rotated files'
complete -c tcc-trace -n __tcc_trace_is_option -x -l compress -a 'gzip zstd xz' -d 'Compress rotated files'
complete -c tcc-trace -n __tcc_trace_is_option -r -F -s r -l read -d 'Take records from this file'
complete -c tcc-trace -n __tcc_trace_is_option -x -l since -d 'Of what is read, from this time on'
complete -c tcc-trace -n __tcc_trace_is_option -x -l until -d 'Of what is read, up to this time'
complete -c tcc-trace -n __tcc_trace_is_option -l follow -d 'Go on as the file grows, over its rotation too'
complete -c tcc-trace -n __tcc_trace_is_option -x -l user -a '(__fish_complete_users)' -d 'Become this user at the start'
complete -c tcc-trace -n __tcc_trace_is_option -x -s d -l duration -d 'Stop after this time'
complete -c tcc-trace -n __tcc_trace_is_option -x -s c -l count -d 'Stop after so many records'
complete -c tcc-trace -n __tcc_trace_is_option -x -s b -l buffer -d 'Kernel buffer of each CPU'
complete -c tcc-trace -n __tcc_trace_is_option -l strict -d 'Exit 3 if any event was lost or missed'
complete -c tcc-trace -n __tcc_trace_is_option -s q -l quiet -d 'No status, no summary'
complete -c tcc-trace -n __tcc_trace_is_option -s v -l verbose -d 'Show what libbpf and the verifier say'
complete -c tcc-trace -n __tcc_trace_is_option -s h -l help -d 'Show help'
complete -c tcc-trace -n __tcc_trace_is_option -s V -l version -d 'Show the version'
