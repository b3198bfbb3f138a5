# SPDX-License-Identifier: GPL-2.0-or-later
"""Two ends of a connection, each limited in a way of its own; knows nothing of
tcc-trace.

ends.py serve PORT HOW		until killed; HOW: sink (read all), slow (a small
				buffer, read little), page (answer at once and close)
ends.py send ADDRESS PORT HOW SECONDS ALGORITHM
				HOW: bulk, app (little, with pauses), sndbuf (a small
				buffer), pacing (SO_MAX_PACING_RATE), reset (close
				with SO_LINGER 0), tail (a few segments, of which the
				last are lost: the way is cut for two seconds by a
				route in the namespace of that name)
				Prints TCP_INFO as JSON, taken when all is acknowledged.
				halves (100000 bytes, and once there is a file of the
				name in $GO_ON, 40000 more)
				full-HOW: the same with a socket whose memory for
				options is full
ends.py again ADDRESS PORT N	N connections of one socket, one after the other
ends.py fetch ADDRESS PORT	read to the end
ends.py many PORT N		N connections on loopback, one after the other
ends.py hold PORT N		N connections on loopback at once, until killed
"""
import ctypes
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
SO_MAX_PACING_RATE, TCP_CONGESTION, TCP_INFO = 47, 13, 11


def info(sock):
    data = sock.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 256)
    words = struct.unpack_from("=24I", data, 8)
    acked, received = struct.unpack_from("=QQ", data, 120)
    sent, retrans = struct.unpack_from("=QQ", data, 200)
    return {"unacked": words[4], "total_retrans": words[23], "bytes_acked": acked,
            "bytes_received": received, "bytes_sent": sent, "bytes_retrans": retrans}


def serve(port, how):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if how == "slow":
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    server.bind(("", port))
    server.listen(64)
    print("ready", flush=True)
    while True:
        peer, _ = server.accept()
        try:
            if how == "page":
                peer.sendall(b"p" * 50000)
            while how == "sink" and peer.recv(1 << 20):
                pass
            while how == "slow" and peer.recv(2000):
                time.sleep(0.02)
        except ConnectionError:
            pass
        peer.close()


def fill(sock):
    """The option memory of a socket, by the largest filter that it takes."""
    def takes(length):
        code = struct.pack("=HBBI", 0x20, 0, 0, 0) * (length - 1)   # ld [0]
        code = ctypes.create_string_buffer(code + struct.pack("=HBBI", 6, 0, 0, ~0 & 0xffffffff))
        program = struct.pack("HxxxxxxP", length, ctypes.addressof(code))
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)     # the one before
        except OSError:
            pass
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        except OSError:
            return False
        return True

    low, high = 1, 4096
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if takes(middle) else (low, middle - 1)
    assert low < 4096 and takes(low)


def send_tail(sock, address):
    route = ["ip", "-n", os.environ["NETNS_ROUTER"], "route"]
    for _ in range(10):
        sock.sendall(b"t" * 4000)
        time.sleep(0.05)
    subprocess.run([*route, "add", "blackhole", address], check=True)
    sock.sendall(b"t" * 4000)
    time.sleep(2)
    subprocess.run([*route, "del", "blackhole", address], check=True)


def wait_for_acks(sock):
    deadline = time.monotonic() + 10
    while info(sock)["unacked"] and time.monotonic() < deadline:
        time.sleep(0.01)


def send_halves(sock):
    sock.sendall(b"h" * 100000)
    wait_for_acks(sock)
    print("halfway", flush=True)
    while not os.path.exists(os.environ["GO_ON"]):
        time.sleep(0.01)
    sock.sendall(b"h" * 40000)


def send(address, port, how, seconds, algorithm):
    sock = socket.socket()
    if how.startswith("full-"):
        how = how[len("full-"):]
        fill(sock)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, algorithm.encode())
    if how == "sndbuf":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4608)
    if how == "pacing":
        sock.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, 500000)
    sock.connect((address, port))
    deadline = time.monotonic() + seconds
    sock.settimeout(10)
    while time.monotonic() < deadline:
        if how == "app":
            sock.sendall(b"a" * 300)
            time.sleep(0.02)
        elif how == "halves":
            send_halves(sock)
            break
        elif how == "tail":
            send_tail(sock, address)
            break
        else:
            sock.sendall(b"s" * 20000)
    if how == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        wait_for_acks(sock)
        print(json.dumps({**info(sock), "sport": sock.getsockname()[1]}), flush=True)
    sock.close()


def again(address, port, n):
    """By connect() to no address (AF_UNSPEC), which makes a socket as new."""
    sock = socket.socket()
    for _ in range(n):
        sock.connect((address, port))
        sock.sendall(b"a" * 20000)
        time.sleep(0.1)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(1 << 20):
            pass
        ctypes.CDLL(None, use_errno=True).connect(sock.fileno(), bytes(16), 16)
    sock.close()


def fetch(address, port):
    sock, n_bytes = socket.create_connection((address, port)), 0
    while data := sock.recv(1 << 20):
        n_bytes += len(data)
    print(n_bytes, flush=True)


def many(port, n):
    """The server's end closes first, and has the TIME-WAIT; over several addresses,
    as there are fewer ports than connections."""
    server = socket.create_server(("0.0.0.0", port))
    for i in range(n):
        client = socket.create_connection((f"127.0.0.{i % 8 + 1}", port))
        peer, _ = server.accept()
        peer.close()
        while client.recv(1):
            pass
        client.close()


def hold(port, n):
    """Each has two descriptors, and what is usual is a limit of 1024."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 2 * n + 100), most))
    server = socket.create_server(("0.0.0.0", port), backlog=n)
    pairs = [(socket.create_connection(("127.0.0.1", port)), server.accept()[0])
             for _ in range(n)]
    print(len(pairs), "held", flush=True)
    signal.pause()


def main():
    what, words = sys.argv[1], sys.argv[2:]
    if what == "serve":
        serve(int(words[0]), words[1])
    elif what == "send":
        send(words[0], int(words[1]), words[2], float(words[3]), words[4])
    elif what == "again":
        again(words[0], int(words[1]), int(words[2]))
    elif what == "fetch":
        fetch(words[0], int(words[1]))
    elif what == "hold":
        hold(int(words[0]), int(words[1]))
    else:
        many(int(words[0]), int(words[1]))


main()
