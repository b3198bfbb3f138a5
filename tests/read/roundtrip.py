#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What was written is read back: nothing of it is lost.

	roundtrip.py cases REPLAY PROGRAM		the golden files, read and written again
	roundtrip.py random REPLAY PROGRAM SEED N	random events: a file of all fields gives each
							format as the events themselves do, and a file of
							any fields gives itself

The same seed gives the same events. The first difference is printed, what led to it being
left in roundtrip.*; then the status is 1.
"""
import os
import random
import subprocess
import sys

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden')
sys.path.insert(0, GOLDEN)
import compare  # noqa: E402

KINDS = 'probe,retransmit,ca_state,state,reset,close'


def differ(got, expected, what):
    for name, text in (('got', got), ('expected', expected)):
        with open('roundtrip.' + name, 'w') as file:
            file.write(text)
    for a, b in zip(got.splitlines() + ['(end)'], expected.splitlines() + ['(end)']):
        if a != b:
            sys.exit(f'{what}\ngot:      {a}\nexpected: {b}')
    sys.exit(f'{what}: the number of lines differs')


def read(program, path, options):
    run = subprocess.run([program, '--quiet', '--read=' + path] + options, text=True,
                         capture_output=True)
    # A choice of fields may have no reduction, nor what one is made of: that is said.
    said = [line for line in run.stderr.splitlines() if ': nothing is made of its ' not in line]
    if run.returncode or said:
        sys.exit(f'{options}: status {run.returncode}: {run.stderr}')
    return run.stdout


def check_cases(replay, program):
    n = 0
    with open(os.path.join(GOLDEN, 'cases')) as cases:
        for line in cases:
            expected, *words = line.split('#')[0].split() or ['']
            # Without a heading nobody knows what the columns are.
            if expected.rpartition('.')[2] not in ('json', 'csv') or (
                    'csv' in expected and '--no-header' in words):
                continue
            path = os.path.join(GOLDEN, expected)
            with open(path) as file:
                text = file.read()
            options = [word for word in words[1:] if not word.startswith('TZ=')]
            # The kinds that are added below bring fields of theirs.
            if not any(word.startswith(('-e', '--events')) for word in options):
                options += fixed_fields(replay, options)
            # The replay writes whatever there is, unless it is asked for what it makes of it.
            if '-e reduction' not in line:
                options.append('--events=' + KINDS)
            got = read(program, path, options)
            if got != text:
                differ(got, text, expected)
            n += 1
    if n < 10:
        sys.exit(f'only {n} golden files')
    print(n, 'golden files')


def fixed_fields(replay, options):
    """The fields that the options choose, whatever the kinds of event."""
    options = [word for word in options if word not in ('--json', '--no-header')]
    text = compare.replay(replay, ['ktime=1'], options + ['--csv'])
    return None if text is None else ['--fields=' + text.splitlines()[0]]


def random_case(rng, replay, program):
    # A socket has a cookie, or none is shown of it; and then it is told by its ends.
    lines = [line.replace('cookie=0', 'cookie=1')
             for line in compare.random_events(rng, rng.randint(1, 60), False)]
    if 'cookie=' not in lines[0]:
        lines[0] += ' cookie=1'
    kinds = rng.choice(('probe,ca_state,state', 'probe,ca_state,state,reduction'))
    suffix = rng.choice(('json', 'csv'))
    whole = ['--format=' + suffix, '--fields=all', '--events=' + kinds]
    path = 'roundtrip.' + suffix
    with open(path, 'w') as file:
        file.write(compare.replay(replay, lines, whole))
    with open('roundtrip.events', 'w') as file:
        file.write('\n'.join(lines) + '\n')
    fields = fixed_fields(replay, ['--fields=' + compare.random_fields(rng)])
    if fields is None:
        return 0
    fmt = rng.choice(('text', 'json', 'csv'))
    options = ['--format=' + fmt, '--events=' + rng.choice((kinds, 'probe,ca_state,state,reduction'))]
    options += fields
    if rng.random() < 0.3:
        options.append('--color=always')
    expected = compare.replay(replay, lines, options)
    got = read(program, path, options)
    if got != expected:
        differ(got, expected, f'from {path}: {options}')
    if fmt == 'text':
        return len(lines)
    path = 'roundtrip.few.' + fmt
    with open(path, 'w') as file:
        file.write(expected)
    # Each line that has nothing to say is one all the same.
    got = read(program, path, options)
    if got != expected:
        differ(got, expected, f'again from {path}: {options}')
    return 2 * len(lines)


def check_random(replay, program, seed, n):
    rng = random.Random(seed)
    n_lines = sum(random_case(rng, replay, program) for _ in range(n))
    print(n, 'files,', n_lines, 'events')
    if n_lines < 10 * n:
        sys.exit('too few events were good for anything')


if sys.argv[1] == 'cases':
    check_cases(*sys.argv[2:4])
else:
    check_random(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
