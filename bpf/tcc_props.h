/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel knows of a connection beyond the tracepoint's own values:
 * each property once. The kernel side copies those that are asked for, raw; what
 * they mean to a user, in which unit, is src/record/record.c's.
 */
#ifndef TCC_PROPS_H
#define TCC_PROPS_H

#include <linux/types.h>

#define TCC_CHRONOS 3		/* enum tcp_chrono, include/linux/tcp.h, without UNSPEC */
#define TCC_CA_PRIV_WORDS 13	/* ICSK_CA_PRIV_SIZE, include/net/inet_connection_sock.h */
#define TCC_CC_WORDS 2		/* TCP_CA_NAME_MAX, include/net/tcp.h */

/*
 * WORD(NAME, type, member, expression of sk, tp and icsk): loaded at once.
 * FLAG(NAME, member, structure, bit field): a bit field.
 * Both: null on a kernel without it. The largest first: no padding.
 */
#define TCC_PROPS_64(WORD)								\
	WORD(PACING_RATE, __u64, pacing_rate, sk->sk_pacing_rate)	/* bytes/s */	\
	WORD(MAX_PACING_RATE, __u64, max_pacing_rate, sk->sk_max_pacing_rate)		\
	WORD(BYTES_SENT, __u64, bytes_sent, tp->bytes_sent)				\
	WORD(BYTES_ACKED, __u64, bytes_acked, tp->bytes_acked)				\
	WORD(BYTES_RETRANS, __u64, bytes_retrans, tp->bytes_retrans)			\
	WORD(BYTES_RECEIVED, __u64, bytes_received, tp->bytes_received)			\
	WORD(WSTAMP, __u64, wstamp_ns, tp->tcp_wstamp_ns)	/* CLOCK_MONOTONIC */

#define TCC_PROPS_32(WORD)								\
	WORD(SND_SSTHRESH, __u32, snd_ssthresh, tp->snd_ssthresh)	/* segments */	\
	WORD(PRIOR_CWND, __u32, prior_cwnd, tp->prior_cwnd)	/* segments */		\
	WORD(UNDO_MARKER, __u32, undo_marker, tp->undo_marker)	/* 0: none */		\
	WORD(MDEV, __u32, mdev_us, tp->mdev_us)			/* us << 2 */		\
	WORD(MIN_RTT, __u32, min_rtt_us, tp->rtt_min.s[0].v)	/* us, ~0: none */	\
	WORD(RTO, __u32, rto_jiffies, icsk->icsk_rto)					\
	WORD(PACKETS_OUT, __u32, packets_out, tp->packets_out)				\
	WORD(SACKED_OUT, __u32, sacked_out, tp->sacked_out)				\
	WORD(LOST_OUT, __u32, lost_out, tp->lost_out)					\
	WORD(RETRANS_OUT, __u32, retrans_out, tp->retrans_out)				\
	WORD(TOTAL_RETRANS, __u32, total_retrans, tp->total_retrans)			\
	WORD(REORDERING, __u32, reordering, tp->reordering)				\
	WORD(DELIVERED, __u32, delivered, tp->delivered)				\
	WORD(DELIVERED_CE, __u32, delivered_ce, tp->delivered_ce)			\
	WORD(RATE_DELIVERED, __u32, rate_delivered, tp->rate_delivered)			\
	WORD(RATE_INTERVAL, __u32, rate_interval_us, tp->rate_interval_us)		\
	WORD(WRITE_SEQ, __u32, write_seq, tp->write_seq)				\
	WORD(SEGS_OUT, __u32, segs_out, tp->segs_out)					\
	WORD(DSACK_DUPS, __u32, dsack_dups, tp->dsack_dups)				\
	WORD(RCV_OOOPACK, __u32, rcv_ooopack, tp->rcv_ooopack)				\
	WORD(PACING_STATUS, __u32, pacing_status, sk->sk_pacing_status)			\
	WORD(SNDBUF, __u32, sndbuf, sk->sk_sndbuf)			/* bytes */	\
	WORD(WMEM_QUEUED, __u32, wmem_queued, sk->sk_wmem_queued)	/* bytes */	\
	WORD(SK_MARK, __u32, sk_mark, sk->sk_mark)					\
	WORD(UID, __u32, uid, sk->sk_uid.val)

#define TCC_PROPS_FLAGS(FLAG)								\
	FLAG(CA_STATE, ca_state, icsk, icsk_ca_state)	/* enum tcp_ca_state */		\
	FLAG(RATE_APP_LIMITED, rate_app_limited, tp, rate_app_limited)			\
	FLAG(IS_CWND_LIMITED, is_cwnd_limited, tp, is_cwnd_limited)

struct tcc_props {
#define TCC_MEMBER(name, type, member, ...) type member;
	TCC_PROPS_64(TCC_MEMBER)
	__u64 cgroup;			/* cgroup_id(), version 2; 0: none */
	__u64 cc[TCC_CC_WORDS];		/* icsk_ca_ops->name, zeros behind it */
	TCC_PROPS_32(TCC_MEMBER)
	__u32 netns;			/* sock_net(sk)->ns.inum */
	/* tcp_get_info_chrono_stats(), net/ipv4/tcp.c; jiffies */
	__u32 chrono_stat[TCC_CHRONOS];
	__u32 chrono_start;
	__u32 jiffies;			/* now, tcp_jiffies32 */
	/* What tcc_limit.h alone asks for. */
	__u32 socket_flags;		/* sk->sk_socket->flags; 0 without one */
	__u32 tsq_flags;		/* sk->sk_tsq_flags */
	__u32 rcv_wup, rcv_nxt, copied_seq;	/* sequence numbers */
	__u32 window_clamp;		/* bytes */
	__u32 advmss;			/* bytes */
#undef TCC_MEMBER
#define TCC_MEMBER(name, member, ...) __u8 member;
	TCC_PROPS_FLAGS(TCC_MEMBER)
#undef TCC_MEMBER
	__u8 chrono_type;		/* enum tcp_chrono */
	__u8 state;			/* sk->sk_state; of tcc_limit.h, as what follows */
	__u8 nonagle;
	__u8 reserved[2];
};

enum tcc_prop_bit {
#define TCC_BIT(name, ...) TCC_BIT_##name,
	TCC_PROPS_64(TCC_BIT)
	TCC_PROPS_32(TCC_BIT)
	TCC_PROPS_FLAGS(TCC_BIT)
#undef TCC_BIT
	TCC_BIT_CGROUP,
	TCC_BIT_CC,
	TCC_BIT_CONG_CONTROL,	/* a flag of the event */
	TCC_BIT_NETNS,
	TCC_BIT_CHRONO,
	TCC_BIT_LIMIT,		/* what tcc_limit.h alone asks for */
	TCC_BIT_CA_PRIV,
	TCC_BIT_COUNT
};

/* A set of properties is the sum of these. */
#define TCC_PROP(name) (1ULL << TCC_BIT_##name)

/* What tcc_limit.h decides by. */
#define TCC_PROPS_OF_LIMIT								\
	(TCC_PROP(CA_STATE) | TCC_PROP(CHRONO) | TCC_PROP(WRITE_SEQ) |			\
	 TCC_PROP(PACKETS_OUT) | TCC_PROP(SACKED_OUT) | TCC_PROP(LOST_OUT) |		\
	 TCC_PROP(RETRANS_OUT) | TCC_PROP(IS_CWND_LIMITED) |				\
	 TCC_PROP(PACING_STATUS) | TCC_PROP(WSTAMP) | TCC_PROP(PACING_RATE) |		\
	 TCC_PROP(MAX_PACING_RATE) | TCC_PROP(SNDBUF) | TCC_PROP(WMEM_QUEUED) |		\
	 TCC_PROP(LIMIT))

_Static_assert(sizeof(struct tcc_props) == 10 * 8 + 38 * 4 + 8, "struct tcc_props has padding");
_Static_assert(TCC_BIT_COUNT <= 48, "src/record/fields.h packs a kind's bit above these");

#endif
