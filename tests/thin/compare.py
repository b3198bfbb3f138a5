#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether what --changes or --interval wrote is what it should have of a trace.

	compare.py changes FULL.csv THIN.csv
	compare.py interval,MS FULL.csv THIN.csv

Both are traces of the same events, FULL begun first, with --fields=ktime,sport,dport,
snd_cwnd,snd_nxt,snd_una,ssthresh,lost and, in THIN, skipped. Their times differ by
microseconds, so events are found again by their place: `skipped` says how far it is.
"""
import csv
import sys


def ends(row):
    """Old kernels give no cookie."""
    return row['sport'] + '>' + row['dport']


def read(path):
    streams = {}
    with open(path, newline='') as file:
        for row in csv.DictReader(file, strict=True):
            if row['lost'] != '0':
                sys.exit(f'{path}: events were lost')
            streams.setdefault(ends(row), []).append(row)
    return streams


def same(a, b):
    return all(a[name] == b[name] for name in ('snd_cwnd', 'ssthresh', 'snd_nxt', 'snd_una'))


def curve(row):
    return row['snd_cwnd'], row['ssthresh']


def place(full, thin):
    """The place in full of each record of thin."""
    at, places = -1, []
    for row in thin:
        at += int(row['skipped']) + 1
        if at >= len(full) or not same(full[at], row):
            sys.exit(f'record {len(places)} of {ends(row)} is not event {at}: {row}')
        places.append(at)
    return places


def check_changes(full, places):
    """The curve redrawn from the records is that of all events."""
    known, remaining = None, set(places)
    for at, row in enumerate(full):
        if at in remaining:
            known = curve(row)
        if curve(row) != known:
            sys.exit(f'event {at} of {ends(row)}: {curve(row)}, but redrawn {known}')


def check_interval(full, thin, places, ns):
    """None too early by its own time; none left out when its time had come. Of what is
    left out there are the other trace's times; that one began before, so its program runs
    first at each event: what was due by its time was due by the own. Returns how many
    were left out in recovery, where ca_state tells."""
    n_in_recovery = 0
    for before, after in zip(thin, thin[1:]):
        if int(after['ktime']) - int(before['ktime']) < ns:
            sys.exit(f'too close to the one before: {after}')
    for before, first, at in zip(thin, places, places[1:]):
        # Time goes on: if any was due, the last one before was.
        if at > first + 1 and int(full[at - 1]['ktime']) - int(before['ktime']) >= ns:
            sys.exit(f'left out though it was due: {full[at - 1]}')
        n_in_recovery += sum(row.get('ca_state') in ('Recovery', 'Loss')
                             for row in full[first + 1:at])
    return n_in_recovery


def main():
    what, _, ms = sys.argv[1].partition(',')
    full, thin = read(sys.argv[2]), read(sys.argv[3])
    if set(full) != set(thin):
        sys.exit('the first event of a connection is missing')
    n_full = n_thin = n_in_recovery = 0
    for connection, rows in full.items():
        places = place(rows, thin[connection])
        if places[0] != 0:
            sys.exit(f'the first event of {connection} is missing')
        n_full, n_thin = n_full + len(rows), n_thin + len(places)
        if what == 'changes':
            check_changes(rows, places)
        else:
            n_in_recovery += check_interval(rows, thin[connection], places, int(ms) * 10**6)
    print(f'{n_full} events, {n_thin} records, {n_full / n_thin:.1f} times less, '
          f'{n_in_recovery} left out in recovery')


main()
