# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what record.py left: ftrace's raw pages, as the tcp_probe events they
hold. Knows nothing of tcc-trace.

Page and event layout: events/header_page and events/header_event in tracefs,
include/linux/ring_buffer.h. Members of the event: its format file. A file
big_endian tells that the machine was; there bit fields begin at the other end, too.
"""
import os
import re
import socket
import struct

MISSED_EVENTS = 1 << 31         # in a page's commit word: some were lost before it
COMMIT_MASK = (1 << 27) - 1

TYPE_PADDING = 29
TYPE_TIME_EXTEND = 30
TYPE_TIME_STAMP = 31

# Members of the tracepoint, in the order in which events() hands them out.
MEMBERS = ("snd_cwnd", "ssthresh", "snd_wnd", "srtt", "rcv_wnd", "data_len",
           "snd_nxt", "snd_una", "mark", "sock_cookie")


class Recording:
    def __init__(self, directory):
        self.directory = directory
        self._order = ">" if os.path.exists(os.path.join(directory, "big_endian")) else "<"
        self.init_threads = {int(n) for n in self._read("init_threads").split()}
        self._page = re.search(r"char data;\s*offset:(\d+);\s*size:(\d+);",
                               self._read("header_page")).groups()
        format_text = self._read("format")
        self._id = int(re.search(r"^ID: (\d+)$", format_text, re.M)[1])
        self._layout = {
            name: (int(offset), int(size)) for name, offset, size in re.findall(
                r"field:[^;]*?(\w+)(?:\[[^\]]*\])?;\s*offset:(\d+);\s*size:(\d+);", format_text)}

    def _read(self, name):
        with open(os.path.join(self.directory, name)) as file:
            return file.read()

    def lost(self):
        """How many events ftrace itself lost."""
        counts = re.findall(r"^cpu\d+ (?:overrun|commit overrun|dropped events): (\d+)$",
                            self._read("stats"), re.M)
        if not counts:
            raise ValueError("no counts of lost events in stats")
        return sum(map(int, counts))

    def cpus(self):
        return sorted(int(name[3:]) for name in os.listdir(self.directory)
                      if re.fullmatch(r"cpu\d+", name))

    def _unpacker(self):
        """One struct for all that is wanted of an event, in offset order, and
        the places of the wanted members in what it unpacks."""
        wanted = ("common_type", "common_pid", "saddr", "daddr") + MEMBERS
        text, at = self._order, 0
        in_order = sorted(wanted, key=lambda name: self._layout[name][0])
        for name in in_order:
            offset, size = self._layout[name]
            text += "x" * (offset - at)
            text += {2: "H", 4: "I", 8: "Q"}.get(size, f"{size}s")
            at = offset + size
        return struct.Struct(text), [in_order.index(name) for name in wanted]

    def events(self, cpu):
        """Each tcp_probe of a CPU in its order: (time in ns, pid, local end,
        remote end, values of MEMBERS); an end as end_of() gives it."""
        unpacker, places = self._unpacker()
        type_at, pid_at, saddr_at, daddr_at = places[:4]
        places = places[4:]
        ends = {}
        for time_ns, data, offset in self._raw_events(cpu):
            values = unpacker.unpack_from(data, offset)
            if values[type_at] != self._id:
                continue
            saddr, daddr = values[saddr_at], values[daddr_at]
            local = ends.get(saddr) or ends.setdefault(saddr, end_of(saddr, self._order))
            remote = ends.get(daddr) or ends.setdefault(daddr, end_of(daddr, self._order))
            yield time_ns, values[pid_at], local, remote, [values[i] for i in places]

    def _raw_events(self, cpu):
        header, size = map(int, self._page)
        with open(os.path.join(self.directory, f"cpu{cpu}"), "rb") as file:
            data = file.read()
        for at in range(0, len(data), header + size):
            time_ns, commit = struct.unpack_from(
                self._order + ("QQ" if header == 16 else "QI"), data, at)
            if commit & MISSED_EVENTS:
                raise ValueError(f"cpu{cpu}: ftrace lost events before a page")
            start = at + header
            yield from page_events(data, start, start + (commit & COMMIT_MASK), time_ns,
                                   self._order)


def page_events(data, at, end, time_ns, order):
    """Each entry of a page, of whatever type: (time, data, offset)."""
    word = struct.Struct(order + "I").unpack_from
    while at < end:
        header, = word(data, at)
        at += 4
        if order == "<":
            kind, delta = header & 31, header >> 5
        else:
            kind, delta = header >> 27, header & (1 << 27) - 1
        if kind == TYPE_PADDING:
            if delta == 0:
                return
            at += word(data, at)[0]
        elif kind == TYPE_TIME_EXTEND:
            time_ns += (word(data, at)[0] << 27) + delta
            at += 4
        elif kind == TYPE_TIME_STAMP:
            time_ns = (word(data, at)[0] << 27) + delta
            at += 4
        elif kind == 0:
            time_ns += delta
            yield time_ns, data, at + 4
            at += word(data, at)[0]
        else:
            time_ns += delta
            yield time_ns, data, at
            at += kind * 4


def end_of(sockaddr, order):
    """(family, packed address, port) of a struct sockaddr_in or _in6."""
    family = struct.unpack_from(order + "H", sockaddr)[0]
    port = struct.unpack_from("!H", sockaddr, 2)[0]
    if family == socket.AF_INET6:
        return family, sockaddr[8:24], port
    return family, sockaddr[4:8], port
