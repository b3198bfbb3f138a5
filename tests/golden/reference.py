#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What tcc-trace must print for events written as text (see tests/replay.c).

	reference.py [OPTION of tcc-trace's output]... < EVENTS

Written from the contract, not from src/, so that both are unlikely to share a
fault. A new field needs its line in FIELDS below.
"""
import argparse
import collections
import copy
import ipaddress
import sys
import time

INFINITE = 2147483647
TEXT, DATA = 1, 2


class Event:
    """An event, with what the pipeline adds."""

    DEFAULTS = dict(ktime=0, cookie=0, cpu=0, sport=0, dport=0, snd_cwnd=10, ssthresh=INFINITE,
                    snd_wnd=0, srtt=0, rcv_wnd=0, length=0, snd_nxt=0, snd_una=0, mark=0, mss=0,
                    lost=0, skipped=0, clock=0, saddr=None, daddr=None, nocookie=False, inet6=False,
                    cong_control=False)
    # Properties, raw, as bpf/tcc_props.h has them; and what kinds other than probe have.
    PROPERTIES = dict.fromkeys((
        'pacing_rate max_pacing_rate bytes_sent bytes_acked bytes_retrans bytes_received wstamp_ns snd_ssthresh '
        'prior_cwnd undo_marker mdev_us min_rtt_us rto_jiffies packets_out sacked_out lost_out retrans_out total_retrans '
        'reordering delivered delivered_ce rate_delivered rate_interval_us write_seq segs_out '
        'dsack_dups rcv_ooopack pacing_status sndbuf wmem_queued sk_mark uid ca_state rate_app_limited '
        'is_cwnd_limited cgroup netns chrono_busy chrono_rwnd chrono_sndbuf chrono_start '
        'chrono_type jiffies socket_flags tsq_flags rcv_wup rcv_nxt copied_seq window_clamp '
        'advmss state nonagle seq from to cause').split(), 0)
    DEFAULTS.update(PROPERTIES, event='probe', cc='')
    WORDS = ('event', 'cc')
    KEPT = ('ktime', 'cookie', 'nocookie', 'inet6', 'cong_control', 'saddr', 'daddr', 'sport', 'dport', 'clock')

    def __init__(self, before):
        for name, value in self.DEFAULTS.items():
            setattr(self, name, getattr(before, name) if before and name in self.KEPT else value)

    def set_words(self, words):
        """Returns the trace's start, if a word gives it."""
        start = None
        if any('addr=' in word for word in words):
            self.inet6 = self.nocookie = self.cong_control = False
        for word in words:
            name, _, value = word.partition('=')
            if name in ('nocookie', 'inet6', 'cong_control'):
                setattr(self, name, True)
            elif name in ('saddr', 'daddr'):
                self.inet6 |= ':' in value
                setattr(self, name, value)
            elif name == 'start':
                start = int(value, 0)
            elif name in self.WORDS:
                setattr(self, name, value)
            elif name in self.DEFAULTS:
                setattr(self, name, int(value, 0))
            else:
                raise ValueError('unknown word ' + word)
        return start


def add_state(events, start):
    """What depends on the events before: held time, timers, a fallen cwnd."""
    conns, over, now = {}, set(), 0
    for event in events:
        now = event.ktime = max(now, event.ktime)
        if event.nocookie:
            event.conn = (event.cookie, event.saddr, event.daddr, event.sport, event.dport)
            event.color_key = None
            event.cookie = 0
        else:
            event.conn = event.color_key = event.cookie or 1
        if event.conn in over and event.event != 'reset':
            # The socket has another connection.
            over.remove(event.conn)
            del conns[event.conn]
        first, cwnd = conns.get(event.conn, (now, 0))
        if event.nocookie and not event.sport:
            # Its port is chosen later, and makes it another: not entered.
            first, cwnd = now, 0
        else:
            conns[event.conn] = first, event.snd_cwnd
            if event.event == 'close':
                over.add(event.conn)
        event.has_fallen = event.snd_cwnd < cwnd
        event.offset_ns = max(0, now - start)
        event.conn_ns = now - first
        event.wall_ns = now + event.clock
        event.in_flight = (event.snd_nxt - event.snd_una) % 2**32


def reduced(event, before, after, cause):
    made = copy.copy(event)
    made.event, made.lost = 'reduction', 0
    made.reduction = dict.fromkeys(('from', 'to', 'factor'))
    made.reduction['cause'] = cause
    if before != INFINITE:
        made.reduction['from'] = str(before)
    if after != INFINITE:
        made.reduction['to'] = str(after)
    if before not in (0, INFINITE) and after != INFINITE:
        made.reduction['factor'] = print_milli((2000 * after + before) // (2 * before))
    return made


def make_reductions(events):
    """The rules of REDUCTION in the man page, each event's own behind it."""
    latest = {}
    for event in events:
        yield event
        before, after = getattr(event, 'from'), event.to
        if event.event == 'close':
            latest.pop(event.conn, None)
        if event.event != 'ca_state':
            continue
        threshold = INFINITE if event.cong_control else event.snd_ssthresh
        decided = event.undo_marker, event.prior_cwnd, threshold
        known = latest.get(event.conn)
        # Which connection it is is not known yet: see add_state().
        is_kept = not event.nocookie or event.sport
        is_for_mtu = after == 4 and not event.undo_marker and before != 2
        is_again = before == after == 4 and known and known[0] not in (0, event.undo_marker)
        if after in (3, 4) and not is_for_mtu and (before != after or is_again):
            yield reduced(event, event.prior_cwnd, threshold,
                          'loss' if after == 3 else 'timeout')
        elif (before in (3, 4) and after not in (3, 4) and known and known[0] and
              known[1] == event.prior_cwnd and not event.undo_marker and
              event.snd_cwnd >= event.prior_cwnd):
            yield reduced(event, known[2], event.snd_cwnd, 'undo')
        latest.pop(event.conn, None)
        if after in (3, 4) and is_kept:
            latest[event.conn] = decided


def chosen(events, kinds):
    """What is replayed is written, unless only what is made of it is asked for."""
    if 'reduction' not in kinds:
        return events
    lost, written = collections.Counter(), []
    for event in make_reductions(events):
        if kinds != ['reduction']:
            written.append(event)
            continue
        # Of each of the CPUs that replay has.
        if event.event == 'ca_state' and event.cpu < 1024:
            lost[event.cpu] = (lost[event.cpu] + event.lost) % 2**32
        if event.event == 'reduction':
            event.lost = lost.pop(event.cpu, 0)
            written.append(event)
    return written


def read_events(lines):
    events, start = [], 0
    for line in lines:
        words = line.split('#')[0].split()
        if words:
            event = Event(events[-1] if events else None)
            given = event.set_words(words)
            start = start if given is None else given
            events.append(event)
    add_state(events, start)
    return events


# ---- values: text, or None where there is none ------------------------------------


def print_ms(ns):
    return f'{ns // 10**6}.{ns // 1000 % 1000:03}'


def print_time(ns, is_local=False):
    seconds, below = divmod(ns, 10**9)
    parts = (time.localtime if is_local else time.gmtime)(seconds)
    zone = 'Z'
    if is_local:
        minutes = abs(parts.tm_gmtoff) // 60
        zone = f'{"-" if parts.tm_gmtoff < 0 else "+"}{minutes // 60:02}:{minutes % 60:02}'
    return '%04d-%02d-%02dT%02d:%02d:%02d' % parts[:6] + f'.{below:09}{zone}'


def print_addr(text, is_ipv6):
    """RFC 5952; IPv4 is shown as such where the socket is IPv4."""
    addr = ipaddress.ip_address(text)
    mapped = addr if addr.version == 4 else addr.ipv4_mapped
    if mapped is None:
        return str(addr)
    return f'::ffff:{mapped}' if is_ipv6 else str(mapped)


def print_number(value, absent=None):
    return None if value == absent else str(value)


def print_milli(thousandths):
    return f'{thousandths // 1000}.{thousandths % 1000:03}'


def name_at(names, at):
    return names[at] or None if at < len(names) else None


def signed(number):
    """As a 32-bit number of the kernel's, which may be below zero."""
    return (number + 2**31) % 2**32 - 2**31


CA_STATES = ('Open', 'Disorder', 'CWR', 'Recovery', 'Loss')
STATES = ('', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE',
          'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'CLOSING', 'NEW_SYN_RECV')
RETRANSMITS = ('', 'fast', 'rto', 'tlp')
HZ = 250


def limited_by(e):
    """The rules of LIMITED BY in the man page, in their order."""
    in_flight = (e.packets_out - e.sacked_out - e.lost_out + e.retrans_out) % 2**32
    unsent = signed(e.write_seq - e.snd_nxt)
    room = signed(e.snd_una + e.snd_wnd - e.snd_nxt)
    is_blocked = bool(e.socket_flags & 4)
    state = e.to if e.event == 'state' else e.state
    ca_state = e.to if e.event in ('ca_state', 'reduction') else e.ca_state

    if state < len(STATES) and 'SYN' in STATES[state]:
        return 'handshake'
    if ca_state in (3, 4):
        return CA_STATES[ca_state].lower()
    if unsent <= 0 and e.packets_out == 0:
        return without_data(e)
    if e.chrono_type == 2:
        return 'rwnd'
    if unsent <= 0:
        return 'sndbuf' if is_blocked or e.wmem_queued >= e.sndbuf else 'app'
    if in_flight >= e.snd_cwnd:
        return 'cwnd'
    if room < min(unsent, e.mss):
        return 'rwnd'
    if e.pacing_status and e.wstamp_ns > e.ktime:
        is_capped = e.max_pacing_rate < 2**64 - 1 and e.pacing_rate >= e.max_pacing_rate
        return 'maxpace' if is_capped else 'pacing'
    if e.tsq_flags & 1:
        return 'queue'
    if unsent < e.mss and e.packets_out and is_blocked:
        return 'sndbuf'
    if unsent < e.mss and (e.nonagle & 2 or e.packets_out and not e.nonagle & 1):
        return 'nagle'
    if e.chrono_type == 3:
        return 'sndbuf'
    return 'cwnd' if e.is_cwnd_limited else None


def without_data(e):
    unread = signed(e.rcv_nxt - e.copied_seq)
    offered = signed(e.rcv_wup + e.rcv_wnd - e.rcv_nxt)
    if unread > 0 and (offered < 2 * e.advmss or 2 * unread > e.window_clamp):
        return 'reader'
    return 'receiving' if e.event == 'probe' and e.length else 'idle'


SIDES = {'cwnd': 'network', 'pacing': 'network', 'recovery': 'network', 'loss': 'network',
         'rwnd': 'peer', 'queue': 'host', 'app': 'program', 'nagle': 'program',
         'maxpace': 'program', 'sndbuf': 'program', 'reader': 'program', 'handshake': 'none',
         'receiving': 'none', 'idle': 'none'}


def chrono_ns(e, which):
    jiffies = (e.chrono_busy, e.chrono_rwnd, e.chrono_sndbuf)[which - 1]
    if e.chrono_type == which:
        jiffies = (jiffies + e.jiffies - e.chrono_start) % 2**32
    return jiffies * 10**6 // HZ * 1000


def delivery_rate(e):
    return e.rate_interval_us and e.rate_delivered * e.mss * 10**6 // e.rate_interval_us


def print_plain(name):
    return lambda e: str(getattr(e, name))


def of_kind(kinds, value):
    return lambda e: value(e) if e.event in kinds.split() else None


def print_none(_):
    return None


# Name, whether JSON has it as a number, default sets, value.
FIELDS = [
    ('event', False, DATA, lambda e: e.event),
    ('time', False, DATA, lambda e: print_time(e.wall_ns)),
    ('time_us', True, DATA, lambda e: str(e.wall_ns // 1000)),
    ('offset_ms', True, DATA, lambda e: print_ms(e.offset_ns)),
    ('conn_ms', True, DATA, lambda e: print_ms(e.conn_ns)),
    ('saddr', False, DATA, lambda e: print_addr(e.saddr, e.inet6)),
    ('sport', True, DATA, lambda e: str(e.sport)),
    ('daddr', False, DATA, lambda e: print_addr(e.daddr, e.inet6)),
    ('dport', True, DATA, lambda e: str(e.dport)),
    ('snd_cwnd', True, TEXT | DATA, lambda e: str(e.snd_cwnd)),
    ('ssthresh', True, TEXT | DATA, lambda e: None if e.ssthresh == INFINITE else str(e.ssthresh)),
    ('mss', True, DATA, lambda e: str(e.mss)),
    ('snd_wnd', True, TEXT | DATA, lambda e: str(e.snd_wnd)),
    ('srtt', True, TEXT | DATA, lambda e: str(e.srtt)),
    ('rcv_wnd', True, TEXT | DATA, lambda e: str(e.rcv_wnd)),
    ('length', True, TEXT | DATA, of_kind('probe retransmit', lambda e: str(e.length))),
    ('in_flight', True, DATA, lambda e: str(e.in_flight)),
    ('snd_nxt', True, DATA, lambda e: str(e.snd_nxt)),
    ('snd_una', True, DATA, lambda e: str(e.snd_una)),
    ('mark', True, DATA, of_kind('probe', lambda e: str(e.mark))),
    ('cookie', False, DATA, lambda e: hex(e.cookie) if e.cookie else None),
    ('lost', True, DATA, lambda e: str(e.lost)),
    ('skipped', True, 0, of_kind('probe', lambda e: str(e.skipped))),
    ('ktime', False, 0, lambda e: str(e.ktime)),
    ('family', False, 0, lambda e: 'inet6' if e.inet6 else 'inet'),
    ('cpu', True, 0, lambda e: str(e.cpu)),
    ('host', False, 0, lambda e: None),
    ('cc', False, 0, lambda e: e.cc or None),
    ('cong_control', True, 0, lambda e: str(int(e.cong_control))),
    ('ca_state', False, 0, lambda e: name_at(CA_STATES, e.ca_state)),
    ('limited_by', False, 0, limited_by),
    ('limited_side', False, 0, lambda e: SIDES.get(limited_by(e))),
    ('snd_ssthresh', True, 0, lambda e: print_number(e.snd_ssthresh, INFINITE)),
    *((name, True, 0, print_plain(name)) for name in 'prior_cwnd undo_marker'.split()),
    ('rttvar', True, 0, lambda e: str(e.mdev_us >> 2)),
    ('min_rtt', True, 0, lambda e: print_number(e.min_rtt_us, 2**32 - 1)),
    ('rto', True, 0, lambda e: str(e.rto_jiffies * 10**6 // HZ)),
    *((name, True, 0, print_plain(name)) for name in (
        'packets_out sacked_out lost_out retrans_out total_retrans reordering delivered '
        'delivered_ce').split()),
    ('delivery_rate', True, 0, lambda e: str(delivery_rate(e))),
    ('app_limited', True, 0, lambda e: str(e.rate_app_limited)),
    ('pacing_rate', True, 0, lambda e: print_number(e.pacing_rate, 2**64 - 1)),
    *((name, True, 0, print_plain(name)) for name in (
        'bytes_sent bytes_acked bytes_retrans bytes_received').split()),
    ('notsent', True, 0, lambda e: str(max(0, signed(e.write_seq - e.snd_nxt)))),
    *((name, True, 0, print_plain(name)) for name in 'segs_out dsack_dups rcv_ooopack'.split()),
    ('busy_ms', True, 0, lambda e: print_ms(sum(chrono_ns(e, i) for i in (1, 2, 3)))),
    ('rwnd_limited_ms', True, 0, lambda e: print_ms(chrono_ns(e, 2))),
    ('sndbuf_limited_ms', True, 0, lambda e: print_ms(chrono_ns(e, 3))),
    *((name, True, 0, print_plain(name)) for name in 'is_cwnd_limited sk_mark netns'.split()),
    ('cgroup', True, 0, lambda e: print_number(e.cgroup, 0)),
    ('uid', True, 0, print_plain('uid')),
    # No BTF: the private state of no algorithm is known.
    ('bbr_mode', False, 0, print_none),
    *((name, True, 0, print_none) for name in (
        'bbr_rate bbr_min_rtt bbr_pacing_gain bbr_cwnd_gain cubic_last_max_cwnd cubic_k').split()),
    ('seq', True, 0, of_kind('retransmit', print_plain('seq'))),
    ('retransmit', False, 0, of_kind('retransmit', lambda e: name_at(RETRANSMITS, e.cause))),
    ('old_ca_state', False, 0, of_kind('ca_state', lambda e: name_at(CA_STATES, getattr(e, 'from')))),
    ('new_ca_state', False, 0, of_kind('ca_state', lambda e: name_at(CA_STATES, e.to))),
    ('old_state', False, 0, of_kind('state', lambda e: name_at(STATES, getattr(e, 'from')))),
    ('new_state', False, 0, of_kind('state', lambda e: name_at(STATES, e.to))),
    ('direction', False, 0, of_kind('reset', lambda e: name_at(('received', 'sent'), e.cause))),
    # The replayed close has no life to tell of.
    *((name, True, 0, print_none) for name in (
        'duration_ms partial watched_bytes_sent watched_bytes_acked watched_bytes_retrans '
        'watched_bytes_received open_ms disorder_ms cwr_ms recovery_ms loss_ms handshake_ms '
        'syn_retrans share_cwnd share_rwnd share_sndbuf share_app share_pacing share_maxpace '
        'share_recovery share_loss share_nagle share_queue share_handshake share_reader '
        'share_receiving share_idle cwnd_min cwnd_mean cwnd_max srtt_min srtt_mean srtt_max').split()),
    *((name, name != 'cause', 0, of_kind('reduction', lambda e, name=name: e.reduction[name]))
      for name in 'from to factor cause'.split()),
]
ALL = [field[0] for field in FIELDS]
BY_NAME = {field[0]: field for field in FIELDS}


# What JSON has by default beside what all kinds have.
OF_KIND = {
    'probe': 'length mark',
    'retransmit': 'length seq retransmit',
    'ca_state': 'old_ca_state new_ca_state',
    'state': 'old_state new_state',
    'reset': 'direction',
    'close': 'total_retrans bytes_sent bytes_acked bytes_retrans bytes_received duration_ms '
             'partial watched_bytes_sent watched_bytes_acked watched_bytes_retrans '
             'watched_bytes_received open_ms disorder_ms cwr_ms recovery_ms loss_ms handshake_ms '
             'syn_retrans share_cwnd share_rwnd share_sndbuf share_app share_pacing share_maxpace '
             'share_recovery share_loss share_nagle share_queue share_handshake share_reader '
             'share_receiving share_idle cwnd_min cwnd_mean cwnd_max srtt_min srtt_mean srtt_max',
    'reduction': 'from to factor cause',
}


def names_of_kind(kind, events):
    """One that is not among `events`, as --events says, is not written but by replay."""
    if kind not in (events or 'probe').split(','):
        kind = 'probe'
    names = [field[0] for field in FIELDS if field[2] & DATA and field[0] not in ('length', 'mark')]
    return [name for name in ALL if name in names + OF_KIND[kind].split()]


def value_of(name, event):
    return BY_NAME[name][3](event)


def choose_fields(text, default):
    """The names that --fields=TEXT chooses; ValueError where it is faulty."""
    names = [field[0] for field in FIELDS if field[2] & default]
    if text is None:
        return names
    if text[:1] not in ('+', '-'):
        names = []
    for item in text.split(','):
        name = item[1:] if item[:1] in ('+', '-') else item
        if name == 'all' and item[0] != '-':
            names += [other for other in ALL if other not in names]
        elif name not in BY_NAME:
            raise ValueError(f"'{item}': no such field; --fields=help lists them")
        elif item[0] == '-':
            names = [other for other in names if other != name]
        elif name not in names:
            names.append(name)
        elif item[0] != '+':
            raise ValueError(f"'{item}': named twice")
    if not names:
        raise ValueError(f"'{text.split(',')[0]}': leaves no field")
    return names


# ---- formats: each an iterable of lines ---------------------------------------------


def print_text(events, names, options):
    conn_colors = ('31', '32', '34', '35', '36', '91')
    for event in events:
        def color(code, text):
            return f'\033[{code}m{text}\033[0m' if options.color == 'always' else text

        if options.time == 'ktime':
            line = f'k:{event.ktime}'
        else:
            line = print_time(event.wall_ns, options.time == 'wall')
        line += f' {print_ms(event.offset_ns)} ms | {print_ms(event.conn_ns)} ms | '
        if options.color == 'always' and event.color_key is None:
            raise ValueError('the color of a connection without a cookie is not told here')
        line += color(event.color_key and conn_colors[event.color_key % 6],
                      f'{print_addr(event.saddr, event.inet6)}.{event.sport} > '
                      f'{print_addr(event.daddr, event.inet6)}.{event.dport}')
        line += ' |' if event.event == 'probe' else f' | {event.event}'
        for name in names:
            value = value_of(name, event)
            if value is None:
                value = 'inf' if name in ('ssthresh', 'snd_ssthresh') else '-'
            pair = f' {name} {value}'
            is_alert = name == 'snd_cwnd' and event.has_fallen
            line += color('1;31', pair) if is_alert else pair
        if event.lost and 'lost' not in names:
            line += color('7', f' lost {event.lost}')
        yield line


def print_json(events, names, options):
    for event in events:
        members = []
        for name in names if options.fields else names_of_kind(event.event, options.events):
            value = value_of(name, event)
            if value is None:
                value = 'null'
            elif not BY_NAME[name][1]:
                value = f'"{value}"'
            members.append(f'"{name}":{value}')
        yield '{' + ','.join(members) + '}'


def print_csv(events, names, options):
    if options.has_header:
        yield ','.join(names)
    for event in events:
        values = [value_of(name, event) or '' for name in names]
        yield '""' if values == [''] else ','.join(values)


def print_tcpprobe(events, names, options):
    for e in events:
        saddr, daddr = print_addr(e.saddr, e.inet6), print_addr(e.daddr, e.inet6)
        if e.inet6:
            saddr, daddr = f'[{saddr}]', f'[{daddr}]'
        snd_nxt, snd_una = (hex(n) if n else '0' for n in (e.snd_nxt, e.snd_una))
        yield (f'{e.offset_ns // 10**9}.{e.offset_ns % 10**9:09} {saddr}:{e.sport} '
               f'{daddr}:{e.dport} {e.length} {snd_nxt} {snd_una} {e.snd_cwnd} {e.ssthresh} '
               f'{e.snd_wnd} {e.srtt} {e.rcv_wnd}')


FORMATS = {
    'text': (print_text, TEXT),
    'json': (print_json, DATA),
    'csv': (print_csv, DATA),
    'tcpprobe': (print_tcpprobe, 0),
}


def print_events(lines, arguments):
    """The output, as one string; ValueError where the options are faulty."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--format', choices=FORMATS, default='text')
    parser.add_argument('--json', dest='format', action='store_const', const='json')
    parser.add_argument('--csv', dest='format', action='store_const', const='csv')
    parser.add_argument('-F', '--fields')
    parser.add_argument('-e', '--events')
    parser.add_argument('--time', choices=('ktime', 'wall', 'utc'), default='ktime')
    parser.add_argument('--color', choices=('auto', 'always', 'never'), default='auto')
    parser.add_argument('--no-header', dest='has_header', action='store_false')
    options = parser.parse_args(arguments)
    write, default = FORMATS[options.format]
    if options.fields and not default:
        raise ValueError('fixed columns')
    names = choose_fields(options.fields, default)
    events = chosen(read_events(lines), (options.events or '').split(','))
    return ''.join(line + '\n' for line in write(events, names, options))


if __name__ == '__main__':
    sys.stdout.write(print_events(sys.stdin, sys.argv[1:]))
