# SPDX-License-Identifier: GPL-2.0-or-later
"""ftrace.py OPTION PORT FTRACE TRACE: for each kind of event that has a tracepoint,
prints its name, how many of it TRACE has (JSON with event, ktime, sport, dport), how
many FTRACE has (the text of ftrace's, by the clock `mono`), and how many of these
could not be traced. OPTION is that of the trace: --port or --dport, with PORT.

On some virtual machines the kernel runs no BPF program while a thread of pid 1 is
current, and counts nothing. So what ftrace has of that thread could not be traced,
unless TRACE has some event of it, of any kind: then it could.
"""
import bisect
import collections
import json
import os
import re
import sys

KINDS = {"tcp_probe": "probe", "tcp_retransmit_skb": "retransmit",
         "tcp_cong_state_set": "ca_state", "inet_sock_set_state": "state"}

ENTRIES = re.compile(r"^# entries-in-buffer/entries-written: (\d+)/(\d+)", re.M)
# TASK-PID [CPU] FLAGS SECONDS: EVENT: WORDS. A task's name may be anything.
LINE = re.compile(r"-(\d+) +\[\d+\] .*? (\d+)\.(\d{6}): (\w+): (.*)")
PORTS = re.compile(r"\bsport=(\d+) dport=(\d+)|\bsrc=\S*:(\d+) dest=\S*:(\d+)")

# An event's time in ftrace is rounded to microseconds.
ROUNDED_NS = 500

Event = collections.namedtuple("Event", "time_ns is_on_init")


def read_ftrace(path, wanted, init_threads):
    """Lists of events by kind and ports."""
    events = collections.defaultdict(list)
    with open(path, errors="replace") as file:
        text = file.read()
    kept, written = ENTRIES.search(text).groups()
    if kept != written:
        sys.exit(f"ftrace kept {kept} of {written} events")
    for pid, seconds, micros, name, words in LINE.findall(text):
        if name not in KINDS:
            continue
        sport, dport = (int(port) for port in PORTS.search(words).groups() if port)
        if wanted(sport, dport):
            events[KINDS[name], sport, dport].append(
                Event(int(seconds + micros) * 1000, int(pid) in init_threads))
    return events


def read_trace(path):
    """Lists of times by kind and ports."""
    times = collections.defaultdict(list)
    with open(path) as file:
        for record in map(json.loads, file):
            times[record["event"], record["sport"], record["dport"]].append(int(record["ktime"]))
    return times


def has_any_on_init(events, times):
    """Both tell of one call of the tracepoint, ftrace first: an event of the trace is
    the last before it of the same connection's end."""
    for key, mine in times.items():
        theirs = sorted(events.get(key, ()))
        for time_ns in mine:
            at = bisect.bisect_right(theirs, (time_ns + ROUNDED_NS, True)) - 1
            if at >= 0 and theirs[at].is_on_init:
                return True
    return False


def main():
    option, port, ftrace, trace = sys.argv[1:]
    port = int(port)
    events = read_ftrace(
        ftrace, lambda sport, dport: dport == port or (option == "--port" and sport == port),
        {int(thread) for thread in os.listdir("/proc/1/task")})
    times = read_trace(trace)
    is_traced = has_any_on_init(events, times)
    for kind in KINDS.values():
        theirs = [event for key in events if key[0] == kind for event in events[key]]
        print(kind, sum(len(times[key]) for key in times if key[0] == kind), len(theirs),
              0 if is_traced else sum(event.is_on_init for event in theirs))


if __name__ == "__main__":
    main()
