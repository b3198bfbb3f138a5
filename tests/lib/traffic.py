# SPDX-License-Identifier: GPL-2.0-or-later
"""
TCP traffic that goes on until it is ended, for the examples.

	traffic.py serve PORT,...
	traffic.py send ADDRESS,PORT,ALGORITHM[,LOCAL_PORT]...

The server reads what comes, from any number of connections. The client keeps one
connection of each kind busy; beside them it opens and closes short ones, and aborts
others, which makes resets. LOCAL_PORT is the busy one's.
"""

import socket
import struct
import sys
import threading
import time


def drain(connection):
    with connection:
        try:
            while connection.recv(1 << 16):
                pass
        except ConnectionError:
            pass  # aborted


def serve(port):
    if socket.has_dualstack_ipv6():
        listener = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        listener = socket.create_server(("", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=drain, args=(connection,), daemon=True).start()


def connect(target, local_port=0):
    address, port, algorithm = target.split(",")[:3]
    connection = socket.create_connection(
        (address, int(port)), source_address=("", local_port) if local_port else None)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, algorithm.encode())
    except OSError:
        pass  # not on this kernel
    return connection


def send(target):
    with connect(target, int((target.split(",") + ["0"])[3])) as connection:
        while True:
            connection.sendall(bytes(1 << 15))


def send_short(target):
    while True:
        with connect(target) as connection:
            connection.sendall(bytes(1 << 14))
        time.sleep(0.3)


def send_aborted(target):
    while True:
        with connect(target) as connection:
            connection.sendall(bytes(1 << 12))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.3)


def main():
    if sys.argv[1] == "serve":
        jobs = [(serve, int(port)) for port in sys.argv[2].split(",")]
    else:
        # Three of each: one that waits a second, as its SYN was lost, is not missed.
        jobs = [(job, target) for job in [send] + [send_short, send_aborted] * 3
                for target in sys.argv[2:]]
    for job, argument in jobs:
        threading.Thread(target=job, args=(argument,), daemon=True).start()
    threading.Event().wait()


main()
