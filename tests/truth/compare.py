#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what tcc-trace wrote and counted with what ftrace recorded of the
same tracepoint at the same time.

    compare.py [--lossy] [--no-cookie] [--may-move] FTRACE CSV MESSAGES ATTACHED STOPPED

FTRACE is what record.py left; it must have been attached before tcc-trace.
CSV is tcc-trace's output with at least COLUMNS, MESSAGES its stderr; ATTACHED
is the time (ns, CLOCK_MONOTONIC) at which it was known to be attached,
STOPPED that just before it was told to end. Prints the figures, then one line
for each thing that is wrong; exit status 1 if there is any, 2 if it is only
that too much came while pid 1 was current, and a new recording may be better.

Each event that ftrace has must be written once, with the same values, or be
counted as lost or missed; what neither holds is the remainder. Nothing may be
lost, and no more than 1 in REMAINDER_LIMIT remain: --lossy lifts these two
limits, and then every event still has to be accounted for. --no-cookie: of a
kernel that gives the program no cookies; then tcc-trace must not have any.
--may-move: of Linux 7.0 and later, where what is attached to a tracepoint keeps its
caller on a CPU one by one (include/linux/tracepoint.h, __DECLARE_TRACE: SRCU alone): 1
event in MOVED_LIMIT may be of one CPU in ftrace and of another in tcc-trace.
"""
import bisect
import collections
import gc
import operator
import re
import socket
import sys

import ftrace

# The columns compared, after those that say where and when.
VALUES = ("snd_cwnd", "ssthresh", "snd_wnd", "srtt", "rcv_wnd", "length",
          "snd_nxt", "snd_una", "mark", "cookie")
COLUMNS = ("ktime", "cpu", "saddr", "sport", "daddr", "dport") + VALUES + ("lost",)

INFINITE_SSTHRESH = "2147483647"
REMAINDER_LIMIT = 5000  # at most 1 event in so many
MOVED_LIMIT = 1000

# Both read the clock within one call of the tracepoint, mostly 0.1 to 1 us
# apart; an interrupt, or a host that takes the CPU away, may come between.
# That two events of one connection have the same values is told by order.
APART_NS = 500_000_000

# An event of ftrace: its time, what identifies it with all its values, and
# whether a thread of pid 1 was current.
Event = collections.namedtuple("Event", "time_ns key is_on_init")
Row = collections.namedtuple("Row", "ktime_ns key lost")
Account = collections.namedtuple("Account", "seen written filtered lost missed discarded")


class Recording:
    """What ftrace recorded, in the order of each CPU; until `until_ns` or all."""

    def __init__(self, directory, until_ns=sys.maxsize, has_cookie=True):
        source = ftrace.Recording(directory)
        self.lost = source.lost()
        self.events = []
        for cpu in source.cpus():
            for time_ns, pid, local, remote, values in source.events(cpu):
                if time_ns > until_ns:
                    break
                if not has_cookie:
                    values[-1] = None
                self.events.append(Event(time_ns, (cpu, local, remote, *values),
                                         pid in source.init_threads))


class Parser:
    """Lines of the CSV to rows. Its first line says where the columns are."""

    def __init__(self, heading, has_cookie=True):
        self.has_cookie = has_cookie
        names = heading.rstrip("\n").split(",")
        self.place = {name: names.index(name) for name in COLUMNS}
        self.pick = operator.itemgetter(*self.place.values())
        self.ends = {}

    def end(self, address, port):
        if (address, port) not in self.ends:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self.ends[address, port] = family, socket.inet_pton(family, address), int(port)
        return self.ends[address, port]

    def row(self, line):
        (ktime, cpu, saddr, sport, daddr, dport, cwnd, ssthresh, snd_wnd, srtt, rcv_wnd,
         length, snd_nxt, snd_una, mark, cookie, lost) = self.pick(line.rstrip("\n").split(","))
        # The tracepoint's length has 16 bits.
        return Row(int(ktime), (
            int(cpu), self.end(saddr, sport), self.end(daddr, dport), int(cwnd),
            int(ssthresh or INFINITE_SSTHRESH), int(snd_wnd), int(srtt), int(rcv_wnd),
            int(length) & 0xffff, int(snd_nxt), int(snd_una), int(mark),
            self.cookie(cookie)), int(lost))

    def cookie(self, cell):
        if self.has_cookie:
            return int(cell, 16)
        if cell:
            raise ValueError(f"a cookie, {cell}, where there are none")
        return None


def read_csv(path, has_cookie=True):
    """(parser, lines without the heading)"""
    with open(path) as file:
        lines = file.readlines()
    return Parser(lines[0], has_cookie), lines[1:]


def read_account(path):
    with open(path) as file:
        line = re.search(r"^tcc-trace: probe: seen (\d+) .*$", file.read(), re.M)
    if not line:
        raise ValueError(f"no account of probe events in {path}")
    return Account(*(int(re.search(rf"\b{name} (\d+)", line[0])[1])
                     for name in Account._fields))


def match(events, rows):
    """Pairs each row with an event: the indexes of events without a row, those
    of rows without an event, and the delays of the pairs in ns.

    An event and its row come from one call of the tracepoint, ftrace first,
    and calls of one connection never overlap. So of events with the same
    values, a row's is the last before it; if that has a row already, this one
    is written twice."""
    by_key = collections.defaultdict(list)
    for index, event in enumerate(events):
        by_key[event.key].append((event.time_ns, index))
    for same in by_key.values():
        same.sort()
    has_row = bytearray(len(events))
    extra, delays = [], []
    for number, row in enumerate(rows):
        same = by_key.get(row.key, ())
        at = bisect.bisect_right(same, (row.ktime_ns, len(events))) - 1
        if at < 0 or has_row[same[at][1]] or row.ktime_ns - same[at][0] > APART_NS:
            extra.append(number)
            continue
        has_row[same[at][1]] = 1
        delays.append(row.ktime_ns - same[at][0])
    return [i for i, has in enumerate(has_row) if not has], extra, delays


def match_moved(events, rows, missing, extra):
    """Of what match() left, pairs those that differ in their CPU alone; the rest of both,
    and how many these were."""
    def without_cpu(key):
        return None, *key[1:]
    left = [events[i]._replace(key=without_cpu(events[i].key)) for i in missing]
    others = [rows[i]._replace(key=without_cpu(rows[i].key)) for i in extra]
    left_missing, left_extra, delays = match(left, others)
    return [missing[i] for i in left_missing], [extra[i] for i in left_extra], len(delays)


class Verdict:
    """`figures`, to be printed, and `faults`: empty if all is as it must be.
    `is_only_init`: the only fault is how much came while pid 1 was current."""

    def __init__(self, recording, rows, account, attached_ns, stopped_ns, is_lossy=False,
                 may_move=False):
        self.figures, self.faults = [], []
        self.is_only_init = False
        self.is_lossy = is_lossy
        events = recording.events
        missing, extra, delays = match(events, rows)
        if may_move:
            missing, extra, n_moved = match_moved(events, rows, missing, extra)
            self.figures.append(f"{n_moved} events moved to another CPU in between")
            if n_moved > 1 + len(events) // MOVED_LIMIT:
                self.faults.append(f"more than 1 in {MOVED_LIMIT} are of another CPU")
        self._judge_rows(rows, account, extra)
        self._describe(events, rows, missing, extra)
        if recording.lost:
            self.faults.append(f"ftrace itself lost {recording.lost} events")
        self._judge_missing(events, rows, account, missing, (attached_ns, stopped_ns))
        if delays:
            delays.sort()
            self.figures.append(
                "from ftrace's clock to tcc-trace's: median %d ns, 999 of 1000 within %d ns, "
                "at most %d ns" % (delays[len(delays) // 2], delays[len(delays) * 999 // 1000],
                                   delays[-1]))

    def _judge_rows(self, rows, account, extra):
        if extra:
            self.faults.append(f"{len(extra)} events written that ftrace does not have, "
                               "or not as often, or with other values")
        if account.written != len(rows):
            self.faults.append(f"{account.written} events counted as written, {len(rows)} are")
        if account.seen != sum(account[1:]):
            self.faults.append(f"the account does not add up: {account}")
        marked = sum(row.lost for row in rows)
        if marked > account.lost:
            self.faults.append(f"{marked} events marked as lost, {account.lost} counted")
        for name in "lost", "filtered", "discarded":
            if getattr(account, name) and not (self.is_lossy and name == "lost"):
                self.faults.append(f"{getattr(account, name)} events counted as {name}")

    def _judge_missing(self, events, rows, account, missing, times):
        # Others may use the network while tcc-trace attaches and ends: what
        # came then is within only if something was written before, or after.
        start = min([times[0]] + [row.ktime_ns for row in rows[:1]])
        end = max([times[1]] + [row.ktime_ns for row in rows[-1:]])
        within = [i for i in missing if start <= events[i].time_ns <= end]
        n_within = len(events) - len(missing) + len(within)
        n_edge = len(missing) - len(within)
        n_on_init = self._untraceable(events, missing, within)
        n_rest = len(within) - n_on_init
        counted = account.lost + account.missed
        remainder = max(0, len(within) - counted)

        self.figures.append(
            f"ftrace {n_within} events, tcc-trace {account.seen} = {account.written} written "
            f"+ {account.lost} lost + {account.missed} missed")
        self.figures.append(
            f"remainder: {remainder} events in ftrace alone, of {n_within}; "
            f"{n_on_init} of them while a thread of pid 1 was current, where no BPF program ran")
        if n_edge:
            self.figures.append(f"{n_edge} events of ftrace before or after the trace")
        if n_rest > counted:
            self.faults.append(f"{n_rest - counted} events neither written nor counted")
        if n_rest + n_edge < counted:
            self.faults.append(f"{counted} events counted as lost or missed, "
                               f"but only {n_rest + n_edge} not written")
        if remainder * REMAINDER_LIMIT > n_within and not self.is_lossy:
            self.is_only_init = not self.faults
            self.faults.append(f"the remainder is above 1 in {REMAINDER_LIMIT}")

    @staticmethod
    def _untraceable(events, missing, within):
        """How many of those within came while a thread of pid 1 was current.
        On some virtual machines the kernel runs no BPF program at all then,
        and counts nothing. No excuse where one such event was written."""
        n_written = (sum(event.is_on_init for event in events) -
                     sum(events[i].is_on_init for i in missing))
        return 0 if n_written else sum(events[i].is_on_init for i in within)

    def _describe(self, events, rows, missing, extra):
        """For the first rows that have no event: in what they differ from the
        event nearest in time of those that have no row."""
        for number in extra[:5]:
            row = rows[number]
            near = min((events[i] for i in missing),
                       key=lambda event: abs(event.time_ns - row.ktime_ns), default=None)
            text = f"row {number + 2} at {row.ktime_ns}"
            if near:
                names = ("cpu", "local end", "remote end") + VALUES
                text += f", ftrace at {near.time_ns}:" + "".join(
                    f" {name} {mine} not {its}" for name, mine, its
                    in zip(names, row.key, near.key) if mine != its)
            self.figures.append(text)


def main():
    gc.disable()    # millions of small objects, none of them in a cycle
    arguments = sys.argv[1:]
    options = {word for word in arguments if word in ("--lossy", "--no-cookie", "--may-move")}
    directory, csv, messages, attached_ns, stopped_ns = arguments[len(options):]
    is_lossy, has_cookie = "--lossy" in options, "--no-cookie" not in options
    parser, lines = read_csv(csv, has_cookie)
    verdict = Verdict(Recording(directory, has_cookie=has_cookie),
                      [parser.row(line) for line in lines],
                      read_account(messages), int(attached_ns), int(stopped_ns), is_lossy,
                      "--may-move" in options)
    for text in verdict.figures:
        print(text)
    for text in verdict.faults:
        print("FAULT:", text)
    if verdict.is_only_init:
        return 2
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
