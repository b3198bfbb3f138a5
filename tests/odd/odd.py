# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets that are used in odd ways; knows nothing of tcc-trace. Each asserts that it
was odd indeed.

odd.py serve PORT		until killed: reads all, at PORT over TCP, with Fast
				Open, at PORT + 1 over MPTCP
odd.py fastopen ADDRESS PORT	connections whose SYN has data
odd.py mptcp ADDRESS PORT	connections over MPTCP
odd.py self ADDRESS PORT	a socket connected to itself, at PORT + 2
odd.py repair ADDRESS PORT	a connection that is taken out of its socket in silence
				and goes on in another
odd.py orphans ADDRESS PORT	connections closed with all to be sent yet
"""
import socket
import struct
import sys
import threading
import time

IPPROTO_MPTCP, SOL_MPTCP, MPTCP_INFO = 262, 284, 1
TCP_INFO, TCP_FASTOPEN = 11, 23
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, TCP_REPAIR_OPTIONS = 19, 20, 21, 22
TCP_TIMESTAMP, TCP_REPAIR_WINDOW = 24, 29
SEND_QUEUE, RECEIVE_QUEUE = 2, 1
OPT_TIMESTAMPS, OPT_SACK, OPT_WSCALE, OPT_SYN_DATA = 1, 2, 4, 32
TCP = socket.IPPROTO_TCP


def options_of(sock):
    """The bits and the two window scales of TCP_INFO."""
    data = sock.getsockopt(TCP, TCP_INFO, 64)
    return data[5], data[6]


def wait_acked(sock):
    deadline = time.monotonic() + 10
    while struct.unpack_from("=I", sock.getsockopt(TCP, TCP_INFO, 64), 24)[0]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def end(sock):
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(1 << 20):
        pass
    sock.close()


def serve(port):
    def listen(protocol, at):
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("", at))
        if protocol == TCP:
            server.setsockopt(TCP, TCP_FASTOPEN, 64)
        server.listen(128)
        return server

    def read_all(peer):
        try:
            while peer.recv(1 << 20):
                pass
        except ConnectionError:
            pass
        peer.close()

    def accept(server):
        while True:
            threading.Thread(target=read_all, args=(server.accept()[0],)).start()

    servers = [listen(TCP, port)]
    try:
        servers.append(listen(IPPROTO_MPTCP, port + 1))
    except OSError:
        pass
    print("ready", flush=True)
    for server in servers[1:]:
        threading.Thread(target=accept, args=(server,)).start()
    accept(servers[0])


def fastopen(address, port):
    for i in range(10):
        sock = socket.socket()
        sock.sendto(b"f" * 1000, socket.MSG_FASTOPEN, (address, port))
        sock.sendall(b"f" * 20000)
        # The first has no cookie yet.
        assert i == 0 or options_of(sock)[0] & OPT_SYN_DATA
        end(sock)


def mptcp(address, port):
    for _ in range(5):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
        sock.connect((address, port + 1))
        sock.sendall(b"m" * 100000)
        assert sock.getsockopt(SOL_MPTCP, MPTCP_INFO, 64)
        end(sock)


def connect_self(_, port):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port + 2))
    sock.connect(("127.0.0.1", port + 2))
    assert sock.getpeername() == sock.getsockname()
    for _ in range(20):
        sock.sendall(b"s" * 5000)
        left = 5000
        while left:
            left -= len(sock.recv(left))
    end(sock)


def repair(address, port):
    def seq(sock, queue, value=None):
        sock.setsockopt(TCP, TCP_REPAIR_QUEUE, queue)
        if value is not None:
            sock.setsockopt(TCP, TCP_QUEUE_SEQ, struct.pack("=I", value))
        return struct.unpack("=I", sock.getsockopt(TCP, TCP_QUEUE_SEQ, 4))[0]

    old = socket.create_connection((address, port))
    old.sendall(b"r" * 50000)
    wait_acked(old)
    bits, scales = options_of(old)
    old.setsockopt(TCP, TCP_REPAIR, 1)
    here, window = old.getsockname(), old.getsockopt(TCP, TCP_REPAIR_WINDOW, 20)
    stamp = old.getsockopt(TCP, TCP_TIMESTAMP)
    seqs = {queue: seq(old, queue) for queue in (SEND_QUEUE, RECEIVE_QUEUE)}
    old.close()

    new = socket.socket()
    new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    new.setsockopt(TCP, TCP_REPAIR, 1)
    new.bind(here)
    for queue, value in seqs.items():
        assert seq(new, queue, value) == value
    new.connect((address, port))
    options = [(2, 1448)]
    if bits & OPT_WSCALE:
        options.append((3, (scales & 15) | (scales >> 4) << 16))
    if bits & OPT_SACK:
        options.append((4, 0))
    if bits & OPT_TIMESTAMPS:
        options.append((8, 0))
        new.setsockopt(TCP, TCP_TIMESTAMP, stamp)
    new.setsockopt(TCP, TCP_REPAIR_OPTIONS,
                   b"".join(struct.pack("=II", *option) for option in options))
    new.setsockopt(TCP, TCP_REPAIR_WINDOW, window)
    new.setsockopt(TCP, TCP_REPAIR, 0)
    new.sendall(b"r" * 50000)
    wait_acked(new)
    end(new)


def orphans(address, port):
    socks = [socket.create_connection((address, port)) for _ in range(20)]
    for sock in socks:
        sock.setblocking(False)
        sock.send(b"o" * 100000)
    for sock in socks:
        sock.close()


def main():
    what, words = sys.argv[1], sys.argv[2:]
    if what == "serve":
        serve(int(words[0]))
    else:
        {"fastopen": fastopen, "mptcp": mptcp, "self": connect_self, "repair": repair,
         "orphans": orphans}[what](words[0], int(words[1]))


main()
