#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare replay's output with the reference's, byte by byte.

	compare.py random REPLAY SEED LISTS	random events, random options
	compare.py many REPLAY SEED CONNECTIONS	so many connections, each format
	compare.py cases			the golden files with the reference

The same seed gives the same events. The first difference is printed with what
led to it, the events being left in compare.events; then the status is 1.
"""
import os
import random
import subprocess
import sys
import time

import reference

EDGES = {
    16: (0, 1, 22, 9999, 10000, 65535),
    32: (0, 1, 9, 10, 99, 100, 9999, 10000, 65535, 99999999, 100000000, 999999999, 1000000000,
         2147483646, 2147483647, 2147483648, 4294967294, 4294967295),
    64: (0, 1, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1),
}
ADDRESSES = ('0.0.0.0', '255.255.255.255', '127.0.0.1', '10.0.0.1', '192.168.178.200', '::', '::1',
             'fe80::1', '2001:db8::', '2001:db8:0:1:0:0:0:1', '2001:db8:0:0:1:0:0:1',
             '2001:0:0:1:2:3:4:5', '1:0:2:0:3:0:4:0', '0:1:0:2:0:3:0:4', '::ffff:1.2.3.4',
             'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')
ZONES = ('UTC0', 'IST-5:30', 'NST3:30NDT,M3.2.0,M11.1.0', 'CHAST-12:45')


def number(rng, bits):
    if rng.random() < 0.3:
        return rng.choice(EDGES[bits])
    return rng.getrandbits(rng.randint(1, bits))


def address(rng, is_ipv6):
    if not is_ipv6:
        return '.'.join(str(rng.choice((0, 1, 9, 10, 99, 100, 255, rng.randrange(256))))
                        for _ in range(4))
    # Not below ::/96, whose text is a matter of taste.
    groups = [rng.choice((0, 0, 0, 1, rng.getrandbits(16))) for _ in range(8)]
    groups[rng.randrange(4)] |= 0x2000
    return ':'.join(f'{group:x}' for group in groups)


def limit_words(rng, now):
    """What limited_by is made of: each rule's values at its edge, and on both sides of it."""
    nxt = rng.choice((0, 5, 2**31, 2**32 - 3))
    near = {
        'state': (1, 1, 1, 1, 2, 3, 4, 8, 12, 13), 'ca_state': (0, 0, 0, 1, 2, 3, 4, 5),
        'packets_out': (0, 0, 0, 1, 9, 10, 11), 'sacked_out': (0, 0, 1), 'lost_out': (0, 0, 1, 20),
        'retrans_out': (0, 0, 1), 'mss': (0, 100, 1448),
        'write_seq': [(nxt + n) % 2**32 for n in (-1, 0, 1, 99, 100, 1447, 1448, 2000)],
        'snd_una': [(nxt - n) % 2**32 for n in (0, 100, 101)],
        'snd_wnd': (0, 99, 100, 1547, 1548, 60000), 'chrono_type': (0, 0, 0, 1, 2, 3),
        'nonagle': range(4), 'socket_flags': (0, 4, 11, 15), 'tsq_flags': range(4),
        'sndbuf': (99, 100, 101), 'wmem_queued': (0, 100), 'is_cwnd_limited': (0, 1),
        'pacing_status': range(3), 'wstamp_ns': (0, now, now + 1, 2**64 - 1),
        'pacing_rate': (99, 100, 2**64 - 1), 'max_pacing_rate': (100, 2**64 - 1),
        'rcv_nxt': (5,), 'copied_seq': (2**32 - 5, 2**32 - 5, 4, 5, 6),
        'rcv_wup': (5, 5, 4), 'rcv_wnd': (0, 2895, 2896, 60000),
        'window_clamp': (19, 20, 65536), 'advmss': (0, 1448), 'length': (0, 0, 1),
    }
    words = [f'{name}={rng.choice(values)}' for name, values in near.items()
             if rng.random() < 0.8]
    return words + [f'snd_nxt={nxt}']


def random_event(rng, now, has_nocookie, is_first):
    words = [f'ktime={now}']
    for name in ('snd_cwnd', 'ssthresh', 'snd_wnd', 'srtt', 'rcv_wnd', 'length', 'snd_nxt',
                 'snd_una', 'mark', 'mss', 'cpu'):
        if rng.random() < 0.8:
            words.append(f'{name}={number(rng, 32)}')
    if rng.random() < 0.5:
        words += limit_words(rng, now)
    if rng.random() < 0.2:
        words.append(f'lost={number(rng, 32)}')
        words.append(f'skipped={number(rng, 32)}')
    if rng.random() < 0.7:
        words.append(f'cookie={number(rng, 64)}')
    for name in ('sport', 'dport'):
        if rng.random() < 0.5:
            words.append(f'{name}={number(rng, 16)}')
    if is_first or rng.random() < 0.6:
        is_ipv6 = rng.random() < 0.5
        for name in ('saddr', 'daddr'):
            text = rng.choice(ADDRESSES) if rng.random() < 0.4 else address(rng, is_ipv6)
            words.append(f'{name}={text}')
    if has_nocookie and rng.random() < 0.3:
        words.append('nocookie')
    if rng.random() < 0.1:
        words.append('cong_control')
    if rng.random() < 0.4:
        # As often as not what a reduction is made of, and taken back by.
        words += ['event=ca_state', f'from={rng.randrange(6)}', f'to={rng.randrange(6)}',
                  f'prior_cwnd={rng.choice((0, 7, 9))}', f'undo_marker={rng.randrange(3)}',
                  f'snd_ssthresh={rng.choice((5, reference.INFINITE))}']
    elif rng.random() < 0.1:
        words += ['event=state', f'from={rng.randrange(14)}', f'to={rng.randrange(14)}']
    if rng.random() < 0.1:
        words.append('inet6')
    rng.shuffle(words)
    return words


def random_events(rng, n, has_nocookie):
    start = rng.getrandbits(rng.randint(1, 60))
    now = start + rng.choice((0, 1, 999, 10**6, 10**15, -1000))
    now = max(now, 0)
    lines = []
    for i in range(n):
        words = random_event(rng, now, has_nocookie, i == 0)
        if i == 0:
            words.append(f'start={start}')
        # The wall clock is never before 1970, and may be set back.
        if i == 0 or rng.random() < 0.1:
            clock = rng.choice((0, 1700000000123456789, rng.getrandbits(60), -now // 2))
            words.append(f'clock={clock}')
        lines.append(' '.join(words))
        now += rng.choice((0, 1, 999, 1000, 10**6, 10**9, rng.getrandbits(40), -12345))
        now = max(now, 0)
    return lines


def random_fields(rng):
    names = list(reference.ALL)
    rng.shuffle(names)
    n = rng.choice((1, 2, 3, rng.randint(1, len(names)), len(names)))
    kind = rng.random()
    if kind < 0.4:
        return ','.join(names[:n])
    if kind < 0.8:
        return ','.join(rng.choice('+-') + name for name in names[:n])
    items = [rng.choice(('', '', '+', '-')) + rng.choice(names + ['all'])
             for _ in range(rng.randint(1, 6))]
    # Faulty now and then: it must be refused.
    if rng.random() < 0.2:
        items.append(rng.choice(('', 'x', '+', '-', 'ssthres', '-all')))
    return ','.join(items)


def random_options(rng):
    fmt = rng.choice(('text', 'json', 'csv', 'csv', 'json', 'text', 'tcpprobe'))
    options = ['--format=' + fmt]
    if fmt != 'tcpprobe' and rng.random() < 0.9:
        options.append('--fields=' + random_fields(rng))
    # Kinds of event add to the default fields, of which the reference knows a probe's.
    if options[-1][:9] == '--fields=' and options[-1][9:10] not in ('+', '-'):
        options.append('--events=' + rng.choice(('probe', 'reduction', 'reduction,ca_state')))
    if rng.random() < 0.5:
        options.append('--time=' + rng.choice(('ktime', 'wall', 'utc')))
    if rng.random() < 0.3:
        options.append('--color=always')
    if rng.random() < 0.3:
        options.append('--no-header')
    return options


def replay(program, lines, options):
    """Its output, or None where it refused the options."""
    run = subprocess.run([program] + options, input='\n'.join(lines) + '\n', text=True,
                         capture_output=True)
    if run.returncode == 2 and run.stderr.startswith('tcc-trace: --fields: '):
        return None
    if run.returncode or run.stderr:
        sys.exit(f'replay {options}: status {run.returncode}: {run.stderr}')
    return run.stdout


def expect(lines, options):
    try:
        return reference.print_events(lines, options)
    except ValueError:
        return None


def compare(program, lines, options):
    """Returns the number of lines."""
    got, expected = replay(program, lines, options), expect(lines, options)
    if got == expected:
        return len(got.splitlines()) if got else 0
    with open('compare.events', 'w') as file:
        file.write('\n'.join(lines) + '\n')
    print(f'TZ={os.environ.get("TZ")} {options}')
    if got is None or expected is None:
        sys.exit(f'refused: {got is None}, expected: {expected is None}')
    for a, b in zip(got.splitlines() + [''], expected.splitlines() + ['']):
        if a != b:
            sys.exit(f'got:      {a}\nexpected: {b}')
    sys.exit('the number of lines differs')


def compare_random(program, seed, n):
    rng, n_lines, n_refused = random.Random(seed), 0, 0
    for _ in range(n):
        os.environ['TZ'] = rng.choice(ZONES)
        time.tzset()
        options = random_options(rng)
        lines = random_events(rng, rng.randint(1, 60), '--color=always' not in options)
        n_compared = compare(program, lines, options)
        n_lines += n_compared
        n_refused += not n_compared
    print(f'{n} lists, {n_refused} of them refused, {n_lines} lines')
    if n_refused > n // 4 or n_lines < n:
        sys.exit('too few lists were good for anything')


def many_connections(rng, n):
    """Each connection three times, mixed; half of them IPv6, ports reused."""
    now, lines = 10**12, []
    cookies = [cookie for cookie in range(1, n + 1) for _ in range(3)]
    rng.shuffle(cookies)
    for cookie in cookies:
        now += rng.randrange(100000)
        end = (f'saddr=10.1.{cookie % 200}.1 daddr=10.{cookie // 250}.{cookie % 250}.9'
               if cookie % 2 else
               f'saddr=2001:db8::{cookie % 200:x} daddr=2001:db8:{cookie:x}::1')
        lines.append(f'ktime={now} cookie={cookie} {end} sport=443 dport={1024 + cookie % 60000} '
                     f'snd_cwnd={rng.randrange(1, 300)} ssthresh={rng.randrange(2, 300)} '
                     f'srtt={rng.randrange(200000)} snd_nxt={rng.getrandbits(32)} '
                     f'snd_una={rng.getrandbits(32)}')
    lines[0] += f' start={10**12} clock=1700000000000000000'
    return lines


def compare_many(program, seed, n):
    lines = many_connections(random.Random(seed), n)
    for options in (['--format=text', '--color=always'], ['--json'], ['--csv', '--fields=all'],
                    ['--format=tcpprobe']):
        print(options[0], compare(program, lines, options), 'lines')


def compare_cases():
    directory, n = os.path.dirname(os.path.abspath(__file__)), 0
    with open(f'{directory}/cases') as cases:
        lines = [line.split() for line in cases if line.strip() and line[0] != '#']
    for expected, events, *words in lines:
        os.environ['TZ'] = 'UTC0'
        if words and words[0].startswith('TZ='):
            os.environ['TZ'] = words.pop(0)[3:]
        time.tzset()
        with open(f'{directory}/{events}') as file:
            written = reference.print_events(file, words)
        with open(f'{directory}/{expected}') as file:
            if file.read() != written:
                sys.exit(f'{expected} differs from what the reference writes')
        n += 1
    print(n, 'cases')


if __name__ == '__main__':
    if sys.argv[1] == 'cases':
        compare_cases()
    else:
        {'random': compare_random, 'many': compare_many}[sys.argv[1]](
            sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
