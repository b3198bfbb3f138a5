# SPDX-License-Identifier: GPL-2.0-or-later
#
# What fish offers for command lines.
#
#	fish --no-config complete.fish COMPLETION-FILE LINE...
#
# Prints for each LINE one line: the candidates, sorted, blanks between them.
# Where no candidate begins with what is there, fish offers some that only hold
# the same letters; these are left out.

source $argv[1]
for line in $argv[2..-1]
    set -l word (string replace -r '.* ' '' $line)
    set -l candidates
    for candidate in (complete -C $line | string replace -r '\t.*' '' | LC_ALL=C sort -u)
        test (string sub -l (string length -- $word) -- $candidate) = "$word"
        and set -a candidates $candidate
    end
    printf '%s\n' "$candidates"
end
