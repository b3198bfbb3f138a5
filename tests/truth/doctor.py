#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows that compare.py notices: spoils an excerpt of a real recording in one
place at a time, and lets compare.py judge it.

    doctor.py FTRACE CSV        as compare.py

Prints one line for each way in which it was spoilt; exit status 1 if one went
unnoticed, or if the excerpt as it is was found wrong.
"""
import copy
import sys

import compare

EXCERPT = 20_000        # lines


class Excerpt:
    """The first lines, with the events of ftrace that they stand for."""

    def __init__(self, directory, csv):
        self.parser, lines = compare.read_csv(csv)
        self.lines = lines[:EXCERPT]
        rows = [self.parser.row(line) for line in self.lines]
        self.end_ns = rows[-1].ktime_ns
        self.recording = compare.Recording(directory, until_ns=self.end_ns)
        missing = set(compare.match(self.recording.events, rows)[0])
        self.recording.events = [event for i, event in enumerate(self.recording.events)
                                 if i not in missing]
        self.start_ns = min(event.time_ns for event in self.recording.events)

    def verdict(self, lines, missed=0, recording=None, may_move=False):
        written = len(lines)
        account = compare.Account(written + missed, written, 0, 0, missed, 0)
        rows = [self.parser.row(line) for line in lines]
        return compare.Verdict(recording or self.recording, rows, account,
                               self.start_ns, self.end_ns, may_move=may_move)

    def with_cell(self, at, name, change):
        """The lines, with one cell changed."""
        cells = self.lines[at].rstrip("\n").split(",")
        place = self.parser.place[name]
        before = cells[place]
        cells[place] = change(before)
        assert cells[place] != before
        return self._with_line(at, [",".join(cells) + "\n"])

    def with_swapped(self, at, *pairs):
        cells = self.lines[at].rstrip("\n").split(",")
        for one, other in pairs:
            i, j = self.parser.place[one], self.parser.place[other]
            cells[i], cells[j] = cells[j], cells[i]
        return self._with_line(at, [",".join(cells) + "\n"])

    def _with_line(self, at, replacement):
        return self.lines[:at] + replacement + self.lines[at + 1:]

    def spoilt(self, at):
        """Each way to spoil: (what was done, verdict)."""
        lines = self.lines
        for name in compare.COLUMNS:
            yield f"{name} changed", self.verdict(self.with_cell(at, name, CHANGES.get(name, add)))
        yield "ends swapped", self.verdict(
            self.with_swapped(at, ("saddr", "daddr"), ("sport", "dport")))
        yield "doubled", self.verdict(self._with_line(at, [lines[at], lines[at]]))
        yield "dropped", self.verdict(self._with_line(at, []))
        yield "dropped at the start", self.verdict(lines[1:])
        yield "dropped at the end", self.verdict(lines[:-1])
        yield "counted as missed but written", self.verdict(lines, missed=1)
        fewer = copy.copy(self.recording)
        row = self.parser.row(lines[at])
        fewer.events = [event for event in fewer.events
                        if event.key != row.key or event.time_ns > row.ktime_ns]
        yield "not in ftrace", self.verdict(lines, recording=fewer)
        yield "not moved, another value", self.verdict(self.with_cell(at, "srtt", add),
                                                       may_move=True)
        yield "many moved", self.verdict(
            self.lines[:at] + [self.with_cell(i, "cpu", add)[i]
                               for i in range(at, at + len(lines) // 100)] +
            self.lines[at + len(lines) // 100:], may_move=True)

    def sound(self, at):
        """Each way to change it without harm: (what was done, verdict)."""
        yield "as it is", self.verdict(self.lines)
        yield "dropped but counted", self.verdict(self._with_line(at, []), missed=1)
        yield "moved", self.verdict(self.with_cell(at, "cpu", add), may_move=True)


def add(cell):
    return str(int(cell) + 1)


def other_address(cell):
    """Its last digit changed: another address of the same family."""
    return cell[:-1] + ("3" if cell[-1] != "3" else "4")


CHANGES = {
    "ktime": lambda cell: str(int(cell) + compare.APART_NS),
    "saddr": other_address,
    "daddr": other_address,
    "ssthresh": lambda cell: add(cell) if cell else "7",
    "cookie": lambda cell: hex(int(cell, 16) + 1),
}


def main():
    excerpt = Excerpt(*sys.argv[1:])
    at = len(excerpt.lines) // 2
    status = 0
    for what, verdict in excerpt.sound(at):
        status |= bool(verdict.faults)
        print(f"accepted: {what}" if not verdict.faults else f"REFUSED: {what}: {verdict.faults}")
    for what, verdict in excerpt.spoilt(at):
        status |= not verdict.faults
        print(f"noticed: {what}: {'; '.join(verdict.faults)}" if verdict.faults
              else f"UNNOTICED: {what}")
    return status


if __name__ == "__main__":
    sys.exit(main())
