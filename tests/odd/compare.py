# SPDX-License-Identifier: GPL-2.0-or-later
"""compare.py PORT BEGIN_NS END_NS FTRACE NAME...: whether the traces NAME.out (JSON of
--port=PORT-PORT+2, with event, ktime, sport, dport) and their summaries NAME.err, of
different kinds of event, account for what ftrace has in FTRACE (text, by the clock
`mono`, of all the machine). For each kind, of whatever there is a tracepoint:

- seen = written + filtered + lost + missed + discarded, nothing lost;
- written are those that ftrace has of these ports, each, less those it has of threads of
  pid 1, on which the kernel of some machines runs no BPF program (events/ftrace.py), and
  those that the summary calls missed;
- seen are those of all ports, of all protocols: not fewer than between BEGIN_NS, when
  the traces were attached, and END_NS, when they were told to end, less those of pid 1,
  and not more than ftrace has in all.

Prints the numbers; the status is 1 if one does not fit.
"""
import collections
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "events"))
import ftrace  # noqa: E402

SUMMARY = re.compile(r"^tcc-trace: (\w+): seen (\d+) = (.*)$", re.M)
# Another protocol; a segment that did not leave.
NOT_OURS = re.compile(r"\bprotocol=(?!IPPROTO_TCP\b)|\berr=-")

Line = collections.namedtuple("Line", "kind time_ns is_on_init is_ours sport dport")


def read_ftrace(path, ports):
    init_threads = {int(thread) for thread in os.listdir("/proc/1/task")}
    with open(path, errors="replace") as file:
        text = file.read()
    kept, written = ftrace.ENTRIES.search(text).groups()
    if kept != written:
        sys.exit(f"ftrace kept {kept} of {written} events")
    for pid, seconds, micros, name, words in ftrace.LINE.findall(text):
        sport, dport = (int(port) for port in ftrace.PORTS.search(words).groups() if port)
        yield Line(ftrace.KINDS[name], int(seconds + micros) * 1000, int(pid) in init_threads,
                   # Without another end it listens, or has been disconnected.
                   dport and (sport in ports or dport in ports) and not NOT_OURS.search(words),
                   sport, dport)


def read_summary(path):
    """Of each kind: seen, and a dictionary of the rest."""
    with open(path) as file:
        for kind, seen, rest in SUMMARY.findall(file.read()):
            counts = {name: int(n) for name, n in re.findall(r"(\w+) (\d+)", rest)}
            parts = ("written", "filtered", "lost", "missed", "discarded")
            yield kind, int(seen), {name: counts.get(name, 0) for name in parts}


def main():
    first, begin_ns, end_ns = map(int, sys.argv[1:4])
    names, failed = sys.argv[5:], False
    lines = list(read_ftrace(sys.argv[4], range(first, first + 3)))
    events, times = collections.defaultdict(list), collections.defaultdict(list)
    for line in lines:
        if line.is_ours:
            events[line.kind, line.sport, line.dport].append(
                ftrace.Event(line.time_ns, line.is_on_init))
    records = collections.Counter()
    for name in names:
        for key, mine in ftrace.read_trace(f"{name}.out").items():
            times[key] += mine
            records[key[0]] += len(mine)
    is_traced = ftrace.has_any_on_init(events, times)

    def untraceable(some):
        return 0 if is_traced else sum(line.is_on_init for line in some)

    for name in names:
        for kind, seen, counts in read_summary(f"{name}.err"):
            fits = seen == sum(counts.values()) and not counts["lost"]
            fits = fits and counts["written"] == records[kind]
            words = f"{kind}: seen {seen}, {counts}"
            if kind in ftrace.KINDS.values():
                all_of = [line for line in lines if line.kind == kind]
                ours = [line for line in all_of if line.is_ours]
                inner = [line for line in all_of if begin_ns <= line.time_ns <= end_ns]
                wanted = len(ours) - untraceable(ours)
                least = len(inner) - untraceable(inner)
                fits = fits and wanted - counts["missed"] <= counts["written"] <= wanted
                fits = fits and least <= seen <= len(all_of)
                words += (f"; ftrace: {len(ours)}, on pid 1 {untraceable(ours)}; of the machine "
                          f"{least} to {len(all_of)}")
            print(words, "" if fits else "WRONG")
            failed |= not fits
    sys.exit(failed)


main()
