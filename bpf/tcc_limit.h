/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds a sender back: one pure function, for the kernel side, which adds
 * up times by it, and for user space, which shows it. The first rule that holds
 * decides; tcc_limit_of() has them in their order, the man page in words.
 */
#ifndef TCC_LIMIT_H
#define TCC_LIMIT_H

#include <linux/types.h>
#include <stdbool.h>

/*
 * LIMIT(NAME, word, SIDE): each reason, as users see it, and whose it is. From here
 * come the enum, the words, the sides and the list of the fields share_WORD, which
 * src/record/fields.def has one by one: without one of these nothing compiles. Unit
 * tests compare the words of limited_by's help, and the sides.
 */
#define TCC_LIMITS(LIMIT)							\
	LIMIT(CWND, cwnd, NETWORK)						\
	LIMIT(RWND, rwnd, PEER)							\
	LIMIT(SNDBUF, sndbuf, PROGRAM)						\
	LIMIT(APP, app, PROGRAM)						\
	LIMIT(PACING, pacing, NETWORK)						\
	LIMIT(MAXPACE, maxpace, PROGRAM)	/* a cap, SO_MAX_PACING_RATE */	\
	LIMIT(RECOVERY, recovery, NETWORK)					\
	LIMIT(LOSS, loss, NETWORK)		/* the retransmission timer */	\
	LIMIT(NAGLE, nagle, PROGRAM)		/* or TCP_CORK */		\
	LIMIT(QUEUE, queue, HOST)		/* below TCP: TSQ */		\
	LIMIT(HANDSHAKE, handshake, NONE)					\
	LIMIT(READER, reader, PROGRAM)		/* it does not read */		\
	LIMIT(RECEIVING, receiving, NONE)					\
	LIMIT(IDLE, idle, NONE)

enum tcc_limit {
	TCC_LIMIT_NONE = 0,
#define TCC_LIMIT_ENTRY(NAME, word, SIDE) TCC_LIMIT_##NAME,
	TCC_LIMITS(TCC_LIMIT_ENTRY)
#undef TCC_LIMIT_ENTRY
	TCC_LIMIT_COUNT
};

/* Whose a reason is. */
enum tcc_side {
	TCC_SIDE_NONE = 0,	/* nobody's */
	TCC_SIDE_NETWORK,
	TCC_SIDE_PEER,
	TCC_SIDE_HOST,
	TCC_SIDE_PROGRAM,
	TCC_SIDE_COUNT
};

/* enum tcp_ca_state, include/uapi/linux/tcp.h */
enum tcc_ca_state {
	TCC_CA_OPEN = 0,
	TCC_CA_DISORDER,
	TCC_CA_CWR,
	TCC_CA_RECOVERY,
	TCC_CA_LOSS,
	TCC_CA_COUNT
};

/* enum tcp_chrono, include/linux/tcp.h */
#define TCC_CHRONO_BUSY 1
#define TCC_CHRONO_RWND_LIMITED 2
#define TCC_CHRONO_SNDBUF_LIMITED 3

/* include/net/tcp_states.h */
enum tcc_tcp_state {
	TCC_TCP_ESTABLISHED = 1,
	TCC_TCP_SYN_SENT = 2,
	TCC_TCP_SYN_RECV = 3,
	TCC_TCP_LISTEN = 10,
	TCC_TCP_NEW_SYN_RECV = 12,
};

#define TCC_SOCK_NOSPACE (1u << 2)	/* of sk->sk_socket->flags, include/linux/net.h */
#define TCC_TSQ_THROTTLED (1u << 0)	/* of sk->sk_tsq_flags, include/linux/tcp.h */
#define TCC_NAGLE_OFF 1u		/* of tp->nonagle, include/net/tcp.h */
#define TCC_NAGLE_CORK 2u

struct tcc_limit_input {
	__u64 now_ns;		/* CLOCK_MONOTONIC */
	__u64 wstamp_ns;	/* tp->tcp_wstamp_ns */
	__u64 pacing_rate;	/* bytes/s: sk->sk_pacing_rate */
	__u64 max_pacing_rate;	/* bytes/s: sk->sk_max_pacing_rate, ~0: none */
	__u32 unsent;		/* bytes: tp->write_seq - tp->snd_nxt, may be below 0 */
	__u32 window_left;	/* bytes: tp->snd_una + tp->snd_wnd - tp->snd_nxt, the same */
	__u32 mss;		/* bytes: tp->mss_cache */
	__u32 packets_out;	/* segments */
	__u32 in_flight;	/* segments: packets_out - sacked_out - lost_out + retrans_out */
	__u32 snd_cwnd;		/* segments */
	__u32 sndbuf;		/* bytes: sk->sk_sndbuf */
	__u32 wmem_queued;	/* bytes: sk->sk_wmem_queued */
	__u32 socket_flags;	/* sk->sk_socket->flags; 0 without one */
	__u32 tsq_flags;	/* sk->sk_tsq_flags */
	__u32 received;		/* bytes that arrive with the segment of the event */
	__u32 unread;		/* bytes: tp->rcv_nxt - tp->copied_seq */
	__u32 offered;		/* bytes: tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt */
	__u32 window_clamp;	/* bytes: the most that is offered */
	__u32 advmss;		/* bytes: the mss of what arrives */
	__u8 state;		/* enum tcc_tcp_state: the one that it has from now on */
	__u8 ca_state;		/* enum tcc_ca_state: likewise */
	__u8 chrono_type;	/* enum tcp_chrono */
	__u8 nonagle;
	bool is_cwnd_limited, is_paced;
};

/* Nothing to send, and nothing that the peer has not acknowledged: who waits for whom. */
static inline __attribute__((always_inline)) enum tcc_limit
tcc_limit_without_data(const struct tcc_limit_input *in)
{
	if ((__s32)in->unread > 0 && ((__s32)in->offered < 2 * (__s64)in->advmss ||
				      2 * (__u64)in->unread > in->window_clamp))
		return TCC_LIMIT_READER;
	return in->received ? TCC_LIMIT_RECEIVING : TCC_LIMIT_IDLE;
}

/*
 * Whether whoever writes waits for room in the send buffer. He does so in every bulk
 * transfer: it is the reason only where there is next to nothing to send as well.
 */
static inline __attribute__((always_inline)) bool
tcc_limit_is_writer_blocked(const struct tcc_limit_input *in)
{
	return in->socket_flags & TCC_SOCK_NOSPACE;
}

/* Less than a segment waits. */
static inline __attribute__((always_inline)) enum tcc_limit
tcc_limit_of_a_rest(const struct tcc_limit_input *in)
{
	if (in->packets_out && tcc_limit_is_writer_blocked(in))
		return TCC_LIMIT_SNDBUF;
	if (in->nonagle & TCC_NAGLE_CORK)
		return TCC_LIMIT_NAGLE;
	if (in->packets_out && !(in->nonagle & TCC_NAGLE_OFF))
		return TCC_LIMIT_NAGLE;
	return TCC_LIMIT_NONE;
}

/* There is something to send, and the congestion control is not at work on a loss. */
static inline __attribute__((always_inline)) enum tcc_limit
tcc_limit_of_data(const struct tcc_limit_input *in)
{
	__s32 next = in->unsent < in->mss ? in->unsent : in->mss;
	enum tcc_limit limit;

	/* tcp_cwnd_test(), tcp_snd_wnd_test(), net/ipv4/tcp_output.c */
	if (in->in_flight >= in->snd_cwnd)
		return TCC_LIMIT_CWND;
	if ((__s32)in->window_left < next)
		return TCC_LIMIT_RWND;
	if (in->is_paced && in->wstamp_ns > in->now_ns)	/* tcp_pacing_check() */
		return in->max_pacing_rate != ~0ULL && in->pacing_rate >= in->max_pacing_rate
			       ? TCC_LIMIT_MAXPACE : TCC_LIMIT_PACING;
	if (in->tsq_flags & TCC_TSQ_THROTTLED)		/* tcp_small_queue_check() */
		return TCC_LIMIT_QUEUE;
	limit = in->unsent < in->mss ? tcc_limit_of_a_rest(in) : TCC_LIMIT_NONE;
	if (limit != TCC_LIMIT_NONE)
		return limit;
	if (in->chrono_type == TCC_CHRONO_SNDBUF_LIMITED)	/* tcp_cwnd_validate() */
		return TCC_LIMIT_SNDBUF;
	/* What is left of the window is less than a burst: tcp_tso_should_defer(). */
	return in->is_cwnd_limited ? TCC_LIMIT_CWND : TCC_LIMIT_NONE;
}

static inline __attribute__((always_inline)) enum tcc_limit
tcc_limit_of(const struct tcc_limit_input *in)
{
	if (in->state == TCC_TCP_SYN_SENT || in->state == TCC_TCP_SYN_RECV ||
	    in->state == TCC_TCP_NEW_SYN_RECV)
		return TCC_LIMIT_HANDSHAKE;
	if (in->ca_state == TCC_CA_LOSS)
		return TCC_LIMIT_LOSS;
	if (in->ca_state == TCC_CA_RECOVERY)
		return TCC_LIMIT_RECOVERY;
	if ((__s32)in->unsent <= 0 && !in->packets_out)
		return tcc_limit_without_data(in);
	if (in->chrono_type == TCC_CHRONO_RWND_LIMITED)		/* tcp_write_xmit() */
		return TCC_LIMIT_RWND;
	if ((__s32)in->unsent > 0)
		return tcc_limit_of_data(in);
	return tcc_limit_is_writer_blocked(in) || in->wmem_queued >= in->sndbuf
		       ? TCC_LIMIT_SNDBUF : TCC_LIMIT_APP;
}

/* Whether nothing is to be sent. */
static inline __attribute__((always_inline)) bool tcc_limit_is_without_data(__u8 limit)
{
	return limit == TCC_LIMIT_IDLE || limit == TCC_LIMIT_RECEIVING ||
	       limit == TCC_LIMIT_READER;
}

/*
 * What holds from now on, where the arriving segment, with so many bytes, acknowledges all
 * that was written: a look is taken before it is processed. A recovery ends with it as
 * well; kernels before 5.19 have no event of that (tcp_cong_state_set).
 */
static inline __attribute__((always_inline)) __u8 tcc_limit_when_acked(__u8 limit, __u32 received)
{
	if (limit == TCC_LIMIT_HANDSHAKE || tcc_limit_is_without_data(limit))
		return limit;
	return received ? TCC_LIMIT_RECEIVING : TCC_LIMIT_IDLE;
}

/* The time between two looks, and what is known at its end. */
struct tcc_limit_time {
	__u64 passed_ns;
	__u64 busy_ns;		/* for so long there has been something to send; 0: there is not */
	__u64 srtt_ns;
	__u32 socket_flags;	/* as above */
	__u8 then, now;		/* enum tcc_limit: what the looks at its ends saw */
	__u8 ca_state;		/* enum tcc_ca_state: from now on */
};

/*
 * It belongs to what the first look saw, with these corrections:
 *	- nothing was to be sent, and then something was: since then it is as it is now;
 *	- data arrived, and then none did for long: see tcc_limit_of_silence();
 *	- it ends with a timeout: it was spent on waiting for it, after the data was sent;
 *	- all had been sent, and whoever writes waits for room by now: he did all along.
 * The first is how much of it, at its end, belongs to what is seen now; the others are to
 * what the rest belongs.
 */
static inline __attribute__((always_inline)) __u64
tcc_limit_busy_part(const struct tcc_limit_time *time)
{
	if (!tcc_limit_is_without_data(time->then))
		return 0;
	return time->busy_ns < time->passed_ns ? time->busy_ns : time->passed_ns;
}

#define TCC_DELACK_NS 40000000ULL	/* TCP_DELACK_MIN, include/net/tcp.h */

/*
 * Nothing was to be sent, and nothing arrived until the look at its end.
 *	- What is unread by then has been so since it arrived: reader.
 *	- A sender with more to send pauses for a round trip, until what is in flight is
 *	  acknowledged, and an acknowledgement may be delayed: so long it is as it was.
 *	- After a longer time the last data was the end of what he had: idle. Whoever did
 *	  not read has done so since, nobody knows when: not all of it was his, and none is
 *	  put down to him.
 */
static inline __attribute__((always_inline)) __u8
tcc_limit_of_silence(const struct tcc_limit_time *time)
{
	if (time->now == TCC_LIMIT_READER && time->then != TCC_LIMIT_IDLE)
		return TCC_LIMIT_READER;
	if (time->passed_ns - tcc_limit_busy_part(time) <= time->srtt_ns + TCC_DELACK_NS)
		return time->then;
	return TCC_LIMIT_IDLE;
}

static inline __attribute__((always_inline)) __u8
tcc_limit_of_time(const struct tcc_limit_time *time)
{
	if (tcc_limit_is_without_data(time->then))
		return tcc_limit_of_silence(time);
	if (time->then == TCC_LIMIT_HANDSHAKE)
		return time->then;
	if (time->ca_state == TCC_CA_LOSS)
		return TCC_LIMIT_LOSS;
	if (time->then == TCC_LIMIT_APP && time->socket_flags & TCC_SOCK_NOSPACE)
		return TCC_LIMIT_SNDBUF;
	return time->then;
}

#endif
