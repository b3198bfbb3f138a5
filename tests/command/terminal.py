#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A command on a terminal, with the tracer between: keys, passwords, job control.

    terminal.py TCC_TRACE CASE

Prints what is wrong, and ends with 1 then.
"""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE_S = 40

# Says what keys send and the window's size is, as an editor does; ends at q.
EDITOR = r"""
import fcntl, os, signal, struct, termios, tty
def say(text): os.write(1, ("<" + text + ">\r\n").encode())
def resized(*_):
    say("size %d %d" % struct.unpack("HH", fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(4))))
signal.signal(signal.SIGWINCH, resized)
before = termios.tcgetattr(0)
tty.setraw(0)
say("ready")
while True:
    try:
        key = os.read(0, 1)
    except InterruptedError:
        continue
    if key == b"q":
        break
    say("key %d" % key[0])
termios.tcsetattr(0, termios.TCSADRAIN, before)
raise SystemExit(3)
"""

INTERRUPTED = r"""
import os, signal, sys, time
def interrupted(number, _):
    os.write(1, b"<signal %d>\n" % number)
    sys.exit(5)
for number in signal.SIGINT, signal.SIGQUIT:
    signal.signal(number, interrupted)
os.write(1, b"<ready>\n")
time.sleep(60)
"""

PASSWORD = r"""
import getpass
word = getpass.getpass("<password?>")
print("<it was %s>" % word)
"""


class Terminal:
    def __init__(self, *words):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["PS1"] = "PROMPT> "
            os.environ["TERM"] = "dumb"
            os.execvp(words[0], words)
        self.modes = termios.tcgetattr(self.fd)

    def read(self, wait_s):
        if select.select([self.fd], [], [], wait_s)[0]:
            try:
                got = os.read(self.fd, 4096)
            except OSError:
                return False
            self.seen += got.decode(errors="replace")
            return bool(got)
        return True

    def expect(self, pattern):
        """What comes up to there is used up."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.seen)):
            if time.monotonic() > deadline or not self.read(0.1):
                self.fail(f"waited in vain for {pattern!r}")
        self.seen = self.seen[found.end():]
        return found

    def fail(self, text):
        print(f"{text}; the terminal has {self.seen!r}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        sys.exit(1)

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self, wanted):
        deadline = time.monotonic() + PATIENCE_S
        while self.read(0.05):
            if time.monotonic() > deadline:
                self.fail("it does not end")
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if status != wanted:
            self.fail(f"status {status}, not {wanted}")


def editor(trace):
    terminal = Terminal(trace, "--log-file=records", "python3", "-c", EDITOR)
    terminal.expect("<ready>")
    for key in "x\x03\x1a\x1c":        # what else sends INT, TSTP and QUIT
        terminal.type(key)
        terminal.expect(f"<key {ord(key)}>")
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 17, 61, 0, 0))
    terminal.expect("<size 17 61>")
    terminal.type("q")
    terminal.end(3)


def keys(trace):
    """INT and QUIT are the command's: what it makes of them is its end, and ours."""
    for key, number in ("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT):
        terminal = Terminal(trace, "--log-file=records", "python3", "-c", INTERRUPTED)
        terminal.expect("<ready>")
        terminal.type(key)
        terminal.expect(f"<signal {number}>")
        terminal.end(5)


def password(trace):
    terminal = Terminal(trace, "--log-file=records", "python3", "-c", PASSWORD)
    terminal.expect(re.escape("<password?>"))
    terminal.type("secret\n")
    if "secret" in terminal.expect("<it was (\\w+)>").string.split("<it was")[0]:
        terminal.fail("the password is shown")
    terminal.end(0)


def hangup(trace):
    """The kernel tells the session's leader alone, here the tracer."""
    terminal = Terminal(trace, "--log-file=records", "sh", "-c",
                        "trap 'touch hung-up; exit 7' HUP; echo '<'ready; "
                        "n=0; while [ $n -lt 400 ]; do sleep 0.1; n=$((n + 1)); done")
    terminal.expect("<ready")
    os.close(terminal.fd)
    deadline = time.monotonic() + PATIENCE_S
    while not (ended := os.waitpid(terminal.pid, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            terminal.fail("it does not end")
        time.sleep(0.05)
    if os.waitstatus_to_exitcode(ended[1]) != 7 or not os.path.exists("hung-up"):
        terminal.fail(f"status {os.waitstatus_to_exitcode(ended[1])}, not 7")


def jobs(trace):
    """A shell is told that its job has stopped, and continues all of it."""
    terminal = Terminal("bash", "--norc", "--noprofile", "-i")
    terminal.expect("PROMPT> ")
    terminal.type(f"'{trace}' --log-file=records sh -c 'echo \"<\"ready; read word; "
                  "echo \"<\"$word; exit 6'\n")
    terminal.expect("<ready")
    terminal.type("\x1a")
    terminal.expect("Stopped")
    terminal.expect("PROMPT> ")
    terminal.type("fg\n")
    terminal.expect("read word.*\n")      # the shell says which job it continues
    terminal.type("done\n")
    terminal.expect("<done")
    terminal.expect("PROMPT> ")
    terminal.type("echo \"<\"status $?\n")
    terminal.expect("<status 6")
    terminal.expect("PROMPT> ")
    # And one that is a shell itself, with jobs of its own.
    terminal.type(f"PS1='INNER> ' '{trace}' --log-file=records bash --norc --noprofile -i\n")
    terminal.expect("INNER> ")
    terminal.type("sh -c 'echo \"<\"asleep; exec sleep 50'\n")
    terminal.expect("<asleep")
    terminal.type("\x1a")
    terminal.expect("Stopped")
    terminal.expect("INNER> ")
    terminal.type("kill -KILL %1; while jobs -s >left; [ -s left ]; do sleep 0.05; done; exit 4\n")
    terminal.expect("PROMPT> ")
    terminal.type("echo \"<\"status $?; exit\n")
    terminal.expect("<status 4")
    terminal.end(0)


{case.__name__: case for case in (editor, keys, password, hangup, jobs)}[sys.argv[2]](sys.argv[1])
