/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event ABI: what the BPF programs write and user space reads. Knows
 * neither how events travel (tcc_ring.h, tcc_rare.h) nor how they are shown.
 *
 * Both sides come from one build, so the layout may change from version to
 * version; it never leaves the process. Largest members first, no padding,
 * sizes asserted: what is not written cannot leak kernel memory.
 *
 * Every event begins with the state of the connection, struct tcc_probe; what
 * else is asked for follows in struct tcc_sample, and in a kind other than
 * `probe` what that kind alone has, in struct tcc_rare.
 */
#ifndef TCC_EVENT_H
#define TCC_EVENT_H

#include <linux/types.h>

#include "tcc_limit.h"
#include "tcc_props.h"

enum tcc_kind {
	TCC_KIND_PROBE = 0,	/* tcp:tcp_probe */
	TCC_KIND_RETRANSMIT,	/* tcp:tcp_retransmit_skb */
	TCC_KIND_CA_STATE,	/* tcp:tcp_cong_state_set, kernel 5.19 and later */
	TCC_KIND_STATE,		/* sock:inet_sock_set_state */
	TCC_KIND_RESET,		/* tcp:tcp_send_reset, tcp:tcp_receive_reset */
	TCC_KIND_CLOSE,		/* state CLOSE, or tcp:tcp_destroy_sock */
	TCC_KIND_COUNT
};

#define TCC_KIND_BIT(kind) (1u << (kind))
#define TCC_KINDS_ALL (TCC_KIND_BIT(TCC_KIND_COUNT) - 1)

enum tcc_event_flag {
	/* The socket is AF_INET6; else AF_INET. */
	TCC_EVENT_IPV6 = 1 << 0,
	/*
	 * The kernel cannot give a socket cookie to this program (before 5.12):
	 * `cookie` is the socket's address, good only together with the tuple,
	 * and never shown.
	 */
	TCC_EVENT_NO_COOKIE = 1 << 1,
	/* The algorithm has not begun: ca_priv, if asked for, has no meaning. */
	TCC_EVENT_NO_CA_STATE = 1 << 2,
	/* The algorithm moves the window itself (tcp_cong_control()); if asked for. */
	TCC_EVENT_CONG_CONTROL = 1 << 3,
};

/* What every event begins with. */
struct tcc_event {
	__u64 ktime_ns;		/* CLOCK_MONOTONIC, bpf_ktime_get_ns() */
	__u64 cookie;		/* sock_gen_cookie(sk), see flags */
	__u32 lost;		/* events of this CPU and kind that found no
				 * room just before this one */
	__u16 cpu;		/* of a kind other than probe */
	__u8 kind;		/* enum tcc_kind */
	__u8 flags;		/* enum tcc_event_flag */
};

/*
 * The state of a connection: in tcp:tcp_probe as a segment arrives, before it
 * is processed. Members as in include/trace/events/tcp.h, tcp_probe.
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
	__u32 length;		/* payload bytes of the segment; of kinds with one */
	__u32 mark;		/* skb->mark; probe only */
	__u32 mss;		/* bytes, mss_cache */
	__u16 sport;		/* local */
	__u16 dport;		/* remote */
	__u32 skipped;		/* events of this connection left out just before;
				 * probe only */
};

/* A slot of the ring ends behind the last part that is asked for. */
struct tcc_sample {
	struct tcc_probe probe;
	struct tcc_props props;			/* those asked for; others undefined */
	__u64 ca_priv[TCC_CA_PRIV_WORDS];	/* icsk_ca_priv */
};

/* Why a segment is sent again, as far as the kernel tells. */
enum tcc_retransmit {
	TCC_RETRANSMIT_OTHER = 0,
	TCC_RETRANSMIT_FAST,	/* in Recovery */
	TCC_RETRANSMIT_RTO,	/* in Loss: the timer, and what is sent in its wake */
	TCC_RETRANSMIT_TLP,	/* tail-loss probe, RFC 8985 */
};

/* What a connection's events added up to; times are from its first on. */
struct tcc_life {
	__u64 begun_ns;		/* when first seen, CLOCK_MONOTONIC */
	__u64 updated_ns;	/* up to when the times below are told */
	__u64 ca_ns[TCC_CA_COUNT];		/* time in each congestion state */
	__u64 limit_ns[TCC_LIMIT_COUNT];	/* time limited by each */
	__u64 n_probes;
	__u64 cwnd_sum;		/* over the probes, segments */
	__u64 srtt_sum_us;
	/* tcp_sock's, at begun_ns; in a record, of the time since then */
	__u64 bytes_sent, bytes_acked, bytes_retrans, bytes_received;
	__u32 cwnd_min, cwnd_max;
	__u32 srtt_min_us, srtt_max_us;
	__u32 n_syn_retrans;	/* of SYN, or SYN and ACK */
	__u8 is_partial;	/* its beginning was not seen */
	__u8 has_syn_retrans;	/* the handshake's end was seen */
	__u8 reserved[2];
	__u32 ports;		/* of the socket, see tcc_sock_state.bpf.h */
	__u8 ca_state;		/* since updated_ns */
	__u8 limit;
	__u8 is_over;		/* its close was written, or could not be */
	__u8 has_handshake;	/* its beginning was seen: it connects */
};

/* An event of a kind other than probe. */
struct tcc_rare {
	struct tcc_sample sample;
	struct tcc_life life;	/* close */
	__u32 seq;		/* retransmit: of the segment's first byte */
	__u8 from, to;		/* ca_state, state: the old, the new */
	__u8 cause;		/* retransmit: enum tcc_retransmit;
				 * reset: 1 sent, 0 received */
	__u8 has_life;		/* close */
};

_Static_assert(sizeof(struct tcc_event) == 24, "struct tcc_event has padding");
_Static_assert(sizeof(struct tcc_probe) == 104, "struct tcc_probe has padding");
_Static_assert(sizeof(struct tcc_sample) == 104 + sizeof(struct tcc_props) + 13 * 8,
	       "struct tcc_sample has padding");
_Static_assert(sizeof(struct tcc_life) == 29 * 8 + 8 * 4, "struct tcc_life has padding");
_Static_assert(sizeof(struct tcc_rare) == sizeof(struct tcc_sample) + sizeof(struct tcc_life) + 8,
	       "struct tcc_rare has padding");

#endif
