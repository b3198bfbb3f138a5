/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a connection's events add up to over its life, kept with its socket for
 * the record of its close.
 */
#ifndef TCC_LIFE_BPF_H
#define TCC_LIFE_BPF_H

#include "tcc_copy.bpf.h"
#include "tcc_event.h"
#include "tcc_sock_state.bpf.h"

TCC_SOCK_STATE(tcc_life, struct tcc_life)

/*
 * Sockets, by address, whose life could not be remembered and whose close was written
 * all the same, until they are destroyed: it shall not be written twice. Where there
 * are more, those that ended long ago may be.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
} tcc_closed_table SEC(".maps");

static __always_inline void tcc_closed_enter(const struct tcp_sock *tp)
{
	__u64 key = (__u64)tp;
	__u8 value = 1;

	bpf_map_update_elem(&tcc_closed_table, &key, &value, BPF_ANY);
}

/* Whether it was there. */
static __always_inline bool tcc_closed_take(const struct tcp_sock *tp)
{
	__u64 key = (__u64)tp;

	return bpf_map_delete_elem(&tcc_closed_table, &key) == 0;
}

const volatile __u32 tcc_tick_ns;	/* of a jiffy */

/* What a look says of the connection beyond what the socket has: see tcc_limit_input. */
struct tcc_life_look {
	__u8 state, ca_state;	/* from now on: where they change, not the socket's own */
	bool acks_all;		/* the arriving segment, and all that was written */
	bool is_start;		/* there was nothing before */
	__u32 received;		/* with it, bytes */
};

/*
 * Who accepts has no socket of the connection before: it is made of that which listens, and
 * is in SYN_RECV for a moment.
 */
static __always_inline bool tcc_life_is_new(int state)
{
	return state == TCC_TCP_LISTEN || state == TCC_TCP_SYN_RECV ||
	       state == TCC_TCP_NEW_SYN_RECV;
}

static __always_inline struct tcc_life_look tcc_life_look_at(const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	__u8 state = icsk->icsk_inet.sk.__sk_common.skc_state;

	return (struct tcc_life_look){
		.state = state,
		.is_start = tcc_life_is_new(state),
		.ca_state = BPF_CORE_READ_BITFIELD(icsk, icsk_ca_state),
	};
}

static __always_inline __u32 tcc_life_socket_flags(const struct tcp_sock *tp)
{
	return tp->inet_conn.icsk_inet.sk.sk_socket->flags;	/* 0 where there is none */
}

static __always_inline enum tcc_limit tcc_life_limit(const struct tcp_sock *tp,
						     const struct tcc_life_look *look,
						     __u64 now_ns)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	struct tcc_limit_input in = {
		.now_ns = now_ns,
		.wstamp_ns = tp->tcp_wstamp_ns,
		.pacing_rate = sk->sk_pacing_rate,
		.max_pacing_rate = sk->sk_max_pacing_rate,
		.unsent = tp->write_seq - tp->snd_nxt,
		.window_left = tp->snd_una + tp->snd_wnd - tp->snd_nxt,
		.mss = tp->mss_cache,
		.packets_out = tp->packets_out,
		.in_flight = tp->packets_out - tp->sacked_out - tp->lost_out + tp->retrans_out,
		.snd_cwnd = tp->snd_cwnd,
		.sndbuf = sk->sk_sndbuf,
		.wmem_queued = sk->sk_wmem_queued,
		.socket_flags = tcc_life_socket_flags(tp),
		.tsq_flags = sk->sk_tsq_flags,
		.received = look->received,
		.unread = tp->rcv_nxt - tp->copied_seq,
		.offered = tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt,
		.window_clamp = tp->window_clamp,
		.advmss = tp->advmss,
		.state = look->state,
		.ca_state = look->ca_state,
		.chrono_type = BPF_CORE_READ_BITFIELD(tp, chrono_type),
		.nonagle = BPF_CORE_READ_BITFIELD(tp, nonagle),
		.is_cwnd_limited = BPF_CORE_READ_BITFIELD(tp, is_cwnd_limited),
		.is_paced = sk->sk_pacing_status != 0,
	};

	return tcc_limit_of(&in);
}

/* For how long, up to now, there has been something to send. */
static __always_inline __u64 tcc_life_busy_ns(const struct tcp_sock *tp)
{
	__u32 jiffies = (__u32)bpf_jiffies64() - tp->chrono_start;

	return BPF_CORE_READ_BITFIELD(tp, chrono_type) ? (__u64)jiffies * tcc_tick_ns : 0;
}

static __always_inline void tcc_life_add(struct tcc_life *life, __u8 limit, __u64 ns)
{
	__u64 i = limit;

	barrier_var(i);		/* or another copy may be compared, which no verifier follows */
	if (i < TCC_LIMIT_COUNT)
		life->limit_ns[i] += ns;
}

/* The time since the last look; the congestion state is the one that it saw. */
static __always_inline __u64 tcc_life_pass(struct tcc_life *life, __u64 now_ns)
{
	__u64 passed_ns;
	__u8 ca_state = life->ca_state;

	passed_ns = now_ns - life->updated_ns;
	if (ca_state < TCC_CA_COUNT)
		life->ca_ns[ca_state] += passed_ns;
	life->updated_ns = now_ns;
	return passed_ns;
}

/* The time since the last look: see tcc_limit_time. `now`: what holds the sender back now. */
static __always_inline void tcc_life_charge(struct tcc_life *life, const struct tcp_sock *tp,
					    __u8 ca_state, enum tcc_limit now, __u64 passed_ns)
{
	struct tcc_limit_time time = {
		.passed_ns = passed_ns,
		.srtt_ns = (__u64)(tp->srtt_us >> 3) * 1000,
		.socket_flags = tcc_life_socket_flags(tp),
		.then = life->limit,
		.now = now,
		.ca_state = ca_state,
	};
	__u64 part_ns;

	if (tcc_limit_is_without_data(time.then))
		time.busy_ns = tcc_life_busy_ns(tp);
	part_ns = tcc_limit_busy_part(&time);
	tcc_life_add(life, tcc_limit_of_time(&time), passed_ns - part_ns);
	tcc_life_add(life, now, part_ns);
}

static __always_inline void tcc_life_begin(struct tcc_life *life, const struct tcp_sock *tp,
					   bool is_start, __u64 now_ns)
{
	life->begun_ns = life->updated_ns = now_ns;
	if (is_start)
		return;
	life->is_partial = 1;
	life->bytes_sent = tp->bytes_sent;
	life->bytes_acked = tp->bytes_acked;
	life->bytes_retrans = tp->bytes_retrans;
	life->bytes_received = tp->bytes_received;
}

/* In a copy of the life, for a record: what the counters grew by. */
static __always_inline void tcc_life_count(struct tcc_life *life, const struct tcp_sock *tp)
{
	life->bytes_sent = tp->bytes_sent - life->bytes_sent;
	life->bytes_acked = tp->bytes_acked - life->bytes_acked;
	life->bytes_retrans = tp->bytes_retrans - life->bytes_retrans;
	life->bytes_received = tp->bytes_received - life->bytes_received;
}

/* A function of its own: programs that had it inline would need too much of the stack. */
static __noinline int tcc_life_look(struct tcc_life *life, const struct tcp_sock *tp,
				    const struct tcc_life_look *look)
{
	__u64 now_ns = bpf_ktime_get_ns();
	enum tcc_limit limit = tcc_life_limit(tp, look, now_ns);

	if (!life->begun_ns)
		tcc_life_begin(life, tp, look->is_start, now_ns);
	tcc_life_charge(life, tp, look->ca_state, limit, tcc_life_pass(life, now_ns));
	life->ca_state = look->ca_state;
	life->limit = look->acks_all ? tcc_limit_when_acked(limit, look->received) : limit;
	return 0;
}

/*
 * The handshake begins, or goes on to `to`; what was sent again so far was sent for it.
 * The socket of who accepts is made, in SYN_RECV, when all but its end is over; and on
 * most kernels without an address yet, so that even this is not seen.
 */
static __always_inline void tcc_life_state(struct tcc_life *life, const struct tcp_sock *tp,
					   int from, int to)
{
	if (to == TCC_TCP_SYN_SENT)
		life->has_handshake = 1;
	if (from == TCC_TCP_SYN_SENT || from == TCC_TCP_SYN_RECV) {
		life->n_syn_retrans = tp->total_retrans;
		life->has_syn_retrans = 1;
	}
}

/* A probe: its values count as well. */
static __always_inline void tcc_life_probe(struct tcc_life *life, const struct tcp_sock *tp,
					   const struct sk_buff *skb)
{
	__u32 cwnd = tp->snd_cwnd, srtt_us = tp->srtt_us >> 3;
	struct tcc_life_look look = tcc_life_look_at(tp);

	look.received = payload_length(skb);
	look.acks_all = ((const struct tcp_skb_cb *)skb->cb)->ack_seq == tp->write_seq;
	tcc_life_look(life, tp, &look);
	if (!life->n_probes || cwnd < life->cwnd_min)
		life->cwnd_min = cwnd;
	if (!life->n_probes || srtt_us < life->srtt_min_us)
		life->srtt_min_us = srtt_us;
	if (cwnd > life->cwnd_max)
		life->cwnd_max = cwnd;
	if (srtt_us > life->srtt_max_us)
		life->srtt_max_us = srtt_us;
	life->cwnd_sum += cwnd;
	life->srtt_sum_us += srtt_us;
	life->n_probes++;
}

#endif
