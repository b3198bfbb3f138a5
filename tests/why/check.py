# SPDX-License-Identifier: GPL-2.0-or-later
"""check.py MEASURED TRACE: what the closes of a trace (JSON) say of each scenario against
what scenarios.py measured. Prints a table; fails where they disagree.

check.py probes MEASURED TRACE: what most probes say, by the time between them.
"""
import json
import sys
from collections import Counter

WITHIN, WITHIN_OF_RATE = 0.10, 0.15


def shares_of(closes):
    """Of all of them together, by word."""
    whole = sum(close["duration_ms"] for close in closes)
    shares = Counter()
    for close in closes:
        for name, share in close.items():
            if name.startswith("share_"):
                shares[name[len("share_"):]] += share * close["duration_ms"] / whole
    return shares


def find(closes, line):
    near, far = ("dport", "sport") if line["end"] == "a" else ("sport", "dport")
    return [close for close in closes if close[near] == line["port"]]


def faults_of_handshake(line, close):
    """Who connects knows how long it took, by its own clock; who accepts, only what it sent
    again."""
    made, found = line.get("handshake_ms"), close["handshake_ms"]
    if line["end"] == "b" and found is not None:
        yield "handshake_ms of an end that accepts"
    if made and (found is None or abs(found - made) > 50 + made / 10):
        yield f"handshake_ms {found}, not {made:.0f}"
    if close["syn_retrans"] is None:
        yield "syn_retrans is not known"
    elif line.get("has_syn_retrans") and not 0 < close["syn_retrans"] == close["total_retrans"]:
        yield f"syn_retrans {close['syn_retrans']}"


def faults_of(line, closes):
    n, cause = line.get("n", 1), line["cause"]
    if len(closes) != n:
        return [f"{len(closes)} closes, not {n}"], Counter()
    if any(close["duration_ms"] is None for close in closes):
        return ["a close without totals"], Counter()
    shares, faults = shares_of(closes), []
    within = WITHIN_OF_RATE if line.get("is_of_rate") else WITHIN
    if abs(shares[cause] - line["measured"]) > within:
        faults.append("not as measured")
    largest = shares.most_common(1)[0][0]
    if largest != cause and not line.get("is_of_rate") and not line.get("is_not_largest"):
        faults.append("not the largest")
    faults += faults_of_handshake(line, closes[0])
    if sum(shares.values()) > 1.02:
        faults.append("more than the whole")
    return faults, shares


SIDES = {"nagle": "program", "rwnd": "peer", "reader": "program", "queue": "host",
         "idle": "none", "maxpace": "program"}


def check_probes():
    measured, records = ([json.loads(line) for line in open(name)] for name in sys.argv[2:4])
    for line in measured:
        mine, times = find(records, line), Counter()
        for before, after in zip(mine, mine[1:]):
            times[before["limited_by"]] += int(after["ktime"]) - int(before["ktime"])
        print(line["name"], line["end"], dict(times))
        assert times.most_common(1)[0][0] == line["cause"], line
        assert {record["limited_side"] for record in mine
                if record["limited_by"] == line["cause"]} == {SIDES[line["cause"]]}, line
    for record in records:
        assert (record["limited_by"] is None) == (record["limited_side"] is None)
        if record["event"] == "state" and "SYN" in record["new_state"]:
            assert record["limited_by"] == "handshake", record


def main():
    if sys.argv[1] == "probes":
        check_probes()
        return
    measured = [json.loads(line) for line in open(sys.argv[1])]
    closes = [json.loads(line) for line in open(sys.argv[2])]
    closes = [record for record in closes if record["event"] == "close"]
    is_bad = False
    print(f"{'scenario':13} {'end':3} {'cause':10} {'made':>5} {'found':>5}  all shares")
    for line in sorted(measured, key=lambda line: line["port"]):
        faults, shares = faults_of(line, find(closes, line))
        said = " ".join(f"{name} {share:.2f}" for name, share in shares.most_common()
                        if share >= 0.01)
        print(f"{line['name']:13} {line['end']:3} {line['cause']:10} {line['measured']:5.2f} "
              f"{shares[line['cause']]:5.2f}  {said}" + "".join(f"  !! {f}" for f in faults))
        is_bad |= bool(faults)
    sys.exit(is_bad)


main()
