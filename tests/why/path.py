# SPDX-License-Identifier: GPL-2.0-or-later
"""A path of its own between two ends: two network namespaces without names, which go
with their processes, and a relay between them that delays, forwards at a rate, and
can swallow everything. Knows nothing of tcc-trace.
"""
import collections
import ctypes
import fcntl
import mmap
import os
import select
import signal
import struct
import subprocess
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
A, B = "10.198.77.1", "10.198.77.2"
HEADERS = 40

libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result:
        raise OSError(ctypes.get_errno(), "namespaces")


def fork():
    """As os.fork(); the child ends with this process, however that ends."""
    parent, child = os.getpid(), os.fork()
    if not child:
        check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)
    return child


def new_end(address):
    """This process is in a new namespace then; its tun device's descriptor."""
    check(libc.unshare(CLONE_NEWNET))
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    other = B if address == A else A
    for command in (f"addr add {address}/32 dev tun0", "link set tun0 txqueuelen 5000 up",
                    f"route add {other} dev tun0"):
        subprocess.run(["ip", *command.split()], check=True)
    with open("/proc/sys/net/ipv4/tcp_no_metrics_save", "w") as setting:
        setting.write("1")
    return tun


class Path:
    """rate: bytes a second from A to B, 0: as they come; delay: seconds, each way; limit:
    bytes that may wait there."""

    def __init__(self, rate=0, delay=0.015, limit=1 << 30, tc=""):
        self.rate, self.delay, self.limit = rate, delay, limit
        self.hole = mmap.mmap(-1, 1)
        self.tun_a = new_end(A)
        if tc:
            subprocess.run(["tc", "qdisc", "add", "dev", "tun0", "root", *tc.split()], check=True)
        self.a = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.tun_b = new_end(B)
        self.b = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.relay = fork()
        if not self.relay:
            try:
                self.forward()
            finally:
                os._exit(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def enter(self, end):
        check(libc.setns(end, CLONE_NEWNET))

    def swallow(self, is_hole):
        self.hole[0] = is_hole

    def end(self):
        """The last segments have come through."""
        time.sleep(0.05 + 3 * self.delay)
        os.kill(self.relay, 9)
        os.waitpid(self.relay, 0)

    def forward(self):
        """What comes in leaves `delay` later; towards B one after the other, at the rate."""
        waiting = {self.tun_b: collections.deque(), self.tun_a: collections.deque()}
        to = {self.tun_a: self.tun_b, self.tun_b: self.tun_a}
        n_bytes, free_at = 0, 0.0
        while True:
            now = time.monotonic()
            for tun, packets in waiting.items():
                while packets and packets[0][0] <= now:
                    data = packets.popleft()[1]
                    n_bytes -= len(data) if tun == self.tun_b else 0
                    if not self.hole[0]:
                        os.write(tun, data)
            nexts = [packets[0][0] for packets in waiting.values() if packets]
            timeout = max(0, min(nexts) - time.monotonic()) if nexts else 1
            for tun in select.select([self.tun_a, self.tun_b], [], [], timeout)[0]:
                for _ in range(16):
                    try:
                        data = os.read(tun, 2048)
                    except BlockingIOError:
                        break
                    if data[0] >> 4 != 4:
                        continue
                    now = time.monotonic()
                    if tun == self.tun_b or not self.rate:
                        waiting[to[tun]].append((now + self.delay, data))
                    elif n_bytes + len(data) <= self.limit:
                        n_bytes += len(data)
                        free_at = max(now, free_at) + len(data) / self.rate
                        waiting[to[tun]].append((free_at + self.delay, data))
