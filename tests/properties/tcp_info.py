# SPDX-License-Identifier: GPL-2.0-or-later
"""What getsockopt(TCP_INFO) says of a connection, and the fields of a trace that
say the same. To be imported.
"""
import struct
import sys

CA_STATES = ["Open", "Disorder", "CWR", "Recovery", "Loss"]

# struct tcp_info, include/uapi/linux/tcp.h: from its 8th byte on
WORDS = """rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent
last_ack_sent last_data_recv last_ack_recv pmtu rcv_ssthresh rtt rttvar snd_ssthresh
snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans""".split()
LAYOUT = [(name, "I") for name in WORDS] + [
    ("pacing_rate", "Q"), ("max_pacing_rate", "Q"), ("bytes_acked", "Q"),
    ("bytes_received", "Q"), ("segs_out", "I"), ("segs_in", "I"), ("notsent_bytes", "I"),
    ("min_rtt", "I"), ("data_segs_in", "I"), ("data_segs_out", "I"), ("delivery_rate", "Q"),
    ("busy_time", "Q"), ("rwnd_limited", "Q"), ("sndbuf_limited", "Q"), ("delivered", "I"),
    ("delivered_ce", "I"), ("bytes_sent", "Q"), ("bytes_retrans", "Q"), ("dsack_dups", "I"),
    ("reord_seen", "I"), ("rcv_ooopack", "I"), ("snd_wnd", "I"),
    ("rcv_wnd", "I")]           # since Linux 6.2
SIZE = 8 + struct.calcsize("=" + "".join(kind for _, kind in LAYOUT))

# field: member of struct tcp_info
SAME = {
    "snd_cwnd": "snd_cwnd", "mss": "snd_mss", "srtt": "rtt", "snd_wnd": "snd_wnd",
    "rcv_wnd": "rcv_wnd",
    "rttvar": "rttvar", "min_rtt": "min_rtt", "rto": "rto", "packets_out": "unacked",
    "sacked_out": "sacked", "lost_out": "lost", "retrans_out": "retrans",
    "total_retrans": "total_retrans", "reordering": "reordering", "delivered": "delivered",
    "delivered_ce": "delivered_ce", "delivery_rate": "delivery_rate",
    "app_limited": "app_limited", "pacing_rate": "pacing_rate", "bytes_sent": "bytes_sent",
    "bytes_acked": "bytes_acked", "bytes_retrans": "bytes_retrans",
    "bytes_received": "bytes_received", "notsent": "notsent_bytes", "segs_out": "segs_out",
    "dsack_dups": "dsack_dups", "rcv_ooopack": "rcv_ooopack",
}
# In us there, in ms here; those that run go on between the two.
CLOCKS = {"busy_ms": "busy_time", "rwnd_limited_ms": "rwnd_limited",
          "sndbuf_limited_ms": "sndbuf_limited"}
STEADY_MS, RUNNING_MS = 0.001, 500


def decode(data, order="="):
    """The members that the kernel gave, by name. `order` of bytes as in struct; that
    of the bits, of which delivery_rate_app_limited is the first, goes with it."""
    is_big = order == ">" or order == "=" and sys.byteorder == "big"
    info, place = {"ca_state": data[1], "app_limited": data[7] >> (7 if is_big else 0) & 1}, 8
    for name, kind in LAYOUT:
        if place + struct.calcsize("=" + kind) > len(data):
            break
        info[name], = struct.unpack_from(order + kind, data, place)
        place += struct.calcsize("=" + kind)
    return info


def wanted_of(info, record):
    """Each field as the kernel said it, and how far off it may be."""
    wanted = {field: (info[member], 0) for field, member in SAME.items() if member in info}
    for field, member in CLOCKS.items():
        runs = record["notsent"] and record["packets_out"]
        wanted[field] = (info[member] / 1000, RUNNING_MS if runs else STEADY_MS)
    wanted["ca_state"] = (CA_STATES[info["ca_state"]], 0)
    infinite = info["snd_ssthresh"] >= 0x7fffffff
    wanted["snd_ssthresh"] = (None if infinite else info["snd_ssthresh"], 0)
    if info["pacing_rate"] == 2**64 - 1:
        wanted["pacing_rate"] = (None, 0)
    return wanted


def unlike(record, wanted):
    return [f"{field}: {record[field]}, wanted {value}" for field, (value, by) in wanted.items()
            if (abs(record[field] - value) > by if by and record[field] is not None
                else record[field] != value)]
