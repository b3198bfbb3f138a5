# SPDX-License-Identifier: GPL-2.0-or-later
"""How long something waits, on a machine that is busy with other things.

A bound that a program promises is one for its waiting. The time in which it, or the test
that looks at it, ran or would have run and had no CPU is taken off what a clock shows.
"""
import os
import subprocess
import threading
import time


def _delayed_s(path):
    """Of a thread: it could have run, and did not."""
    with open(path) as file:
        return int(file.read().split()[1]) / 1e9


def ran_s(pid):
    """Of a process, gone but not waited for perhaps: it ran, or its first thread would have."""
    with open("/proc/%d/stat" % pid) as file:
        ticks = file.read().rsplit(") ", 1)[1].split()[11:13]
    return (sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") +
            _delayed_s("/proc/%d/schedstat" % pid))


class Watch:
    """Of one that waits in the calling thread for PROCESS, a subprocess.Popen."""

    def __init__(self, process):
        self.process, self.status, self.ran = process, None, 0
        self.began, self.began_at = self._all(), time.monotonic()

    def _all(self):
        # A thread of one's own is the one asked for.
        return (ran_s(self.process.pid) +
                _delayed_s("/proc/self/task/%d/schedstat" % threading.get_native_id()))

    def wait(self, seconds):
        """Until it has ended: the status; what it left behind is then known. Raises
        subprocess.TimeoutExpired."""
        until = time.monotonic() + seconds
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        while self.status is None:
            if self.process.returncode is not None:  # somebody else has asked
                self.status = self.process.returncode
            elif os.waitid(os.P_PID, self.process.pid, flags) is not None:
                self.ran = self._all() - self.began
                self.status = self.process.wait()
            elif time.monotonic() >= until:
                raise subprocess.TimeoutExpired(self.process.args, seconds)
            else:
                time.sleep(0.01)
        return self.status
