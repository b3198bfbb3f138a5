#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether all files of a rotated log, in order, are what a pipe got.

	compare.py files LOG LIMIT		each file: whole lines, its beginning, its size
	compare.py stream LOG PIPE MISSED LOST	and the records of all are those of PIPE

LOG is the file without any suffix; its rotated files are beside it, plain or
compressed. PIPE is what another instance wrote at the same time, without a
log file's records. MISSED and LOST are numbers of events that the log's
instance, the pipe's counted as missed or lost, as LOG,PIPE. LIMIT 0: no limit.

Two instances see each event at moments of their own, so the fields must be
without time, and records are compared connection by connection: of a single
one the kernel handles segments one after the other. Needs the field `cookie`.
"""
import collections
import gzip
import json
import lzma
import os
import re
import subprocess
import sys

NUMBERED = re.compile(r'\.([1-9][0-9]*)(\.gz|\.zst|\.xz)?$')
STAMPED = re.compile(r'\.([0-9]{8}T[0-9]{6}\.[0-9]{3}Z)(\.gz|\.zst|\.xz)?$')
RESYNC = 2000


def fail(text):
    sys.exit(f'compare.py: {text}')


# ---- files --------------------------------------------------------------------


def place(rest):
    """Sorts the oldest first."""
    stamped = STAMPED.fullmatch(rest)
    if stamped:
        return (0, stamped[1], 0)
    numbered = NUMBERED.fullmatch(rest)
    if numbered:
        return (0, '', -int(numbered[1]))
    fail(f'a file of a name that means nothing: {rest}')
    return None


def find_files(log):
    directory, base = os.path.split(log)
    rests = [name[len(base):] for name in os.listdir(directory or '.')
             if name.startswith(base + '.')]
    files = [log + rest for rest in sorted(rests, key=place)]
    places = [place(rest) for rest in rests]
    if len(set(places)) != len(places):
        fail(f'two forms of one file: {sorted(rests)}')
    return files + ([log] if os.path.exists(log) else [])


def read(path):
    if path.endswith('.gz'):
        return gzip.open(path).read()
    if path.endswith('.xz'):
        return lzma.open(path).read()
    if path.endswith('.zst'):
        return subprocess.run(['zstd', '-dcq', path], check=True, stdout=subprocess.PIPE).stdout
    with open(path, 'rb') as file:
        return file.read()


def is_json(line):
    return line.startswith(b'{')


def whole_lines(path, data, may_be_torn):
    lines = data.split(b'\n')
    torn = lines.pop()
    if torn and not may_be_torn:
        fail(f'{path} ends in half a line: {torn[-60:]}')
    return lines


def check_beginning(path, lines):
    """Each file is complete in itself."""
    if not lines:
        fail(f'{path} is empty')
    if is_json(lines[0]):
        if json.loads(lines[0])['event'] != 'trace':
            fail(f'{path} does not begin with an opening record')
    elif b'cookie' not in lines[0]:
        fail(f'{path} does not begin with a heading: {lines[0][:80]}')


def records(path, lines):
    """Its records as they stand, less heading, opening and end."""
    if not is_json(lines[0]):
        columns = lines[0].count(b',')
        for line in lines[1:]:
            if line.count(b',') != columns or line == lines[0]:
                fail(f'{path}: not a record: {line[:200]}')
        return lines[1:]
    found = []
    for line in lines:
        if json.loads(line)['event'] == 'probe':
            found.append(line)
    return found


def read_log(log, limit, may_be_torn):
    files = find_files(log)
    found = []
    for path in files:
        data = read(path)
        if limit and len(data) > limit:
            fail(f'{path} has {len(data)} bytes, the limit is {limit}')
        lines = whole_lines(path, data, may_be_torn and path == log)
        if path == log and not lines:
            continue	# just begun
        check_beginning(path, lines)
        found += records(path, lines)
    return files, found


# ---- streams -------------------------------------------------------------------


def cookie_of(heading):
    if is_json(heading):
        return lambda line: json.loads(line)['cookie']
    column = heading.split(b',').index(b'cookie')
    return lambda line: line.split(b',')[column]


def by_connection(lines, cookie):
    streams = collections.defaultdict(list)
    for line in lines:
        streams[cookie(line)].append(line)
    return streams


def resync(left, i, right, j):
    """The least to leave out of both so that they go on alike."""
    for total in range(1, RESYNC):
        for skip in range(total + 1):
            a, b = i + skip, j + total - skip
            if left[a:a + 3] == right[b:b + 3]:
                return a, b
    return len(left), len(right)


def differences(left, right):
    """How many lines only the left, only the right one has."""
    i = j = only_left = only_right = 0
    while i < len(left) and j < len(right):
        if left[i] == right[j]:
            i, j = i + 1, j + 1
            continue
        a, b = resync(left, i, right, j)
        only_left, only_right = only_left + a - i, only_right + b - j
        i, j = a, b
    return only_left + len(left) - i, only_right + len(right) - j


def compare(log, pipe, missing):
    files, found = read_log(log, 0, False)
    with open(pipe, 'rb') as file:
        lines = whole_lines(pipe, file.read(), False)
    cookie = cookie_of(lines[0])
    wanted = records(pipe, lines)
    left, right = by_connection(found, cookie), by_connection(wanted, cookie)
    only_log = only_pipe = 0
    for key in set(left) | set(right):
        a, b = differences(left[key], right[key])
        only_log, only_pipe = only_log + a, only_pipe + b
    print(f'{len(files)} files, {len(found)} records, {len(left)} connections; '
          f'{only_log} only in the log (the pipe missed {missing[1]}), '
          f'{only_pipe} only in the pipe (the log missed {missing[0]})')
    if only_log > missing[1] or only_pipe > missing[0]:
        fail('they differ')


def numbers(text):
    return [int(number) for number in text.split(',')]


def main():
    command, log = sys.argv[1:3]
    if command == 'files':
        files, found = read_log(log, int(sys.argv[3]), False)
        print(f'{len(files)} files, {len(found)} records')
    elif command == 'torn':
        files, found = read_log(log, int(sys.argv[3]), True)
        print(f'{len(files)} files, {len(found)} records')
    elif command == 'stream':
        missed, lost = numbers(sys.argv[4]), numbers(sys.argv[5])
        compare(log, sys.argv[3], [missed[0] + lost[0], missed[1] + lost[1]])
    else:
        fail(f'no such command: {command}')


main()
