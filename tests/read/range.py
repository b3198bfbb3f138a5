#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--since and --until against a plain filter of all lines.

range.py PROGRAM SEED ROUNDS: in the current directory makes sets of files of times that
go on, stand still and go back, a little or much, once or often, and reads ranges of each,
whose bounds are near where times go back. What is handed out must be what lies in the
range, by each record's own time, in the order of the files.
"""

import os
import random
import shutil
import subprocess
import sys
import time

START = 1_790_000_000  # s since 1970
FIELDS = ("event", "time", "snd_cwnd", "cookie")


def iso(ns):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 10**9)) + f".{ns % 10**9:09d}Z"


def times(rng, n, backs):
    """n times in ns, the clock being set back by these s, somewhere; and at which places."""
    ns = START * 10**9
    places = dict(zip(rng.sample(range(1, n), len(backs)), backs))
    out = []
    for i in range(n):
        ns += rng.choice((0, 1, 10**6, 7 * 10**8, 3 * 10**9))
        ns -= places.get(i, 0) * 10**9
        out.append(ns)
    return out, sorted(places)


def lines_of(when, is_csv, pad):
    for i, ns in enumerate(when):
        if is_csv:
            yield f"probe,{iso(ns)},{i},0x1,{pad}\n"
        else:
            yield f'{{"event":"probe","time":"{iso(ns)}","snd_cwnd":{i},"cookie":"0x1","pad":"{pad}"}}\n'


class Case:
    """A set of files: `name` with rotated ones, `parts` records in each."""

    def __init__(self, rng, name, parts, backs, pad=0, packed=""):
        self.rng, self.name = rng, name
        self.when, self.places = times(rng, sum(parts), backs)
        is_csv = name.endswith(".csv")
        heading = ",".join(FIELDS) + ",pad\n" if is_csv else ""
        lines = list(lines_of(self.when, is_csv, "x" * pad))
        at = 0
        for i, n in enumerate(parts):
            number = len(parts) - 1 - i
            path = f"{name}.{number}" if number else name
            with open(path, "w", encoding="ascii") as file:
                if not is_csv:
                    file.write(f'{{"event":"trace","schema":2,"host":"h","time":"{iso(self.when[at])}"}}\n')
                file.write(heading)
                file.writelines(lines[at : at + n])
                if not is_csv and not number:
                    last = iso(self.when[-1])
                    file.write(f'{{"event":"end","time":"{last}","probe_lost":0,"probe_missed":0}}\n')
            at += n
            if number and packed:
                subprocess.run([packed, "-q", path], check=True)
                if packed == "zstd":
                    os.unlink(path)

    def bound(self):
        ns = self.rng.choice(self.when)
        if self.places and self.rng.random() < 0.7:
            at = self.rng.choice(self.places) + self.rng.randint(-20, 20)
            ns = self.when[min(max(at, 0), len(self.when) - 1)]
        return ns + self.rng.choice((0, 0, 1, -1, 10**12, -(10**12)))


def run(program, *options):
    """Output lines and what was said."""
    done = subprocess.run([program, *options], capture_output=True, text=True, check=True)
    return done.stdout.splitlines(), done.stderr


def compare(program, case, since, until, strict):
    options = ["--read=" + case.name, "--csv", "--no-header", "--fields=time,snd_cwnd", *strict]
    if since is not None:
        options.append("--since=" + iso(since))
    if until is not None:
        options.append("--until=" + iso(until))
    got, said = run(program, *options)
    wanted = [
        f"{iso(ns)},{i}"
        for i, ns in enumerate(case.when)
        if (since is None or ns >= since) and (until is None or ns <= until)
    ]
    what = f"{case.name} {' '.join(options)}: {len(got)} lines, not {len(wanted)}\n{said}"
    assert got == wanted, what
    assert f"probe: seen {len(wanted)} = written {len(wanted)} " in said, what
    assert "warning" not in said, what


def check(program, case, rounds, strict=()):
    compare(program, case, None, None, strict)
    for _ in range(rounds):
        since, until = case.rng.choice(
            ((case.bound(), None), (None, case.bound()), sorted((case.bound(), case.bound())))
        )
        if since is not None and case.rng.random() < 0.3:
            until = since
        compare(program, case, since, until, strict)


def main():
    program, rng, rounds = sys.argv[1], random.Random(int(sys.argv[2])), int(sys.argv[3])
    many = 5000
    # The account of a set whose end record is read is known: --strict does not mind.
    check(program, Case(rng, "on.json", [many], []), rounds, ["--strict"])
    check(program, Case(rng, "on.csv", [many], [], 100), rounds)
    for back in 5, 60, 600, 3000, 20000:
        check(program, Case(rng, f"back{back}.json", [many], [back]), rounds, ["--strict"])
    check(program, Case(rng, "forth.csv", [many], [-50_000, 20_000]), rounds)
    check(program, Case(rng, "often.csv", [many], [30] * 40), rounds)
    check(program, Case(rng, "set.json", [many // 4] * 4, [400]), rounds, ["--strict"])
    check(program, Case(rng, "sets.csv", [300] * 9, [20_000]), rounds)
    for packed in ("gzip", "zstd", "xz"):
        if shutil.which(packed):
            check(program, Case(rng, packed + ".json", [300] * 5, [300], packed=packed), rounds)


main()
