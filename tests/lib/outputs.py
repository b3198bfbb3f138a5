# SPDX-License-Identifier: GPL-2.0-or-later
"""Outputs of each sort for a program under test, and filling them until they take no
more. For stuck.py and ends/run.py."""
import os
import pty
import socket
import termios
import time

FILLING = b"~"


def make(kind, directory):
    """(what to read, what the program gets); a FIFO is made in the directory."""
    if kind == "pipe":
        return os.pipe()
    if kind == "fifo":
        name = os.path.join(directory, "fifo-%d" % os.getpid())
        os.mkfifo(name)
        reader = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
        return reader, os.open(name, os.O_WRONLY)
    if kind in ("stream", "datagram"):
        sort = socket.SOCK_STREAM if kind == "stream" else socket.SOCK_DGRAM
        ends = socket.socketpair(socket.AF_UNIX, sort)
        return ends[0].detach(), ends[1].detach()
    if kind == "tcp":
        listener = socket.create_server(("127.0.0.1", 0))
        writer = socket.create_connection(listener.getsockname())
        return listener.accept()[0].detach(), writer.detach()
    assert kind in ("terminal", "stopped"), kind
    reader, writer = pty.openpty()
    assert termios.tcgetattr(writer)[0] & termios.IXON
    return reader, writer


def fill(kind, reader, writer):
    """Until it takes nothing: a terminal that is stopped, by Ctrl-S, takes nothing at once."""
    if kind == "stopped":
        os.write(reader, b"\x13")
        time.sleep(0.05)
        return
    if kind in ("stream", "datagram", "tcp"):
        end = socket.socket(fileno=os.dup(writer))
        write = lambda data: end.send(data, socket.MSG_DONTWAIT)
    else:
        own = os.open("/proc/self/fd/%d" % writer, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        write = lambda data: os.write(own, data)
    # What these have taken, the kernel moves on a little later, and there is room again.
    pause_s = 0.05 if kind in ("terminal", "tcp") else 0
    rounds_in_vain = 0
    while rounds_in_vain < 3:
        rounds_in_vain += 1
        for size in (1000, 100, 10, 1):
            try:
                while write(FILLING * size):
                    rounds_in_vain = 0
            except BlockingIOError:
                pass
        time.sleep(pause_s)
