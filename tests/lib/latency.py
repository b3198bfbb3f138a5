#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How long after its event a line arrives, at a few tens of events a second.

	latency.py pipe|terminal PROGRAM [OPTION]...	start PROGRAM, make traffic, measure
	latency.py idle PROGRAM [OPTION]...		make none

Of each line's arrival, on CLOCK_MONOTONIC, its own ktime is taken off. Prints
lines, delays and what it cost: CPU time and how often the program woke. Fails
where more than one line in twenty took over 50 ms, or where it is busy without
a reason.
"""
import os
import pty
import random
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

SECONDS = 5
LIMIT_MS = 50


def make_traffic(port, until, rounds):
    """A byte there, a byte back, then silence of a different length each time; at
    first short ones, so many that a reader who leaves something behind each time
    it is woken has no room for more."""
    rng = random.Random(7)
    n_short = 400
    server = socket.create_server(('127.0.0.1', port))
    client = socket.create_connection(('127.0.0.1', port))
    peer, _ = server.accept()
    for end in (client, peer):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while time.monotonic() < until:
        client.send(b'x')
        peer.recv(1)
        peer.send(b'y')
        client.recv(1)
        time.sleep(0.004 if n_short > 0 else rng.uniform(0.002, 0.12))
        n_short -= 1
        rounds.append(time.monotonic())
    client.close()
    peer.close()
    server.close()


def cost(pid):
    """CPU seconds, and how often it gave the CPU away of its own will."""
    with open(f'/proc/{pid}/stat') as file:
        ticks = sum(map(int, file.read().rsplit(')', 1)[1].split()[11:13]))
    with open(f'/proc/{pid}/status') as file:
        wakes = int(re.search(r'^voluntary_ctxt_switches:\s*(\d+)', file.read(), re.M)[1])
    return ticks / os.sysconf('SC_CLK_TCK'), wakes


def start(command, is_terminal):
    """Returns the process, the end to read from, when tracing has begun."""
    read_end, write_end = pty.openpty() if is_terminal else os.pipe()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=write_end,
                               stderr=subprocess.PIPE, text=True)
    os.close(write_end)
    status = process.stderr.readline()
    if 'attached in' not in status:
        sys.exit(status)
    return process, read_end


def read_delays(fd, until):
    """In ms. Each line's is that of its last byte."""
    delays, pending = [], b''
    while time.monotonic() < until:
        if not select.select([fd], [], [], 0.05)[0]:
            continue
        try:
            block, now = os.read(fd, 65536), time.monotonic_ns()
        except OSError:  # a terminal that nobody has open any more
            break
        if not block:
            break
        *lines, pending = (pending + block).split(b'\n')
        delays += [(now - int(re.match(rb'k:(\d+) ', line)[1])) / 1e6 for line in lines]
    return delays


def judge(delays, cpu, wakes, n_rounds, is_idle):
    if is_idle:
        print(f'{len(delays)} lines, {cpu:.2f} s of CPU time, {wakes} waits in {SECONDS} s')
        # No event, no timer: nothing to wake for.
        return not delays and wakes <= 5 and cpu <= 0.05
    delays.sort()
    late = sum(delay >= LIMIT_MS for delay in delays)
    print(f'{len(delays)} lines: median {statistics.median(delays):.2f} ms, '
          f'95 % {delays[len(delays) * 95 // 100]:.2f} ms, '
          f'99 % {delays[len(delays) * 99 // 100]:.2f} ms, max {delays[-1]:.2f} ms, '
          f'{late} over {LIMIT_MS} ms; {cpu:.2f} s of CPU time, {wakes} waits in {SECONDS} s')
    # Each byte that arrives is an event; those of the last round may be under way.
    if len(delays) < 2 * (n_rounds - 1):
        print(f'only {len(delays)} lines of {n_rounds} rounds: some are not out yet')
        return False
    return (len(delays) >= 20 * SECONDS and delays[0] >= 0 and late <= len(delays) // 20
            and wakes <= 10 * len(delays) and cpu <= 0.1 * SECONDS)


def measure(kind, command):
    process, fd = start(command, kind == 'terminal')
    time.sleep(0.5)
    until = time.monotonic() + SECONDS
    rounds = []
    port = int(command[command.index('--port') + 1])
    traffic = threading.Thread(target=make_traffic, args=(port, until, rounds))
    cpu, wakes = cost(process.pid)
    if kind != 'idle':
        traffic.start()
    delays = read_delays(fd, until + LIMIT_MS / 1000)
    cpu_after, wakes_after = cost(process.pid)
    process.send_signal(signal.SIGINT)
    # It may have a line to write yet.
    read_delays(fd, time.monotonic() + 0.2)
    process.communicate()
    if traffic.ident:
        traffic.join()
    return judge(delays, cpu_after - cpu, wakes_after - wakes, len(rounds), kind == 'idle')


# On a machine that is busy otherwise the reader itself may be late: three tries.
if not any(measure(sys.argv[1], sys.argv[2:]) for _ in range(3)):
    sys.exit(1)
