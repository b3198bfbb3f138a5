#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One trace in several formats: whether they say the same.

	same.py events ALL.csv			the events of a trace, for tests/replay
	same.py compare ALL.csv FORMAT FILE	each line, field by field
	same.py exact FILE.jsonl		whether jq keeps each number
	same.py miller FILE.csv			whether Miller reads what Python's csv reads

ALL.csv has all fields (--csv --fields=all); so has FILE, where the format has
fields at all. Says how much was compared; the status is 1 where they differ.
"""
import csv
import datetime
import decimal
import json
import re
import subprocess
import sys

STRINGS = {'event', 'time', 'saddr', 'daddr', 'cookie', 'ktime', 'family', 'cc', 'ca_state',
           'limited_by', 'limited_side', 'bbr_mode', 'retransmit', 'direction', 'old_ca_state', 'new_ca_state',
           'old_state', 'new_state'}


class Number(str):
    """A JSON number, as it stands in the file."""


def read_csv(path):
    with open(path, newline='') as file:
        rows = list(csv.DictReader(file, strict=True))
    for row in rows:
        if None in row or None in row.values():
            sys.exit(f'{path}: too many or too few values: {row}')
    return [{name: value or None for name, value in row.items()} for row in rows]


# ---- back to events ---------------------------------------------------------------


def wall_ns(text):
    second = datetime.datetime.fromisoformat(text[:19] + '+00:00')
    return int(second.timestamp()) * 10**9 + int(text[20:29])


def ms_to_ns(text):
    return int(decimal.Decimal(text) * 10**6)


def find_start(rows):
    """Of the starts that all offsets, cut off at 1 us, allow."""
    offsets = [(int(row['ktime']), ms_to_ns(row['offset_ms'])) for row in rows]
    offsets = [(now, offset) for now, offset in offsets if offset]
    low = max(now - offset - 999 for now, offset in offsets)
    if low > min(now - offset for now, offset in offsets):
        sys.exit('offset_ms contradicts ktime')
    return low


def print_events(path):
    rows = read_csv(path)
    for i, row in enumerate(rows):
        words = [f'{name}={row[name]}' for name in
                 ('ktime', 'cpu', 'saddr', 'sport', 'daddr', 'dport', 'snd_cwnd', 'mss', 'snd_wnd',
                  'srtt', 'rcv_wnd', 'length', 'snd_nxt', 'snd_una', 'mark', 'lost')]
        words.append(f'ssthresh={row["ssthresh"] or 2147483647}')
        words += [f'cookie={row["cookie"]}'] if row['cookie'] else ['cookie=0x1', 'nocookie']
        words += ['inet6'] if row['family'] == 'inet6' else []
        words.append(f'clock={wall_ns(row["time"]) - int(row["ktime"])}')
        words += [] if i else [f'start={find_start(rows)}']
        print(*words)


# ---- the other formats' lines as rows -------------------------------------------------


def parse_json(line, names):
    row = json.loads(line, parse_int=Number, parse_float=Number)
    if list(row) != names:
        sys.exit(f'json: fields are {list(row)}')
    for name, value in row.items():
        if value is not None and isinstance(value, Number) == (name in STRINGS):
            sys.exit(f'json: {name} is {value!r}')
    return row


TEXT = re.compile(r'k:(?P<ktime>\d+) (?P<offset_ms>\d+\.\d{3}) ms \| (?P<conn_ms>\d+\.\d{3}) ms \| '
                  r'(?P<saddr>\S+)\.(?P<sport>\d+) > (?P<daddr>\S+)\.(?P<dport>\d+) \| (.*)\n')


def parse_text(line, names):
    match = TEXT.fullmatch(line)
    words = match[8].split(' ') if match else []
    row = dict(zip(words[::2], words[1::2]))
    if list(row) != names or len(words) != 2 * len(names):
        sys.exit(f'text: {line}')
    for name, value in match.groupdict().items():
        if row[name] != value:
            sys.exit(f'text: {name} is {value} and {row[name]}')
    return {name: None if value == ('inf' if name in ('ssthresh', 'snd_ssthresh') else '-') else value
            for name, value in row.items()}


TCPPROBE = re.compile(r'(\d+)\.(\d{3})(\d{3})\d{3} \[?(\S+?)\]?:(\d+) \[?(\S+?)\]?:(\d+) (\d+) (\S+) '
                      r'(\S+) (\d+) (\d+) (\d+) (\d+) (\d+)\n')


def parse_tcpprobe(line, names):
    match = TCPPROBE.fullmatch(line)
    if not match:
        sys.exit(f'tcpprobe: {line}')
    seconds, ms, us, *rest = match.groups()
    row = dict(zip(('saddr', 'sport', 'daddr', 'dport', 'length', 'snd_nxt', 'snd_una', 'snd_cwnd',
                    'ssthresh', 'snd_wnd', 'srtt', 'rcv_wnd'), rest))
    for name in ('snd_nxt', 'snd_una'):
        if row[name] != '0' and not row[name].startswith('0x'):
            sys.exit(f'tcpprobe: {name} is {row[name]}')
        row[name] = str(int(row[name], 16))
    row['offset_ms'] = f'{int(seconds + ms)}.{us}'
    row['ssthresh'] = None if row['ssthresh'] == '2147483647' else row['ssthresh']
    return row


PARSERS = {'json': parse_json, 'text': parse_text, 'tcpprobe': parse_tcpprobe}


def compare(csv_path, name, path):
    rows, n = read_csv(csv_path), 0
    with open(path, newline='\n') as file:
        lines = list(file)
    if len(lines) != len(rows) or not rows:
        sys.exit(f'{len(rows)} rows of CSV, {len(lines)} lines of {name}')
    for i, (line, row) in enumerate(zip(lines, rows), 1):
        for field, value in PARSERS[name](line, list(row)).items():
            n += 1
            if value != row[field]:
                sys.exit(f'line {i}: {field} is {value} in {name}, {row[field]} in CSV')
    print(f'{name}: {n} values in {len(lines)} lines')


# ---- jq -------------------------------------------------------------------------------


def exact(path):
    """jq may write 1.500 as 1.5, but no other number; also where it reckons with it,
    since from 1.7 on it hands through what it does not touch."""
    output = subprocess.run(['jq', '-c', '(.. | numbers) |= . + 0', path], check=True,
                            capture_output=True, text=True)
    with open(path) as file:
        before, after = list(file), output.stdout.splitlines()
    n = 0
    for line, line_after in zip(before, after, strict=True):
        numbers = [json.loads(text, parse_int=Number, parse_float=Number)
                   for text in (line, line_after)]
        for (name, a), (name_after, b) in zip(*(row.items() for row in numbers), strict=True):
            n += isinstance(a, Number)
            is_same = (decimal.Decimal(a) == decimal.Decimal(b)
                       if isinstance(a, Number) and isinstance(b, Number) else a == b)
            if name != name_after or not is_same:
                sys.exit(f'{name} was {a}, is {b} behind jq')
    print(f'{n} numbers in {len(before)} lines')


# ---- Miller ---------------------------------------------------------------------------


def miller(path):
    """-S: values are text; else Miller writes hexadecimal numbers into JSON."""
    output = subprocess.run(['mlr', '-S', '--icsv', '--ojsonl', 'cat', path], check=True,
                            capture_output=True, text=True)
    rows = [{name: value or None for name, value in json.loads(line).items()}
            for line in output.stdout.splitlines()]
    expected = read_csv(path)
    with open(path) as file:
        n_lines = sum(1 for _ in file)
    if rows != expected or len(rows) != n_lines - 1:
        sys.exit(f'{n_lines} lines, {len(rows)} rows to Miller, {len(expected)} to Python, '
                 f'or values that differ')
    print(f'{len(rows)} rows')


if __name__ == '__main__':
    {'events': print_events, 'compare': compare, 'exact': exact,
     'miller': miller}[sys.argv[1]](*sys.argv[2:])
