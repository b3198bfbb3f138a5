# SPDX-License-Identifier: GPL-2.0-or-later
"""Records of kind `reduction` beside the congestion states of the same connections.

reductions.py REPLAY BOTH ALONE FACTOR CAUSE...
	BOTH: JSON lines of ca_state and reduction; ALONE: of reduction alone, from another
	trace at the same time. FACTOR: to / from, or `none`. The causes, at least one of
	each, and no others.
"""
import json
import subprocess
import sys

DEEP = ("Recovery", "Loss")
STATES = ("Open", "Disorder", "CWR", "Recovery", "Loss")


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def entries(records):
    """Those that enter Recovery or Loss, which has nothing of how reductions are made."""
    return [r for r in records if r["event"] == "ca_state" and r["new_ca_state"] in DEEP and
            r["old_ca_state"] != r["new_ca_state"]]


def moment(record):
    return record["ktime"], record["cookie"]


def check_entries(records, made):
    cuts = [r for r in made if r["cause"] != "undo"]
    entered = entries(records)
    wanted = {"Recovery": "loss", "Loss": "timeout"}
    for entry in entered:
        own = [cut for cut in cuts if moment(cut) == moment(entry)]
        assert len(own) == 1, f"{len(own)} for the entry {entry}"
        assert own[0]["cause"] == wanted[entry["new_ca_state"]], own
        assert own[0]["from"] == entry["prior_cwnd"], own
        assert own[0]["to"] in (entry["snd_ssthresh"], None), own
    # Timed out in Loss again, with a reduction of its own: rare, and no entry.
    again = [cut for cut in cuts if cut["cause"] == "timeout" and
             moment(cut) not in map(moment, entered)]
    assert len(cuts) == len(entered) + len(again), "cuts without an entry"
    assert entered, "nothing happened"
    print(f"{len(entered)} entries, {len(cuts)} cuts, {len(again)} of them in Loss")


def check_order(records):
    """Right behind what it is made of."""
    for before, record in zip([None] + records, records):
        if record["event"] == "reduction":
            assert before and before["event"] == "ca_state", record
            assert moment(before) == moment(record), record


def check_factor(made, factor):
    for record in made:
        if record["cause"] == "undo":
            assert record["to"] >= record["prior_cwnd"], record
            continue
        if factor == "none":
            assert record["from"] and record["to"] is None and record["factor"] is None, record
            continue
        # Whole segments, and no fewer than two.
        exact = max(2, int(record["from"] * (0.5 if factor == "0.5" else 717 / 1024)))
        assert record["to"] == exact, record
        assert abs(record["factor"] - record["to"] / record["from"]) <= 0.0005001, record


def replayed(replay, records):
    """The same made anew of the states alone."""
    lines = ["start=0"]
    for r in records:
        if r["event"] != "ca_state":
            continue
        def raw(name, infinite=2147483647):
            return infinite if r[name] is None else r[name]
        lines.append(" ".join((
            f"event=ca_state ktime={r['ktime']} cookie={r['cookie']} cpu={r['cpu']}",
            f"saddr={r['saddr']} daddr={r['daddr']} sport={r['sport']} dport={r['dport']}",
            f"snd_cwnd={r['snd_cwnd']} ssthresh={raw('ssthresh')} lost={r['lost']}",
            f"snd_ssthresh={raw('snd_ssthresh')} prior_cwnd={r['prior_cwnd']}",
            f"undo_marker={r['undo_marker']}" + (" cong_control" if r["cong_control"] else ""),
            f"from={STATES.index(r['old_ca_state'])} to={STATES.index(r['new_ca_state'])}")))
    lines[0:2] = [lines[0] + " " + lines[1]]
    fields = ",".join(records[0])
    run = subprocess.run([replay, "--json", "-F", fields, "-e", "reduction"],
                         input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def main(replay, both, alone, factor, *causes):
    records, others = read(both), read(alone)
    made = [r for r in records if r["event"] == "reduction"]
    for record in made[:4]:
        print(" ".join(f"{name} {record[name]}" for name in ("cause", "from", "to", "factor")))
    check_order(records)
    check_entries(records, made)
    check_factor(made, factor)
    seen = {r["cause"] for r in made}
    assert seen == set(causes), f"causes {seen}"
    # The other trace took each at its own moment, else all is the same.
    differ = ("ktime", "cpu", "lost")
    strip = lambda rs: [{k: v for k, v in r.items() if k not in differ} for r in rs]
    assert strip(made) == strip(others), "alone they are others"
    again = replayed(replay, records)
    assert made == again, f"replayed they are others: {len(made)}, {len(again)}"


main(*sys.argv[1:])
