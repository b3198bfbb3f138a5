# SPDX-License-Identifier: GPL-2.0-or-later
"""client.py ADDRESS PORT ALGORITHM ROUTER CGROUP: transfers some data to peer.py
and tells, as a line of JSON for each segment that the peer sends on its own, what
the kernel said of the connection just before it arrived: getsockopt(), `ss`.
Knows nothing of tcc-trace.

The first such segment comes when all is acknowledged. For the second the way to
the peer is cut, by a route in the namespace ROUTER: much is then in flight, lost
and sent again, and stays so between two timeouts. CGROUP, a number or 0, is what this
process cannot find out itself: /sys is another in `ip netns exec`.
"""
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

import tcp_info

TCP_INFO, TCP_CONGESTION, TCP_CC_INFO = 11, 13, 26
SO_MARK = 36
UID, MARK = 12345, 4711
BURST = 100000                  # what peer.py sends at first


def info_of(sock):
    return tcp_info.decode(sock.getsockopt(socket.IPPROTO_TCP, TCP_INFO, tcp_info.SIZE))


def bbr_info(sock):
    """bw in bytes/s, min_rtt in us, gains times 256: struct tcp_bbr_info"""
    data = sock.getsockopt(socket.IPPROTO_TCP, TCP_CC_INFO, 20)
    if len(data) < 20:
        return None
    low, high, min_rtt, pacing_gain, cwnd_gain = struct.unpack("=5I", data)
    return {"bw": high << 32 | low, "min_rtt": min_rtt, "pacing_gain": pacing_gain,
            "cwnd_gain": cwnd_gain}


def ss(port):
    return subprocess.run(["ss", "-tinH", f"sport = :{port}"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def state(sock, port):
    return {"info": info_of(sock), "bbr": bbr_info(sock), "ss": ss(port)}


def read_all(sock, n_bytes):
    while n_bytes > 0:
        n_bytes -= len(sock.recv(n_bytes))


def states_before(sock, n_bytes):
    """Wait for a segment; what there was to see in the last moments before."""
    port, states = sock.getsockname()[1], []
    received = info_of(sock)["bytes_received"]
    deadline = time.monotonic() + 20
    while not select.select([sock], [], [], 0.02)[0]:
        if time.monotonic() > deadline:
            sys.exit("no segment of the peer's own came")
        states = states[-3:] + [state(sock, port)]
    read_all(sock, n_bytes)
    # One that was taken while the segment arrived knows of it.
    return [old for old in states if old["info"]["bytes_received"] == received]


def main():
    address, port, algorithm, router, cgroup = sys.argv[1:6]
    os.seteuid(UID)
    sock = socket.socket()
    os.seteuid(0)
    sock.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, algorithm.encode())
    # More than is ever in flight, so that some waits unsent once the way is cut.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 400000)
    sock.connect((address, int(port)))
    read_all(sock, BURST)
    about = {"cc": sock.getsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, 16).rstrip(b"\0").decode(),
             "uid": UID, "sk_mark": MARK, "cgroup": int(cgroup) or None,
             "netns": os.stat("/proc/self/ns/net").st_ino, "sport": sock.getsockname()[1]}
    sock.sendall(b"a" * 3000000)
    print(json.dumps({**about, "length": 1, "states": states_before(sock, 1)}), flush=True)
    time.sleep(0.2)             # for the acknowledgement, which may be delayed
    subprocess.run(["ip", "-n", router, "route", "add", "blackhole", address], check=True)
    sock.setblocking(False)
    try:
        for _ in range(1000):
            sock.send(b"c" * 10000)
    except BlockingIOError:
        pass
    time.sleep(0.3)
    print(json.dumps({**about, "length": 2, "states": states_before(sock, 2)}), flush=True)
    subprocess.run(["ip", "-n", router, "route", "del", "blackhole", address], check=True)


main()
