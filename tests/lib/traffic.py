# SPDX-License-Identifier: GPL-2.0-or-later
"""
TCP traffic that goes on until it is ended, for the examples.

	traffic.py serve PORT,...
	traffic.py send ADDRESS:PORT:ALGORITHM...

The server reads what comes, from any number of connections. The client keeps one
connection of each kind busy; beside them it opens and closes short ones.
"""

import socket
import sys
import threading
import time


def drain(connection):
    with connection:
        while connection.recv(1 << 16):
            pass


def serve(port):
    listener = socket.create_server(("", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=drain, args=(connection,), daemon=True).start()


def connect(target):
    address, port, algorithm = target.split(":")
    connection = socket.create_connection((address, int(port)))
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, algorithm.encode())
    except OSError:
        pass  # not on this kernel
    return connection


def send(target):
    with connect(target) as connection:
        while True:
            connection.sendall(bytes(1 << 15))


def send_short(target):
    while True:
        with connect(target) as connection:
            connection.sendall(bytes(1 << 14))
        time.sleep(0.1)


def main():
    if sys.argv[1] == "serve":
        jobs = [(serve, int(port)) for port in sys.argv[2].split(",")]
    else:
        jobs = [(send, target) for target in sys.argv[2:]]
        jobs += [(send_short, target) for target in sys.argv[2:]]
    for job, argument in jobs:
        threading.Thread(target=job, args=(argument,), daemon=True).start()
    threading.Event().wait()


main()
