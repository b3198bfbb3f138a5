# SPDX-License-Identifier: GPL-2.0-or-later
"""scenarios.py PORT [NAME...]: connections whose sender is held back by a cause that is
made here, and measured here, apart from what any tracer says. Prints for each a line of
JSON: name, port, end (a: who connects, or b), cause, measured: the share of the
connection's life, by these ends' own clocks. Knows nothing of tcc-trace.

Each runs in a process and on a path of its own, some at a time.
"""
import array
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time
import traceback

import path

TCP = socket.IPPROTO_TCP
SO_MAX_PACING_RATE, TCP_CORK, TCP_NODELAY, TCP_CONGESTION, TCP_INFO = 47, 3, 1, 13, 11
AT_ONCE = 6
LONGEST_S = 120		# that any process here may take


def now():
    return time.monotonic()


class Sampler(threading.Thread):
    """Looks at a socket again and again: how long its data waits, is in flight, or there is
    none; how long its congestion control is at work on a loss, or has all in flight that
    it allows."""

    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock, self.is_over = sock, False
        self.seconds = dict.fromkeys(
            ("waiting", "in_flight", "nothing", "recovering", "at_window"), 0.0)
        self.start()

    def run(self):
        last = now()
        while not self.is_over:
            time.sleep(0.004)
            info = self.sock.getsockopt(TCP, TCP_INFO, 192)
            unacked, sacked, lost, retrans, cwnd, notsent = (
                struct.unpack_from("=I", info, at)[0] for at in (24, 28, 32, 36, 80, 144))
            passed, last = now() - last, now()
            what = "waiting" if notsent else "in_flight" if unacked else "nothing"
            self.seconds[what] += passed
            if info[1] >= 3:		# tcpi_ca_state: Recovery, Loss
                self.seconds["recovering"] += passed
            elif unacked - sacked - lost + retrans >= cwnd:
                self.seconds["at_window"] += passed

    def stop(self):
        self.is_over = True
        self.join()
        return self.seconds


def unread(sock):
    count = array.array("i", [0])
    fcntl.ioctl(sock, termios.FIONREAD, count)
    return count[0]


# ---- ends: each returns what it measured, in seconds -----------------------------------


def read_all(sock):
    """The time from the first byte to the last."""
    first = last = None
    while sock.recv(1 << 18):
        last = now()
        first = first or last
    return last - first if first else 0


def read_slowly(sock, seconds=4.0):
    """The time for which most of the buffer was full."""
    full_s, start = 0.0, now()
    while now() - start < seconds:
        before = now()
        time.sleep(0.02)
        if unread(sock) > 4096:
            full_s += now() - before
        if not sock.recv(1024):
            break
    return full_s


def silences(sock):
    """The time for which nothing came for longer than a sender with more of it would wait
    for an acknowledgement."""
    silent_s, before = 0.0, now()
    while sock.recv(1 << 18):
        passed, before = now() - before, now()
        silent_s += passed if passed > 0.1 else 0
    return silent_s


def answer(sock):
    while sock.recv(4096):
        sock.sendall(b"a" * 200)
    return 0


def bulk(sock, path, seconds=3.0, but=("recovering",)):
    """The time for which it was something else that held the sender back."""
    sampler, start = Sampler(sock), now()
    sock.settimeout(0.5)
    while now() - start < seconds:
        try:
            sock.send(b"b" * 65536)
        except TimeoutError:
            pass
        except ConnectionError:
            break
    measured = sampler.stop()
    return sum(measured[name] for name in but)


def acked(sock):
    return struct.unpack_from("=Q", sock.getsockopt(TCP, TCP_INFO, 192), 120)[0]


def bulk_in_poll(sock, seconds):
    """The bytes a second that arrive, written by who waits in poll() for room."""
    start = now()
    poller = select.poll()
    poller.register(sock, select.POLLOUT)
    sock.setblocking(False)
    while now() - start < seconds:
        if poller.poll(200):
            try:
                sock.send(b"p" * 4096)
            except BlockingIOError:
                pass
    sock.setblocking(True)
    return acked(sock) / (now() - start)


def write_often(sock, size, gap_s, seconds=3.0):
    sampler, start = Sampler(sock), now()
    while now() - start < seconds:
        sock.sendall(b"w" * size)
        time.sleep(gap_s)
    return sampler.stop()


def in_flight(sock, path):
    """The time for which all is sent and not all is acknowledged."""
    return write_often(sock, 300, 0.02)["in_flight"]


def now_and_then(sock, path):
    """The time for which there is nothing to send, and all is acknowledged."""
    return write_often(sock, 300, 0.2)["nothing"]


def ask_now_and_then(sock, path):
    """The time between an answer and the next question."""
    quiet_s = 0.0
    for _ in range(6):
        sock.sendall(b"q" * 100)
        sock.recv(4096)
        before = now()
        time.sleep(0.5)
        quiet_s += now() - before
    return quiet_s


def held_back(sock, path):
    """The time for which something waits to be sent. Once a round trip the rest is sent,
    and until the next write nothing waits: looks come with acknowledgements, and do not
    see that. So the round trip is long against the time between writes, which is longer
    on a busy machine."""
    return write_often(sock, 500, 0.005, 4.0)["waiting"]


def corked(sock, path):
    return write_often(sock, 600, 0.01)["waiting"]


def hole_in_bulk(sock, path):
    """From the last segment that came through to the first after the hole: as long as
    the hole, and until the timer after it fires; what the timer waits for is seen by when
    the peer's acknowledgements go on."""
    stop = now() + 1
    sock.settimeout(0.05)

    def write():
        try:
            sock.send(b"b" * 65536)
        except TimeoutError:
            pass

    while now() < stop:
        write()
    path.swallow(True)
    time.sleep(0.1)
    start, before = now() - 0.1, acked(sock)
    while now() - start < 3:
        write()
    path.swallow(False)
    while acked(sock) == before:
        time.sleep(0.001)
    over = now()
    while now() - over < 0.3:
        write()
    return over - start


def nothing(sock, path):
    start = now()
    time.sleep(1.5)
    return now() - start


def set_up(*options):
    def prepare(sock):
        for level, name, value in options:
            sock.setsockopt(level, name, value)
    return prepare


def connect(port, prepare=None):
    sock = socket.socket()
    sock.setsockopt(TCP, TCP_CONGESTION, b"reno")
    if prepare:
        prepare(sock)
    start = now()
    sock.connect((path.B, port))
    return sock, now() - start, start


def close(sock):
    """Returns when the peer has closed as well: the connection's end."""
    sock.settimeout(None)
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(4096):
        pass
    sock.close()
    return now()


# ---- scenarios ---------------------------------------------------------------------------

SOL = socket.SOL_SOCKET
NODELAY = (TCP, TCP_NODELAY, 1)
SLOW = dict(rate=2500000, delay=0.015)

# Name: who sends how over which path, who reads how, and what each end is then held back
# by: the share of its life that the end itself measured.
SCENARIOS = {
    "bulk": dict(path=dict(**SLOW, limit=64000), send=bulk, causes=dict(a="cwnd", b="receiving")),
    "nagle": dict(path=dict(delay=0.1), send=held_back, causes=dict(a="nagle")),
    "nodelay": dict(path=dict(delay=0.04), send=in_flight, prepare=set_up(NODELAY),
                    causes=dict(a="app")),
    "pauses": dict(path=dict(delay=0.015), send=now_and_then, read=silences,
                   causes=dict(a="idle", b="idle")),
    "cork": dict(path=dict(delay=0.005), send=corked, prepare=set_up((TCP, TCP_CORK, 1)),
                 causes=dict(a="nagle")),
    "slow-reader": dict(path=dict(delay=0.005), send=bulk, read=read_slowly,
                        rcvbuf=16384, causes=dict(a="rwnd", b="reader")),
    "rate-cap": dict(path=dict(delay=0.015), send=bulk,
                     prepare=set_up((SOL, SO_MAX_PACING_RATE, 250000)), causes=dict(a="maxpace")),
    # Its startup is held back by the window: that is a small part, and does not count.
    "bbr": dict(path=dict(**SLOW, limit=1000000), send=bulk,
                how=dict(seconds=6, but=("recovering", "at_window")),
                prepare=set_up((TCP, TCP_CONGESTION, b"bbr")), causes=dict(a="pacing")),
    "queue": dict(path=dict(tc="tbf rate 4mbit burst 5kb limit 4mb", delay=0.002), send=bulk,
                  causes=dict(a="queue")),
    "hole": dict(path=dict(**SLOW, limit=64000), send=hole_in_bulk, causes=dict(a="loss")),
    "idle": dict(path=dict(delay=0.015), send=nothing, causes=dict(a="idle", b="idle")),
    "answers": dict(path=dict(delay=0.015), send=ask_now_and_then, read=answer,
                    causes=dict(a="idle")),
}


def serve(server, scenario, pipe):
    sock, _ = server.accept()
    start = now()
    measured = scenario.get("read", read_all)(sock)
    while sock.recv(1 << 20):
        pass
    sock.close()
    os.write(pipe, json.dumps([measured, now() - start]).encode())


def listen(port, rcvbuf=None):
    server = socket.socket()
    server.setsockopt(SOL, socket.SO_REUSEADDR, 1)
    if rcvbuf:
        server.setsockopt(SOL, socket.SO_RCVBUF, rcvbuf)
    server.bind((path.B, port))
    server.listen(8)
    return server


def fork(function, *arguments):
    child = path.fork()
    if child:
        return child
    try:
        signal.alarm(LONGEST_S)		# and every recv() with it
        function(*arguments)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def say(name, port, end, cause, measured, **more):
    os.write(1, (json.dumps({"name": name, "port": port, "end": end, "cause": cause,
                             "measured": round(measured, 3), **more}) + "\n").encode())


def run_one(name, port):
    scenario = SCENARIOS[name]
    with path.Path(**scenario["path"]) as route:
        server = listen(port, scenario.get("rcvbuf"))
        ours, theirs = os.pipe()
        child = fork(serve, server, scenario, theirs)
        route.enter(route.a)
        sock, connect_s, start = connect(port, scenario.get("prepare"))
        sent_s = scenario["send"](sock, route, **scenario.get("how", {}))
        life_s = close(sock) - start
        _, status = os.waitpid(child, 0)
        assert not status, name
        read_s, served_s = json.loads(os.read(ours, 100))
        for end, cause in scenario["causes"].items():
            if scenario.get("read") is read_slowly:
                share = read_s / served_s		# both ends are held back by the same
            elif scenario["send"] is bulk:
                # From the first byte to the last.
                share = (read_s - sent_s) / life_s if end == "a" else read_s / served_s
            elif scenario["send"] is nothing:
                share = sent_s / (life_s if end == "a" else served_s)
            else:
                share = sent_s / life_s if end == "a" else read_s / served_s
            say(name, port, end, cause, share)


def rate_of(route, port, sndbuf):
    server = listen(port)
    child = fork(serve, server, {}, os.open("/dev/null", os.O_WRONLY))
    server.close()
    route.enter(route.a)
    sock, _, _ = connect(port, set_up((SOL, socket.SO_SNDBUF, sndbuf)) if sndbuf else None)
    rate = bulk_in_poll(sock, 3)
    close(sock)
    os.waitpid(child, 0)
    route.enter(route.b)
    return rate


def run_sndbuf(name, port):
    """What the small buffer costs: against one that the kernel makes as large as it likes."""
    with path.Path(rate=2500000, delay=0.04, limit=400000) as route:
        with_large = rate_of(route, port + 500, 0)
        with_small = rate_of(route, port, int(name.split("-")[1]))
        say(name, port, "a", "sndbuf", 1 - with_small / with_large, is_of_rate=True)


def run_handshake(name, port):
    """The path swallows the first SYNs."""
    with path.Path(delay=0.015) as route:
        server = listen(port)
        child = fork(serve, server, {}, os.open("/dev/null", os.O_WRONLY))
        route.enter(route.a)
        route.swallow(True)
        timer = threading.Timer(2.0, route.swallow, [False])
        timer.start()
        sock, connect_s, start = connect(port)
        sock.sendall(b"h" * 1000)
        time.sleep(0.2)
        life_s = close(sock) - start
        os.waitpid(child, 0)
        say(name, port, "a", "handshake", connect_s / life_s, handshake_ms=connect_s * 1000,
            has_syn_retrans=True)


def run_short(name, port):
    """40 connections: a handshake, a question, an answer, the end."""
    with path.Path(delay=0.01) as route:
        server = listen(port)

        def answer_all():
            for _ in range(40):
                sock, _ = server.accept()
                answer(sock)
                sock.close()

        child = fork(answer_all)
        route.enter(route.a)
        connect_s = life_s = 0
        for _ in range(40):
            sock, one_s, start = connect(port)
            sock.sendall(b"q" * 100)
            sock.recv(4096)
            life_s += close(sock) - start
            connect_s += one_s
        os.waitpid(child, 0)
        say(name, port, "a", "handshake", connect_s / life_s, n=40, is_not_largest=True)


OTHERS = {"sndbuf-4608": run_sndbuf, "sndbuf-16384": run_sndbuf, "sndbuf-32768": run_sndbuf,
          "no-answer": run_handshake, "short": run_short}


def main():
    port = int(sys.argv[1])
    names = ["bbr", *OTHERS, *(name for name in SCENARIOS if name != "bbr")]
    with open("/proc/sys/net/ipv4/tcp_available_congestion_control") as available:
        if "bbr" not in available.read().split():
            names.remove("bbr")
            print("no bbr here", file=sys.stderr)
    running, failed = set(), 0
    for i, name in enumerate(names):
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        if len(running) == AT_ONCE:
            child, status = os.wait()
            running.remove(child)
            failed += status != 0
        running.add(fork(OTHERS.get(name, run_one), name, port + i))
    for child in running:
        failed += os.waitpid(child, 0)[1] != 0
    sys.exit(failed > 0)


main()
