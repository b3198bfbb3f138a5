# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a command whose stderr takes nothing, and say how it went.

stuck.py KIND [--fill=S] [--read=S] [--signal=NAME@S]... -- COMMAND...

KIND is what stderr is: pipe, fifo, terminal (not read), stopped (a terminal after
Ctrl-S), stream, datagram (sockets). It is full from the start, or --fill seconds after
it; it is read, or Ctrl-Q typed, --read seconds after the start, else when the command
has ended. Signals are sent so many seconds after the start. Standard output is the
command's own, as is standard input. Prints on stderr: "status N", "took S.S T.T", T of
these without what a busy machine added (lateness.py), "flags changed" if the command left others behind, then what came out of stderr but for
the filling.
"""
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from lateness import Watch
from outputs import FILLING, fill, make

def drain(kind, reader, into):
    """Until the last writer is gone."""
    if kind == "stopped":
        os.write(reader, b"\x11")
    os.set_blocking(reader, True)
    while True:
        try:
            data = os.read(reader, 65536)
        except OSError:
            return
        if not data:
            return
        into.append(data)


def main():
    at = sys.argv.index("--")
    kind, options, command = sys.argv[1], sys.argv[2:at], sys.argv[at + 1:]
    fill_at, read_at, signals = 0, None, []
    for option in options:
        name, value = option.lstrip("-").split("=")
        if name == "fill":
            fill_at = float(value)
        elif name == "read":
            read_at = float(value)
        else:
            signals.append((float(value.split("@")[1]), value.split("@")[0]))
    reader, writer = make(kind, os.environ.get("BATS_TEST_TMPDIR") or tempfile.mkdtemp())
    flags = fcntl.fcntl(writer, fcntl.F_GETFL)
    got, drainer = [], None
    actions = [(when, "signal", name) for when, name in signals]
    if fill_at:
        actions.append((fill_at, "fill", None))
    else:
        fill(kind, reader, writer)
    if read_at is not None:
        actions.append((read_at, "read", None))
    start = time.monotonic()
    process = subprocess.Popen(command, stderr=writer)
    watch, late = Watch(process), 0
    for when, what, name in sorted(actions):
        try:
            watch.wait(max(0, start + when - time.monotonic()))
            break
        except subprocess.TimeoutExpired:
            late = max(0, time.monotonic() - start - when)
        if what == "signal":
            process.send_signal(getattr(signal, "SIG" + name))
        elif what == "fill":
            fill(kind, reader, writer)
        else:
            drainer = threading.Thread(target=drain, args=(kind, reader, got), daemon=True)
            drainer.start()
    try:
        status = watch.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        status = "hangs"
    took = time.monotonic() - start
    changed = fcntl.fcntl(writer, fcntl.F_GETFL) != flags
    os.close(writer)
    if not drainer:
        drainer = threading.Thread(target=drain, args=(kind, reader, got), daemon=True)
        drainer.start()
    drainer.join(2 if kind != "datagram" else 0.5)
    print("status", status, file=sys.stderr)
    print("took %.1f %.1f" % (took, took - watch.ran - late), file=sys.stderr)
    if changed:
        print("flags changed", file=sys.stderr)
    text = b"".join(got).replace(FILLING, b"").replace(b"\r", b"").replace(b"^S", b"")
    sys.stderr.write(text.replace(b"^Q", b"").decode())


main()
