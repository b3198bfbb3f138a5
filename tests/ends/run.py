# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces whose outputs are stuck at the end, as a table says; ends.bats has it.

run.py TCC-TRACE FAULT.SO PORT, the table on stdin; some lines of it side by side. Each
prints "ok NAME took S", or "not ok NAME: WHY" and what was said.
"""
import concurrent.futures
import glob
import gzip
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "lib"))
from lateness import Watch  # noqa: E402
from outputs import fill, make  # noqa: E402

TRACE, FAULT_SO, PORT = sys.argv[1:4]
SIDE_BY_SIDE = 8
# Beyond the promise; what a busy machine adds is taken off besides (lateness.py). A hang
# takes longer, up to HANG_S.
SLACK_S, HANG_S = 1, 60
# Pipes that are read, so many bytes a second.
RATES = {"slow": 250000, "slower": 10000}


class Wrong(Exception):
    pass


# ---- what stdout and stderr are ---------------------------------------------------


def make_output(kind, directory):
    """(what to read, or None; what the program gets)"""
    if kind == "file":
        return None, os.open(os.path.join(directory, "out"),
                             os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    return make("pipe" if kind in RATES else kind, directory)


class Reader(threading.Thread):
    """Reads all there is, so many bytes a second (0: as they come)."""

    def __init__(self, fd, bytes_a_second):
        super().__init__(daemon=True)
        self.fd, self.rate, self.data = fd, bytes_a_second, b""
        self.start()

    def run(self):
        os.set_blocking(self.fd, True)
        while True:
            try:
                data = os.read(self.fd, self.rate // 10 if self.rate else 65536)
            except OSError:
                return
            if not data:
                return
            self.data += data
            if self.rate:
                time.sleep(0.1)


# ---- one case -----------------------------------------------------------------------


class Case:
    def __init__(self, line):
        (self.name, self.end, least, most, status, self.out, self.err, self.fault,
         self.lost), self.options = line.split()[:9], line.split()[9:]
        self.least, self.most, self.status = float(least), float(most), int(status)
        self.directory = os.path.abspath(self.name)
        os.mkdir(self.directory)

    def set_fault(self, text):
        with open(os.path.join(self.directory, "fault"), "r+") as file:
            file.write("%-63s" % text)

    def said(self):
        with open(os.path.join(self.directory, "err"), errors="replace") as file:
            return file.read()

    def records(self):
        """In its log files."""
        n = 0
        for name in glob.glob(os.path.join(self.directory, "a.json*")):
            if name.endswith(".compressing"):
                continue
            with (gzip.open if name.endswith(".gz") else open)(name, "rb") as file:
                n += file.read().count(b'{"event":"probe"')
        return n

    def start(self):
        with open(os.path.join(self.directory, "fault"), "w") as file:
            file.write(" " * 64)
        self.set_fault("none 0")
        environment = dict(os.environ, TCC_FAULT=os.path.join(self.directory, "fault"),
                           LD_PRELOAD=FAULT_SO)
        if self.fault == "program":
            os.mkdir(os.path.join(self.directory, "bin"))
            path = os.path.join(self.directory, "bin", "gzip")
            with open(path, "w") as file:
                file.write("#!/bin/sh\nexec tail -f /dev/null\n")
            os.chmod(path, 0o755)
            environment["PATH"] = os.path.dirname(path) + ":" + environment["PATH"]
        self.reader, writer = make_output(self.out, self.directory)
        if self.out not in RATES and self.out != "file":
            fill(self.out, self.reader, writer)
        self.err_reader, err = None, os.open(os.path.join(self.directory, "err"),
                                             os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        if self.err == "pipe":
            self.err_reader, err = os.pipe()
        self.process = subprocess.Popen(
            [TRACE, "--port", PORT, "--buffer=4M"] + self.options, cwd=self.directory,
            stdin=subprocess.DEVNULL, stdout=writer, stderr=err, env=environment,
            start_new_session=True)
        self.started = time.monotonic()
        if self.err == "pipe":
            # Full from when it has attached on.
            line = b""
            while b"attached" not in line:
                line += os.read(self.err_reader, 4096)
            fill("pipe", self.err_reader, err)
        else:
            while "attached" not in self.said():
                if self.process.poll() is not None or time.monotonic() - self.started > 20:
                    raise Wrong("not attached")
                time.sleep(0.02)
        self.attached = time.monotonic()
        os.close(err)
        self.writer = writer
        self.output = Reader(self.reader, RATES[self.out]) if self.out in RATES else None

    def helper(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as file:
            return int(file.read().split()[0])

    def size(self):
        """Of its log files, which may be renamed or removed meanwhile."""
        total = 0
        for name in glob.glob(os.path.join(self.directory, "a.json*")):
            try:
                total += os.path.getsize(name)
            except FileNotFoundError:
                pass
        return total

    def wait_for(self, condition, seconds):
        """Where the machine is busy, little comes; at the end of a duration it is too late."""
        until = time.monotonic() + seconds
        while not condition() and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)

    def wait_until_it_hangs(self):
        """What it writes stands still."""
        sizes = [-1] * 10

        def is_still():
            sizes.append(self.size())
            return len(set(sizes[-10:])) == 1
        self.wait_for(is_still, 10)

    def bring_about(self):
        """The fault, then the end; returns when that was."""
        words = self.end.split("+")
        time.sleep(1.5)
        if "--rotate-size=64K" in self.options and words[0] != "duration":
            enough = 20000 if "--rotate-keep=0" in self.options else 100000
            self.wait_for(lambda: self.size() > enough, 20)
        if self.fault == "stop-helper":
            os.kill(self.helper(), signal.SIGSTOP)
        elif self.fault not in ("-", "program"):
            self.set_fault(self.fault + " -1")
            time.sleep(0.5)
            if self.fault in ("write", "renameat", "openat", "unlinkat", "ftruncate") and \
                    words[0] != "duration":
                self.wait_until_it_hangs()
        self.watch = Watch(self.process)
        if words[0] in ("duration", "count"):
            seconds = float(self.options[-1].split("=")[1]) if words[0] == "duration" else 0
            ended = self.attached + seconds
            if len(words) == 1:
                return ended
            time.sleep(max(0, ended + 2.5 - time.monotonic()))
            words = words[1:]
        ended = time.monotonic()
        self.process.send_signal(getattr(signal, "SIG" + words[0]))
        if len(words) == 2:
            time.sleep(0.5)
            if self.process.poll() is None:
                self.process.send_signal(getattr(signal, "SIG" + words[1]))
        return ended

    def clean_up(self):
        self.set_fault("none 0")
        if self.fault == "stop-helper" and self.stopped:
            try:
                os.kill(self.stopped, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def run(self):
        self.start()
        self.stopped = self.helper() if self.fault == "stop-helper" else None
        try:
            ended = self.bring_about()
            try:
                status = self.watch.wait(max(1, ended + HANG_S - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Wrong("hangs")
        finally:
            self.took = time.monotonic() - ended
            self.clean_up()
        os.close(self.writer)
        waited = self.took - self.watch.ran
        if not (self.least - 0.2 <= self.took and waited <= self.most + SLACK_S):
            raise Wrong("took %.1f s, %.1f of them waiting" % (self.took, waited))
        if status != self.status:
            raise Wrong("status %d" % status)
        if self.err == "file" and self.fault != "stderr":
            self.check_account(ended)
        elif "--log-file=a.json" in self.options and self.fault == "-":
            self.check_end_record()
        if status == 1 and self.fault != "stderr":
            self.check_what_hangs()

    def arrived(self):
        if not self.reader:
            with open(os.path.join(self.directory, "out"), "rb") as file:
                return file.read().count(b"\n")
        if self.out == "stopped":
            os.write(self.reader, b"\x11")
        output = self.output or Reader(self.reader, 0)
        output.rate = 0
        output.join(3 if self.out != "datagram" else 1)
        return output.data.count(b"\n")

    def accounts(self, said, of):
        """Its numbers; there is one such account, and it is none if it does not add up."""
        account = re.findall(r"^tcc-trace: " + of + r"probe: seen (\d+) = written (\d+) \+ "
                             r"filtered (\d+) \+ lost (\d+) \+ missed (\d+) \+ "
                             r"discarded (\d+)(.*)", said, re.M)
        if len(account) != 1:
            raise Wrong("no account, or several")
        numbers = list(map(int, account[0][:6]))
        if numbers[0] != sum(numbers[1:]) or numbers[0] < 50:
            raise Wrong("the account is not one")
        return account

    def check_what_hangs(self):
        name = "standard output"
        if "--log-file=a.json" in self.options and self.fault != "stdout":
            name = "a.json"
        if len(re.findall("^tcc-trace: cannot write to %s: it does not answer; given up$" % name,
                          self.said(), re.M)) != 1:
            raise Wrong("what hangs is not named")

    def check_account(self, ended):
        said = self.said()
        account = self.accounts(said, "")
        seen, written, lost = int(account[0][0]), int(account[0][1]), int(account[0][3])
        if any(option.startswith("--tee") for option in self.options):
            copy = self.accounts(said, "copy: ")
            if int(copy[0][0]) != seen:
                raise Wrong("the copy has seen something else")
            # Behind its heading; what the sink had no call for yet is not there.
            there = self.arrived() - ("--tee=csv" in self.options)
            if there != int(copy[0][1]):
                raise Wrong("%d are in the copy, %s written" % (there, copy[0][1]))
        has_lost = re.search(r"output [1-9]", account[0][6]) is not None
        if self.lost != "any" and has_lost != (self.lost == "lost"):
            raise Wrong("lost " + str(lost))
        there = self.records() if "--log-file=a.json" in self.options else self.arrived()
        # Of what is rotated some is removed, with so few to be kept.
        if there != written and not re.search("keep=[01]\\b", " ".join(self.options)):
            raise Wrong("%d are there, %d written" % (there, written))
        seconds = float(re.search(r" connections? in ([0-9.]+) s$", said, re.M)[1])
        # Where nobody could end it, it went on until it was given up.
        went_on = self.took if self.status == 1 else 0
        if self.end != "count" and seconds > ended + went_on - self.started + 1 + self.watch.ran:
            raise Wrong("the duration has the wait in it")
        said_waiting = len(re.findall("waiting for ", said))
        if self.name.endswith("told") and not 2 <= said_waiting <= self.took + 1:
            raise Wrong("%d lines of what is waited for" % said_waiting)

    def check_end_record(self):
        with open(os.path.join(self.directory, "a.json")) as file:
            if not file.read().splitlines()[-1].startswith('{"event":"end"'):
                raise Wrong("no end record")


def try_case(case):
    try:
        case.run()
        return "ok %s took %.1f" % (case.name, case.took)
    except Exception as error:
        said = case.said() if os.path.exists(os.path.join(case.directory, "err")) else ""
        return "not ok %s: %r\n%s" % (case.name, error, said)


def main():
    cases = [Case(line) for line in sys.stdin if line.strip() and not line.startswith("#")]
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for result in pool.map(try_case, cases):
            print(result, flush=True)


main()
