#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients and servers of every kind, to be traced, and the truth about them.

    kinds.py serve PORT             whoever comes, until killed
    kinds.py load PORT              connections one after the other, until killed
    kinds.py clients PORT N         N connections; where there is nobody, try again
    kinds.py KIND PORT              one of the kinds below: clients of PORT
    kinds.py server_KIND PORT N     or servers of N connections
    kinds.py list clients|servers   the kinds
    kinds.py absent                 those that this machine has not

All on 127.0.0.1, but those of load come from 127.0.0.2. A kind prints of each connection
the client's port, a server, once it listens, that as well; "absent: REASON" where the
machine has no such thing.
"""
import ctypes
import mmap
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

HOST = "127.0.0.1"
BYTES = 3000
MSG_FASTOPEN = 0x20000000
TCP_FASTOPEN, TCP_FASTOPEN_CONNECT = 23, 30
IPPROTO_MPTCP = 262


def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())    # whole, of any process


class Absent(Exception):
    pass


# ---- clients ------------------------------------------------------------------

def receive(sock, n):
    while n:
        got = len(sock.recv(min(n, 65536)))
        if not got:
            raise EOFError("the other end closed too early")
        n -= got


def talk(sock, sent=0):
    """Of a connected socket, blocking: BYTES there, BYTES back, and the end, which the
    other one makes; so the last segment has come when this returns."""
    say(sock.getsockname()[1])
    sock.sendall(b"x" * (BYTES - sent))
    receive(sock, BYTES)
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(1):
        pass
    sock.close()


def plain(port):
    talk(socket.create_connection((HOST, port)))


def blocking(port):
    for _ in range(3):
        plain(port)


def nonblocking(port):
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex((HOST, port))
    select.select([], [sock], [], 20)
    sock.setblocking(True)
    talk(sock)


def fastopen(port):
    """The first has no cookie yet, the second sends its data with the SYN."""
    for _ in range(3):
        sock = socket.socket()
        sent = sock.sendto(b"x" * 100, MSG_FASTOPEN, (HOST, port))
        talk(sock, sent)


def fastopen_connect(port):
    for _ in range(3):
        sock = socket.socket()
        sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
        sock.connect((HOST, port))
        sock.sendall(b"x" * 100)
        talk(sock, 100)


def mptcp_socket():
    try:
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    except OSError as fault:
        raise Absent(f"MPTCP: {fault.strerror}") from fault


def mptcp(port):
    sock = mptcp_socket()
    sock.connect((HOST, port))
    talk(sock)


def threads(port):
    made = [threading.Thread(target=blocking, args=(port,)) for _ in range(4)]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()


def child(function, *arguments):
    pid = os.fork()
    if pid == 0:
        try:
            function(*arguments)
            os._exit(0)
        finally:
            os._exit(1)
    return pid


def await_children(*pids):
    if any(os.waitpid(pid, 0)[1] for pid in pids):
        sys.exit("a child failed")


def fork(port):
    made = [child(blocking, port) for _ in range(3)]
    plain(port)
    await_children(*made)


def double_fork(port):
    """Nobody's child, in a session of its own; awaited by a pipe."""
    ours, its = os.pipe()

    def between():
        os.setsid()
        child(blocking, port)

    await_children(child(between))
    os.close(its)
    os.read(ours, 1)


def passed(port):
    """Connected by a child, spoken with by its parent."""
    ours, its = socket.socketpair()

    def connects():
        sock = socket.create_connection((HOST, port))
        socket.send_fds(its, [b"x"], [sock.fileno()])

    pid = child(connects)
    _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    await_children(pid)
    talk(socket.socket(fileno=descriptors[0]))


class Uring:
    """As much of io_uring as one request at a time takes: include/uapi/linux/io_uring.h."""
    SETUP, ENTER, SQES, GETEVENTS, ASYNC = 425, 426, 0x10000000, 1, 1 << 4
    ACCEPT, CONNECT = 13, 16

    def __init__(self):
        self.call = ctypes.CDLL(None, use_errno=True).syscall
        params = ctypes.create_string_buffer(120)
        self.fd = self.call(self.SETUP, 4, params)
        if self.fd < 0:
            raise Absent(f"io_uring: {os.strerror(ctypes.get_errno())}")
        entries = struct.unpack_from("<II", params)
        sq, cq = struct.unpack_from("<7I", params, 40), struct.unpack_from("<6I", params, 80)
        self.tail_at, self.array_at = sq[1], sq[6]
        self.mask = entries[0] - 1
        self.cq_head_at, self.cqes_at = cq[0], cq[5]
        self.cq_mask = entries[1] - 1
        size = max(self.array_at + 4 * entries[0], self.cqes_at + 16 * entries[1])
        self.ring = mmap.mmap(self.fd, size, mmap.MAP_SHARED, offset=0)
        self.sqes = mmap.mmap(self.fd, 64 * entries[0], mmap.MAP_SHARED, offset=self.SQES)

    def request(self, opcode, fd, address=0, length=0, flags=0):
        tail = struct.unpack_from("<I", self.ring, self.tail_at)[0]
        at = tail & self.mask
        self.sqes[64 * at:64 * at + 64] = struct.pack(
            "<BBHiQQIIQ24x", opcode, flags, 0, fd, length, address, 0, 0, 1)
        struct.pack_into("<I", self.ring, self.array_at + 4 * at, at)
        struct.pack_into("<I", self.ring, self.tail_at, tail + 1)
        if self.call(self.ENTER, self.fd, 1, 1, self.GETEVENTS, None, 0) < 0:
            raise OSError(ctypes.get_errno(), "io_uring_enter")
        head = struct.unpack_from("<I", self.ring, self.cq_head_at)[0]
        result = struct.unpack_from("<i", self.ring,
                                    self.cqes_at + 16 * (head & self.cq_mask) + 8)[0]
        struct.pack_into("<I", self.ring, self.cq_head_at, head + 1)
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return result


def uring(port):
    """At once, and by a thread of the kernel's for this process."""
    ring = Uring()
    for flags in (0, ring.ASYNC):
        sock = socket.socket()
        address = ctypes.create_string_buffer(
            struct.pack("<H", socket.AF_INET) + struct.pack(">H", port)
            + socket.inet_aton(HOST) + bytes(8), 16)
        ring.request(ring.CONNECT, sock.fileno(), ctypes.addressof(address), 16, flags)
        talk(sock)


CLIENTS = [blocking, nonblocking, fastopen, fastopen_connect, mptcp, threads, fork, double_fork,
           passed, uring]


# ---- servers ------------------------------------------------------------------

def answer(sock, is_said=True):
    if is_said:
        say(sock.getpeername()[1])
    receive(sock, BYTES)
    sock.sendall(b"y" * BYTES)
    while sock.recv(1):
        pass
    sock.close()


def listening(port, sock=None):
    sock = sock or socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    if sock.proto != IPPROTO_MPTCP:
        sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 16)
    sock.listen(64)
    say("listening")
    return sock


def accept_some(sock, n):
    for _ in range(n):
        answer(sock.accept()[0])


def server_plain(port, n):
    accept_some(listening(port), n)


def server_mptcp(port, n):
    accept_some(listening(port, mptcp_socket()), n)


def server_threads(port, n):
    sock = listening(port)
    made = [threading.Thread(target=accept_some, args=(sock, n // 2)) for _ in range(2)]
    for thread in made:
        thread.start()
    for thread in made:
        thread.join()


def server_forks(port, n):
    """A child for each connection, as of old."""
    sock = listening(port)
    made = []
    for _ in range(n):
        accepted = sock.accept()[0]
        made.append(child(answer, accepted))
        accepted.close()
    await_children(*made)


def server_preforks(port, n):
    sock = listening(port)
    await_children(*[child(accept_some, sock, n // 2) for _ in range(2)])


def server_listens_for(port, n):
    """The listener is a child's, which is gone when somebody comes."""
    ours, its = socket.socketpair()

    def listens():
        sock = listening(port)
        socket.send_fds(its, [b"x"], [sock.fileno()])

    await_children(child(listens))
    accept_some(socket.socket(fileno=socket.recv_fds(ours, 1, 1)[1][0]), n)


def server_uring(port, n):
    ring = Uring()
    sock = listening(port)
    for _ in range(n):
        answer(socket.socket(fileno=ring.request(ring.ACCEPT, sock.fileno())))


SERVERS = [server_plain, server_mptcp, server_threads, server_forks, server_preforks,
           server_listens_for, server_uring]


# ---- who is not traced ----------------------------------------------------------

def serve(port):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sock = listening(port)
    while True:
        accepted = sock.accept()[0]
        child(answer, accepted, False)
        accepted.close()


def load(port):
    while True:
        sock = socket.create_connection((HOST, port), source_address=("127.0.0.2", 0))
        sock.sendall(b"x" * BYTES)
        receive(sock, BYTES)
        sock.close()
        time.sleep(0.02)


def clients(port, n):
    """By MPTCP if there is such a thing: without it at the other end it is TCP."""
    for _ in range(n):
        try:
            sock = mptcp_socket()
        except Absent:
            sock = socket.socket()
        deadline = time.monotonic() + 60
        while sock.connect_ex((HOST, port)):
            if time.monotonic() > deadline:
                raise TimeoutError("there is no server")
            time.sleep(0.02)
        sock.sendall(b"x" * BYTES)
        receive(sock, BYTES)
        sock.close()


def main():
    kinds = {kind.__name__: kind for kind in CLIENTS + SERVERS + [serve, load, clients]}
    if sys.argv[1] == "list":
        print("\n".join(kind.__name__ for kind in (CLIENTS if sys.argv[2] == "clients"
                                                   else SERVERS)))
        return
    if sys.argv[1] == "absent":
        for needed, names in (mptcp_socket, "mptcp server_mptcp"), (Uring, "uring server_uring"):
            try:
                needed()
            except Absent:
                print(names)
        return
    try:
        kinds[sys.argv[1]](*map(int, sys.argv[2:]))
    except Absent as fault:
        say("absent:", fault)


main()
