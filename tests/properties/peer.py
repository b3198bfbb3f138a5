# SPDX-License-Identifier: GPL-2.0-or-later
"""peer.py PORT: accepts one connection, sends a burst at once, reads all there
is, and after each time that nothing came for 1.5 s sends a few bytes: one the
first time, then two, and so on. Knows nothing of tcc-trace.
"""
import socket
import sys

QUIET_S = 1.5

server = socket.create_server(("", int(sys.argv[1])))
print("ready", flush=True)
client, _ = server.accept()
client.settimeout(QUIET_S)
# The way for acknowledgements may be cut.
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
n_sent, has_read = 0, False
client.sendall(b"b" * 100000)
while True:
    try:
        if not client.recv(1 << 20):
            break
        has_read = True
    except TimeoutError:
        if has_read:
            n_sent += 1
            client.sendall(b"q" * n_sent)
