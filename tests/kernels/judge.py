#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges what the checks of guest.sh left, and prints TAP, without numbers and
plan: a line for each check of one kernel.

    judge.py KERNEL ARCH DIRECTORY CHECKS

DIRECTORY is what `run` made for the kernel: skip, the reason why it was not
booted; fails, if that is a fault; out/, what came out of it; console. CHECKS:
those that were run, with commas; '' for all. A check whose traces are not there
has failed; so has one that makes the judge stumble, whatever over.
"""
import collections
import csv
import json
import os
import re
import subprocess
import sys

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(TESTS, "properties"))
import tcp_info     # pylint: disable=wrong-import-position
COUNTS = ("seen", "written", "filtered", "lost", "missed", "discarded")
TEXT = re.compile(
    r"k:\d+ \d+\.\d{3} ms \| \d+\.\d{3} ms \| [0-9a-f.:]+\.\d+ > [0-9a-f.:]+\.\d+ \| "
    r"snd_cwnd (?P<snd_cwnd>\d+) ssthresh (?P<ssthresh>\d+|inf) snd_wnd (?P<snd_wnd>\d+) "
    r"srtt (?P<srtt>\d+) rcv_wnd (?P<rcv_wnd>\d+) length (?P<length>\d+)( lost \d+)?")
TCPPROBE = re.compile(
    r"\d+\.\d{9} \S+ \S+ (?P<length>\d+) 0x(?P<snd_nxt>[0-9a-f]+) 0x(?P<snd_una>[0-9a-f]+) "
    r"(?P<snd_cwnd>\d+) (?P<ssthresh>\d+) (?P<snd_wnd>\d+) (?P<srtt>\d+) (?P<rcv_wnd>\d+)")
# What a kernel says when it is ill, and of a program that dies; panic=-1 is on its
# command line.
COMPLAINT = re.compile(
    r"\bBUG\b|WARNING:|Oops|protection fault|invalid opcode|\bint3\b|[Pp]anic(?!=)|"
    r"Call [Tt]race|\bstall|cut here|Unable to handle|Out of memory|blocked for more than|segfault")
NO_MODULE_BTF = "modules have no BTF: CUBIC only"


class Fault(Exception):
    pass


def require(condition, text):
    if not condition:
        raise Fault(text)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def lines(path):
    text = read(path)
    require(not text or text.endswith("\n"), f"{os.path.basename(path)} ends in half a line")
    return text.splitlines()


class Check:
    """One check's files. What a subclass's judge() finds wrong it raises."""

    def __init__(self, kernel, directory):
        self.kernel, self.directory = kernel, directory
        self.partly = []    # what judge() did not see, as this kernel has it not

    def path(self, name):
        return os.path.join(self.directory, name)

    def rows(self, name):
        with open(self.path(name), newline="", encoding="utf-8", errors="replace") as file:
            found = list(csv.DictReader(file, strict=True))
        require(all(None not in row and None not in row.values() for row in found),
                f"{name}: a row has more or fewer columns than the heading")
        return found

    def account(self, name):
        """As numbers, and that they add up."""
        text = read(self.path(name + ".err"))
        found = re.findall(r"^tcc-trace: \w+: seen .*$", text, re.M)
        require(found, f"{name}: no summary")
        total = dict.fromkeys(COUNTS, 0)
        for line in found:      # one for each kind of event
            account = {count: int(re.search(rf"\b{count} (\d+)", line)[1]) for count in COUNTS}
            require(account["seen"] == sum(account[count] for count in COUNTS[1:]),
                    f"{name}: the account does not add up: {line}")
            for count in COUNTS:
                total[count] += account[count]
        return total

    def records(self, name):
        return [json.loads(line) for line in lines(self.path(name))]

    def retransmits(self, name):
        heading, values = (line.split() for line in lines(self.path(name))
                           if line.startswith("Tcp:"))
        return int(values[heading.index("RetransSegs")])

    def traces(self):
        return sorted(name[:-4] for name in os.listdir(self.directory) if name.endswith(".err"))

    def run(self, *command):
        """A comparison: what it says is its own, its failure is ours."""
        done = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        require(done.returncode == 0, done.stdout.strip())
        return done.stdout.strip()

    def subset(self, full, part, wants):
        """The rows of `part` are those of `full` that `wants`, but for what
        either missed: two programs are interrupted at different moments."""
        def bag(rows):
            names = ("saddr", "sport", "daddr", "dport", "snd_cwnd", "ssthresh", "mss",
                     "snd_wnd", "srtt", "length", "snd_nxt", "snd_una", "mark", "cookie")
            return collections.Counter(tuple(row[name] for name in names) for row in rows)
        every, got = self.rows(full), self.rows(part)
        should = [row for row in every if wants(row)]
        require(len(should) >= 20, f"{part}: only {len(should)} events to choose")
        require(len(should) < len(every), f"{part}: there is nothing to leave out")
        extra, lacking = bag(got) - bag(should), bag(should) - bag(got)
        require(sum(extra.values()) <= self.account(full)["missed"],
                f"{part}: {sum(extra.values())} events too many, as {next(iter(extra), None)}")
        require(sum(lacking.values()) <= self.account(part)["missed"],
                f"{part}: lacks {sum(lacking.values())} events, as {next(iter(lacking), None)}")
        require(all(wants(row) for row in got), f"{part}: an event that was filtered out")
        return f"{part} {len(got)} of {len(every)}"


class Load(Check):
    """The program loads, attaches, writes, ends."""

    def judge(self):
        account = self.account("load.txt")
        require(account["written"] >= 100, f"{account['written']} events written")
        text = read(self.path("load.txt.err"))
        return re.search(r"attached in [^\n]*", text)[0]


class Truth(Check):
    """What ftrace has, event by event."""

    def judge(self):
        options = ["--no-cookie"] if self.kernel.has_no_cookie else []
        options += ["--may-move"] if self.kernel.may_move else []
        said = self.run(os.path.join(TESTS, "truth/compare.py"), *options, self.path("ftrace"),
                        self.path("trace.csv"), self.path("trace.csv.err"),
                        read(self.path("attached")).strip(), read(self.path("stopped")).strip())
        rows = self.rows("trace.csv")
        require(len(rows) > 5000, f"only {len(rows)} events")
        for name in "::1", "127.0.0.1", "::ffff:127.0.0.1", "10.9.0.1", "fd09::1":
            require(any(row["saddr"] == name for row in rows), f"no event of {name}")
        for mark in 0xc0ffee, 0xfee1dead:
            require(any(row["mark"] == str(mark) for row in rows), f"no event of mark {mark:#x}")
        if self.kernel.has_no_cookie:
            self.partly.append("no cookies")
        return said


class Filters(Check):
    """Each trace has what its filter wants of the full one, and nothing else."""
    WANTS = {
        "port": lambda row: "7001" in (row["sport"], row["dport"]),
        "sport": lambda row: row["sport"] == "7002",
        "range": lambda row: 7000 <= int(row["dport"]) <= 7002,
        "not": lambda row: "7001" not in (row["sport"], row["dport"]),
        "prefix4": lambda row: "10.9.0." in row["saddr"],
        "src6": lambda row: row["saddr"] == "fd09::1",
        "family6": lambda row: ":" in row["saddr"] and "." not in row["saddr"],
        "mark": lambda row: row["mark"] == str(0x77),
        "both": lambda row: row["daddr"].endswith("10.9.0.2") and row["dport"] in ("7001", "7003"),
    }

    def looker(self):
        """Few connections there are, each with many segments."""
        words = read(self.path("looker.words"))
        told = re.findall(r"^tcc-trace: (\d+) segments of (\d+) connections seen, all filtered\r?$",
                          words, re.M)
        require(len(told) == 1, f"looker: {words}")
        segments, connections = map(int, told[0])
        require(2 <= connections <= 12 and segments >= 5 * connections, f"looker: {words}")
        return f"all filtered of {connections}"

    def judge(self):
        return ", ".join([self.subset("full.csv", name + ".csv", wants)
                          for name, wants in self.WANTS.items()] + [self.looker()])


class Cc(Check):
    """See guest.sh: which algorithm is at which port."""

    def judge(self):
        return ", ".join((
            self.subset("full.csv", "bbr.csv", lambda row: row["dport"] == "7011"),
            self.subset("full.csv", "dctcp.csv",
                        lambda row: "7012" in (row["sport"], row["dport"])),
            self.subset("full.csv", "cubic.csv",
                        lambda row: row["sport"] in ("7011", "7013"))))


class Netns(Check):
    def judge(self):
        in_a = ("10.9.0.1", "fd09::1")
        return ", ".join((
            self.subset("full.csv", "in_a.csv", lambda row: row["saddr"] in in_a),
            self.subset("full.csv", "not_a.csv", lambda row: row["saddr"] not in in_a)))


class Thin(Check):
    def judge(self):
        compare = os.path.join(TESTS, "thin/compare.py")
        missed = sum(self.account(name)["missed"] for name in self.traces())
        require(not missed, f"{missed} events missed in each run: nothing to compare")
        for name in "changes.csv", "interval.csv":
            require(len(self.rows(name)) < len(self.rows("full.csv")), f"{name}: all is there")
        return "; ".join((
            self.run(compare, "changes", self.path("full.csv"), self.path("changes.csv")),
            self.run(compare, "interval,1000", self.path("full.csv"),
                     self.path("interval.csv"))))


class Formats(Check):
    def values(self, found, names):
        return [tuple(str(one[name]) for name in names) for one in found]

    def matches(self, name, pattern):
        found = [pattern.fullmatch(line) for line in lines(self.path(name))]
        require(all(found), f"{name}: a line that is not as promised")
        return [one.groupdict() for one in found]

    def judge(self):
        rows = self.rows("csv.csv")
        objects = [json.loads(line) for line in lines(self.path("json.jsonl"))]
        require(all(list(one) == list(rows[0]) for one in objects),
                "the names in JSON are not the heading of CSV")
        for one in objects:
            one["ssthresh"] = "" if one["ssthresh"] is None else one["ssthresh"]
        text = self.matches("text.txt", TEXT)
        for one in text:
            one["ssthresh"] = one["ssthresh"].replace("inf", "")
        module = self.matches("tcpprobe.txt", TCPPROBE)
        for one in module:
            one["ssthresh"] = one["ssthresh"].replace("2147483647", "")
            one["snd_nxt"], one["snd_una"] = int(one["snd_nxt"], 16), int(one["snd_una"], 16)
        common = ("snd_cwnd", "ssthresh", "snd_wnd", "srtt", "length")
        self.alike("json.jsonl", objects, rows, common + ("snd_nxt", "snd_una", "mss", "mark"))
        self.alike("text.txt", text, rows, common + ("rcv_wnd",))
        self.alike("tcpprobe.txt", module, rows, common + ("snd_nxt", "snd_una", "rcv_wnd"))
        return f"{len(rows)} events in each format"

    def alike(self, name, found, rows, names):
        """Each value, in the same order, unless some event was missed."""
        ours, theirs = self.values(found, names), self.values(rows, names)
        require(len(ours) > 100, f"{name}: only {len(ours)} events")
        missed = self.account(name)["missed"] + self.account("csv.csv")["missed"]
        if not missed:
            require(ours == theirs, f"{name} and csv.csv differ")
        differ = collections.Counter(ours)
        differ.subtract(collections.Counter(theirs))
        require(sum(map(abs, differ.values())) <= missed, f"{name} and csv.csv differ")


class Rotate(Check):
    LIMIT = 65536

    def judge(self):
        compare = os.path.join(TESTS, "rotate/compare.py")
        files = [name for name in os.listdir(self.directory) if name.startswith("log.csv")]
        require(len(files) >= 3, f"only {len(files)} files")
        accounts = self.account("log"), self.account("pipe.csv")
        said = self.run(compare, "files", self.path("log.csv"), str(self.LIMIT))
        self.run(compare, "stream", self.path("log.csv"), self.path("pipe.csv"),
                 ",".join(str(account["missed"]) for account in accounts),
                 ",".join(str(account["lost"]) for account in accounts))
        return said


class Netem(Check):
    """Loss is seen: the threshold comes down from infinite, the window too."""

    def judge(self):
        lost = self.retransmits("after") - self.retransmits("before")
        require(lost >= 10, f"the kernel retransmitted {lost} segments: too little loss")
        rows = self.rows("loss.csv")
        require(rows[0]["ssthresh"] == "", "the threshold is not infinite at first")
        require(rows[-1]["ssthresh"] != "", "the threshold is infinite at last")
        windows = [int(row["snd_cwnd"]) for row in rows]
        cuts = sum(now < before for before, now in zip(windows, windows[1:]))
        require(cuts > 0, "the window never becomes smaller")
        return f"{lost} segments retransmitted, {cuts} times a smaller window in {len(rows)} events"


class Events(Check):
    """A connection from its handshake to its end, with all that the kernel says."""

    NEVER_NULL = ("cc", "ca_state", "rttvar", "rto", "packets_out", "total_retrans", "reordering",
                  "delivered", "delivery_rate", "bytes_sent", "bytes_acked", "segs_out",
                  "dsack_dups", "rcv_ooopack", "busy_ms", "is_cwnd_limited", "sk_mark", "netns",
                  "uid")

    def states(self, records):
        for name in ("ca_state", "state"):
            changes = [r for r in records if r["event"] == name]
            if not changes and name == "ca_state":
                require(self.kernel.has_no_ca_state, "no event of ca_state")
                self.partly.append("no ca_state")
                continue
            steps = [(r["old_" + name], r["new_" + name]) for r in changes]
            require(all(before[1] == after[0] for before, after in zip(steps, steps[1:])),
                    f"{name}: not a chain: {steps}")
            if name == "state":
                require(steps[0][0] == "CLOSE" and steps[-1][1] == "CLOSE", f"states: {steps}")
            else:
                require(any(new == "Recovery" for _, new in steps), f"ca_states: {steps}")

    def judge(self):
        records = self.records("all.jsonl")
        times = [int(r["ktime"]) for r in records]
        require(times == sorted(times), "time goes back")
        lost = self.retransmits("after") - self.retransmits("before")
        again = [r for r in records if r["event"] == "retransmit"]
        require(lost >= 10, f"the kernel retransmitted {lost} segments: too little loss")
        require(len(again) == lost, f"{len(again)} events for {lost} segments sent again")
        probes = [r for r in records if r["event"] == "probe"]
        for name in self.NEVER_NULL:
            require(all(r[name] is not None for r in probes), f"{name} is null")
        self.states(records)
        # After its own close, the kernel's function that takes segments then.
        closed = next(int(r["ktime"]) for r in records if r["new_state"] == "FIN_WAIT1")
        late = sum(int(r["ktime"]) > closed for r in probes)
        if self.kernel.lacks_fentry:
            require(late == 0, f"{late} probes after the close, without fentry?")
            self.partly.append(f"no probe after the close: {self.kernel.lacks_fentry}")
        else:
            require(late > 0, "no probe after the close")
        ends = [r for r in records if r["event"] == "close"]
        require(len(ends) == 1, f"{len(ends)} ends")
        end, other = ends[0], self.rows("close.csv")
        require(len(other) == 1, f"{len(other)} ends without probes")
        require(end["total_retrans"] == lost, "the end tells of other retransmissions")
        require(end["cwnd_max"] == max(r["snd_cwnd"] for r in probes), "cwnd_max differs")
        require(end["srtt_min"] == min(r["srtt"] for r in probes), "srtt_min differs")
        times = sum(end[state + "_ms"] for state in ("open", "disorder", "cwr", "recovery", "loss"))
        require(abs(times - end["duration_ms"]) < 0.01, f"{times} of {end['duration_ms']} ms")
        for name in "bytes_sent", "bytes_acked", "total_retrans", "cwnd_min", "cwnd_max":
            require(other[0][name] == str(end[name]), f"{name} differs without probes")
        return f"{len(records)} records, {lost} retransmitted, {late} probes after the close, "\
               f"{end['duration_ms']} ms"


class Ca(Check):
    """Private state by the BTF of the module, or built in."""

    def has_no_bbr(self, name, has_others):
        """Said once, and the trace goes on without, but with all else, if it asked for
        others than bbr."""
        bbr, others = [], []
        for record in self.records(name):
            (bbr if record["cc"] == "bbr" else others).append(record)
        require(len(bbr) >= 20, f"{name}: only {len(bbr)} events of bbr")
        require(all(r["bbr_mode"] is None and "ca.mode" not in r for r in bbr), f"{name}: bbr?")
        if has_others:
            cubic = [r for r in others if r["cc"] == "cubic"]
            require(len(cubic) >= 20, f"{name}: only {len(cubic)} events of cubic")
            require(all("ca.cnt" in r for r in cubic), f"{name}: cubic is not decoded")
        said = re.findall(r"the private state of algorithm 'bbr'", read(self.path(name + ".err")))
        require(len(said) == 1, f"{name}: said {len(said)} times that bbr is not decoded")

    def judge(self):
        bbr = [r for r in self.records("bbr.jsonl") if r["cc"] == "bbr"]
        cubic, dctcp = self.records("cubic.jsonl"), self.rows("dctcp.csv")
        require(min(len(bbr), len(cubic), len(dctcp)) >= 20, "too few events")
        require(all("ca.cnt" in r and "ca.bic_K" in r and r["cubic_k"] is not None
                    for r in cubic), "cubic is not decoded")
        if self.kernel.has_no_module_btf:
            self.has_no_bbr("bbr.jsonl", has_others=False)
            self.partly.append(NO_MODULE_BTF)
            return f"cubic {len(cubic)} events"
        self.has_no_bbr("corrupt.jsonl", has_others=True)
        modes = ("STARTUP", "DRAIN", "PROBE_BW", "PROBE_RTT")
        for r in bbr:
            require(modes[r["ca.mode"]] == r["bbr_mode"], "the mode has another name")
            require(r["bbr_min_rtt"] in (None, r["ca.min_rtt_us"]), "min_rtt differs")
            require(abs(r["bbr_cwnd_gain"] - r["ca.cwnd_gain"] / 256) < 0.001, "gain differs")
        require(all(0 <= int(r["ca.dctcp_alpha"]) <= 1024 for r in dctcp), "alpha is not one")
        return f"bbr {len(bbr)}, dctcp {len(dctcp)}, cubic {len(cubic)} events"


class Properties(Check):
    """What TCP_INFO says while nothing moves, and the probe of the next segment.

    The probe shows the connection before its segment changes it, so that all is
    the same, but for the clocks that go on while something is in flight (see
    tcp_info.py). TCP_INFO of this kernel may end before the last of the members."""

    # What the traffic of guest.sh must have made of 0, by the LENGTH of its `show`:
    # equal zeros prove nothing.
    ABOVE = {
        1: ("delivered_ce", "bytes_acked", "bytes_received", "segs_out", "min_rtt", "rto"),
        2: ("delivered_ce", "dsack_dups", "total_retrans", "bytes_retrans", "snd_ssthresh"),
        3: ("rcv_ooopack", "bytes_received"),
        4: ("packets_out", "sacked_out", "lost_out", "retrans_out", "total_retrans"),
        5: ("delivered_ce", "dsack_dups", "total_retrans"),
        6: ("rcv_ooopack", "bytes_received"),
    }

    def judge(self):
        probes = self.records("all.jsonl")
        said = []
        for line in lines(self.path("info")):
            end, port, length, data = line.split()
            found = [r for r in probes if r["sport"] == int(port) and r["length"] == int(length)]
            require(found, f"no probe of length {length} at {end}")
            probe = found[0]    # any other: sent again, as on a machine that is slow
            info = tcp_info.decode(bytes.fromhex(data), self.kernel.byte_order)
            wanted = tcp_info.wanted_of(info, probe)
            wrong = tcp_info.unlike(probe, wanted)
            above = self.ABOVE[int(length)]
            wrong += [f"{name}: {probe[name]}, not above 0" for name in above if not probe[name]]
            require(not wrong, f"{end}, {length}: " + "; ".join(wrong))
            require(len(wanted) >= 30, f"TCP_INFO gives only {len(wanted)} of the fields")
            said.append(f"{end}, {length}: {len(wanted)} alike, "
                        + ", ".join(f"{name} {probe[name]}" for name in above))
        require(len(said) == len(self.ABOVE), f"only {len(said)} moments to compare")
        require(any(r["sacked_out"] != probes[0]["sacked_out"] for r in probes),
                "sacked_out never changes")
        for end, is_end, wanted in (("a", lambda r: r["sport"] != 7000, 5),
                                    ("b", lambda r: r["sport"] == 7000, 3)):
            first = next(r["reordering"] for r in probes if is_end(r))
            require(first == wanted, f"reordering of {end} is {first}, where tcp_reordering is "
                    f"{wanted}")
        return "\n".join(said)


class Command(Check):
    """Of a command and its descendants each connection is traced from its first segment,
    and no other; see guest.sh for the ports."""

    def judge(self):
        said = read(self.path("server.csv.err"))
        require("process that 'sh' started still runs: left alone" in said, said)
        return ", ".join((
            self.subset("full.csv", "client.csv", lambda row: row["dport"] == "7001"),
            self.subset("full.csv", "tree.csv", lambda row: row["dport"] == "7003"),
            self.subset("full.csv", "server.csv", lambda row: row["sport"] == "7002")))


class Lockdown(Check):
    """Once it traces the program has no privilege, and writes nowhere else."""

    def judge(self):
        said, program = read(self.path("lockdown")), read(self.path("program"))
        require("1..4\n" in said and "not ok" not in said, said)
        for name in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb"):
            require(re.search(rf"^{name}:\t0+$", program, re.M), f"{name} of the program")
        for name, value in (("NoNewPrivs", 1), ("Seccomp", 2)):
            require(f"\n{name}:\t{value}\n" in program, f"{name} of the program")
        abi = re.search(r"^# Landlock, ABI \d+$", said, re.M)
        # Debian's kernels have it on since they have it.
        require(bool(abi) != self.kernel.has_no_landlock, f"Landlock: {said}")
        if not abi:
            self.partly.append("no Landlock before Linux 5.13")
        return abi[0][2:] if abi else "no Landlock"


CHECKS = {check.__name__.lower(): check
          for check in (Load, Truth, Filters, Cc, Netns, Thin, Formats, Rotate, Netem,
                        Events, Ca, Properties, Command, Lockdown)}


class Kernel:
    def __init__(self, name, arch, directory):
        self.name, self.arch, self.directory = name, arch, directory
        self.out = os.path.join(directory, "out")
        self.release = self.read("out/release") or "-"
        version = re.match(r"(\d+)\.(\d+)", self.release)
        number = tuple(map(int, version.groups())) if version else (99, 0)
        self.has_no_cookie = number < (5, 12)
        self.may_move = number >= (7, 0)
        self.has_no_module_btf = number < (5, 11)
        self.byte_order = ">" if arch == "s390x" else "<"
        self.has_no_landlock = number < (5, 13)
        self.has_no_ca_state = number < (5, 19)
        self.lacks_fentry = None
        if arch == "arm64" and number < (6, 4):
            self.lacks_fentry = "ftrace has no direct calls there before 6.4"
        elif arch == "s390x":
            self.lacks_fentry = "Debian builds it without the JIT of BPF"
        self.is_dead = False

    def read(self, name):
        try:
            return read(os.path.join(self.directory, name)).strip()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def say(self, passed, check, text="", skip=None, partly=None):
        """`partly`: what is not shown though the check passed, for table.awk."""
        print("ok" if passed else "not ok", "-", f"{self.name}: {check}",
              *(["# SKIP", skip] if skip else []))
        if passed and partly:
            print("# partly:", partly)
        for line in text.splitlines():
            print("#", line)

    def ran(self):
        """The checks that came to an end in the machine."""
        return {name for name in (os.listdir(self.out) if os.path.isdir(self.out) else ())
                if self.read(f"out/{name}/status") is not None}

    def death(self):
        """Why a check did not come to its end; the console is shown once, from the
        first complaint of the kernel on."""
        if self.is_dead:
            return "the machine is dead"
        self.is_dead = True
        console = (self.read("console") or "").splitlines()
        first = next((i for i, line in enumerate(console) if COMPLAINT.search(line)),
                     max(0, len(console) - 20))
        return "\n".join(["did not come to its end in the machine; the console:"]
                         + console[max(0, first - 3):first + 60])

    def judge(self, name):
        directory = os.path.join(self.out, name)
        status = self.read(f"out/{name}/status")
        if status is None:
            return self.say(False, name, self.death())
        if status == "77":
            return self.say(True, name, skip=self.read(f"out/{name}/skip"))
        check = CHECKS[name](self, directory)
        try:
            require(status == "0", f"status {status} in the machine\n"
                    + "\n".join((self.read(f"out/{name}/log") or "").splitlines()[-20:]))
            for trace in check.traces():
                exit_status = self.read(f"out/{name}/{trace}.exit")
                require(exit_status == "0", f"{trace} ended with {exit_status}")
            said = check.judge()
            return self.say(True, name, said, partly="; ".join(check.partly))
        except Exception as fault:      # pylint: disable=broad-except
            return self.say(False, name, f"{type(fault).__name__}: {fault}")

    def decoder(self):
        """What tests/unit/test_ca_source said of the BTF of the kernel and its modules."""
        said = self.read("decoder") or ""
        found = re.findall(rf"^# \S*/({re.escape(self.name)} (\w+): (\d+) members.*)$", said, re.M)
        decoded = {algorithm for _, algorithm, n in found if int(n)}
        text = "\n".join([line for line, _, _ in found] + re.findall("^not ok.*", said, re.M))
        wanted = {"cubic"} if self.has_no_module_btf else {"cubic", "bbr", "dctcp"}
        self.say(self.read("decoder.status") == "0" and decoded >= wanted, "decoder", text,
                 partly=NO_MODULE_BTF if self.has_no_module_btf else None)

    def account(self, names):
        """Of every trace of every check: it adds up, nothing is lost, and what
        is written is there."""
        total = collections.Counter()
        try:
            for name in names:
                check = CHECKS[name](self, os.path.join(self.out, name))
                if self.read(f"out/{name}/status") != "0":
                    continue
                for trace in check.traces():
                    account = check.account(trace)
                    total.update(account)
                    require(not account["lost"] and not account["discarded"],
                            f"{name}/{trace}: events lost: {account}")
                    if trace == "log":
                        continue        # a rotated file: its own check counts it
                    n = len(lines(check.path(trace))) - trace.endswith(".csv")
                    require(n == account["written"],
                            f"{name}/{trace}: {n} events, {account['written']} counted")
            require(total["seen"] > 0, "no trace at all")
            self.say(True, "account", " ".join(f"{count} {total[count]}" for count in COUNTS))
        except Exception as fault:      # pylint: disable=broad-except
            self.say(False, "account", f"{type(fault).__name__}: {fault}")

    def health(self):
        """The kernel itself has nothing to complain of."""
        said = (self.read("out/dmesg") or "").splitlines()
        first = next((i for i, line in enumerate(said) if COMPLAINT.search(line)), None)
        if self.read("out/complete") is None:
            return self.say(False, "health", "the machine did not come to its end")
        if not said:
            return self.say(False, "health", "no messages of the kernel")
        if first is not None:
            return self.say(False, "health", "\n".join(said[first:first + 60]))
        return self.say(True, "health", f"{len(said)} messages")


def main():
    kernel = Kernel(*sys.argv[1:4])
    names = sys.argv[4].split(",") if sys.argv[4] else list(CHECKS)
    reason = kernel.read("skip")
    if reason and kernel.read("fails") is not None:
        kernel.say(False, "build", reason)
    elif reason:
        for name in names + ["account", "health", "decoder"]:
            kernel.say(True, name, skip=reason)
    else:
        print(f"# {kernel.name}: {kernel.arch}, Linux {kernel.release}, {kernel.read('out/version')}")
        for name in names:
            kernel.judge(name)
        for name in sorted(kernel.ran() - set(names)):
            kernel.say(False, name, "nothing here judges it")
        kernel.account(names)
        kernel.health()
        kernel.decoder()


if __name__ == "__main__":
    main()
