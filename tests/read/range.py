#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--since and --until against a plain filter of all lines.

range.py PROGRAM SEED: in the current directory makes sets of files, some of which are
large enough to be searched, of times that go on, stand still and go back, and reads
ranges of each. What is handed out must be what lies in the range, by each record's own
time, in the order of the files; what is read of a large file must be little.
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


def times(rng, n, shape):
    """n times in ns. `back`: the clock is set back once; `twice`: forward as well."""
    ns = START * 10**9
    out = []
    for i in range(n):
        ns += rng.choice((0, 1, 10**6, 7 * 10**8, 3 * 10**9))
        if shape != "on" and i == n * 5 // 8:
            ns -= 20_000 * 10**9
        if shape == "twice" and i == n // 4:
            ns += 50_000 * 10**9
        out.append(ns)
    return out


def lines_of(when, is_csv, pad):
    for i, ns in enumerate(when):
        if is_csv:
            yield f"probe,{iso(ns)},{i},0x1,{pad}\n"
        else:
            yield f'{{"event":"probe","time":"{iso(ns)}","snd_cwnd":{i},"cookie":"0x1","pad":"{pad}"}}\n'


class Case:
    """A set of files: `name` with rotated ones, `parts` records in each."""

    def __init__(self, rng, name, parts, shape, pad=0, packed=""):
        self.rng, self.name = rng, name
        self.when = times(rng, sum(parts), shape)
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
        self.bytes = sum(os.path.getsize(f) for f in os.listdir(".") if f.startswith(name))

    def bound(self):
        ns = self.rng.choice(self.when)
        return ns + self.rng.choice((0, 0, 1, -1, 10**12, -(10**12)))


def run(program, *options):
    """Output lines, what was said, and how many bytes were read."""
    with open("err", "w+", encoding="ascii") as err, open("out", "w+", encoding="ascii") as out:
        child = subprocess.Popen([program, *options], stdout=out, stderr=err)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        with open(f"/proc/{child.pid}/io", encoding="ascii") as file:
            read = int(file.readline().split()[1])
        assert child.wait() == 0, open("err", encoding="ascii").read()
        err.seek(0)
        out.seek(0)
        return out.read().splitlines(), err.read(), read


def compare(program, case, since, until, strict):
    options = ["--read=" + case.name, "--csv", "--no-header", "--fields=time,snd_cwnd", *strict]
    if since is not None:
        options.append("--since=" + iso(since))
    if until is not None:
        options.append("--until=" + iso(until))
    got, said, read = run(program, *options)
    wanted = [
        f"{iso(ns)},{i}"
        for i, ns in enumerate(case.when)
        if (since is None or ns >= since) and (until is None or ns <= until)
    ]
    what = f"{case.name} {' '.join(options)}: {len(got)} lines, not {len(wanted)}\n{said}"
    assert got == wanted, what
    assert f"probe: seen {len(wanted)} = written {len(wanted)} " in said, what
    assert "warning" not in said, what
    return read, len(wanted)


def check(program, case, rounds, is_searched=False, strict=()):
    compare(program, case, None, None, strict)
    n_small = 0
    for _ in range(rounds):
        since, until = case.rng.choice(
            ((case.bound(), None), (None, case.bound()), sorted((case.bound(), case.bound())))
        )
        if since is not None and case.rng.random() < 0.3:
            until = since
        read, n = compare(program, case, since, until, strict)
        # The records themselves; around each end of them a second of others; and looks.
        part = case.bytes * n // len(case.when)
        assert not is_searched or read < part + (4 << 20), f"{read} bytes of {case.bytes} for {part}"
        n_small += part * 4 < case.bytes
    assert n_small, "no range was small"


def main():
    program, rng = sys.argv[1], random.Random(int(sys.argv[2]))
    many = 24_000
    # The account of a set whose end record is read is known: --strict does not mind.
    check(program, Case(rng, "on.json", [many], "on", 400), 12, True, ["--strict"])
    check(program, Case(rng, "on.csv", [many], "on", 400), 8, True)
    check(program, Case(rng, "back.json", [many], "back", 400), 12, False, ["--strict"])
    check(program, Case(rng, "twice.csv", [many], "twice", 400), 8)
    check(program, Case(rng, "set.json", [many // 3] * 4, "on", 300), 12, True)
    check(program, Case(rng, "sets.csv", [300] * 9, "back"), 8)
    for packed in ("gzip", "zstd", "xz"):
        if shutil.which(packed):
            check(program, Case(rng, packed + ".json", [300] * 5, "on", packed=packed), 8)


main()
