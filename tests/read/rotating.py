#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A set of files that is rotated while it is opened.

	rotating.py PROGRAM N

N times, in the current directory: the program begins to read, and meanwhile the set is
rotated some times. What comes out must have no gap and nothing twice, and what was there
before. Fewer rotations than the program tries.
"""
import os
import subprocess
import sys


def record(number):
    with open('log.json', 'a', encoding='ascii') as file:
        file.write(f'{{"event":"probe","snd_cwnd":{number}}}\n')


def rotate(n_rotated):
    for i in range(n_rotated, 0, -1):
        os.rename(f'log.json.{i}', f'log.json.{i + 1}')
    os.rename('log.json', 'log.json.1')


def main():
    program, n = sys.argv[1], int(sys.argv[2])
    number = 1
    record(number)
    for _ in range(n):
        before = number
        with subprocess.Popen([program, '-q', '-r', 'log.json', '--csv', '--no-header', '-F', 'snd_cwnd'],
                              stdout=subprocess.PIPE, text=True) as reader:
            for _ in range(8):
                rotate(number - 1)
                number += 1
                record(number)
            got = [int(line) for line in reader.stdout]
        if reader.returncode or got != list(range(1, len(got) + 1)) or len(got) < before:
            sys.exit(f'status {reader.returncode}, of {before} to {number}: {got}')


main()
