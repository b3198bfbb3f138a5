# SPDX-License-Identifier: GPL-2.0-or-later
"""check.py WHAT TRACE [WORD...]: what a trace (JSON) says of the events of a
connection. Each WHAT is a function here; it prints what it saw, and fails with
an assertion.
"""
import json
import sys
from collections import Counter


def is_in_order(records):
    """Whatever the kind, the kernel's time never goes back."""
    times = [int(r["ktime"]) for r in records]
    assert times == sorted(times)


def of_kind(records, kind):
    return [r for r in records if r["event"] == kind]


def recovery(records, n, n_gaps):
    """A bottleneck: slow start ends in Recovery, from and to Open with no change missing
    but n_gaps at most, and each of n retransmits is there."""
    is_in_order(records)
    by_cookie = {}
    for r in of_kind(records, "ca_state"):
        by_cookie.setdefault(r["cookie"], []).append((r["old_ca_state"], r["new_ca_state"]))
    steps = max(by_cookie.values(), key=len)
    print(*("%s>%s" % step for step in steps))
    befores = ["Open"] + [new for _, new in steps]
    afters = [old for old, _ in steps] + ["Open"]
    gaps = [pair for pair in zip(befores, afters) if pair[0] != pair[1]]
    assert len(gaps) <= int(n_gaps), gaps
    assert "Recovery" in befores
    ends = [new for old, new in steps if old == "Recovery"]
    assert ends[0] in ("Open", "Loss") if ends else int(n_gaps), steps
    retransmits = of_kind(records, "retransmit")
    kinds = Counter(r["retransmit"] for r in retransmits)
    # One event may be a segment of several: what nstat counts is segments.
    segments = sum(-(-r["length"] // r["mss"]) for r in retransmits)
    print(dict(kinds), "segments", segments, "of", n)
    assert segments == int(n) and kinds["fast"] > 0, segments
    # Before the first loss there is slow start: cwnd grew from 10.
    first = of_kind(records, "ca_state")[0]
    assert first["snd_cwnd"] > 20, first["snd_cwnd"]


def blackhole(records):
    is_in_order(records)
    causes = [r["retransmit"] for r in of_kind(records, "retransmit")]
    states = [r["new_ca_state"] for r in of_kind(records, "ca_state")]
    print(causes, states)
    assert causes[0] == "tlp" and "rto" in causes and "Loss" in states
    assert states[-1] == "Open", states


def limited_by(records, what):
    """In the steady phase, the second half, most name it."""
    probes = [r for r in of_kind(records, "probe")]
    if what != "recovery":
        probes = probes[len(probes) // 2:]
    names = Counter(r["limited_by"] for r in probes)
    print(what, dict(names))
    assert len(probes) >= 20
    if what == "recovery":
        in_recovery = [r for r in probes if r["ca_state"] in ("Recovery", "Loss")]
        assert len(in_recovery) > 10
        assert all((r["limited_by"] == r["ca_state"].lower()) ==
                   (r["ca_state"] in ("Recovery", "Loss")) for r in probes)
    else:
        assert names[what] > len(probes) * 0.5


def life(records):
    """A server that writes and closes at once."""
    is_in_order(records)
    states = [r["new_state"] for r in of_kind(records, "state")]
    olds = [r["old_state"] for r in of_kind(records, "state")]
    print(olds[0], *states)
    assert olds[0] == "SYN_RECV" or states[0] == "SYN_RECV", (olds, states)
    assert "FIN_WAIT1" in states and states[-1] == "CLOSE", states
    assert olds[1:] == states[:-1], (olds, states)
    closes = of_kind(records, "close")
    assert len(closes) == 1 and closes[0]["bytes_sent"] == 50000, closes


def reset(records, direction):
    resets = of_kind(records, "reset")
    print([r["direction"] for r in resets])
    assert [r["direction"] for r in resets] == [direction]


def one_close(records):
    (close,) = of_kind(records, "close")
    print({name: close[name] for name in ("duration_ms", "bytes_sent", "cwnd_max", "open_ms")})
    # A SYN counts as a byte.
    assert close["bytes_sent"] + 1 >= close["bytes_acked"] > 0 and close["duration_ms"] > 0, close
    assert close["cwnd_max"] >= close["cwnd_mean"] >= close["cwnd_min"] > 0, close
    assert 0 < close["open_ms"] <= close["duration_ms"], close


WITHOUT_DATA = ("idle", "receiving", "reader")


def acks_all(before, after):
    """Whether the segment of the first acknowledged all that was written when it came."""
    written = (before["snd_nxt"] + before["notsent"]) % 2**32
    return before["event"] == "probe" and after["snd_una"] == written


def limits_between(before, after, ms):
    """What held the sender back between two records: for how long, by reason. It is what
    the first one saw, unless its segment acknowledged all, or it ends with a timeout; and
    since there is data after there was none, what the second one sees."""
    limit = before["limited_by"]
    if limit != "handshake" and acks_all(before, after):
        limit = "idle"
    if limit in WITHOUT_DATA:
        busy_ms = min(ms, max(0, after["busy_ms"] - before["busy_ms"]))
        return {limit: ms - busy_ms, after["limited_by"]: busy_ms}
    if after["event"] == "ca_state" and after["new_ca_state"] == "Loss":
        limit = "loss"
    return {limit: ms}


def spans_of(records):
    """Milliseconds by congestion state, and by what limits, of an end that receives nothing.
    The record of a congestion state comes before it is set: it is of the new one."""
    by_state, by_limit = Counter(), Counter()
    for before, after in zip(records, records[1:]):
        state = before["new_ca_state"] if before["event"] == "ca_state" else before["ca_state"]
        ms = (int(after["ktime"]) - int(before["ktime"])) / 1e6
        by_state[state.lower()] += ms
        for limit, part_ms in limits_between(before, after, ms).items():
            by_limit[limit] += part_ms
    return by_state, by_limit


def totals(records, info):
    """A close against TCP_INFO before it, and against the probes of its connection."""
    is_in_order(records)
    info = json.loads(info)
    mine = [r for r in records if r["sport"] == info["sport"]]
    (close,), probes = of_kind(mine, "close"), of_kind(mine, "probe")
    for field in "bytes_sent", "bytes_acked", "bytes_retrans", "bytes_received", "total_retrans":
        print(field, close[field], info[field])
        # The kernel counts a FIN as a byte.
        fin = field in ("bytes_acked", "bytes_received")
        assert close[field] == info[field] + fin, field
    for field, of in ("cwnd", "snd_cwnd"), ("srtt", "srtt"):
        values = [r[of] for r in probes]
        mean = sum(values) / len(values)
        print(field, close[field + "_min"], close[field + "_mean"], close[field + "_max"], "probes",
              min(values), round(mean, 3), max(values))
        assert close[field + "_min"] == min(values) and close[field + "_max"] == max(values)
        assert abs(close[field + "_mean"] - mean) <= 0.002
    spans = {name: close[name + "_ms"] for name in ("open", "disorder", "cwr", "recovery", "loss")}
    shares = {name[len("share_"):]: share for name, share in close.items()
              if name.startswith("share_")}
    by_state, by_limit = spans_of(mine)
    whole = sum(by_state.values())
    print("duration", close["duration_ms"], "spans", spans, "shares", shares)
    print("stream", whole, dict(by_state), dict(by_limit))
    assert abs(sum(spans.values()) - close["duration_ms"]) < 0.01
    assert abs(close["duration_ms"] - whole) < 5
    assert sum(share > 0.02 for share in shares.values()) >= 2 and sum(shares.values()) <= 1.001
    for name, span in spans.items():
        assert abs(span - by_state[name]) < 5 + whole / 100, name
    for name, share in shares.items():
        assert abs(share * close["duration_ms"] - by_limit[name]) < 5 + whole / 100, name


def watched(records, port, late):
    """Of both ends, from the beginning and from the 100000th byte on. A SYN and a FIN
    count as a byte acknowledged, a FIN as one received."""
    late = [json.loads(line) for line in late.splitlines()]
    assert len(records) == len(late) == 2
    for close in *records, *late:
        is_sender, is_late = close["dport"] == int(port), close in late
        print({name: value for name, value in close.items() if "bytes" in name or "part" in name})
        assert close["partial"] == is_late
        if is_sender:		# a busy machine acknowledges late, and some is sent again
            assert close["bytes_sent"] - close["bytes_retrans"] == 140000
        else:
            assert close["bytes_received"] == 140001
        if not is_late:
            assert all(close["watched_" + name] == close[name] for name in
                       ("bytes_sent", "bytes_acked", "bytes_retrans", "bytes_received"))
        elif is_sender:
            # It is first seen when the first of them are acknowledged; by then all may have
            # been sent.
            assert close["watched_bytes_sent"] - close["watched_bytes_retrans"] <= 40000
            assert close["watched_bytes_acked"] == 40001
            assert close["watched_bytes_received"] in (0, 1)
        else:
            assert close["watched_bytes_received"] == 40001 and not close["watched_bytes_sent"]


def lives(records, n):
    """Each has its own time and totals, though the socket is one."""
    is_in_order(records)
    closes = of_kind(records, "close")
    print([(r["conn_ms"], r["duration_ms"], r["bytes_sent"]) for r in closes])
    assert len(closes) == int(n) and len({r["cookie"] for r in records}) == 1
    assert all(abs(r["conn_ms"] - r["duration_ms"]) < 1 and r["bytes_sent"] == 20000
               for r in closes)
    assert all(100 <= r["duration_ms"] < 1000 for r in closes)
    firsts = [r for r in records if r["event"] == "state" and r["old_state"] == "CLOSE"]
    assert all(r["conn_ms"] == 0 for r in firsts)


def many(records, n, n_untraceable):
    closes = Counter(r["cookie"] for r in of_kind(records, "close"))
    ports = Counter(min(r["sport"], r["dport"]) for r in records)
    print(len(closes), "sockets", len(records), "records", dict(ports))
    assert 2 * int(n) - int(n_untraceable) <= len(records) <= 2 * int(n)
    # Without socket cookies they cannot be told apart by them.
    assert len(closes) == (1 if None in closes else len(records))
    # No probe was written, and yet the time is told since the first one was seen.
    late = [r for r in records if abs(r["conn_ms"] - r["duration_ms"]) > 5]
    assert len(late) < int(n) / 100, late[:3]
    assert max(r["conn_ms"] for r in records) > 0


def main():
    what, trace, words = sys.argv[1], sys.argv[2], sys.argv[3:]
    records = [json.loads(line) for line in open(trace)]
    globals()[what](records, *words)


main()
