# SPDX-License-Identifier: GPL-2.0-or-later
"""compare.py TRACE STATES: whether the fields of the trace (JSON) equal what
client.py saw. A probe shows the connection as it was before its segment.

A state is compared as a whole: between two of them a timer may have fired.
"""
import json
import re
import sys

import tcp_info

# field: what `ss -tin` says, which is rounded in part
SS = {
    "cc": r"^\s+(?:ts )?(?:sack )?(?:ecn )?(?:ecnseen )?(\w+)", "rto": r"\brto:([\d.]+)",
    "snd_cwnd": r"\bcwnd:(\d+)", "snd_ssthresh": r"\bssthresh:(\d+)", "mss": r"\bmss:(\d+)",
    "srtt": r"\brtt:([\d.]+)/", "rttvar": r"\brtt:[\d.]+/([\d.]+)", "min_rtt": r"minrtt:([\d.]+)",
    "bytes_sent": r"bytes_sent:(\d+)", "bytes_retrans": r"bytes_retrans:(\d+)",
    "bytes_acked": r"bytes_acked:(\d+)", "bytes_received": r"bytes_received:(\d+)",
    "segs_out": r"segs_out:(\d+)", "packets_out": r"unacked:(\d+)", "lost_out": r" lost:(\d+)",
    "retrans_out": r" retrans:(\d+)/", "total_retrans": r" retrans:\d+/(\d+)",
    "delivered": r"delivered:(\d+)", "notsent": r"notsent:(\d+)",
    "rcv_ooopack": r"rcv_ooopack:(\d+)", "pacing_rate": r"pacing_rate (\d+)bps",
    "delivery_rate": r"delivery_rate (\d+)bps", "bbr_rate": r"bbr:\(bw:(\d+)bps",
    "bbr_min_rtt": r"bbr:\(.*mrtt:([\d.]+)", "bbr_pacing_gain": r"pacing_gain:([\d.]+)",
    "bbr_cwnd_gain": r"cwnd_gain:([\d.]+)",
}
IN_MS = {"rto", "srtt", "rttvar", "min_rtt", "bbr_min_rtt"}
IN_BITS = {"pacing_rate", "delivery_rate", "bbr_rate"}


def wanted_of(state, record):
    """Each field as the kernel said it, and how far off it may be."""
    bbr = state["bbr"]
    wanted = tcp_info.wanted_of(state["info"], record)
    if bbr:
        wanted["bbr_rate"] = (bbr["bw"], 0)
        wanted["bbr_min_rtt"] = (bbr["min_rtt"], 0)
        for gain in "pacing_gain", "cwnd_gain":
            wanted["bbr_" + gain] = (bbr[gain] / 256, 0.001)
    return wanted


def unlike_ss(record, text):
    """Fields that `ss` shows otherwise; it may leave out what is 0."""
    wrong, n = [], 0
    for field, pattern in SS.items():
        found = re.search(pattern, text, re.M)
        if not found or record[field] is None:
            continue
        n += 1
        shown = found[1]
        if field == "cc":
            is_same = record[field] == shown
        else:
            value = record[field] * (8 if field in IN_BITS else 1)
            value = value / 1000 if field in IN_MS else value
            # ss computes with floats of six digits or so.
            is_same = abs(value - float(shown)) <= max(0.001, abs(value) * 1e-5)
        if not is_same:
            wrong.append(f"{field}: {record[field]}, ss says {shown}")
    return wrong, n


def engineering(record):
    """The private state's own members against the fields in a reader's units."""
    wrong = []

    def check(field, value, by=0.0011):
        if record[field] is None or abs(record[field] - value) > by:
            wrong.append(f"{field}: {record[field]}, wanted {value}")

    if record["cc"] == "bbr":
        modes = ["STARTUP", "DRAIN", "PROBE_BW", "PROBE_RTT"]
        if modes[record["ca.mode"]] != record["bbr_mode"]:
            wrong.append(f"bbr_mode: {record['bbr_mode']}, ca.mode {record['ca.mode']}")
        check("bbr_min_rtt", record["ca.min_rtt_us"])
        check("bbr_pacing_gain", record["ca.pacing_gain"] / 256)
        check("bbr_cwnd_gain", record["ca.cwnd_gain"] / 256)
    elif record["cc"] == "cubic":
        check("cubic_last_max_cwnd", record["ca.last_max_cwnd"])
        check("cubic_k", record["ca.bic_K"] / 1024)
    elif any(record[field] is not None for field in
             ("bbr_mode", "bbr_rate", "bbr_min_rtt", "cubic_k", "cubic_last_max_cwnd")):
        wrong.append("an algorithm's own fields are there without it")
    return wrong


def main():
    trace, states = sys.argv[1:3]
    records = [json.loads(line) for line in open(trace)]
    is_wrong = False
    for line in open(states):
        seen = json.loads(line)
        probes = [r for r in records if r["sport"] == seen["sport"] and r["length"] == seen["length"]]
        if not probes:
            sys.exit(f"no probe of length {seen['length']}")
        record = probes[0]      # any other: sent again, since its acknowledgement is lost
        wrong = [f"{field}: {record[field]}, wanted {seen[field]}"
                 for field in ("cc", "uid", "sk_mark", "netns", "cgroup")
                 if record[field] != seen[field]]
        wrong += engineering(record)
        tries = []
        for state in seen["states"]:
            n_wanted = wanted_of(state, record)
            of_ss, n_ss = unlike_ss(record, state["ss"])
            tries.append((tcp_info.unlike(record, n_wanted) + of_ss, len(n_wanted), n_ss))
        best = min(tries, key=lambda t: len(t[0]))
        wrong += best[0]
        print(f"{seen['cc']}, {seen['length']}: {best[1]} values and {best[2]} of ss, "
              f"packets_out {record['packets_out']}, lost_out {record['lost_out']}, "
              f"total_retrans {record['total_retrans']}, {record['ca_state']}")
        for text in wrong:
            print(" ", text)
        is_wrong = is_wrong or bool(wrong) or best[2] < 12
        # What is 0 on both sides proves little.
        if seen["length"] == 1 and not (record["packets_out"] == 0 and record["delivered"] > 1000
                                        and record["busy_ms"] > 100):
            is_wrong = print("  not idle after a transfer") or True
        if seen["length"] == 2 and not (record["packets_out"] and record["lost_out"]
                                        and record["total_retrans"] and record["notsent"]
                                        and record["ca_state"] == "Loss"):
            is_wrong = print("  not in Loss") or True
    sys.exit(is_wrong)


main()
