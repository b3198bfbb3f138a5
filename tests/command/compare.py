#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether a command's trace has each event of its connections, and no other's.

    compare.py FULL PORT client|server KIND...

FULL is a CSV of all events at PORT, FULL.err what was said of it; KIND.csv what was
traced of a command, the one end, KIND.err what was said of that, and KIND.ports what
it said itself of its connections: the client's port of each, on a line of its own,
on 127.0.0.1, where no port was used twice. The file not-there has the kinds that the
machine has not.
What one of the traces missed the other may have: two programs are interrupted at
different moments.
"""
import collections
import csv
import re
import sys


def rows(name):
    with open(name, newline="", encoding="ascii") as file:
        return list(csv.DictReader(file, strict=True))


def missed(name):
    with open(name, encoding="utf-8") as file:
        found = re.findall(r"^tcc-trace: probe: .* lost (\d+) .* missed (\d+)", file.read(), re.M)
    if any(int(lost) for lost, _ in found):
        sys.exit(f"{name}: {found}")
    return sum(int(count) for _, count in found)


def values(found):
    return collections.Counter(tuple(value for name, value in sorted(row.items())
                                     if name != "lost") for row in found)


def main():
    full, port, role, *kinds = sys.argv[1:]
    every = rows(full)
    failed = False
    with open("not-there", encoding="ascii") as file:
        not_there = file.read().split()
    for kind in kinds:
        with open(kind + ".ports", encoding="ascii") as file:
            said = file.read().split("\n")
        absent = [line for line in said if line.startswith("absent")]
        if bool(absent) != (kind in not_there):
            print(f"{kind}: {absent or 'there'}, which it is not outside of a trace")
            failed = True
        if absent:
            print(f"# {kind}: {absent[0]}")
            continue
        ports = {line for line in said if line.isdigit()}
        wanted = [row for row in every
                  if row["saddr"] == row["daddr"] and
                  ((role == "client" and row["sport"] in ports and row["dport"] == port)
                   or (role == "server" and row["sport"] == port and row["dport"] in ports))]
        connected = {row["sport"] if row["dport"] == port else row["dport"] for row in wanted}
        extra = values(rows(kind + ".csv")) - values(wanted)
        lacking = values(wanted) - values(rows(kind + ".csv"))
        print(f"# {kind}: {len(ports)} connections, {len(wanted)} events")
        if not ports or connected != ports:
            print(f"{kind}: {len(connected)} of {len(ports)} connections are in the full trace")
            failed = True
        if (sum(extra.values()) > missed(full + ".err")
                or sum(lacking.values()) > missed(kind + ".err")):
            print(f"{kind}: {sum(extra.values())} events too many, as {next(iter(extra), None)}; "
                  f"{sum(lacking.values())} not there, as {next(iter(lacking), None)}")
            failed = True
    sys.exit(failed)


main()
