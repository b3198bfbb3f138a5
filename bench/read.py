#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading back, beside jq, Miller and DuckDB doing the same selection in this run.

	read.py PROGRAM REPLAY NODE

NODE is a directory with DuckDB's package for node, if there is one. Each program has one
CPU and one thread; its time is that of the CPU, the least of some rounds, its start
included. Then --since in a set of files beside reading all of it. As in bench.sh nothing
passes or fails. From the environment: TCC_ROUNDS; TCC_SHORT, if it is set: one short
round, which shows that all of this works.
"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile

IS_SHORT = bool(os.environ.get('TCC_SHORT'))
ROUNDS = int(os.environ.get('TCC_ROUNDS') or (1 if IS_SHORT else 5))
RECORDS = 4_000 if IS_SHORT else 1_000_000
FEW = 2_000 if IS_SHORT else 50_000	# for who takes seconds for these
PARTS = 8				# of the set
SET_BYTES = 16 << 20 if IS_SHORT else 1 << 30
FIELDS = 'time,daddr,snd_cwnd,srtt'
DUCKDB = '''
import { DuckDBInstance } from '@duckdb/node-api'
const db = await (await DuckDBInstance.create()).connect()
await db.run('SET threads = 1')
await db.run(`COPY (SELECT FIELDS FROM ${process.argv[2]} WHERE dport = 443)
	TO '/dev/stdout' (FORMAT csv)`)
'''.replace('FIELDS', FIELDS)


def events(n, first=0):
    """What replay makes records of: some bulk streams, many short ones, one in ten to 443."""
    for i in range(first, first + n):
        conn = i % 516
        start = '' if i != first else 'start=1000000000000 clock=1790000000000000000 '
        yield (f'{start}ktime={10**12 + i * 100000} cookie={conn + 1} saddr=10.0.0.1 '
               f'daddr=10.1.{conn % 7}.{conn % 250} sport={40000 + conn} '
               f'dport={443 if conn % 10 == 0 else 5201} snd_cwnd={10 + i % 700} '
               f'srtt={20000 + i % 9000} snd_nxt={i * 1448 % 2**32} '
               f'snd_una={i * 1447 % 2**32} snd_wnd=262144 rcv_wnd=65536 mss=1448\n')


def write(replay, form, path, n, first=0):
    with open('events', 'w', encoding='ascii') as file:
        file.writelines(events(n, first))
    with open('events', encoding='ascii') as source, open(path, 'wb') as out:
        subprocess.run([replay, '--format=' + form], stdin=source, stdout=out, check=True)
    os.unlink('events')


def one_cpu():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def seconds(command, rounds=ROUNDS):
    """The least CPU time of some rounds, and how many lines came."""
    least = None
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with open('out', 'wb') as out:
            subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=True,
                           preexec_fn=one_cpu, env={**os.environ, 'GOMAXPROCS': '1'})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        least = took if least is None else min(least, took)
    with open('out', 'rb') as out:
        return max(least, 1e-6), sum(1 for line in out if b'10.1.' in line)


def others(node):
    """Of each program beside: its name, of how many records, its command for JSON and for CSV,
    why it is not there."""
    mlr = lambda form: ['mlr', '--i' + form, '--ocsv', 'filter', '$dport==443', 'then', 'cut', '-o',
                        '-f', FIELDS, 'few.' + form.removesuffix('l')]
    jq = ['jq', '-r', 'select(.dport==443)|[.time,.daddr,.snd_cwnd,.srtt]|@csv', 'few.json']
    yield 'jq', FEW, jq, None, None if shutil.which('jq') else 'jq is not installed'
    yield ('Miller', FEW, mlr('jsonl'), mlr('csv'),
           None if shutil.which('mlr') else 'mlr is not installed')
    is_there = shutil.which('node') and os.path.isdir(node + '/node_modules/@duckdb/node-api')
    if is_there:
        os.symlink(node + '/node_modules', 'node_modules')
        with open('duckdb.mjs', 'w', encoding='ascii') as file:
            file.write(DUCKDB)
    duckdb = lambda what: ['node', 'duckdb.mjs', what]
    yield ('DuckDB', RECORDS, duckdb("read_json('many.json', format = 'newline_delimited')"),
           duckdb("read_csv('many.csv')"),
           None if is_there else 'neither node nor npm has it')


def ratio(what, value, how, asked):
    is_reached = value >= asked
    print(f'  {what:<44} {value:9.2f} x  asked {how} {asked:g}  {"ok" if is_reached else "NOT REACHED"}')


def bench_selection(program, replay, node):
    print(f'\nThe records to one port, four fields of them, as CSV: least CPU time of {ROUNDS}')
    print(f'  {"":<22} {"records":>9} {"seconds":>9} {"records/s":>11}')
    rates = {}
    for form in 'json', 'csv':
        write(replay, form, 'many.' + form, RECORDS)
        write(replay, form, 'few.' + form, FEW)

    def measure(name, command, n):
        took, lines = seconds(command)
        wanted = sum(1 for i in range(n) if i % 516 % 10 == 0)
        if lines != wanted:
            sys.exit(f'bench: {name}: {lines} records, not {wanted}')
        rates[name] = n / took
        print(f'  {name:<22} {n:>9} {took:>9.3f} {n / took:>11.0f}')

    for form in 'json', 'csv':
        measure(f'tcc-trace, {form}', [program, '-q', '-r', 'many.' + form, '--csv', '-F', FIELDS,
                                       '--dport=443'], RECORDS)
    for name, n, of_json, of_csv, why in others(node):
        for form, command in ('json', of_json), ('csv', of_csv):
            if why:
                print(f'  {name + ", " + form:<22} skipped: {why}')
            elif command:
                measure(f'{name}, {form}', command, n)
    for name, asked in ('jq', 20), ('Miller', 1), ('DuckDB', 1):
        if name + ', json' in rates:
            ratio(f'tcc-trace / {name}, json', rates['tcc-trace, json'] / rates[name + ', json'],
                  'at least', asked)
    ratio('csv / json', rates['tcc-trace, csv'] / rates['tcc-trace, json'], 'at least', 1.5)


def bench_since(program, replay):
    each = SET_BYTES // PARTS // 382
    for i in range(PARTS):
        last = PARTS - 1 - i
        write(replay, 'json', f'set.json.{last}' if last else 'set.json', each, i * each)
    size = sum(os.path.getsize(name) for name in os.listdir('.') if name.startswith('set.json'))
    command = [program, '-q', '-r', 'set.json', '--csv', '-F', FIELDS]
    print(f'\n--since in a set of {PARTS} files, {size >> 20} MB, beside all of it: least of {ROUNDS}')
    all_of_it, n = seconds(command, min(ROUNDS, 2))
    print(f'  {"all of it":<22} {n:>9} records {all_of_it:>9.3f} s')
    for span in '-1s', '-10s':
        took, n = seconds(command + ['--since=' + span])
        print(f'  {"--since=" + span:<22} {n:>9} records {took:>9.3f} s')
        if span == '-1s':
            ratio('all of it / --since', all_of_it / took, 'at least', 100)


def main():
    program, replay, node = map(os.path.abspath, sys.argv[1:4])
    with tempfile.TemporaryDirectory(prefix='tcc-bench-') as scratch:
        os.chdir(scratch)
        bench_selection(program, replay, node)
        bench_since(program, replay)
        os.chdir('/')


main()
