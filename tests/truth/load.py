#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic of each kind that a trace can meet: IPv4, IPv6 and IPv4 through
AF_INET6 sockets, small messages and bulk both ways. Knows nothing of tracing.

    load.py serve MARK                          until SIGTERM; says "listening"
    load.py run MARK IP4 IP6 MESSAGES MEGABYTES to a server there; IP6 may be ''

Each socket gives its packets the mark MARK (on loopback it arrives with them;
between network namespaces the kernel clears it). Exit status 0 when every
byte was exchanged.
"""
import socket
import struct
import sys
import threading

SO_MARK = 36                    # include/uapi/asm-generic/socket.h
PORTS = {"ipv4": 5401, "ipv6": 5402, "mapped": 5403}
HEADER = struct.Struct("!III")  # rounds, bytes a request, bytes a reply
MESSAGE = 200
BULK = 1 << 20
TIMEOUT_S = 60


def new_socket(family, mark):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_MARK, struct.pack("=I", mark))
    sock.settimeout(TIMEOUT_S)
    return sock


def receive(sock, n):
    while n > 0:
        data = sock.recv(min(n, 1 << 18))
        if not data:
            raise ConnectionError("the other end closed early")
        n -= len(data)


def answer(sock):
    with sock:
        sock.settimeout(TIMEOUT_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rounds, request, reply = HEADER.unpack(sock.recv(HEADER.size, socket.MSG_WAITALL))
        data = b"r" * reply
        for _ in range(rounds):
            receive(sock, request)
            sock.sendall(data)
        sock.recv(1)    # until the client has closed


def listen(kind, mark):
    sock = new_socket(socket.AF_INET if kind == "ipv4" else socket.AF_INET6, mark)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind != "ipv4":
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, kind == "ipv6")
    sock.bind(("" if kind == "ipv4" else "::", PORTS[kind]))
    sock.listen(64)
    sock.settimeout(None)
    return sock


def accept(listener):
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def serve(mark):
    for kind in PORTS:
        try:
            listener = listen(kind, mark)
        except OSError:
            if kind == "ipv4":
                raise
            continue            # no IPv6 here
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    print("listening", flush=True)
    threading.Event().wait()


def exchange(mark, kind, address, rounds, size, done):
    family = socket.AF_INET if kind == "ipv4" else socket.AF_INET6
    with new_socket(family, mark) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((address, PORTS[kind]))
        sock.sendall(HEADER.pack(rounds, size, size))
        data = b"q" * size
        for _ in range(rounds):
            sock.sendall(data)
            receive(sock, size)
    done.append(kind)


def run(mark, ip4, ip6, messages, megabytes):
    jobs = [("ipv4", ip4)]
    if ip6:
        jobs += [("ipv6", ip6), ("mapped", "::ffff:" + ip4)]
    threads, done = [], []
    for kind, address in jobs:
        for rounds, size in (messages, MESSAGE), (megabytes, BULK):
            threads.append(threading.Thread(
                target=exchange, args=(mark, kind, address, rounds, size, done)))
            threads[-1].start()
    for thread in threads:
        thread.join()
    return 0 if len(done) == len(threads) else 1


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2], 0))
    sys.exit(run(int(sys.argv[2], 0), sys.argv[3], sys.argv[4], *map(int, sys.argv[5:7])))
