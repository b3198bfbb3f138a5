# SPDX-License-Identifier: GPL-2.0-or-later
"""
Connections of this network namespace with itself, so that filters have something to
tell apart, each with pauses that are longer than what the clocks of two traces differ by.

	traffic.py PORT

Servers listen at PORT and PORT + 1.
"""
import socket
import sys
import threading
import time

ROUNDS = 30
PAUSE = 0.01


def answer(connection):
    with connection:
        while connection.recv(1 << 16):
            connection.sendall(b"y" * 100)


def serve(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def client(address, port, algorithm, mark):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, algorithm)
        connection.setsockopt(socket.SOL_SOCKET, 36, mark)  # SO_MARK
        connection.connect((address, port))
        for i in range(ROUNDS):
            connection.sendall(b"x" * (1 + 7000 * (i % 5)))
            connection.recv(1 << 16)
            time.sleep(PAUSE)


def main():
    port = int(sys.argv[1])
    for at in port, port + 1:
        listener = socket.create_server(("", at), family=socket.AF_INET6, dualstack_ipv6=True)
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    clients = [threading.Thread(target=client, args=args) for args in (
        ("127.0.0.1", port, b"reno", 0), ("127.0.0.1", port + 1, b"cubic", 5),
        ("127.0.0.2", port, b"cubic", 0), ("::1", port, b"reno", 5), ("::1", port + 1, b"cubic", 6))]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()


main()
