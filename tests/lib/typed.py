#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What readers that give types make of a trace, and whether it is right.

	typed.py events				events for tests/replay at which such readers
						fail: a column that is empty for 25,000
						rows, numbers above 2^53, text like a number
	typed.py pandas RECIPE			runs it, which makes `frame`; its rows as
						JSON Lines
	typed.py compare [--empty=] TRUTH GOT	each value of JSON Lines TRUTH, opening
						and end record left out, against JSON
						GOT, type and all. --empty=: the reader
						has an empty text for nothing

ktime, text in JSON since it may exceed 2^53, may be an integer in GOT.
"""
import json
import sys


def events():
    print('start=1000000000000 clock=1795386380000000000 ktime=1000000000000 cookie=0x2a93 '
          'saddr=10.0.0.1 sport=22 daddr=10.0.0.2 dport=2 snd_cwnd=10 ssthresh=2147483647 mss=1448')
    for i in range(25000):
        print(f'ktime={9007199254740993 + i * 1000} saddr=10.0.0.1 sport=22 daddr=10.0.0.2 '
              f'dport=29736 ssthresh=2147483647 snd_cwnd={10 + i} mss=1448')
    print('ktime=9300000000000001 cookie=0xffffffffffffff01 saddr=2001:db8::1 sport=1 '
          'daddr=2001:db8::2 dport=2 ssthresh=9 srtt=4294967295')
    print('ktime=9300000000000003 cookie=0x12 saddr=10.0.0.1 sport=22 daddr=10.0.0.2 dport=2 '
          'inet6 ssthresh=100')
    print('ktime=9300000000000005 cookie=0x1e5 saddr=10.0.0.1 sport=22 daddr=10.0.0.2 dport=2 '
          'nocookie ssthresh=0')


def run_pandas(path):
    names = {}
    with open(path) as recipe:
        exec(recipe.read(), names)
    pandas = names['pandas']
    frame = names['frame']
    # Without names: `from` is a word of Python's, and would be another.
    for row in frame.astype(object).itertuples(index=False, name=None):
        print(json.dumps({name: None if pandas.isna(value) else value
                          for name, value in zip(frame.columns, row)}))


def read(path):
    with open(path) as file:
        text = file.read()
    if text.startswith('['):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines()]


def is_same(name, wanted, got):
    if name == 'ktime' and type(got) is int:
        return str(got) == wanted
    if type(wanted) is float:
        return type(got) in (int, float) and got == wanted
    return type(got) is type(wanted) and got == wanted


def compare(truth_path, got_path, empty):
    truth = [row for row in read(truth_path) if row.get('event') not in ('trace', 'end')]
    got = read(got_path)
    if len(got) != len(truth):
        sys.exit(f'{len(got)} rows instead of {len(truth)}')
    for number, (wanted, row) in enumerate(zip(truth, got), 1):
        if list(row) != list(wanted):
            sys.exit(f'row {number}: columns {list(row)}')
        for name, value in wanted.items():
            mine = None if row[name] == empty else row[name]
            if not is_same(name, value, mine):
                sys.exit(f'row {number}: {name} is {mine!r}, not {value!r}')
    print(f'{len(truth)} rows, {len(truth[0])} columns')


def main(command, *arguments):
    if command == 'events':
        events()
    elif command == 'pandas':
        run_pandas(*arguments)
    elif command == 'compare':
        empty = '' if arguments[0] == '--empty=' else None
        compare(*arguments[-2:], empty)
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
