/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event ABI: what the BPF programs write and user space reads. Knows
 * neither how events travel (tcc_ring.h) nor how they are shown.
 *
 * Both sides come from one build, so the layout may change from version to
 * version; it never leaves the process. Each event starts with struct
 * tcc_event, which names its kind and size; a kind is a struct that embeds it
 * first. Largest members first, no padding, sizes asserted: what is not
 * written cannot leak kernel memory.
 */
#ifndef TCC_EVENT_H
#define TCC_EVENT_H

#include <linux/types.h>

enum tcc_kind {
	TCC_KIND_PROBE = 0,	/* tcp:tcp_probe */
	TCC_KIND_COUNT
};

enum tcc_event_flag {
	/* The socket is AF_INET6; else AF_INET. */
	TCC_EVENT_IPV6 = 1 << 0,
	/*
	 * The kernel cannot give a socket cookie to this program (before 5.12):
	 * `cookie` is the socket's address, good only together with the tuple,
	 * and never shown.
	 */
	TCC_EVENT_NO_COOKIE = 1 << 1,
};

/* What every event begins with. */
struct tcc_event {
	__u64 ktime_ns;		/* CLOCK_MONOTONIC, bpf_ktime_get_ns() */
	__u64 cookie;		/* sock_gen_cookie(sk), see flags */
	__u32 lost;		/* events of this CPU and kind that found no
				 * room just before this one */
	__u16 size;		/* bytes of the whole event, this included */
	__u8 kind;		/* enum tcc_kind */
	__u8 flags;		/* enum tcc_event_flag */
};

/*
 * One tcp:tcp_probe: the state of the connection as a segment arrives, before
 * it is processed. Members as in include/trace/events/tcp.h, tcp_probe.
 * Addresses are network byte order, IPv4 in its v4-mapped form (::ffff:a.b.c.d);
 * all else is host byte order.
 */
struct tcc_probe {
	struct tcc_event event;
	__u32 saddr[4];		/* local */
	__u32 daddr[4];		/* remote */
	__u32 snd_nxt;		/* sequence number */
	__u32 snd_una;		/* sequence number */
	__u32 snd_cwnd;		/* segments */
	__u32 ssthresh;		/* segments, tcp_current_ssthresh() */
	__u32 snd_wnd;		/* bytes */
	__u32 rcv_wnd;		/* bytes */
	__u32 srtt_us;		/* microseconds, srtt_us >> 3 */
	__u32 length;		/* payload bytes of the arriving segment */
	__u32 mark;		/* skb->mark */
	__u32 mss;		/* bytes, mss_cache */
	__u16 sport;		/* local */
	__u16 dport;		/* remote */
	__u32 skipped;		/* events of this connection left out just before */
};

_Static_assert(sizeof(struct tcc_event) == 24, "struct tcc_event has padding");
_Static_assert(sizeof(struct tcc_probe) == 104, "struct tcc_probe has padding");

#endif
