#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records tcp:tcp_probe with ftrace, in a tracing instance of its own, until
SIGTERM or SIGINT. Knows nothing of what the events contain (ftrace.py).

    record.py INSTANCE DIRECTORY

Says "recording" once it does. Leaves in DIRECTORY: cpuN, the pages of each
CPU's trace_pipe_raw; format and header_page, which describe them; stats, the
buffers' own count of what they lost; init_threads, the threads that pid 1 had.
"""
import os
import signal
import sys
import time

TRACEFS = "/sys/kernel/tracing"
EVENT = "events/tcp/tcp_probe"
BUFFER_KB = 49152       # per CPU: about 350,000 events
PAUSE_S = 0.02          # between two looks at the buffers


class Recorder:
    def __init__(self, instance, directory):
        self.instance = os.path.join(TRACEFS, "instances", instance)
        self.directory = directory
        self.init_threads = set()
        self.pipes = {}

    def read(self, name):
        with open(os.path.join(self.instance, name)) as file:
            return file.read()

    def write(self, name, value):
        with open(os.path.join(self.instance, name), "w") as file:
            file.write(value)

    def save(self, name, text):
        with open(os.path.join(self.directory, name), "w") as file:
            file.write(text)

    def start(self):
        os.mkdir(self.instance)
        self.write("trace_clock", "mono")
        self.write("buffer_size_kb", str(BUFFER_KB))
        # Full buffers shall drop the newest, which they count without a race.
        self.write("options/overwrite", "0")
        self.save("format", self.read(EVENT + "/format"))
        with open(os.path.join(TRACEFS, "events/header_page")) as file:
            self.save("header_page", file.read())
        for name in sorted(os.listdir(self.instance + "/per_cpu")):
            pipe = os.open(f"{self.instance}/per_cpu/{name}/trace_pipe_raw",
                           os.O_RDONLY | os.O_NONBLOCK)
            self.pipes[name] = pipe, open(os.path.join(self.directory, name), "wb")
        self.write(EVENT + "/enable", "1")

    def note_init_threads(self):
        """Threads come and go, and ftrace records only their numbers."""
        self.init_threads.update(os.listdir("/proc/1/task"))

    def drain(self):
        for pipe, file in self.pipes.values():
            while True:
                try:
                    page = os.read(pipe, os.sysconf("SC_PAGESIZE"))
                except BlockingIOError:
                    break
                if not page:
                    break
                file.write(page)

    def stop(self):
        self.write(EVENT + "/enable", "0")
        self.drain()
        stats = ""
        for name, (pipe, file) in self.pipes.items():
            os.close(pipe)
            file.close()
            for line in self.read(f"per_cpu/{name}/stats").splitlines():
                stats += f"{name} {line}\n"
        self.save("stats", stats)
        self.save("init_threads", "\n".join(sorted(self.init_threads)) + "\n")


def main():
    recorder = Recorder(*sys.argv[1:])
    stopped = []
    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, lambda *_: stopped.append(True))
    try:
        recorder.start()
        print("recording", flush=True)
        while not stopped:
            recorder.note_init_threads()
            recorder.drain()
            time.sleep(PAUSE_S)
        recorder.stop()
    finally:
        for pipe, _ in recorder.pipes.values():
            try:
                os.close(pipe)
            except OSError:
                pass    # closed by stop()
        os.rmdir(recorder.instance)


if __name__ == "__main__":
    main()
